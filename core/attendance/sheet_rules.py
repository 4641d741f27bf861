"""How a recorded day becomes a proposal of man-days, and how they are written and summed. Pure; whole numbers only."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from core.attendance.sheet_model import ManDay, Proposal, RecordedDay, SheetDay, SheetTerms, SheetTotals, Undecided
from core.clock import JST, instant_on
from core.errors import InvalidInput
from core.ids import SiteId

MAX_TENTHS = 30  # three man-days on one date are a slip of the pen
MAX_EXTRA_MIN = 24 * 60
MINUTES_A_DAY = 24 * 60
_ONE_MINUTE = timedelta(minutes=1)


def propose(day: RecordedDay, terms: SheetTerms) -> Proposal:
    """Return what a day's first entry and last exit propose; nothing where a time is missing, nor for a short visit.

    Time away from the site in between is not taken off: the sheet counts time on site from the first to the last.
    """
    if day.is_inside:
        return Proposal(ManDay(), Undecided.STILL_INSIDE)
    if day.first_entry_at is None:
        return Proposal(ManDay(), Undecided.NO_ENTRY)
    if day.missing_exit or day.last_exit_at is None:
        return Proposal(ManDay(), Undecided.NO_EXIT)
    minutes = (day.last_exit_at - day.first_entry_at) // _ONE_MINUTE
    is_night = minutes_at_night(day.first_entry_at, day.last_exit_at, terms) >= terms.night_at_least_min
    if minutes < terms.half_day_min:
        return Proposal(ManDay(None, is_night), Undecided.SHORT)
    tenths = 10 if minutes >= terms.full_day_min else 5
    extra = max(0, minutes - terms.regular_min) // terms.extra_step_min * terms.extra_step_min
    return Proposal(ManDay(tenths, is_night, extra))


def minutes_at_night(start: datetime, end: datetime, terms: SheetTerms) -> int:
    """Return how many minutes of a stay lie in the night window, which may reach over midnight."""
    length = (terms.night_until_min - terms.night_from_min) % MINUTES_A_DAY
    first = start.astimezone(JST).date() - timedelta(days=1)
    total = timedelta(0)
    for n in range((end.astimezone(JST).date() - first).days + 1):
        opens = instant_on(first + timedelta(days=n), timedelta(minutes=terms.night_from_min))
        total += max(timedelta(0), min(end, opens + timedelta(minutes=length)) - max(start, opens))
    return total // _ONE_MINUTE


def terms_on(known: Iterable[SheetTerms], site_id: SiteId, day: date) -> SheetTerms | None:
    """Return a contractor's terms for a site and day: the site's own before those of all sites, the newest of them."""
    held = [terms for terms in known if terms.valid_from <= day and terms.site_id in (None, site_id)]
    return max(held, key=lambda terms: (terms.site_id is not None, terms.valid_from, terms.terms_id), default=None)


def check_terms(terms: SheetTerms) -> None:
    """Raises InvalidInput when the figures of the terms cannot be."""
    for field in ("full_day_min", "half_day_min", "regular_min", "night_at_least_min"):
        if not 0 < getattr(terms, field) <= MINUTES_A_DAY:
            raise InvalidInput(f"{field} is not within a day", field=field)
    for field in ("night_from_min", "night_until_min"):
        if not 0 <= getattr(terms, field) < MINUTES_A_DAY:
            raise InvalidInput(f"{field} is no time of day", field=field)
    if terms.half_day_min >= terms.full_day_min:
        raise InvalidInput("half a day is not shorter than a whole one", field="half_day_min")
    if terms.extra_step_min not in (1, 5, 10, 15, 30, 60):
        raise InvalidInput("extra hours are counted by 1, 5, 10, 15, 30 or 60 minutes", field="extra_step_min")


def totals_of(days: Iterable[SheetDay]) -> SheetTotals:
    """Return the sums over days."""
    known = list(days)
    return SheetTotals(
        days=len(known),
        tenths=sum(day.man_day.tenths or 0 for day in known),
        proposed_tenths=sum(day.proposal.man_day.tenths or 0 for day in known),
        nights=sum(day.man_day.is_night and not day.is_open for day in known),
        extra_min=sum(day.man_day.extra_min for day in known),
        corrected=sum(day.entry is not None for day in known),
        open=sum(day.is_open for day in known),
    )


def parse_man_days(text: str) -> int | None:
    """Return 1.0, 0.5 or 1 as tenths; None for an empty text. Raises InvalidInput (tenths) for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    found = re.fullmatch(r"([0-9]{1,2})(?:\.([0-9]))?", plain)
    tenths = int(found[1]) * 10 + int(found[2] or 0) if found else MAX_TENTHS + 1
    if tenths > MAX_TENTHS:
        raise InvalidInput(f"man-days go from 0 to {man_days_text(MAX_TENTHS)}", field="tenths")
    return tenths


def man_days_text(tenths: int) -> str:
    """Return 10 as 1.0."""
    return f"{tenths // 10}.{tenths % 10}"


def parse_hours(text: str, field: str) -> int:
    """Return 1:30 as 90 minutes, also 1 as 60; 0 for an empty text. Raises InvalidInput for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = re.fullmatch(r"([0-9]{1,2})(?::([0-5][0-9]))?", plain) if plain else re.match("(0)()", "0")
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else MAX_EXTRA_MIN + 1
    if minutes > MAX_EXTRA_MIN:
        raise InvalidInput("hours and minutes are written as 1:30", field=field)
    return minutes


def hours_text(minutes: int) -> str:
    """Return 90 as 1:30."""
    return f"{minutes // 60}:{minutes % 60:02}"
