"""A touch as the device keeps it, and the shape in which it is sent. Values only; storing is the spool's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from reader_bridge.device.machine import at_ms
from reader_bridge.wire import Card, DirectionName, Item

Channel = Literal["card", "keypad", "logger"]


class State(StrEnum):
    """What became of a touch here."""

    WAITING = "waiting"
    SENT = "sent"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Who:
    """Who touched: by a card, or by a CCUS id of 14 digits that was typed or read from a file."""

    card_tech: str | None = None
    card_uid: str | None = None
    ccus_worker_id: str | None = None

    @property
    def key(self) -> str:
        """One text per person as far as the device can tell; two readers may name a card's technology differently."""
        return f"uid:{self.card_uid}" if self.card_uid else f"ccus:{self.ccus_worker_id}"

    @property
    def card(self) -> Card | None:
        if self.card_uid is None:
            return None
        return {"tech": _tech(self.card_tech), "uid": self.card_uid}


@dataclass(frozen=True, slots=True)
class NewTouch:
    """What is to be written down. A touch from a logging reader's file brings its id and knows no boot."""

    who: Who
    reader: str
    at: datetime
    direction: DirectionName | None = None
    boot_id: str | None = None
    boottime_ms: int | None = None
    channel: Channel = "card"
    id: UUID | None = None
    clock_ok: bool | None = None  # whether something kept the clock on the wall right; None: nobody could say
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A touch that is on the disk; seq is the order in which touches were written."""

    seq: int
    id: str
    who: Who
    reader: str
    wall_ms: int
    direction: DirectionName | None
    boot_id: str | None
    boottime_ms: int | None
    channel: Channel
    boot_began_ms: int | None = None
    clock_ok: bool | None = None
    site_id: str | None = None

    @property
    def at(self) -> datetime:
        """When it was: by the server's clock where that is known for its boot, else by the clock on the wall."""
        if self.boot_began_ms is not None and self.boottime_ms is not None:
            return at_ms(self.boot_began_ms + self.boottime_ms)
        return at_ms(self.wall_ms)

    def item(self) -> Item:
        """Return what is sent of it; how its clocks are weighed is the server's affair."""
        item: Item = {"id": self.id, "channel": self.channel, "occurred_at": at_ms(self.wall_ms).isoformat()}
        if self.who.card is not None:
            item["card"] = self.who.card
        if self.who.ccus_worker_id is not None:
            item["ccus_worker_id"] = self.who.ccus_worker_id
        if self.direction is not None:
            item["direction"] = self.direction
        if self.boot_id is not None and self.boottime_ms is not None:
            item["boot_id"], item["boottime_ms"] = self.boot_id, self.boottime_ms
            item["boot_began_ms"] = self.boot_began_ms
        if self.clock_ok is not None:
            item["clock_ok"] = self.clock_ok
        if self.site_id is not None:
            item["site_id"] = self.site_id
        return item


def _tech(stored: str | None) -> Literal["type_a", "type_b", "felica", "unknown"]:
    match stored:
        case "type_a" | "type_b" | "felica":
            return stored
        case _:
            return "unknown"
