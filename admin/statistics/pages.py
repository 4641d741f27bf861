"""利用状況: how many workers and contractors there are, and the records by month, fiscal year, channel and site."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of
from admin.exports import ExportFormat, ExportNote, export_response
from admin.pages import language_of, render, with_query
from admin.statistics import charts
from admin.statistics.listed import headings, use_rows
from admin.words import word
from core.accounts.model import Permission
from core.attendance.statistics import count_sites_used, read_use, sites_used
from core.attendance.statistics_model import Use, fiscal_year
from core.clock import work_date
from core.db import Session
from core.documents.sheets import Row

SITES_AT_ONCE = 50

router = APIRouter()
Year = Annotated[int | None, Query(ge=2000, le=2199)]


@router.get("/statistics", dependencies=[needs(Permission.SEE_USE)])
def show_use(request: Request, year: Year = None, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    now, scope = request.app.state.clock.now(), scope_of(request, Permission.SEE_USE)
    today = work_date(now)
    shown = year or fiscal_year(today)
    with reading(request, Permission.SEE_USE) as session:
        use = read_use(session, scope, today, shown)
        total = count_sites_used(session, scope, shown)
        sites = sites_used(session, scope, shown, SITES_AT_ONCE, (page - 1) * SITES_AT_ONCE)
    first = (page - 1) * SITES_AT_ONCE + 1
    return render(
        request,
        "statistics/use.html",
        use=use,
        now=now,
        today=today,
        is_all=scope.everything,
        years=_years(use, fiscal_year(today)),
        charts=_charts(use, language_of(request)),
        sites=sites,
        total=total,
        first=first,
        last=first + len(sites) - 1,
        previous=with_query("/statistics", year=shown, page=page - 1) if page > 1 else None,
        next=with_query("/statistics", year=shown, page=page + 1) if first + SITES_AT_ONCE <= total else None,
        may_export=viewer_of(request).may(Permission.EXPORT),
    )


@router.get("/statistics/export", dependencies=[needs(Permission.EXPORT), needs(Permission.SEE_USE)])
def export_use(
    request: Request, file_format: Annotated[ExportFormat, Query(alias="format")], year: Year = None
) -> Response:
    """Answer with the numbers of the page for a fiscal year as one list."""
    today = work_date(request.app.state.clock.now())
    shown, lang = year or fiscal_year(today), language_of(request)
    scope = scope_of(request, Permission.SEE_USE)

    def rows(session: Session) -> Iterable[Row]:
        return use_rows(read_use(session, scope, today, shown), sites_used(session, scope, shown), today, lang)

    return export_response(
        request,
        f"{word('statistics.file', lang)}_{shown}",
        headings(lang),
        rows,
        file_format=file_format,
        note=ExportNote("use.exported", ("list", "use")),
        permission=Permission.SEE_USE,
    )


def _years(use: Use, current: int) -> list[int]:
    """Return the fiscal years to choose from, the newest first."""
    return sorted({current, use.year, *(one.year for one in use.years)}, reverse=True)


def _charts(use: Use, lang: str) -> dict[str, Any]:
    months = [(word("statistics.short_month", lang, month=one.month.month), one.records) for one in use.months]
    years = [(word("statistics.year_of", lang, year=one.year), one.records) for one in use.years[-12:]]
    channels = [(word(f"channel.{channel}", lang), records) for channel, records in use.channel_totals()]
    return {
        "months": charts.standing(months),
        "years": charts.standing(years),
        "channels": charts.lying(channels),
        "channel_total": sum(records for _, records in channels),
    }
