"""技能者: the list, its files, the page of one worker, and the forms that add and change one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.exports import ExportFormat, ExportNote, export_response, filters_used
from admin.pages import language_of, render, with_query
from admin.registry.forms import (
    Typed,
    TypedForm,
    changed_fields,
    done_of,
    id_of,
    note,
    to,
    today_of,
    version_of,
    with_values,
)
from admin.registry.stories import story_of
from core.accounts.model import Permission
from core.attendance.latest_days import latest_days
from core.attendance.rejudging import rejudge_caller
from core.db import Session
from core.errors import DomainError, NotFound
from core.ids import ContractorId, WorkerId, normalise_digits, uuid7
from core.phone import conceal
from core.registry import mending, proposing, service, store
from core.registry.card_lines import cards_of
from core.registry.choosing import contractor_choices, contractors_named
from core.registry.listing import list_occupations
from core.registry.model import MAX_OCCUPATIONS, Language, SkilledWorker
from core.registry.proposal_store import list_proposals, owner_of
from core.registry.worker_detail import occupations_of, reaches_worker, read_worker
from core.registry.worker_list import WORKER_HEADINGS, WorkerFilters, list_employers, list_workers, worker_rows

router = APIRouter()
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
FIELDS = (
    *("name", "name_kana", "ccus_worker_id", "birth_date", "language", "address", "emergency_name"),
    *("hired_on", "experience_years", "last_health_check_on"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters as they stand in the address."""

    q: str = ""
    contractor: str = ""
    occupation: str = ""
    employed: str = ""
    phone: str = ""
    provisional: str = ""

    @property
    def filters(self) -> WorkerFilters:
        contractor = id_of(self.contractor)
        return WorkerFilters(
            q=self.q,
            contractor_id=None if contractor is None else ContractorId(contractor),
            occupation_code=self.occupation,
            employed={"yes": True, "no": False}.get(self.employed),
            without_phone=self.phone == "none",
            provisional=self.provisional == "yes",
        )

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


@router.get("/workers", dependencies=[needs(Permission.SEE)])
def show_workers(request: Request, asked: Annotated[_Asked, Depends()], offset: Offset = 0) -> Response:
    if conceal(asked.q) != asked.q:  # a whole number stays out of addresses: its end is enough to find it
        return RedirectResponse(with_query("/workers", q=normalise_digits(asked.q)[-4:]), 303)
    scope, today = scope_of(request), today_of(request)
    with reading(request) as session:
        listed = list_workers(session, scope, asked.filters, today, request.app.state.settings.sealer, offset)
        employers, trades = list_employers(session, scope, today), list_occupations(session)
    return render(
        request,
        "registry/workers.html",
        listed=listed,
        asked=asked,
        employers=employers,
        trades=[(each.occupation_code, each.name) for each in trades],
        done=done_of(request),
        ended=_ended(request),
        **pages_of("/workers", asked.query, listed),
    )


@router.get("/workers/export", dependencies=[needs(Permission.EXPORT)])
def export_workers(
    request: Request, asked: Annotated[_Asked, Depends()], file_format: Annotated[ExportFormat, Query(alias="format")]
) -> Response:
    scope, today, sealer = scope_of(request, Permission.EXPORT), today_of(request), request.app.state.settings.sealer
    return export_response(
        request,
        "技能者一覧",
        WORKER_HEADINGS,
        lambda session: worker_rows(session, scope, asked.filters, today, sealer),
        file_format=file_format,
        note=ExportNote("worker.exported", ("list", "workers"), filters=filters_used(asked.query)),
    )


@router.get("/workers/new", dependencies=[needs(Permission.EDIT_PEOPLE)])
def ask_for_worker(request: Request) -> Response:
    return _form(request, None, {"language": Language.JAPANESE, "valid_from": today_of(request).isoformat()}, {})


