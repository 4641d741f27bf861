"""What is sent next: what was touched just now is not kept waiting by what has waited for days.

Two lanes take turns: the fresh one, newest first, and the backlog, oldest first. Touches that the server wants later
are held for a while, each by itself. Touches that were in a batch which the server could not take go alone, until it is
known which of them it was.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from reader_bridge.device.backoff import MOST_S
from reader_bridge.device.machine import Moment
from reader_bridge.device.spool import Spool
from reader_bridge.device.touches import Touch

MOST_ITEMS = 200
FRESH = timedelta(minutes=1)
BATCH_TRIES = 3
FIRST_HOLD_S = 5.0


class Lane(StrEnum):
    """From where a batch was taken."""

    FRESH = "fresh"
    BACKLOG = "backlog"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes in one request."""

    lane: Lane
    touches: tuple[Touch, ...]


@dataclass(slots=True)
class Held:
    """A touch that the server wants later: how often it said so, and until when it is left alone."""

    times: int = 0
    until_s: float = 0.0


@dataclass(slots=True)
class Lanes:
    """The turns, and what is out of turn. Times are of the monotonic clock, in seconds."""

    size: int = MOST_ITEMS
    last: Lane = Lane.BACKLOG
    others: tuple[Lane, Lane] = (Lane.ALONE, Lane.BACKLOG)
    held: dict[int, Held] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    failures: dict[Lane, int] = field(default_factory=dict)

    def next_parcel(self, spool: Spool, moment: Moment, now_s: float) -> Parcel | None:
        """Return what is sent next, and turn; None when nothing is due."""
        out_of_turn = self._waiting_for_later(now_s) | self.alone
        order = (*self.others, Lane.FRESH) if self.last is Lane.FRESH else (Lane.FRESH, *self.others)
        for lane in order:
            touches = self._of(lane, spool, moment, now_s, out_of_turn)
            if touches:
                self.last = lane
                if lane is self.others[0]:
                    self.others = self.others[::-1]
                return Parcel(lane, tuple(touches))
        return None

    def took(self, parcel: Parcel, settled: set[int]) -> None:
        """The server answered a parcel: what it settled is out, and the next may be larger."""
        self.failures[parcel.lane] = 0
        self.size = min(MOST_ITEMS, self.size * 2)
        self.alone -= settled
        for seq in settled:
            self.held.pop(seq, None)

    def hold(self, seq: int, now_s: float) -> None:
        """Leave a touch alone for longer each time."""
        held = self.held.setdefault(seq, Held())
        wait_s = min(MOST_S, FIRST_HOLD_S * 2.0 ** min(held.times, 10))
        held.times += 1
        held.until_s = now_s + wait_s * random.uniform(0.5, 1.0)  # noqa: S311

    def too_large(self, parcel: Parcel) -> bool:
        """Halve what is sent at once; return whether it was one touch already."""
        self.size = max(1, len(parcel.touches) // 2)
        return len(parcel.touches) == 1

    def failed(self, parcel: Parcel) -> None:
        """The server could not take a parcel; the third time, what is in it goes one by one."""
        self.failures[parcel.lane] = self.failures.get(parcel.lane, 0) + 1
        if parcel.lane is not Lane.ALONE and self.failures[parcel.lane] >= BATCH_TRIES:
            self.alone |= {touch.seq for touch in parcel.touches}
            self.failures[parcel.lane] = 0

    def next_due_s(self) -> float | None:
        """Return when the first of the held is due."""
        return min((held.until_s for held in self.held.values()), default=None)

    def release(self) -> None:
        """Let everything that is held go at once: somebody asked for it."""
        for held in self.held.values():
            held.until_s = 0.0

    def _waiting_for_later(self, now_s: float) -> set[int]:
        return {seq for seq, held in self.held.items() if held.until_s > now_s}

    def _of(self, lane: Lane, spool: Spool, moment: Moment, now_s: float, out_of_turn: set[int]) -> list[Touch]:
        match lane:
            case Lane.FRESH:
                return spool.fresh_waiting(moment, FRESH, self.size, out_of_turn)
            case Lane.BACKLOG:
                return spool.oldest_waiting(self.size, out_of_turn)
            case Lane.ALONE:
                due = self.alone - self._waiting_for_later(now_s)
                found = spool.waiting(min(due)) if due else None
                if due and found is None:
                    self.alone.discard(min(due))  # settled by an answer that came late
                return [found] if found else []
