"""What a person writes on the sheet for one day, and takes back. The recorded day stays as it is."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render, with_query
from admin.words import word
from core.accounts.model import Permission
from core.attendance.sheet import find_sheet_day, withdraw_entry, write_entry
from core.attendance.sheet_model import ManDay, SheetDay
from core.attendance.sheet_rules import hours_text, man_days_text, parse_hours, parse_man_days
from core.audit import service as audit
from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import SiteId, WorkerId
from core.registry.reach import employs

router = APIRouter()
PATH = "/sheet/days/{worker_id}/{site_id}/{work_date}"
Key = tuple[WorkerId, SiteId, date]


@router.get(PATH, dependencies=[needs(Permission.SEE)])
def show_day(request: Request, worker_id: UUID, site_id: UUID, work_date: date) -> Response:
    return _show(request, (WorkerId(worker_id), SiteId(site_id), work_date))


@router.post(PATH, dependencies=[needs(Permission.EDIT_PEOPLE)])
def write_day(
    request: Request,
    worker_id: UUID,
    site_id: UUID,
    work_date: date,
    tenths: str = Form(""),
    night: str = Form(""),
    extra: str = Form(""),
    note: str = Form(""),
) -> Response:
    key = (WorkerId(worker_id), SiteId(site_id), work_date)
    account = viewer_of(request).account
    try:
        man_day = ManDay(parse_man_days(tenths), bool(night), parse_hours(extra, "extra"))
        with writing(request) as session:
            _check_reach(session, request, key)
            now = request.app.state.clock.now()
            entry = write_entry(session, key, man_day, note, (account.account_id, account.name), now)
            _note(session, request, "sheet.written", key, ["tenths", "is_night", "extra_min", "note"], entry.seq)
    except InvalidInput as error:
        errors = {error.field: word(f"sheet.error.{error.field}", language_of(request))}
        typed = {"tenths": tenths, "night": bool(night), "extra": extra, "note": note}
        return _show(request, key, typed, errors)
    return RedirectResponse(_back(key), 303)


@router.post(f"{PATH}/withdraw", dependencies=[needs(Permission.EDIT_PEOPLE)])
def withdraw_day(request: Request, worker_id: UUID, site_id: UUID, work_date: date) -> Response:
    key = (WorkerId(worker_id), SiteId(site_id), work_date)
    account = viewer_of(request).account
    with writing(request) as session:
        _check_reach(session, request, key)
        now = request.app.state.clock.now()
        entry = withdraw_entry(session, key, (account.account_id, account.name), now)
        _note(session, request, "sheet.withdrawn", key, [], entry.seq)
    return RedirectResponse(_back(key), 303)


def _show(
    request: Request, key: Key, typed: dict[str, object] | None = None, errors: dict[str, str] | None = None
) -> Response:
    with reading(request) as session:
        day, history = find_sheet_day(session, scope_of(request), key)
    return render(
        request,
        "sheet/day.html",
        status_code=422 if errors else 200,
        day=day,
        history=history,
        typed=typed or _held(day),
        errors=errors or {},
        may_write=employs(scope_of(request, Permission.EDIT_PEOPLE), day.recorded.contractor_id),
        back=_back(key),
        man_days=man_days_text,
        hours=hours_text,
    )


def _held(day: SheetDay) -> dict[str, object]:
    held = day.man_day
    return {
        "tenths": "" if held.tenths is None else man_days_text(held.tenths),
        "night": held.is_night,
        "extra": hours_text(held.extra_min) if held.extra_min else "",
        "note": day.entry.note if day.entry else "",
    }


def _check_reach(session: Session, request: Request, key: Key) -> None:
    """Raises NotFound unless the viewer looks in the name of those whose people worked that day."""
    scope = scope_of(request, Permission.EDIT_PEOPLE)
    day, _ = find_sheet_day(session, scope, key)
    if not employs(scope, day.recorded.contractor_id):
        raise NotFound("not the viewer's sheet", worker_id=key[0])


def _note(session: Session, request: Request, action: str, key: Key, fields: list[str], seq: int) -> None:
    day, _ = find_sheet_day(session, scope_of(request, Permission.EDIT_PEOPLE), key)
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("worker", key[0]),
        contractor_id=day.recorded.contractor_id,
        details={"fields": fields, "site_id": str(key[1]), "work_date": key[2].isoformat(), "seq": seq},
    )


def _back(key: Key) -> str:
    return with_query(f"/sheet/workers/{key[0]}", month=f"{key[2]:%Y-%m}")
