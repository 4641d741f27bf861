"""Time: aware UTC everywhere, Japan time only for the work date and on screen."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Protocol

JST = timezone(timedelta(hours=9), "JST")  # Japan has no summer time


FIRST_YEAR, LAST_YEAR = 2019, 2100  # what has a work date: CCUS began in 2019


class Clock(Protocol):
    """Where a use case reads the time, once."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is set; for tests and for replays."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def work_date(occurred_at: datetime, day_starts: timedelta = timedelta(0)) -> date:
    """Return the Japanese work date an instant counts for.

    day_starts is how long after midnight JST the site's day begins: with 6 hours, a night shift
    from 22:00 to 05:00 keeps one date.

    Raises ValueError when occurred_at has no time zone.
    """
    if occurred_at.tzinfo is None:
        raise ValueError("an instant without a time zone has no work date")
    return (occurred_at.astimezone(JST) - day_starts).date()


def instant_on(day: date, offset: timedelta) -> datetime:
    """Return the instant that lies `offset` after midnight JST of a work date, in UTC."""
    return (datetime.combine(day, time(), JST) + offset).astimezone(UTC)


def has_records(day: date) -> bool:
    """Whether anything can be recorded on a date; near the ends of the calendar no instant can even be reckoned."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def parse_day(text: str) -> date | None:
    """Return a date given as 2026-11-16; None when the text is none, or nothing can be recorded on it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if has_records(day) else None
