"""How the attendance sheet is written on pages and in files."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from admin.words import word
from core.attendance.calendar_model import dates_of
from core.attendance.sheet_model import Sheet, SheetDay, SheetTotals
from core.attendance.sheet_rules import hours_text, man_days_text
from core.documents.sheets import Cell, Column, Kind, Row

DAY_HEADINGS = (
    Column("就業日", Kind.DATE),
    Column("会社", Kind.LONG_TEXT),
    Column("氏名"),
    Column("現場", Kind.LONG_TEXT),
    Column("入場（記録）", Kind.INSTANT),
    Column("退場（記録）", Kind.INSTANT),
    Column("人工（記録から）", Kind.NUMBER),
    Column("人工（確定）", Kind.NUMBER),
    Column("夜間"),
    Column("残業時間"),
    Column("修正"),
    Column("備考", Kind.LONG_TEXT),
)


def month_headings(month: date) -> list[Column]:
    """Return the headings of a month with a column for each date."""
    dates = [Column(str(on.day), Kind.NUMBER) for on in dates_of(month)]
    ends = [Column(heading, Kind.NUMBER) for heading in ("人工計", "記録からの人工計", "夜間（回）")]
    return [
        Column("会社", Kind.LONG_TEXT),
        Column("氏名"),
        *dates,
        *ends,
        Column("残業時間"),
        Column("未確定の日", Kind.NUMBER),
    ]


def month_rows(sheet: Sheet, month: date) -> Iterator[Row]:
    """Give a row for each person, after each contractor its sums, and at the end those of all."""
    dates = dates_of(month)
    for group in sheet.groups:
        for row in group.rows:
            days: list[Cell] = [_tenths_of(row.days.get(on, ())) for on in dates]
            yield group.contractor_name, row.worker_name, *days, *_sums(row.totals)
        yield f"{group.contractor_name or '所属未登録'} 計", "", *([None] * len(dates)), *_sums(group.totals)
    yield "合計", "", *([None] * len(dates)), *_sums(sheet.totals)


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
            hours_text(day.man_day.extra_min) if day.man_day.extra_min else "",
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
        hours_text(totals.extra_min),
        totals.open,
    )


def _decimal(tenths: int | None) -> Decimal | None:
    return None if tenths is None else Decimal(tenths).scaleb(-1)
