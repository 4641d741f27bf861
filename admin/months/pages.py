"""月別カレンダー: the month of a worker, of a site, of a contractor. Ticking a month as checked is in checking.py."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of
from admin.exports import ExportFormat, ExportNote, export_response
from admin.months import checking
from admin.months.mending import ways_for
from admin.months.shown import HEADINGS, calendar_rows, month_nav, mutual_aid_text, sign_of, weeks_of
from admin.pages import RowNumber, language_of, render, with_query
from core.accounts.model import Permission
from core.attendance import missed
from core.attendance.calendar import WORKERS_A_PAGE, contractors_at, totals_of
from core.attendance.calendar_model import CalendarDay, MonthQuery, Party, month_of
from core.attendance.month_changes import changes_since, with_changes
from core.attendance.month_check_store import checked_contractors, history_of
from core.attendance.month_checks import find_differences, holding, month_seen, outdated_since
from core.clock import work_date
from core.db import Session
from core.documents.sheets import Row
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.paging import Listed
from core.registry.place_list import ContractorFilters, SiteFilters, list_contractors, list_sites
from core.registry.reach import employs, is_prime_of, reach_contractor, reach_site, reach_worker
from core.scope import Scope
from core.tiering.counting import read_matrix, worker_month

router = APIRouter()
router.include_router(checking.router)
SEE = Permission.SEE
DIFFERENCES_SHOWN = 20  # the others are found in 要確認


@router.get("/calendar", dependencies=[needs(SEE)])
def show_choice(request: Request, month: str = "", q: str = "", by: str = "site", offset: RowNumber = 0) -> Response:
    """Choose a site or a contractor; checked months that need a person again stand above."""
    now, shown = _now_and_month(request, month)
    scope, today = scope_of(request), work_date(now)
    with reading(request) as session:
        found_differences = islice(find_differences(session, scope, today), DIFFERENCES_SHOWN)
        differences = [with_changes(session, scope, each) for each in found_differences]
        listed: Listed[object]
        if by == "contractor":
            found = list_contractors(session, scope, ContractorFilters(q), today, max(0, offset))
            listed = Listed(
                tuple((row.contractor.contractor_id, row.contractor.name, "") for row in found.rows),
                found.total,
                found.offset,
            )
        else:
            places = list_sites(session, scope, SiteFilters(q), today, max(0, offset))
            listed = Listed(
                tuple((row.site.site_id, row.site.name, row.prime_name) for row in places.rows),
                places.total,
                places.offset,
            )
    nav = month_nav(request, shown, now, q=q, by="contractor" if by == "contractor" else "")
    return render(request, "months/choice.html", month=nav, listed=listed, q=q, by=by, differences=differences)


@router.get("/calendar/workers/{worker_id}", dependencies=[needs(SEE)])
def show_worker(request: Request, worker_id: UUID, month: str = "") -> Response:
    now, shown = _now_and_month(request, month)
    scope = scope_of(request)
    with reading(request) as session:
        worker = reach_worker(session, scope, WorkerId(worker_id))
        days = worker_month(session, scope, worker.worker_id, shown, now)
        waiting = missed.waiting_of(session, worker.worker_id, shown)
    by_date: dict[date, list[CalendarDay]] = {}
    for day in days:
        by_date.setdefault(day.work_date, []).append(day)
    return render(
        request,
        "months/worker.html",
        month=month_nav(request, shown, now),
        worker=worker,
        days=days,
        by_date=by_date,
        weeks=weeks_of(shown),
        totals=totals_of(days),
        way_of=ways_for(request, work_date(now), waiting),
        **_helpers(request),
    )


@router.get("/calendar/sites/{site_id}", dependencies=[needs(SEE)])
def show_site(
    request: Request, site_id: UUID, month: str = "", contractor: str = "", offset: RowNumber = 0
) -> Response:
    now, shown = _now_and_month(request, month)
    scope, contractor_id = scope_of(request), _contractor_id(contractor)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        query = MonthQuery(shown, site_id=site.site_id, contractor_id=contractor_id)
        matrix = read_matrix(session, scope, query, now, offset=max(0, offset))
        choices = contractors_at(session, scope, site.site_id, shown)
        checks = checked_contractors(session, scope, site.site_id, shown)
        panel = None
        if contractor_id is not None and contractor_id in dict(choices):
            panel = _check_panel(session, request, site.site_id, contractor_id, shown, prime=site.prime_contractor_id)
            panel["may_check"] = {
                Party.PRIME: is_prime_of(scope_of(request, Permission.SETTLE), site),
                Party.SUBCONTRACTOR: employs(scope_of(request, Permission.REQUEST), contractor_id)
                and contractor_id != site.prime_contractor_id,
            }
    nav = month_nav(request, shown, now, contractor=contractor)
    return render(
        request,
        "months/matrix.html",
        month=nav,
        title=site.name,
        matrix=matrix,
        page=Listed(matrix.rows, matrix.workers, max(0, offset)),
        site=site,
        contractor_id=contractor_id,
        choices=choices,
        checked={(check.contractor_id, check.party) for check in checks},
        panel=panel,
        export={"month": nav.code, "site": site.site_id, "contractor": contractor_id},
        **_helpers(request),
    )


@router.get("/calendar/contractors/{contractor_id}", dependencies=[needs(SEE)])
def show_contractor(request: Request, contractor_id: UUID, month: str = "", offset: RowNumber = 0) -> Response:
    now, shown = _now_and_month(request, month)
    scope = scope_of(request)
    with reading(request) as session:
        contractor = reach_contractor(session, scope, ContractorId(contractor_id))
        query = MonthQuery(shown, contractor_id=contractor.contractor_id)
        matrix = read_matrix(session, scope, query, now, offset=max(0, offset))
    nav = month_nav(request, shown, now)
    return render(
        request,
        "months/matrix.html",
        month=nav,
        title=contractor.name,
        matrix=matrix,
        page=Listed(matrix.rows, matrix.workers, max(0, offset)),
        site=None,
        contractor_id=contractor.contractor_id,
        choices=[],
        checked=set(),
        panel=None,
        export={"month": nav.code, "contractor": contractor.contractor_id},
        **_helpers(request),
    )


@router.get("/calendar/export", dependencies=[needs(Permission.EXPORT)])
def export_month(
    request: Request,
    format: ExportFormat,  # noqa: A002 - the name in the address
    month: str = "",
    worker: UUID | None = None,
    site: UUID | None = None,
    contractor: UUID | None = None,
) -> Response:
    """Answer with the days of a month as a file: of a worker, a site, a contractor, or a contractor at a site."""
    now, shown = _now_and_month(request, month)
    if not (worker or site or contractor):
        return RedirectResponse(with_query("/calendar", month=f"{shown:%Y-%m}"), 303)  # all days are no calendar
    scope = scope_of(request, Permission.EXPORT)
    query = MonthQuery(
        shown,
        WorkerId(worker) if worker else None,
        SiteId(site) if site else None,
        ContractorId(contractor) if contractor else None,
    )

    def rows(session: Session) -> Iterator[Row]:
        _check_reach(session, scope, query)
        return calendar_rows(_all_days(session, scope, query, now))

    subject = next(
        ((kind, id_) for kind, id_ in (("worker", worker), ("site", site), ("contractor", contractor)) if id_),
        ("list", "calendar"),
    )
    given = [name for name, value in (("worker", worker), ("site", site), ("contractor", contractor)) if value]
    note = ExportNote("calendar.exported", subject, query.contractor_id, [*given, "month"])
    return export_response(request, f"月別カレンダー_{shown:%Y%m}", HEADINGS, rows, file_format=format, note=note)


def _check_reach(session: Session, scope: Scope, query: MonthQuery) -> None:
    if query.worker_id is not None:
        reach_worker(session, scope, query.worker_id)
    if query.site_id is not None:
        reach_site(session, scope, query.site_id)
    if query.contractor_id is not None:
        reach_contractor(session, scope, query.contractor_id)


def _all_days(session: Session, scope: Scope, query: MonthQuery, now: datetime) -> Iterator[CalendarDay]:
    """Give the days of all pages, worker by worker."""
    offset = 0
    while True:
        matrix = read_matrix(session, scope, query, now, offset=offset)
        for row in matrix.rows:
            for on in sorted(row.days):
                yield from row.days[on]
        offset += WORKERS_A_PAGE
        if offset >= matrix.workers:
            return


def _check_panel(
    session: Session,
    request: Request,
    site_id: SiteId,
    contractor_id: ContractorId,
    month: date,
    *,
    prime: ContractorId,
) -> dict[str, object]:
    """Return what the panel of the month's checks shows."""
    scope, place = scope_of(request), (site_id, contractor_id)
    history = history_of(session, scope, *place, month)
    held, seen = holding(history), month_seen(session, *place, month)
    since = outdated_since(seen, held.values())
    return {
        "history": history,
        "held": held,
        "seen": seen,
        "since": since,
        "changes": changes_since(session, scope, place, month, since) if since else (),
        "is_primes_own": contractor_id == prime,
        "parties": [Party.PRIME] if contractor_id == prime else list(Party),
    }


def _helpers(request: Request) -> dict[str, Any]:
    lang = language_of(request)
    return {"sign_of": sign_of, "mutual_aid": lambda has: mutual_aid_text(has, lang)}


def _now_and_month(request: Request, month: str) -> tuple[datetime, date]:
    now: datetime = request.app.state.clock.now()
    return now, month_of(month, work_date(now))


def _contractor_id(text: str) -> ContractorId | None:
    try:
        return ContractorId(UUID(text))
    except ValueError:
        return None
