"""Who is expected at a site, and which contractors take part in it below whom."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import render, with_query
from admin.registry.forms import Typed, TypedForm, ending, id_of, note, to, today_of
from admin.registry.sites import own_site
from admin.registry.workers import Offset, pages_of
from core.accounts.model import Permission
from core.db import Session
from core.errors import DomainError, NotAllowed, NotFound, Overlap
from core.ids import ContractorId, SiteId, WorkerId, uuid7
from core.registry import places, proposing, service, store
from core.registry.choosing import chosen_contractor, contractor_choices
from core.registry.model import Contractor, LegalForm, Position, Site
from core.registry.place_detail import ExpectedWorker, reaches_site, read_site
from core.registry.worker_detail import reaches_worker
from core.registry.worker_list import WorkerFilters, list_workers
from core.tiering import parting
from core.tiering.link_model import Batch, Linker

router = APIRouter()
AT_ONCE = 100
ASSIGN = needs(Permission.EDIT_PEOPLE)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What workers are looked for."""

    q: str = ""


@router.get("/sites/{site_id}/assign", dependencies=[ASSIGN])
def ask_whom(request: Request, site_id: UUID, asked: Annotated[_Asked, Depends()], offset: Offset = 0) -> Response:
    return _whom(request, SiteId(site_id), asked, offset, Typed({"valid_from": today_of(request).isoformat()}, ""))


@router.post("/sites/{site_id}/assign", dependencies=[ASSIGN])
def assign(request: Request, site_id: UUID, typed: TypedForm) -> Response:
    """Expect the ticked workers at the site. Those who are expected already are left as they are."""
    own = SiteId(site_id)
    start = typed.day("valid_from", is_required=True)
    end = typed.day("valid_until")
    position = typed.choice("position", Position) or Position.OTHER
    ids = [found for text in typed.lists.get("worker", [])[:AT_ONCE] if (found := id_of(text))]
    if not ids:
        typed.wrong("worker", "registry.wrong.nobody")
    if start is not None and end is not None and end < start:
        typed.wrong("valid_until", "registry.wrong.valid_until")
    if typed.errors or start is None:
        return _whom(request, own, _Asked(typed.values.get("q", "")), 0, typed, status_code=422)
    with writing(request) as session:
        site = _reached(request, session, own)
        added = 0
        for worker_id in dict.fromkeys(map(WorkerId, ids)):
            _check_own(request, session, site, worker_id)
            added += _assign(session, site, worker_id, (start, end), position)
        note(request, session, "site.assigned", ("site", own), site.prime_contractor_id, workers=added)
    return to(f"/sites/{own}", "assigned")


@router.post("/sites/{site_id}/assignments/{assignment_id}/end", dependencies=[ASSIGN])
def end_assignment(request: Request, site_id: UUID, assignment_id: UUID, typed: TypedForm) -> Response:
    with writing(request) as session:
        site = _reached(request, session, SiteId(site_id))
        held = store.find_assignment(session, assignment_id)
        if held is None or held.site_id != site.site_id:
            raise NotFound("no such assignment", assignment_id=assignment_id)
        _check_own(request, session, site, held.worker_id)
        last_day, done = ending(request, typed, "assignment", held.valid_from)
        places.end_assignment(session, assignment_id, last_day)
        note(request, session, f"site.{done}", ("site", site_id), site.prime_contractor_id, workers=1)
    return to(f"/sites/{site_id}", done)


@router.get("/sites/{site_id}/parts/new", dependencies=[needs(Permission.EDIT_SITES)])
def ask_for_part(request: Request, site_id: UUID) -> Response:
    return _part_form(request, site_id, Typed({"valid_from": today_of(request).isoformat()}, ""))


@router.post("/sites/{site_id}/parts/new", dependencies=[needs(Permission.EDIT_SITES)])
def add_part(request: Request, site_id: UUID, typed: TypedForm) -> Response:
    """Let a contractor take part; one nobody has registered yet is added when that is ticked."""
    start = typed.day("valid_from", is_required=True)
    try:
        with writing(request) as session:
            site = own_site(request, session, site_id)
            upper = _named(request, session, typed, "upper")
            who = _named(request, session, typed, "contractor")
            if not typed.errors and who is None:
                who = _newcomer(request, session, typed)
            if not typed.errors and who is not None and start is not None:
                places.take_part(session, site.site_id, who, start, upper_contractor_id=upper)
                note(
                    request, session, "site.part_added", ("site", site_id), site.prime_contractor_id, contractor_id=who
                )
                return to(f"/sites/{site_id}", "part_added")
    except NotAllowed:
        typed.wrong("upper", "registry.wrong.upper")
    except NotFound:
        raise
    except DomainError as error:
        typed.refuse(error, "contractor")
    return _part_form(request, site_id, typed, status_code=422)


