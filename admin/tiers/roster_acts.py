"""What is done about a contractor's roster at a site, by its own people, those above it, or the prime contractor's."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, scope_of, writing
from admin.pages import with_query
from admin.registry.forms import TypedForm, proposer_of
from admin.tiers.acting import Act, Told, act, check_batch, new_batch, note, parse_id, problem_of
from admin.tiers.rosters import PATH, SITE_PATH, entry_of, reach_both, refusal, render_entry
from core.accounts.model import Permission
from core.clock import work_date
from core.db import Session
from core.errors import DomainError, InvalidInput, NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry import proposing
from core.registry.listing import list_occupations
from core.registry.mending import Unmendable, mend_date
from core.registry.model import Position
from core.registry.proposal_model import Content, ProposalKind
from core.registry.reach import reach_site, reach_worker
from core.tiering import planning, service, submitting
from core.tiering.link_model import Batch
from core.tiering.roster import waiting_at
from core.tiering.roster_model import EntryDraft, Lack
from core.tiering.service import Done

router = APIRouter()
REQUEST = [needs(Permission.REQUEST)]
MOST_ENTRIES = 500
_CODE = re.compile(r"\d{4}")


@router.post(f"{PATH}/accept", dependencies=REQUEST)
def accept_entries(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    entry: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Take the named entries into the roster, or all that are ready when none is named."""

    def do(session: Session, batch: Batch) -> Done:
        reach_both(session, batch.by.acts, site_id, contractor_id)
        if not entry:
            return service.accept_rosters(session, batch, SiteId(site_id), [ContractorId(contractor_id)])
        ids = [parse_id(text) for text in entry[:MOST_ENTRIES]]
        for each in ids:
            entry_of(session, site_id, contractor_id, each)
        return service.accept_entries(session, batch, SiteId(site_id), ids)

    return _act(request, site_id, contractor_id, do, "roster_accepted")


@router.post(f"{PATH}/plan", dependencies=REQUEST)
def plan_worker(request: Request, site_id: UUID, contractor_id: UUID, typed: TypedForm) -> Response:
    """Take one of the contractor's people into the roster who has not come yet."""

    def do(session: Session, batch: Batch) -> Done:
        site, contractor = reach_both(session, batch.by.acts, site_id, contractor_id)
        today, occupation = work_date(batch.now), typed.values.get("occupation", "").strip()
        crew = planning.plannable_at(session, batch.by.acts, site, contractor.contractor_id, today)
        worker_id = planning.chosen_worker(crew, typed.values.get("worker", ""))
        draft = planning.draft_for(
            session,
            site,
            worker_id,
            _day(typed.values, "valid_from") or planning.first_day(site, today),
            occupation_code=_code(session, occupation) if occupation else None,
            position=typed.choice("position", Position),
        )
        return service.write_entry(session, batch, site.site_id, contractor.contractor_id, worker_id, draft)

    return _act(request, site_id, contractor_id, do, "roster_planned")


