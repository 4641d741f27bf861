"""What waits in the spool goes to the server, again and again, until the server has answered every single touch.

step() makes at most one request and says when the next is due, so that it can be driven by hand; run() does so in a
thread.
What the server refuses for good is set aside for a person and holds up nothing.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from reader_bridge.device.backoff import Backoff
from reader_bridge.device.lanes import Lane, Lanes, Parcel
from reader_bridge.device.machine import Machine
from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.spool import Outcome, Spool
from reader_bridge.device.spool_file import SpoolFullError
from reader_bridge.device.touches import State, Touch
from reader_bridge.wire import PUNCHES, Batch

IDLE_S = 60.0
ALONE_TRIES = 3
UNAUTHORISED = frozenset({401, 403})
REVOKED = "revoked"

log = logging.getLogger(__name__)


class Line(Protocol):
    """What the uplink asks of the server."""

    def post(self, target: str, content: Any) -> dict[str, Any]: ...


class Watcher(Protocol):
    """Who is told what the uplink learns: the gate page."""

    def answered(self, touch: Touch, answer: dict[str, Any]) -> None:
        """The server said what became of a touch."""
        ...

    def line_is(self, *, up: bool, refusal: str | None = None) -> None:
        """The server was reached, or not; refusal is its code when it does not take this device."""
        ...

    def revoked(self) -> None:
        """This device was revoked: nothing more is sent, and people are forgotten."""
        ...


class Uplink:
    """The sending of one device's touches."""

    def __init__(
        self,
        spool: Spool,
        line: Line,
        machine: Machine,
        watcher: Watcher,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool, self._line, self._machine, self._watcher = spool, line, machine, watcher
        self._monotonic = monotonic
        self._lanes, self._backoff = Lanes(), Backoff()
        self._alone_failures: dict[int, int] = {}
        self._settled_since_failure = False
        self._wake = threading.Event()
        self._is_revoked = self._is_unreached = False

    def run(self, stop: threading.Event) -> None:
        """Send until it is stopped."""
        while not stop.is_set():
            try:
                wait_s = self.step()
            except (sqlite3.Error, OSError, SpoolFullError) as error:  # the next try may find the disk mended
                log.warning("the spool could not be worked on: %s", error)
                wait_s = self._backoff.next_s()
            self._wake.wait(wait_s)
            self._wake.clear()

    def touched(self) -> None:
        """A touch was written: send it now, unless the server is being left alone."""
        if not self._backoff.failures:
            self._wake.set()

    def send_now(self) -> None:
        """Try at once, whatever was to be waited for."""
        self._backoff.end()
        self._lanes.release()
        self._wake.set()

    def server_is_back(self) -> None:
        """The server was reached by another request: try again, unless it was the server that asked for patience."""
        if self._is_unreached:
            self._backoff.end()
            self._wake.set()

    def halt(self) -> None:
        """Send nothing any more."""
        self._is_revoked = True

    def wake(self) -> None:
        """Let run() see that it was stopped."""
        self._wake.set()

    def step(self) -> float:
        """Send what is due, at most one request; return after how many seconds to come again."""
        now_s = self._monotonic()
        moment = self._machine.moment()
        parcel = None if self._is_revoked else self._lanes.next_parcel(self._spool, moment, now_s)
        if parcel is None:
            due_s = self._lanes.next_due_s()
            return IDLE_S if due_s is None else min(IDLE_S, max(0.1, due_s - now_s))
        try:
            answer = self._line.post(PUNCHES, self._batch(parcel))
        except AwayError as error:
            self._watcher.line_is(up=False)
            self._is_unreached = error.retry_after_s is None
            return self._backoff.next_s(error.retry_after_s)
        except ProblemError as problem:
            self._is_unreached = False
            return self._after_problem(parcel, problem)
        self._is_unreached = False
        self._backoff.end()
        self._watcher.line_is(up=True)
        self._settle(parcel, answer)
        return 0.0

    def _batch(self, parcel: Parcel) -> Batch:
        moment = self._machine.moment()
        return {
            "items": [touch.item() for touch in parcel.touches],
            "sent": {"at": moment.at.isoformat(), "boot_id": moment.boot_id, "boottime_ms": moment.boottime_ms},
        }

    def _settle(self, parcel: Parcel, answer: dict[str, Any]) -> None:
        """Write down what became of each touch; one that is not among the answers stays as it is and comes later."""
        given = answer.get("items")
        answers = {each.get("id"): each for each in given if isinstance(each, dict)} if isinstance(given, list) else {}
        outcomes = {
            touch.seq: Outcome(state, answers[touch.id])
            for touch in parcel.touches
            if (state := _state_after(answers.get(touch.id))) is not None
        }
        ids = {touch.seq: touch.id for touch in parcel.touches}
        if outcomes:
            self._spool.settle({ids[seq]: outcome for seq, outcome in outcomes.items()})
            self._settled_since_failure = True
        for touch in parcel.touches:
            if touch.seq in outcomes:
                self._watcher.answered(touch, answers[touch.id])
            else:
                self._lanes.hold(touch.seq, self._monotonic())
        self._lanes.took(parcel, set(outcomes))

    def _after_problem(self, parcel: Parcel, problem: ProblemError) -> float:
        if problem.status in UNAUTHORISED:
            return self._turned_away(problem)
        self._watcher.line_is(up=True)
        if problem.status == 413:
            if self._lanes.too_large(parcel):
                self._set_aside(parcel.touches[0], problem)
            return 0.0
        log.warning("%d touches were not taken: %s", len(parcel.touches), problem)
        self._lanes.failed(parcel)
        if parcel.lane is Lane.ALONE:
            return self._after_failure_alone(parcel.touches[0], problem)
        return self._backoff.next_s()

    def _after_failure_alone(self, touch: Touch, problem: ProblemError) -> float:
        """Set a touch aside that fails again and again while others are taken; when all fail, it is not the touch."""
        self._lanes.hold(touch.seq, self._monotonic())
        failures = self._alone_failures[touch.seq] = self._alone_failures.get(touch.seq, 0) + 1
        if failures == 1:
            self._settled_since_failure = False
        if failures >= ALONE_TRIES and self._settled_since_failure:
            self._set_aside(touch, problem)
        return 0.0 if self._settled_since_failure else self._backoff.next_s()

    def _set_aside(self, touch: Touch, problem: ProblemError) -> None:
        answer = {"id": touch.id, "result": "refused", "code": problem.code, "message": problem.message}
        self._spool.settle({touch.id: Outcome(State.SET_ASIDE, answer)})
        self._lanes.took(Parcel(Lane.ALONE, (touch,)), {touch.seq})
        self._alone_failures.pop(touch.seq, None)
        self._watcher.answered(touch, answer)

    def _turned_away(self, problem: ProblemError) -> float:
        log.error("the server does not take this device: %s", problem)
        if problem.code == REVOKED:
            self._is_revoked = True
            self._watcher.revoked()
        self._watcher.line_is(up=True, refusal=problem.code)
        return self._backoff.next_s(IDLE_S)


def _state_after(answer: dict[str, Any] | None) -> State | None:
    match (answer or {}).get("result"):
        case "accepted" | "duplicate":
            return State.SENT
        case "refused":
            return State.SET_ASIDE
        case _:
            return None
