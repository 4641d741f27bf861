"""「研修」: the dates, and signing people up for them. Everybody sees the dates; who comes, only their own company."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, viewer_of, writing
from admin.exports import ExportFormat, ExportNote, export_response
from admin.pages import language_of, render
from admin.training import forms
from admin.words import word
from core.accounts.model import Permission, Viewer
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput
from core.ids import ContractorId
from core.registry import store as registry
from core.scope import EVERYTHING, Scope
from core.training import rules, service, store
from core.training.model import Seat, Sitting, TrainingDate

router = APIRouter()
SEE, OPERATE = needs(Permission.SEE), needs(Permission.OPERATE)
HEADINGS = ("席", "研修ID", "会社", "氏名", "状態")


@router.get("/training", dependencies=[SEE])
def list_dates(request: Request) -> Response:
    now = request.app.state.clock.now()
    with _reading(request) as session:
        coming = store.coming_dates(session, now)
        past = store.past_dates(session, now) if viewer_of(request).is_operator else []
        seats = store.seats_of(session, [date.training_id for date in coming], _own(viewer_of(request)))
    mine = {date.training_id: sum(1 for seat in seats if seat.training_id == date.training_id) for date in coming}
    return render(request, "training/list.html", coming=coming, past=past, mine=mine, today=work_date(now))


@router.get("/training/new", dependencies=[OPERATE])
def begin_date(request: Request) -> Response:
    return _form(request, forms.EMPTY, {})


@router.post("/training/new", dependencies=[OPERATE])
async def add_date(request: Request) -> Response:
    return await _save(request, None)


@router.get("/training/{training_id}/edit", dependencies=[OPERATE])
def edit_date(request: Request, training_id: UUID) -> Response:
    with _reading(request) as session:
        date = service.require_date(session, training_id)
    return _form(request, forms.values_of(date), {}, date)


@router.post("/training/{training_id}/edit", dependencies=[OPERATE])
async def change_date(request: Request, training_id: UUID) -> Response:
    return await _save(request, training_id)


async def _save(request: Request, training_id: UUID | None) -> Response:
    async with request.form(max_files=0, max_fields=20) as form:
        values = {name: str(form.get(name, "")).strip() for name in forms.EMPTY}
    try:
        date = forms.date_of(values, training_id)
        with writing(request) as session:
            if training_id is None:
                service.add_date(session, date)
            else:
                service.change_date(session, date)
            _record(session, request, "training.added" if training_id is None else "training.changed", date.training_id)
    except InvalidInput as error:
        lang = language_of(request)
        field = error.field.removesuffix("_taken")
        return _form(request, values, {field: word(f"training.wrong.{error.field}", lang)}, training_id=training_id)
    return _to(date.training_id, "saved")


def _form(
    request: Request,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    date: TrainingDate | None = None,
    training_id: UUID | None = None,
) -> Response:
    known = date.training_id if date else training_id
    return render(
        request, "training/form.html", status_code=422 if errors else 200, values=values, errors=errors, known=known
    )


@router.post("/training/{training_id}/call-off", dependencies=[OPERATE])
def call_off(request: Request, training_id: UUID) -> Response:
    with writing(request) as session:
        service.cancel_date(session, training_id, request.app.state.clock.now())
        _record(session, request, "training.called_off", training_id)
    return _to(training_id, "saved")


@router.get("/training/{training_id}", dependencies=[SEE])
def show_date(request: Request, training_id: UUID, done: str = "") -> Response:
    return _date(request, training_id, {}, {}, done)


@router.post("/training/{training_id}/sign-up", dependencies=[SEE])
def sign_up(
    request: Request,
    training_id: UUID,
    people: Annotated[str, Form(max_length=2000)] = "",
    company: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    viewer, now = viewer_of(request), request.app.state.clock.now()
    try:
        names = rules.names_in(people)
        with writing(request) as session:
            sitting = _sitting(session, viewer, company)
            seats = service.sign_up(session, training_id, names, sitting, now)
            counts = {"people": len(seats), "waiting": sum(1 for seat in seats if seat.number is None)}
            _record(session, request, "training.signed_up", training_id, sitting.contractor_id, counts)
    except InvalidInput as error:
        key = "no_people" if error.field == "people" else error.field
        key = "no_company" if key == "company" else key
        errors = {error.field.partition("_")[0]: word(f"training.{key}", language_of(request))}
        return _date(request, training_id, errors, {"people": people, "company": company})
    return _to(training_id, "signed_up_waiting" if counts["waiting"] else "signed_up")


@router.post("/training/seats/{seat_id}/give-up", dependencies=[SEE])
def give_up(request: Request, seat_id: UUID) -> Response:
    with writing(request) as session:
        now = request.app.state.clock.now()
        seat, moved = service.cancel_seat(session, seat_id, _own(viewer_of(request)), now)
        facts = {"moved_up": len(moved)}
        _record(session, request, "training.seat_given_up", seat.training_id, seat.contractor_id, facts)
    return _to(seat.training_id, "gave_up")


@router.get("/training/{training_id}/roster", dependencies=[OPERATE])
def show_roster(request: Request, training_id: UUID) -> Response:
    with _reading(request) as session:
        date = service.require_date(session, training_id)
        seats = store.seats_of(session, [training_id], EVERYTHING)
    return render(request, "training/roster.html", date=date, seats=seats, today=_today(request))


@router.get("/training/{training_id}/roster/export", dependencies=[OPERATE])
def export_roster(request: Request, training_id: UUID, format: ExportFormat = ExportFormat.EXCEL) -> Response:  # noqa: A002
    def rows(session: Session) -> Iterator[tuple[str, ...]]:
        service.require_date(session, training_id)
        for seat in store.seats_of(session, [training_id], EVERYTHING):
            state = "参加" if seat.number else "キャンセル待ち"
            yield str(seat.number or ""), seat.login or "", seat.company, seat.person, state

    note = ExportNote("training.roster_exported", ("training", training_id))
    return export_response(
        request, "研修参加者", HEADINGS, rows, file_format=format, note=note, permission=Permission.OPERATE
    )


def _date(
    request: Request, training_id: UUID, errors: Mapping[str, str], typed: Mapping[str, str], done: str = ""
) -> Response:
    viewer, now = viewer_of(request), request.app.state.clock.now()
    with _reading(request) as session:
        date = service.require_date(session, training_id)
        seats: list[Seat] = store.seats_of(session, [training_id], _own(viewer))
        companies = _companies(session, viewer)
    is_known = done in ("saved", "signed_up", "signed_up_waiting", "gave_up")
    return render(
        request,
        "training/date.html",
        status_code=422 if errors else 200,
        date=date,
        seats=seats,
        companies=companies,
        is_open=date.takes_people(now),
        errors=errors,
        typed=typed,
        done=f"training.{done}" if is_known else None,
        today=work_date(now),
    )


@contextmanager
def _reading(request: Request) -> Iterator[Session]:
    """Open a session that PostgreSQL limits to the viewer's companies; a site manager has one too."""
    with request.app.state.database.read(_own(viewer_of(request))) as session:
        yield session