@router.post(f"{PATH}/{{roster_entry_id}}/map", dependencies=REQUEST)
def map_trade(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    roster_entry_id: UUID,
    occupation: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Say which CCUS occupation an entry is; it is taken into the roster at once."""

    def do(session: Session, batch: Batch) -> Done:
        entry_of(session, site_id, contractor_id, roster_entry_id)
        mapped = service.map_trade(session, batch, roster_entry_id, _code(session, occupation))
        (made,) = mapped.entries
        return service.accept_entries(session, batch, SiteId(site_id), [made.roster_entry_id])

    return _act(request, site_id, contractor_id, do, "roster_accepted")


@router.post(f"{PATH}/{{roster_entry_id}}/remove", dependencies=REQUEST)
def remove_entry(request: Request, site_id: UUID, contractor_id: UUID, roster_entry_id: UUID) -> Response:
    def do(session: Session, batch: Batch) -> Done:
        entry_of(session, site_id, contractor_id, roster_entry_id)
        return service.remove_entry(session, batch, roster_entry_id)

    return _act(request, site_id, contractor_id, do, "roster_removed")


@router.post(f"{PATH}/{{roster_entry_id}}/position", dependencies=REQUEST)
def give_position(
    request: Request, site_id: UUID, contractor_id: UUID, roster_entry_id: UUID, typed: TypedForm
) -> Response:
    """Give a worker a position on some of an entry's days, as a deputy has."""

    def do(session: Session, batch: Batch) -> Done:
        found = entry_of(session, site_id, contractor_id, roster_entry_id)
        first = _day(typed.values, "first") or found.valid_from
        position = typed.choice("position", Position) or Position.OTHER
        return service.give_position(session, batch, roster_entry_id, position, first, _day(typed.values, "last"))

    return _act(request, site_id, contractor_id, do, "roster_changed")


@router.post(f"{PATH}/undo", dependencies=REQUEST)
def undo(
    request: Request, site_id: UUID, contractor_id: UUID, batch: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Take back what an act did to the roster, with the days that count because of it."""

    def do(session: Session, own: Batch) -> Done:
        undone = parse_id(batch)
        check_batch(session, site_id, undone)
        return service.undo(session, own, undone)

    return _act(request, site_id, contractor_id, do, "undone")


@router.post(f"{PATH}/submit", dependencies=REQUEST)
def submit(request: Request, site_id: UUID, contractor_id: UUID) -> Response:
    """Hand the roster in as it is now."""
    batch = new_batch(request, Permission.REQUEST)
    try:
        with writing(request) as session:
            site, contractor = reach_both(session, batch.by.acts, site_id, contractor_id)
            sealer = request.app.state.settings.sealer
            submitting.submit(session, sealer, batch, site.site_id, contractor.contractor_id)
            note(request, session, "tiers.roster_submitted", site)
    except NotFound:
        raise
    except DomainError as error:
        return refusal(request, site_id, contractor_id)(problem_of(request, error))
    return RedirectResponse(
        with_query(f"/sites/{site_id}/contractors/{contractor_id}/roster", said="roster_submitted"), 303
    )


@router.post(f"{PATH}/{{roster_entry_id}}", dependencies=REQUEST)
def change_entry(
    request: Request, site_id: UUID, contractor_id: UUID, roster_entry_id: UUID, typed: TypedForm
) -> Response:
    """Write an entry anew, as a person says it is."""

    def do(session: Session, batch: Batch) -> Done:
        old = entry_of(session, site_id, contractor_id, roster_entry_id)
        draft = _draft(session, typed.values)
        whose = (SiteId(site_id), ContractorId(contractor_id), old.worker_id)
        return service.write_entry(session, batch, *whose, draft, replaces=roster_entry_id)

    def refuse(problem: str) -> Response:
        return render_entry(request, site_id, contractor_id, roster_entry_id, typed=dict(typed.values), problem=problem)

    back = f"/sites/{site_id}/contractors/{contractor_id}/roster"
    return act(request, site_id, do, Told("roster_changed", back, refuse))


@router.post(f"{SITE_PATH}/affiliations", dependencies=REQUEST)
def ask_for_affiliation(
    request: Request,
    site_id: UUID,
    worker_id: Annotated[str, Form(max_length=40)] = "",
    back: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Propose to a worker's owner that he belongs to the contractor he last worked for here, since his first day."""
    scope, now = scope_of(request, Permission.REQUEST), request.app.state.clock.now()
    said = "affiliation_asked"
    with writing(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        worker = reach_worker(session, scope, WorkerId(parse_id(worker_id)))
        waiting = [each for each in waiting_at(session, scope, site.site_id) if each.worker_id == worker.worker_id]
        if not waiting or Lack.AFFILIATION not in waiting[0].lacks or waiting[0].last_contractor_id is None:
            raise NotFound("nobody waits so", worker_id=worker_id)
        content = Content(contractor_id=waiting[0].last_contractor_id, valid_from=waiting[0].first_day)
        try:
            proposing.propose(session, proposer_of(request), worker.worker_id, ProposalKind.AFFILIATION, content, now)
            note(request, session, "tiers.affiliation_asked", site)
        except InvalidInput:
            said = "affiliation_waits"
    path = f"/sites/{site_id}/roster"
    if back:
        path = f"/sites/{site_id}/contractors/{parse_id(back)}/roster"
    return RedirectResponse(with_query(path, said=said), 303)


def _act(request: Request, site_id: UUID, contractor_id: UUID, do: Act, said: str) -> Response:
    back = f"/sites/{site_id}/contractors/{contractor_id}/roster"
    return act(request, site_id, do, Told(said, back, refusal(request, site_id, contractor_id)))


def _draft(session: Session, values: Mapping[str, str]) -> EntryDraft:
    occupation, first = values.get("occupation", "").strip(), _day(values, "valid_from")
    if first is None:
        raise InvalidInput("a first day is needed", field="valid_from")
    text = {name: values.get(name, "").strip() for name in ("trade", "task", "hazardous_substances")}
    position = values.get("position", "")
    return EntryDraft(
        occupation_code=_code(session, occupation) if occupation else None,
        position=Position(position) if position in set(Position) else Position.OTHER,
        valid_from=first,
        valid_until=_day(values, "valid_until"),
        **text,
    )


def _code(session: Session, typed: str) -> str:
    """Return the CCUS occupation that was typed or chosen: its code, or its whole name. Raises InvalidInput."""
    text = typed.strip()
    found = _CODE.match(text)
    for each in list_occupations(session):
        if (found and found[0] == each.occupation_code) or each.name == text:
            return each.occupation_code
    raise InvalidInput("no such occupation", field="occupation_code")


def _day(values: Mapping[str, str], name: str) -> date | None:
    text = values.get(name, "").strip()
    try:
        return mend_date(text).value if text else None
    except Unmendable:
        raise InvalidInput("no such day", field=name) from None
