"""Who gets a seat: whoever came first, until all are taken; then people wait, and move up. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from core.errors import InvalidInput
from core.training.model import MAX_CAPACITY, Seat, TrainingDate

MAX_PEOPLE_AT_ONCE = 10
MAX_TEXT_CHARS = 200
MAX_REMARKS_CHARS = 1000
MAX_NAME_CHARS = 60


def seated(seats: Sequence[Seat], capacity: int) -> list[Seat]:
    """Return those who get a seat now, with its number: the lowest free numbers go to those who wait longest."""
    held = {seat.number for seat in seats if seat.number is not None}
    free = iter([number for number in range(1, capacity + 1) if number not in held])
    waiting = sorted((seat for seat in seats if seat.number is None), key=lambda seat: seat.turn)
    return [replace(seat, number=number) for seat, number in zip(waiting, free, strict=False)]


def names_in(text: str) -> list[str]:
    """Return the names in a field, one a line.

    Raises InvalidInput when there is none, or more than MAX_PEOPLE_AT_ONCE, or one is too long.
    """
    names = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if not names:
        raise InvalidInput("no name", field="people")
    if len(names) > MAX_PEOPLE_AT_ONCE:
        raise InvalidInput(f"at most {MAX_PEOPLE_AT_ONCE} at once", field="people_many")
    if any(len(name) > MAX_NAME_CHARS for name in names):
        raise InvalidInput("a name is too long", field="people_long")
    return names


def check_date(date: TrainingDate) -> None:
    """Raises InvalidInput when a date cannot be held like this; its field says where."""
    if date.ends_at <= date.starts_at:
        raise InvalidInput("it ends before it begins", field="ends")
    if not 1 <= date.capacity <= MAX_CAPACITY:
        raise InvalidInput(f"1 to {MAX_CAPACITY} seats", field="capacity")
    if not date.place and not date.online_url:
        raise InvalidInput("neither a place nor a link", field="place")
    if date.online_url and not _is_web_address(date.online_url):
        raise InvalidInput("no web address", field="online_url")
    too_long = _longer(MAX_TEXT_CHARS, date.place, date.online_url) or _longer(MAX_REMARKS_CHARS, date.remarks)
    if too_long:
        raise InvalidInput("too long", field="remarks")


def check_capacity(date: TrainingDate, seats: Iterable[Seat]) -> None:
    """Raises InvalidInput when somebody sits on a number beyond the capacity: nobody is sent away by a smaller one."""
    highest = max((seat.number or 0 for seat in seats), default=0)
    if date.capacity < highest:
        raise InvalidInput(f"seat {highest} is taken", field="capacity_taken")


def _longer(limit: int, *texts: str) -> bool:
    return any(len(text) > limit for text in texts)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
