"""How a month is written on pages and in files: its name, its neighbours, the signs of the matrix, and its rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

from admin.pages import language_of, with_query
from admin.words import word
from core.attendance.calendar_model import CalendarDay, dates_of, next_month, previous_month
from core.clock import work_date
from core.documents.sheets import Column, Kind, Row

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

HEADINGS = (
    Column("就業日", Kind.DATE),
    Column("氏名"),
    Column("所属", Kind.LONG_TEXT),
    Column("現場", Kind.LONG_TEXT),
    Column("元請", Kind.LONG_TEXT),
    Column("職種"),
    Column("立場"),
    Column("作業内容", Kind.LONG_TEXT),
    Column("有害物質の取扱い", Kind.LONG_TEXT),
    Column("建退共"),
    Column("入場", Kind.INSTANT),
    Column("退場", Kind.INSTANT),
    Column("登録方法"),
    Column("不足していること", Kind.LONG_TEXT),
)


@dataclass(frozen=True, slots=True)
class MonthNav:
    """The month a page shows, and the ways to the months beside it."""

    month: date
    code: str
    label: str
    path: str
    keep: dict[str, str]
    previous: str
    next: str
    dates: tuple[date, ...]
    today: date


def month_nav(request: Request, month: date, now: datetime, **keep: object) -> MonthNav:
    """Return what the head of a month's page shows; keep are the other parts of its address."""
    path = request.url.path
    kept = {name: str(value) for name, value in keep.items() if value}
    return MonthNav(
        month=month,
        code=f"{month:%Y-%m}",
        label=month_label(month, language_of(request)),
        path=path,
        keep=kept,
        previous=with_query(path, month=f"{previous_month(month):%Y-%m}", **kept),
        next=with_query(path, month=f"{next_month(month):%Y-%m}", **kept),
        dates=tuple(dates_of(month)),
        today=work_date(now),
    )


def month_label(month: date, lang: str) -> str:
    """Return 2026年11月 or Nov 2026."""
    return f"{month.year}年{month.month}月" if lang == "ja" else f"{_MONTHS[month.month - 1]} {month.year}"


def weeks_of(month: date) -> list[list[date | None]]:
    """Return the month's weeks from Sunday to Saturday, None where a day belongs to another month."""
    dates: list[date | None] = list(dates_of(month))
    lead = (month.weekday() + 1) % 7
    padded = [None] * lead + dates
    padded += [None] * (-len(padded) % 7)
    return [padded[start : start + 7] for start in range(0, len(padded), 7)]


def sign_of(days: Iterable[CalendarDay]) -> str:
    """Return the sign of a date in the matrix, the most urgent of its days: months.sign.* says what it means."""
    signs = {_sign(day) for day in days}
    return next((sign for sign in ("review", "hole", "not_yet", "direct", "day") if sign in signs), "none")


def _sign(day: CalendarDay) -> str:
    if any(step.is_review for step in day.missing):
        return "review"
    if day.has_hole:
        return "hole"
    if not day.counts:
        return "not_yet"
    return "direct" if day.is_direct else "day"


def calendar_rows(days: Iterable[CalendarDay]) -> Iterator[Row]:
    """Give the rows of days under HEADINGS, for a file."""
    for day in days:
        yield (
            day.work_date,
            day.worker_name,
            day.contractor_name,
            day.site_name,
            day.prime_name,
            day.occupation,
            word(f"months.position.{day.position}", "ja") if day.position else "",
            day.task,
            day.hazardous_substances,
            mutual_aid_text(day.has_mutual_aid, "ja"),
            day.first_entry_at,
            day.last_exit_at,
            word("channel.direct", "ja") if day.is_direct else "",
            "、".join(word(f"months.step.{step.step}", "ja") for step in day.missing),
        )


def mutual_aid_text(has: bool | None, lang: str) -> str:
    """Return whether a contractor has joined the mutual aid (建退共)."""
    return word(f"months.mutual_aid.{'unknown' if has is None else 'joined' if has else 'not_joined'}", lang)
