"""How the attendance sheet is written on pages and in files."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from admin.words import word
from core.attendance.calendar_model import dates_of
from core.attendance.sheet_model import Sheet, SheetDay, SheetTotals
from core.attendance.sheet_rules import man_days_text
from core.documents.sheets import Cell, Column, Kind, Row

DAY_HEADINGS = (
    Column("就業日", Kind.DATE),
    Column("会社", Kind.LONG_TEXT),
    Column("氏名"),
    Column("現場", Kind.LONG_TEXT),
    Column("入場（記録）", Kind.INSTANT),
    Column("退場（記録）", Kind.INSTANT),
    Column("人工（記録から）", Kind.DECIMAL),
    Column("人工（確定）", Kind.DECIMAL),
    Column("夜間"),
    Column("残業時間", Kind.DURATION),
    Column("修正"),
    Column("備考", Kind.LONG_TEXT),
)


def month_headings(month: date) -> list[Column]:
    """Return the headings of a month with a column for each date."""
    dates = [Column(str(on.day), Kind.DECIMAL) for on in dates_of(month)]
    return [
        Column("年月"),
        Column("現場", Kind.LONG_TEXT),
        Column("会社", Kind.LONG_TEXT),
        Column("氏名"),
        *dates,
        Column("人工計", Kind.DECIMAL),
        Column("記録からの人工計", Kind.DECIMAL),
        Column("夜間（回）", Kind.NUMBER),
        Column("残業時間", Kind.DURATION),
        Column("未確定の日", Kind.NUMBER),
    ]


def month_rows(sheet: Sheet, month: date, site_name: str) -> Iterator[Row]:
    """Give a row for each person, after each contractor its sums, and at the end those of all.

    Every row says of which month and site it is.
    """
    dates = dates_of(month)
    where, no_days = (f"{month:%Y-%m}", site_name), [None] * len(dates)
    for group in sheet.groups:
        for row in group.rows:
            days: list[Cell] = [_tenths_of(row.days.get(on, ())) for on in dates]
            yield *where, group.contractor_name, row.worker_name, *days, *_sums(row.totals)
        yield *where, f"{group.contractor_name or '所属未登録'} 計", "", *no_days, *_sums(group.totals)
    yield *where, "合計", "", *no_days, *_sums(sheet.totals)


def file_name(month: date, site_name: str | None, contractor_name: str | None, *, is_detailed: bool) -> str:
    """Return the name of a sheet's file: whose sheet it is, and of which month."""
    named = [name for name in (site_name, contractor_name) if name]
    return "_".join(["出面表", *(["明細"] if is_detailed else []), *named, f"{month:%Y%m}"])


def day_rows(days: Iterable[SheetDay]) -> Iterator[Row]:
    """Give a row for each day under DAY_HEADINGS."""
    for day in days:
        known, entry = day.recorded, day.entry
        yield (
            known.work_date,
            known.contractor_name,
            known.worker_name,
            known.site_name,
            known.first_entry_at,
            known.last_exit_at,
            _decimal(day.proposal.man_day.tenths),
            _decimal(day.man_day.tenths),
            "夜間" if day.man_day.is_night else "",
            timedelta(minutes=day.man_day.extra_min) if day.man_day.extra_min else None,
            "修正" if entry else "",
            entry.note if entry else word(f"sheet.undecided.{day.proposal.undecided}", "ja") if day.is_open else "",
        )


def cell_text(days: Sequence[SheetDay]) -> str:
    """Return what a date's square says: the man-days of all its sites, or ? where a person still decides."""
    if any(day.is_open for day in days):
        return "？"
    night = "夜" if any(day.man_day.is_night for day in days) else ""
    return man_days_text(sum(day.man_day.tenths or 0 for day in days)) + night


def _tenths_of(days: Sequence[SheetDay]) -> Cell:
    if not days:
        return None
    return "？" if any(day.is_open for day in days) else _decimal(sum(day.man_day.tenths or 0 for day in days))


def _sums(totals: SheetTotals) -> tuple[Cell, ...]:
    return (
        _decimal(totals.tenths),
        _decimal(totals.proposed_tenths),
        totals.nights,
        timedelta(minutes=totals.extra_min),
        totals.open,
    )


def _decimal(tenths: int | None) -> Decimal | None:
    return None if tenths is None else Decimal(tenths).scaleb(-1)
