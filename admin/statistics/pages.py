"""利用状況: how many workers and contractors there are, and the records by month, fiscal year, channel and site."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, viewer_of
from admin.exports import ExportFormat, ExportNote, export_response
from admin.pages import language_of, render, with_query
from admin.statistics import charts
from admin.words import word
from core.accounts.model import Permission
from core.attendance.statistics import count_sites_used, read_use, sites_used
from core.attendance.statistics_model import Use, fiscal_year
from core.clock import work_date
from core.db import Session
from core.documents.sheets import Column, Kind, Row
from core.scope import Scope

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
    """The months and the sites of a fiscal year as one list."""
    today = work_date(request.app.state.clock.now())
    shown, lang = year or fiscal_year(today), language_of(request)
    scope = scope_of(request, Permission.SEE_USE)
    headings = [
        Column(word("statistics.site", lang), Kind.LONG_TEXT),
        Column(word("statistics.month", lang)),
        Column(word("statistics.records", lang), Kind.NUMBER),
        Column(word("statistics.active_sites", lang), Kind.NUMBER),
        Column(word("statistics.cumulative", lang), Kind.NUMBER),
    ]

    def rows(session: Session) -> Iterable[Row]:
        return _rows(session, scope, shown, lang, read_use(session, scope, today, shown))

    return export_response(
        request,
        f"{word('statistics.file', lang)}_{shown}",
        headings,
        rows,
        file_format=file_format,
        note=ExportNote("use.exported", ("list", "use")),
        permission=Permission.SEE_USE,
    )


def _rows(session: Session, scope: Scope, year: int, lang: str, use: Use) -> Iterable[Row]:
    for month in use.months:
        name = word("statistics.month_of", lang, year=month.month.year, month=month.month.month)
        yield ("", name, month.records, month.sites, month.cumulative)
    for site in sites_used(session, scope, year):
        yield (site.name, word("statistics.year_of", lang, year=year), site.records, None, site.cumulative)


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