@router.post("/workers/new", dependencies=[needs(Permission.EDIT_PEOPLE)])
def add_worker(request: Request, typed: TypedForm) -> Response:
    edits, settings = scope_of(request, Permission.EDIT_PEOPLE), request.app.state.settings
    worker = _worker_from(typed, SkilledWorker(WorkerId(uuid7()), ""))
    e164 = typed.phone("phone", settings.phone_regions)
    start = typed.day("valid_from", is_required=True)
    contractor = id_of(typed.values.get("contractor", ""))
    if contractor is None and not edits.everything:
        typed.wrong("contractor", "registry.wrong.required")
    if contractor is not None and not edits.everything and contractor not in edits.employers:
        raise NotFound("no such contractor", contractor_id=contractor)
    if not typed.errors and start is not None:
        own = None if contractor is None else ContractorId(contractor)
        try:
            with writing(request) as session:
                if own is not None:
                    service.require_contractor(session, own)
                belongings = service.Belongings(e164, own, _trades(typed))
                service.add_worker(session, settings.sealer, worker, start, belongings)
                _keep_emergency(session, request, typed, worker)
                _rejudge_typed_id(request, session, worker)
                note(request, session, "worker.added", ("worker", worker.worker_id), own)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/workers/{worker.worker_id}", "worker_added")
    return _form(request, None, typed.values, typed.errors, status_code=422)


@router.get("/workers/{worker_id}", dependencies=[needs(Permission.SEE)])
def show_worker(request: Request, worker_id: UUID) -> Response:
    own, today, scope, viewer = WorkerId(worker_id), today_of(request), scope_of(request), viewer_of(request)
    with reading(request) as session:
        detail = read_worker(session, scope, own, today)
        edits = viewer.scope(Permission.EDIT_PEOPLE)
        is_own = edits.everything or detail.owner_id in edits.employers
        return render(
            request,
            "registry/worker.html",
            detail=detail,
            today=today,
            may_edit=is_own,
            edits=edits,
            may_propose=not is_own and viewer.may(Permission.REQUEST),
            proposals=list_proposals(session, scope, today, own, is_open=True),
            cards=cards_of(session, own, today),
            days=latest_days(session, scope, own),
            story=story_of(session, viewer, "worker", worker_id, language_of(request)),
            done=done_of(request),
        )


@router.get("/workers/{worker_id}/edit", dependencies=[needs(Permission.EDIT_PEOPLE)])
def ask_for_changes(request: Request, worker_id: UUID) -> Response:
    with reading(request) as session:
        worker, codes, mask = _shown(request, session, WorkerId(worker_id))
    return _form(request, worker, _values_of(worker, codes), {}, seen=version_of(worker, codes), mask=mask)


@router.post("/workers/{worker_id}/edit", dependencies=[needs(Permission.EDIT_PEOPLE)])
def change_worker(request: Request, worker_id: UUID, typed: TypedForm) -> Response:
    """Store what was typed, unless somebody else has changed the record since the form was shown."""
    own = WorkerId(worker_id)
    with reading(request) as session:
        worker, codes, mask = _shown(request, session, own)
    seen, changed = version_of(worker, codes), _worker_from(typed, worker)
    trades = _trades(typed)
    typed.phone("emergency_phone", request.app.state.settings.phone_regions)
    if typed.values.get("seen") != seen:
        now = _values_of(worker, codes)
        conflict = [name for name in now if str(now[name] or "") != typed.values.get(name, "")]
        page = {"seen": seen, "mask": mask, "now": now, "conflict": conflict}
        return _form(request, worker, typed.values, typed.errors, status_code=409, **page)
    if not typed.errors:
        try:
            with writing(request) as session:
                require_own(request, session, own)
                service.update_worker(session, changed)
                if changed.ccus_worker_id != worker.ccus_worker_id:
                    _rejudge_typed_id(request, session, changed)
                if trades != codes:
                    service.set_occupations(session, own, trades)
                has_emergency = _keep_emergency(session, request, typed, changed)
                fields = changed_fields(worker, changed) + ["occupations"] * (trades != codes)
                fields += ["emergency_phone"] * has_emergency
                whose = owner_of(session, own, today_of(request))
                note(request, session, "worker.changed", ("worker", own), whose, fields=fields)
        except DomainError as error:
            typed.refuse(error)
        else:
            return to(f"/workers/{own}", "worker_changed")
    return _form(request, worker, typed.values, typed.errors, status_code=422, seen=seen, mask=mask)


def _ended(request: Request) -> str | None:
    """Return the address at which an affiliation was ended just now: whoever has left is not in the list any more."""
    worker_id, affiliation_id = (id_of(request.query_params.get(name, "")) for name in ("worker", "ended"))
    return f"/workers/{worker_id}/affiliations/{affiliation_id}/end" if worker_id and affiliation_id else None


