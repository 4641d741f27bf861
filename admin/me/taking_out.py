"""The worker takes his own data out: everything as JSON, his days as CSV or Excel. Each is noted in the audit log."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.exports import attachment
from admin.me.access import own_page, own_scope, reading_own, worker_of
from admin.pages import render
from core.attendance import missed, own_days
from core.audit import service as audit
from core.clock import JST, work_date
from core.db import Session
from core.documents.sheets import Column, Kind, Row, write_csv, write_xlsx
from core.registry import qualifying
from core.registry.worker_detail import read_worker
from core.scope import Scope

HEADINGS = (
    Column("日付", Kind.DATE),
    Column("現場", Kind.LONG_TEXT),
    Column("現場ID", Kind.CODE),
    Column("元請", Kind.LONG_TEXT),
    Column("所属会社", Kind.LONG_TEXT),
    Column("入場", Kind.INSTANT),
    Column("退場", Kind.INSTANT),
    Column("直接入力"),
)
_MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OURS = frozenset({"worker_id", "site_id", "contractor_id", "emergency_phone_id", "phone_number_id", "punch_id"})

router = APIRouter()


@router.get("/me/export", dependencies=[own_page])
def show_ways(request: Request) -> Response:
    return render(request, "me/export.html", worker=worker_of(request))


@router.get("/me/export/days.csv", dependencies=[own_page])
def days_as_csv(request: Request) -> Response:
    return _file(request, "出勤の記録", "csv", b"".join(write_csv(HEADINGS, _rows(request))))


@router.get("/me/export/days.xlsx", dependencies=[own_page])
def days_as_excel(request: Request) -> Response:
    with write_xlsx("出勤の記録", HEADINGS, _rows(request)) as file:
        return _file(request, "出勤の記録", "xlsx", file.read())


@router.get("/me/export/all.json", dependencies=[own_page])
def everything_as_json(request: Request) -> Response:
    with reading_own(request) as session:
        facts = _facts(session, own_scope(request), work_date(request.app.state.clock.now()))
    return _file(request, "わたしの記録", "json", orjson.dumps(facts, option=orjson.OPT_INDENT_2))


def _rows(request: Request) -> Iterator[Row]:
    with reading_own(request) as session:
        days = own_days.list_days(session, own_scope(request), worker_of(request).worker_id)
    for day in days:
        names = (day.site, day.ccus_site_id, day.prime, day.contractor)
        yield day.work_date, *names, day.first_entry_at, day.last_exit_at, "○" if day.is_direct else ""


def _facts(session: Session, scope: Scope, today: date) -> dict[str, Any]:
    """Return everything that is kept of a worker; his phone as a mask, as everywhere."""
    assert scope.worker_id is not None
    detail = read_worker(session, scope, scope.worker_id, today)
    return {
        "worker": _plain(detail.worker),
        "occupations": [occupation.name for occupation in detail.occupations],
        "phones": [_plain(each, "mask", "valid_from", "valid_until") for each in detail.phones],
        "employers": [_plain(each, "name", "valid_from", "valid_until") for each in detail.employments],
        "sites": [_plain(each, "name", "position", "valid_from", "valid_until") for each in detail.sites],
        "emergency_phone": detail.emergency_phone_mask,
        "qualifications": [_plain(each) for each in qualifying.qualifications_of(session, scope.worker_id)],
        "days": [_plain(each) for each in own_days.list_days(session, scope, scope.worker_id)],
        "missed_touches": [_plain(each) for each in missed.list_requests(session, scope, only_open=False)],
    }


def _plain(model: Any, *names: str) -> dict[str, Any]:
    """Return the fields of a model, all but our own ids, or those that are named."""
    return {name: value for name, value in asdict(model).items() if (name in names if names else name not in _OURS)}


def _file(request: Request, name: str, ending: str, content: bytes) -> Response:
    now = request.app.state.clock.now()
    with request.app.state.database.write() as session:
        audit.record(
            session,
            at=now,
            by=None,
            action="worker.own_exported",
            subject=("worker", worker_of(request).worker_id),
            details={"format": ending},
        )
    today = f"{now.astimezone(JST):%Y%m%d}"
    headers = {"Content-Disposition": attachment(f"{name}_{today}.{ending}", f"my_record_{today}")}
    return Response(content, media_type=_MEDIA[ending], headers=headers)