def _own(viewer: Viewer) -> Scope:
    """Return whose seats the viewer may see: those of the companies he belongs to."""
    if viewer.is_operator:
        return EVERYTHING
    return Scope(employers=frozenset(each.contractor_id for each in viewer.memberships if each.contractor_id))


def _companies(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Return the viewer's companies, as (id, name)."""
    ids = dict.fromkeys(each.contractor_id for each in viewer.memberships if each.contractor_id)
    found = [registry.find_contractor(session, contractor_id) for contractor_id in ids]
    return [(str(each.contractor_id), each.name) for each in found if each]


def _sitting(session: Session, viewer: Viewer, company: str) -> Sitting:
    """Return for whom people are signed up: a company of the viewer's, or whatever the operator writes."""
    companies = dict(_companies(session, viewer))
    account_id = viewer.account.account_id
    if company in companies or (companies and not viewer.is_operator):
        chosen = company if company in companies else next(iter(companies))
        return Sitting(account_id, ContractorId(UUID(chosen)), companies[chosen])
    if not company.strip():
        raise InvalidInput("no company", field="company")
    return Sitting(account_id, None, company.strip())


def _record(
    session: Session,
    request: Request,
    action: str,
    training_id: UUID,
    contractor_id: ContractorId | None = None,
    counts: Mapping[str, int] | None = None,
) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("training", training_id),
        contractor_id=contractor_id,
        details=counts or {},
    )


def _today(request: Request) -> object:
    return work_date(request.app.state.clock.now())


def _to(training_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/training/{training_id}?done={done}", 303)