def require_own(request: Request, session: Session, worker_id: WorkerId) -> None:
    """Raises NotFound when the worker's record is not the viewer's to change, or not to see."""
    edits = scope_of(request, Permission.EDIT_PEOPLE)
    is_seen = reaches_worker(session, scope_of(request), worker_id)
    if not is_seen or not proposing.may_edit(session, edits, worker_id, today_of(request)):
        raise NotFound("no such worker", worker_id=worker_id)


def pages_of(path: str, query: dict[str, str], listed: Any) -> dict[str, Any]:
    """Return the addresses of a list's neighbouring pages, its filters kept."""

    def at(offset: int | None) -> str | None:
        return None if offset is None else with_query(path, **query, offset=offset or None)

    return {"previous": at(listed.previous_offset), "next": at(listed.next_offset), "query": query}


def _shown(
    request: Request, session: Session, worker_id: WorkerId
) -> tuple[SkilledWorker, tuple[str, ...], str | None]:
    require_own(request, session, worker_id)
    detail = read_worker(session, scope_of(request), worker_id, today_of(request))
    codes = tuple(each.occupation_code for each in occupations_of(session, worker_id))
    return detail.worker, codes, detail.emergency_phone_mask


def _worker_from(typed: Typed, before: SkilledWorker) -> SkilledWorker:
    values = {
        "name": typed.text("name", is_required=True, mend=mending.mend_name),
        "name_kana": typed.text("name_kana", mend=mending.mend_kana),
        "ccus_worker_id": typed.ccus_id("ccus_worker_id"),
        "birth_date": typed.day("birth_date"),
        "language": typed.choice("language", Language) or before.language,
        "address": typed.text("address"),
        "emergency_name": typed.text("emergency_name"),
        "hired_on": typed.day("hired_on"),
        "experience_years": typed.number("experience_years", most=80),
        "last_health_check_on": typed.day("last_health_check_on"),
    }
    return with_values(before, values)


def _values_of(worker: SkilledWorker, codes: Sequence[str]) -> dict[str, Any]:
    """Return the worker as the fields of the form show him."""
    values: dict[str, Any] = {name: getattr(worker, name) for name in FIELDS}
    trades = dict(zip((f"occupation_{rank}" for rank in range(1, MAX_OCCUPATIONS + 1)), codes, strict=False))
    shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return shown | {f"occupation_{rank}": "" for rank in range(1, MAX_OCCUPATIONS + 1)} | trades


def _trades(typed: Typed) -> tuple[str, ...]:
    named = (typed.values.get(f"occupation_{rank}", "") for rank in range(1, MAX_OCCUPATIONS + 1))
    return tuple(dict.fromkeys(filter(None, named)))


def _rejudge_typed_id(request: Request, session: Session, worker: SkilledWorker) -> None:
    """Judge again what was typed at gates under a CCUS id that is registered from now on."""
    if worker.ccus_worker_id:
        rejudge_caller(session, request.app.state.clock.now(), worker_id=worker.worker_id)


def _keep_emergency(session: Session, request: Request, typed: Typed, worker: SkilledWorker) -> bool:
    """Keep a typed emergency number; whether there was one. An empty field leaves what there is."""
    settings = request.app.state.settings
    e164 = typed.phone("emergency_phone", settings.phone_regions)
    if e164 is None:
        return False
    phone = service.keep_phone(session, settings.sealer, e164)
    store.update(session, [with_values(worker, {"emergency_phone_id": phone.phone_id})])
    return True


def _form(
    request: Request,
    worker: SkilledWorker | None,
    values: Any,
    errors: dict[str, str],
    *,
    status_code: int = 200,
    **context: Any,
) -> Response:
    edits = scope_of(request, Permission.EDIT_PEOPLE)
    with reading(request) as session:
        trades = [(each.occupation_code, each.name) for each in list_occupations(session)]
        employers = (
            contractor_choices(session, edits) if edits.everything else contractors_named(session, edits.employers)
        )
    shown = {"seen": "", "mask": None, "now": {}, "conflict": []} | context
    return render(
        request,
        "registry/worker_form.html",
        status_code=status_code,
        worker=worker,
        values=values,
        errors=errors,
        trades=trades,
        employers=employers,
        has_to_belong=not edits.everything,
        languages_=[(each.value, each.value) for each in Language],
        **shown,
    )
