"""Where cards are read: one small port, and behind it PC/SC, nfcpy, and what is typed at the gate page.

A reader tells that a card has come. Whether that is a new touch is not asked here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from reader_bridge.device.touches import Who
from reader_bridge.wire import ReaderShown


@dataclass(frozen=True, slots=True)
class Seen:
    """A card came to a reader; who is None when it could not be read and has to be shown again."""

    reader: str
    who: Who | None


class Reader(Protocol):
    """Something that reads cards."""

    def watch(self, tell: Callable[[Seen], None], stop: Event) -> None:
        """Tell of every card that comes until it is stopped, whatever becomes of cables and drivers meanwhile."""
        ...

    def shown(self) -> tuple[ReaderShown, ...]:
        """Return what is plugged in, and what was since the start and is no longer."""
        ...


class Attached:
    """Which devices are there and which were: so that one that is pulled out is missed on the gate page."""

    def __init__(self, *expected: str) -> None:
        self._names: dict[str, bool] = dict.fromkeys(expected, False)

    def are(self, names: list[str]) -> None:
        """Take note of all that are there now."""
        self._names = {**dict.fromkeys(self._names, False), **dict.fromkeys(names, True)}

    def shown(self) -> tuple[ReaderShown, ...]:
        names = self._names  # replaced whole, never changed: threads may read it
        return tuple({"name": name, "attached": attached} for name, attached in names.items())
