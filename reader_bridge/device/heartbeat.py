"""Every half minute the device says how it is, and hears what the office changed: name, site, people, releases."""

import logging
import platform
import sqlite3
import time
from collections.abc import Callable
from importlib.metadata import version
from threading import Event
from typing import Any, Protocol

from reader_bridge.device.machine import Machine
from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.spool import Spool
from reader_bridge.device.spool_file import SpoolFullError
from reader_bridge.wire import HEARTBEAT, DeviceShown, Heartbeat, HeartbeatAnswer, ReaderShown, Update, UpdateShown

SEQUENCE = "heartbeats"
FORGET_EVERY = 120  # heartbeats
PLATFORM_MAX = 100
MOST_S = 3600.0
UNDERSTOOD = frozenset({403, 409})  # refusals that say nothing against how a heartbeat is made

log = logging.getLogger(__name__)


def _rhythm_s(said: object) -> float:
    """Return how often to beat, within reason: no server silences a device for days by a mistake."""
    return min(max(1.0, float(str(said))), MOST_S)


def program_version() -> str:
    return version("genba-call")


class Line(Protocol):
    """What the heartbeat asks of the server."""

    def post(self, target: str, content: Any) -> dict[str, Any]: ...


class Office(Protocol):
    """Who hears what the server says of this device."""

    def device_is(self, device: DeviceShown) -> None: ...

    def directory_is(self, version: str) -> None: ...

    def server_answers(self) -> None: ...

    def turned_away(self, code: str) -> None: ...


class Updates(Protocol):
    """Who hears of releases, and says how far it is with one."""

    def offered(self, update: Update | None) -> None: ...

    def shown(self) -> UpdateShown | None: ...


class Heart:
    """The heartbeat of one device."""

    def __init__(
        self,
        spool: Spool,
        line: Line,
        machine: Machine,
        office: Office,
        readers: Callable[[], list[ReaderShown]],
        updates: Updates | None = None,
    ) -> None:
        self._spool, self._line, self._machine, self._office = spool, line, machine, office
        self._readers, self._updates = readers, updates
        self._beats = 0
        self.missing = "no heartbeat yet"  # what keeps a new version from being well; empty when nothing does
        self.every_s: float | None = None

    def run(self, every_s: float, stop: Event) -> None:
        """Beat until it is stopped, in the server's rhythm once it has named one; waiting for an answer counts."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.beat()
            except (sqlite3.Error, OSError, SpoolFullError) as error:
                log.warning("no heartbeat: %s", error)
            stop.wait(max(1.0, (self.every_s or every_s) - (time.monotonic() - began)))

    def beat(self) -> None:
        """Tell the server how the device is, and pass on what it says."""
        self._keep_house()
        try:
            answer = self._line.post(HEARTBEAT, self._heartbeat())
        except AwayError as error:
            log.info("the server is away: %s", error.why)
            self.missing = ""
            return
        except ProblemError as problem:
            self._after(problem)
            return
        self.missing = ""
        self._office.server_answers()
        try:
            said: HeartbeatAnswer = answer  # type: ignore[assignment]
            self._office.device_is(said["device"])
            self._office.directory_is(said["directory_version"])
            self.every_s = _rhythm_s(said["heartbeat_every_s"]) if "heartbeat_every_s" in said else None
            if self._updates is not None:
                self._updates.offered(said["update"] if isinstance(said["update"], dict) else None)
        except (KeyError, TypeError, ValueError):
            log.warning("the server's answer to a heartbeat lacks something")

    def _after(self, problem: ProblemError) -> None:
        is_ours = problem.status not in UNDERSTOOD and problem.status < 500
        self.missing = f"the heartbeat was refused: {problem.code}" if is_ours else ""
        if problem.last_sequence is not None:  # this device was set up again from an older copy
            self._spool.keep_note(SEQUENCE, str(problem.last_sequence))
        elif problem.status in (401, 403):
            self._office.turned_away(problem.code)

    def _heartbeat(self) -> Heartbeat:
        sequence = int(self._spool.note(SEQUENCE) or 0) + 1
        self._spool.keep_note(SEQUENCE, str(sequence))
        unsent, moment = self._spool.unsent(), self._machine.moment()
        return {
            "sequence": sequence,
            "sent": {"at": moment.at.isoformat(), "boot_id": moment.boot_id, "boottime_ms": moment.boottime_ms},
            "version": program_version(),
            "platform": platform.platform()[:PLATFORM_MAX],
            "update": self._updates.shown() if self._updates else None,
            "waiting": unsent.waiting,
            "oldest_waiting_at": unsent.oldest_at.isoformat() if unsent.oldest_at else None,
            "set_aside": unsent.set_aside,
            "spool_salvages": self._spool.salvages,
            "free_bytes": self._spool.ballast.free_bytes(),
            "readers": self._readers(),
        }

    def _keep_house(self) -> None:
        """Take the room held ready, and now and then forget what was sent long ago."""
        try:
            self._spool.ballast.fill()
        except OSError as error:
            log.warning("no room could be held ready beside the spool: %s", error)
        if self._beats % FORGET_EVERY == 0:
            self._spool.forget(self._spool.now(self._machine.moment()))
        self._beats += 1
