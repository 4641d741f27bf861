"""The clocks of the machine: the one on the wall, which may be wrong, and the one since its start, which never jumps.

Where the system does not say which start this is (all but Linux), a run of the program stands for it: what is learnt of
a run holds for the touches of that run.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import uuid4

from reader_bridge.device.synchronised import is_synchronised

CLOCK_LOOKED_AT_EVERY_S = 60.0
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant by both clocks; boot_id names the start that boottime_ms counts from."""

    at: datetime
    boot_id: str
    boottime_ms: int
    clock_ok: bool | None = None  # whether something kept the clock on the wall right lately; None: nobody can say


class Machine(Protocol):
    """Where the time is read, once for each thing that happens."""

    def moment(self) -> Moment:
        """Return what both clocks show now."""
        ...


class ThisMachine:
    """The clocks of the machine the program runs on."""

    def __init__(self, boot_id_file: Path = BOOT_ID_FILE) -> None:
        self._boot_id = _read_boot_id(boot_id_file) or str(uuid4())
        self._clock_ok: bool | None = None

    def moment(self) -> Moment:
        return Moment(datetime.now(UTC), self._boot_id, _boottime_ms(), self._clock_ok)

    def watch_clock(self, stop: Event) -> None:
        """Ask the system now and then whether its clock is kept right: no touch waits for the answer."""
        while not stop.is_set():
            self._clock_ok = is_synchronised()
            stop.wait(CLOCK_LOOKED_AT_EVERY_S)


def ms_of(at: datetime) -> int:
    """Return an instant as whole milliseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def at_ms(ms: int) -> datetime:
    """Return the instant so many milliseconds after 1970, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def _read_boot_id(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None


def _boottime_ms() -> int:
    # CLOCK_BOOTTIME goes on while the machine sleeps; elsewhere the monotonic clock does.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    ns: int = time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)
    return ns // 1_000_000