@router.post("/sites/{site_id}/parts/{participation_id}/end", dependencies=[needs(Permission.EDIT_SITES)])
def end_part(request: Request, site_id: UUID, participation_id: UUID, typed: TypedForm) -> Response:
    """Let a contractor take part until a last day, or go on again; its place in the accepted structure goes with it."""
    with writing(request) as session:
        site = own_site(request, session, site_id)
        held = store.find_participation(session, participation_id)
        if held is None or held.site_id != site.site_id:
            raise NotFound("no such participation", participation_id=participation_id)
        last_day, done = ending(request, typed, "part", held.valid_from)
        parting.end_part(session, _batch(request), participation_id, last_day)
        ids = {"contractor_id": held.contractor_id}
        note(request, session, f"site.{done}", ("site", site_id), site.prime_contractor_id, **ids)
    ended = participation_id if last_day is not None else None
    return RedirectResponse(with_query(f"/sites/{site_id}", done=done, part=ended), 303)


def _batch(request: Request) -> Batch:
    """Return the viewer's act on the structure of a site whose participations he keeps."""
    account = viewer_of(request).account
    linker = Linker(account.account_id, account.name, scope_of(request, Permission.EDIT_SITES))
    return Batch(linker, request.app.state.clock.now())


def _reached(request: Request, session: Session, site_id: SiteId) -> Site:
    if not reaches_site(session, scope_of(request), site_id, whole=False):
        raise NotFound("no such site", site_id=site_id)
    return places.require_site(session, site_id)


def _check_own(request: Request, session: Session, site: Site, worker_id: WorkerId) -> None:
    """Raises NotFound unless the site is the viewer's to change, or the worker is, and the worker may be seen."""
    is_seen = reaches_worker(session, scope_of(request), worker_id)
    edits = scope_of(request, Permission.EDIT_PEOPLE)
    may = reaches_site(session, scope_of(request, Permission.EDIT_SITES), site.site_id) or proposing.may_edit(
        session, edits, worker_id, today_of(request)
    )
    if not (is_seen and may):
        raise NotFound("no such worker", worker_id=worker_id)


def _assign(
    session: Session, site: Site, worker_id: WorkerId, period: tuple[date, date | None], position: Position
) -> bool:
    """Expect a worker at the site; False when he is within that time already."""
    try:
        places.assign(session, site.site_id, worker_id, *period, position=position)
    except Overlap:
        return False
    return True


def _named(request: Request, session: Session, typed: Typed, name: str) -> ContractorId | None:
    text = typed.text(name, is_required=name == "contractor")
    found = chosen_contractor(session, scope_of(request), text, name) if text else None
    if text and found is None and not (name == "contractor" and typed.is_ticked("is_new")):
        typed.wrong(
            name, "registry.wrong.no_contractor_yet" if name == "contractor" else "registry.wrong.no_contractor"
        )
    return found


def _newcomer(request: Request, session: Session, typed: Typed) -> ContractorId:
    """Add the contractor that was typed by its name: what else is known of it, it fills in itself."""
    form = typed.choice("legal_form", LegalForm) or LegalForm.CORPORATION
    added = service.add_contractor(session, Contractor(ContractorId(uuid7()), typed.text("contractor"), form))
    own = added.contractor_id
    note(request, session, "contractor.added", ("contractor", own), own)
    return own


def _whom(
    request: Request, site_id: SiteId, asked: _Asked, offset: int, typed: Typed, *, status_code: int = 200
) -> Response:
    scope, today, sealer = scope_of(request), today_of(request), request.app.state.settings.sealer
    with reading(request) as session:
        site = _reached(request, session, site_id)
        listed = list_workers(session, scope, WorkerFilters(q=asked.q), today, sealer, offset)
        there = {each.worker_id for each in read_site(session, scope, site_id, today).expected if _holds(each, today)}
    query = {"q": asked.q} if asked.q else {}
    return render(
        request,
        "registry/assign.html",
        status_code=status_code,
        site=site,
        asked=asked,
        listed=listed,
        there=there,
        values=typed.values,
        errors=typed.errors,
        **pages_of(f"/sites/{site_id}/assign", query, listed),
    )


def _holds(each: ExpectedWorker, today: date) -> bool:
    return each.valid_until is None or each.valid_until >= today


def _part_form(request: Request, site_id: UUID, typed: Typed, *, status_code: int = 200) -> Response:
    with reading(request, Permission.EDIT_SITES) as session:
        site = own_site(request, session, site_id)
        contractors = contractor_choices(session, scope_of(request, Permission.EDIT_SITES))
    return render(
        request,
        "registry/part_form.html",
        status_code=status_code,
        site=site,
        contractors=contractors,
        values=typed.values,
        errors=typed.errors,
    )
