"""Reading what devices and partners send: each item by itself, so that one that is wrong holds back no other. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.attendance.model import Channel, Direction
from core.errors import InvalidInput
from core.ids import SiteId, parse_ccus_id
from core.registry.card_model import CardTech
from core.registry.cards import read_uid
from reader_bridge.intake.times import Shown, from_ms

_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}", re.ASCII)
_BOOT = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_INT_MAX = 2**53
_BOOTTIME_MAX_MS = 1000 * 366 * 86_400_000  # no machine runs for a thousand years, and the calendar has room for it
FIRST_YEAR, LAST_YEAR = 1970, 9000  # what a clock that is wrong shows, with room for zones
CHANNELS = frozenset(
    {Channel.CARD, Channel.KEYPAD, Channel.FACE, Channel.QR, Channel.PARTNER, Channel.LOGGER},
)


class Malformed(Exception):
    """What was sent cannot be read: a stable code, and a sentence that says where."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Touch:
    """An item that could be read. Who is a card or a typed CCUS id."""

    item_id: str
    channel: Channel
    touched: Shown
    card: tuple[CardTech, str] | None = None
    ccus_id: str | None = None
    site_id: SiteId | None = None
    direction: Direction | None = None
    boot_began_at: datetime | None = None
    clock_ok: bool = True


def item_id_of(item: object, position: int) -> str:
    """Return under which id an item is answered, readable or not."""
    given = item.get("id") if isinstance(item, Mapping) else None
    return given if isinstance(given, str) and _ID.fullmatch(given) else f"#{position}"


def read_item(item: object) -> Touch:
    """Return an item as a touch. Raises Malformed."""
    if not isinstance(item, Mapping):
        raise Malformed("not_an_object", "an item is an object")
    card, ccus_id = _card(item.get("card")), _ccus_id(item.get("ccus_worker_id"))
    if (card is None) == (ccus_id is None):
        raise Malformed("who", "an item says who by either card or ccus_worker_id")
    return Touch(
        item_id=_matching(item, "id", _ID),
        channel=_channel(item, Channel.CARD if card else Channel.KEYPAD),
        touched=_shown(item, "occurred_at"),
        card=card,
        ccus_id=ccus_id,
        site_id=_site(item.get("site_id")),
        direction=_direction(item.get("direction")),
        boot_began_at=_began(item.get("boot_began_ms")),
        clock_ok=item.get("clock_ok") is not False,
    )


def read_sent(sent: object) -> Shown | None:
    """Return the sender's clocks at the moment of sending; None when it says nothing of them. Raises Malformed."""
    if sent is None:
        return None
    if not isinstance(sent, Mapping):
        raise Malformed("sent", "sent is an object")
    return _shown(sent, "at")


def read_instant(text: object, name: str) -> datetime:
    """Return an instant given as ISO 8601 with a zone, of whatever year a clock may show. Raises Malformed."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 and text.isascii() else None
        if at is not None and at.tzinfo is not None and FIRST_YEAR <= at.year <= LAST_YEAR:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Malformed(name, f"{name} is an instant with a zone, such as 2026-11-16T07:52:00+09:00")


def read_int(value: object, name: str, most: int = _INT_MAX) -> int:
    """Return a whole number from 0 on. Raises Malformed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Malformed(name, f"{name} is a whole number from 0 on")
    return value


def read_text(value: object, name: str, most: int) -> str:
    """Return a text without control characters. Raises Malformed."""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise Malformed(name, f"{name} is a text of at most {most} characters")
    return value


def _shown(item: Mapping[str, Any], name: str) -> Shown:
    at = read_instant(item.get(name), name)
    if item.get("boot_id") is None or item.get("boottime_ms") is None:
        return Shown(at)
    boottime = timedelta(milliseconds=read_int(item["boottime_ms"], "boottime_ms", _BOOTTIME_MAX_MS))
    return Shown(at, _matching(item, "boot_id", _BOOT), boottime)


def _card(value: object) -> tuple[CardTech, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("uid"), str):
        raise Malformed("card", "card is an object with tech and uid")
    try:
        return CardTech(value.get("tech", "unknown")), read_uid(value["uid"])
    except (InvalidInput, ValueError):
        listed = ", ".join(CardTech)
        raise Malformed("card", f"card.tech is one of {listed}; card.uid is hexadecimal, at most 40 digits") from None


def _ccus_id(value: object) -> str | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and len(value) <= 40:
            return parse_ccus_id(value)
    except ValueError:
        pass
    raise Malformed("ccus_worker_id", "ccus_worker_id is a text of 14 digits")


def _channel(item: Mapping[str, Any], usual: Channel) -> Channel:
    given = item.get("channel")
    if given is None:
        return usual
    if isinstance(given, str) and given in CHANNELS:
        return Channel(given)
    raise Malformed("channel", f"channel is one of {', '.join(sorted(CHANNELS))}")


def _direction(value: object) -> Direction | None:
    if value is None:
        return None
    if isinstance(value, str) and value in set(Direction):
        return Direction(value)
    raise Malformed("direction", "direction is entry, exit or left out")


def _site(value: object) -> SiteId | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return SiteId(UUID(value))
    except ValueError:
        pass
    raise Malformed("site_id", "site_id is a UUID of ours")


def _began(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        began_at = from_ms(read_int(value, "boot_began_ms"))
        if began_at.year <= LAST_YEAR - 1000:  # room for the longest time a machine runs
            return began_at
    except OverflowError:
        pass
    raise Malformed("boot_began_ms", "boot_began_ms is milliseconds since 1970, of a time that a clock may show")


def _matching(item: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = item.get(name)
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise Malformed(name, f"{name} is a text of {pattern.pattern}")
