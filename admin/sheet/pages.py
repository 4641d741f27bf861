"""出面表: a month of man-days of a site, a contractor, or one person, and as files. Corrections are in writing.py."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of
from admin.exports import ExportFormat, ExportNote, export_response
from admin.months.shown import month_nav
from admin.pages import RowNumber, render, with_query
from admin.sheet import terms, writing
from admin.sheet.shown import DAY_HEADINGS, cell_text, day_rows, file_name, month_headings, month_rows
from core.accounts.model import Permission
from core.attendance.calendar_model import month_of
from core.attendance.sheet import PEOPLE_A_PAGE, contractors_on, make_sheet, sheet_days
from core.attendance.sheet_model import SheetDay
from core.attendance.sheet_rules import hours_text, man_days_text, totals_of
from core.clock import work_date
from core.db import Session
from core.documents.sheets import Row
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Contractor, Site
from core.registry.paging import Listed
from core.registry.place_list import ContractorFilters, SiteFilters, list_contractors, list_sites
from core.registry.reach import employs, reach_contractor, reach_site, reach_worker
from core.scope import Scope

router = APIRouter()
router.include_router(writing.router)
router.include_router(terms.router)
WRITTEN: dict[str, Any] = {"man_days": man_days_text, "hours": hours_text}


@router.get("/sheet", dependencies=[needs(Permission.SEE)])
def show_sheet(
    request: Request,
    month: str = "",
    site: str = "",
    contractor: str = "",
    q: str = "",
    by: str = "site",
    offset: RowNumber = 0,
) -> Response:
    """Show the sheet of a site, a contractor, or a contractor at a site; without either, let one be chosen."""
    now, shown = _now_and_month(request, month)
    site_id, contractor_id = _id(site), _id(contractor)
    if site_id is None and contractor_id is None:
        return _show_choice(request, shown, q, by, max(0, offset))
    scope = scope_of(request)
    with reading(request) as session:
        of_site, of_contractor, days = _chosen(session, scope, shown, site_id, contractor_id)
        may_see_terms = of_contractor is not None and terms.sees_terms(session, scope, of_contractor.contractor_id)
        everyone = sheet_days(session, scope, shown, site_id=SiteId(site_id)) if site_id and contractor_id else days
    sheet = make_sheet(days, max(0, offset))
    people = sum(len(group.rows) for group in sheet.groups)
    return render(
        request,
        "sheet/sheet.html",
        month=month_nav(request, shown, now, site=site_id, contractor=contractor_id),
        site=of_site,
        contractor=of_contractor,
        may_see_terms=may_see_terms,
        sheet=sheet,
        people=people,
        first=max(0, offset) + 1,
        limit=PEOPLE_A_PAGE,
        choices=contractors_on(everyone) if of_site else [],
        cell_text=cell_text,
        query={"month": f"{shown:%Y-%m}", "site": site_id, "contractor": contractor_id},
        **WRITTEN,
    )


@router.get("/sheet/workers/{worker_id}", dependencies=[needs(Permission.SEE)])
def show_person(request: Request, worker_id: UUID, month: str = "") -> Response:
    """Show one person's month: what is recorded, and beside it what holds."""
    now, shown = _now_and_month(request, month)
    scope, writes = scope_of(request), scope_of(request, Permission.EDIT_PEOPLE)
    with reading(request) as session:
        worker = reach_worker(session, scope, WorkerId(worker_id))
        days = sheet_days(session, scope, shown, worker_id=worker.worker_id)
    days.sort(key=lambda day: (day.recorded.work_date, day.recorded.first_entry_at or now))
    return render(
        request,
        "sheet/person.html",
        month=month_nav(request, shown, now),
        worker=worker,
        days=days,
        totals=totals_of(days),
        may_write={day.recorded.contractor_id for day in days if employs(writes, day.recorded.contractor_id)},
        **WRITTEN,
    )


@router.get("/sheet/export", dependencies=[needs(Permission.EXPORT)])
def export_sheet(
    request: Request,
    format: ExportFormat,  # noqa: A002 - the name in the address
    month: str = "",
    site: str = "",
    contractor: str = "",
    rows: str = "month",
) -> Response:
    """Answer with the sheet as a file: a row for each person, or for each day where rows is "days"."""
    _, shown = _now_and_month(request, month)
    site_id, contractor_id = _id(site), _id(contractor)
    if site_id is None and contractor_id is None:
        return RedirectResponse(with_query("/sheet", month=f"{shown:%Y-%m}"), 303)  # a whole scope is no sheet
    scope = scope_of(request, Permission.EXPORT)
    with reading(request, Permission.EXPORT) as session:
        of_site, of_contractor = _place(session, scope, site_id, contractor_id)
    site_name = of_site.name if of_site else None

    def make_rows(session: Session) -> Iterator[Row]:
        _, _, days = _chosen(session, scope, shown, site_id, contractor_id)
        if rows == "days":
            return day_rows(days)
        return month_rows(make_sheet(days, 0, len(days)), shown, site_name or "すべての現場")

    subject = ("site", site_id) if site_id else ("contractor", contractor_id or "")
    filters = [name for name, value in (("site", site_id), ("contractor", contractor_id)) if value]
    note = ExportNote(
        "sheet.exported", subject, ContractorId(contractor_id) if contractor_id else None, [*filters, "month"]
    )
    headings = DAY_HEADINGS if rows == "days" else month_headings(shown)
    contractor_name = of_contractor.name if of_contractor else None
    name = file_name(shown, site_name, contractor_name, is_detailed=rows == "days")
    return export_response(request, name, headings, make_rows, file_format=format, note=note)


def _show_choice(request: Request, shown: date, q: str, by: str, offset: int) -> Response:
    now = request.app.state.clock.now()
    scope, today = scope_of(request), work_date(now)
    with reading(request) as session:
        if by == "contractor":
            found = list_contractors(session, scope, ContractorFilters(q), today, offset)
            rows = [(row.contractor.contractor_id, row.contractor.name, "") for row in found.rows]
            listed = Listed(tuple(rows), found.total, found.offset)
        else:
            places = list_sites(session, scope, SiteFilters(q), today, offset)
            of_sites = [(row.site.site_id, row.site.name, row.prime_name) for row in places.rows]
            listed = Listed(tuple(of_sites), places.total, places.offset)  # type: ignore[arg-type]
    nav = month_nav(request, shown, now, q=q, by="contractor" if by == "contractor" else "")
    return render(request, "sheet/choice.html", month=nav, listed=listed, q=q, by=by)


def _chosen(
    session: Session, scope: Scope, month: date, site_id: UUID | None, contractor_id: UUID | None
) -> tuple[Site | None, Contractor | None, list[SheetDay]]:
    """Return the site, the contractor and their days. Raises NotFound when the scope does not reach them."""
    site, contractor = _place(session, scope, site_id, contractor_id)
    days = sheet_days(
        session,
        scope,
        month,
        site_id=site.site_id if site else None,
        contractor_id=contractor.contractor_id if contractor else None,
    )
    return site, contractor, days


def _place(
    session: Session, scope: Scope, site_id: UUID | None, contractor_id: UUID | None
) -> tuple[Site | None, Contractor | None]:
    return (
        reach_site(session, scope, SiteId(site_id)) if site_id else None,
        reach_contractor(session, scope, ContractorId(contractor_id)) if contractor_id else None,
    )


def _now_and_month(request: Request, month: str) -> tuple[datetime, date]:
    now: datetime = request.app.state.clock.now()
    return now, month_of(month, work_date(now))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
