"""Spool and uplink against a server that misbehaves in any order: nothing is lost or doubled in any run."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.spool import Spool
from reader_bridge.device.touches import Touch
from reader_bridge.device.uplink import Uplink
from tests.reader_bridge.device.makers import TurnedMachine, touch

BOOTS = [f"{number:08x}-2222-4333-8444-555555555555" for number in range(1, 4)]


class Ledger:
    """The server's side as a model: what it took, once each, and what it does with the next request."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.refused: set[str] = set()
        self.next: Iterator[str] = iter(())
        self.verdicts: Iterator[str] = iter(())

    def post(self, _target: str, content: Any) -> dict[str, Any]:
        behaviour = next(self.next, "answer")
        if behaviour == "away":
            raise AwayError("away")
        if behaviour in ("broken", "too large"):
            raise ProblemError(500 if behaviour == "broken" else 413, "x", "")
        answers = [{"id": item["id"], "result": self._result(item["id"])} for item in content["items"]]
        if behaviour == "dropped":
            raise AwayError("the answer was lost")
        if behaviour == "half":
            answers = answers[: len(answers) // 2]
        return {"items": answers}

    def _result(self, touch_id: str) -> str:
        if touch_id in self.taken:
            return "duplicate"
        verdict = next(self.verdicts, "accepted")
        if verdict == "accepted":
            self.taken[touch_id] = 1
        elif verdict == "refused":
            self.refused.add(touch_id)
        return verdict


class Watcher:
    """Nobody looks."""

    def answered(self, touch: Touch, answer: dict[str, Any]) -> None: ...

    def line_is(self, *, up: bool, refusal: str | None = None) -> None: ...

    def revoked(self) -> None: ...


class Gate(RuleBasedStateMachine):
    """Touches, requests, restarts and changes of the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "spool.db"
        self.machine, self.ledger = TurnedMachine(), Ledger()
        self.appended: list[str] = []
        self._open()

    def _open(self) -> None:
        self.spool = Spool(self._path)
        self.uplink = Uplink(self.spool, self.ledger, self.machine, Watcher(), lambda: self.machine.boottime_ms / 1000)

    @rule(count=some.integers(1, 8))
    def touches(self, count: int) -> None:
        self.appended += [self.spool.append(touch(self.machine, number)).id for number in range(count)]

    @rule(
        behaviours=some.lists(
            some.sampled_from(["answer", "away", "dropped", "broken", "too large", "half"]), max_size=6
        ),
        verdicts=some.lists(some.sampled_from(["accepted", "refused", "retry"]), max_size=12),
    )
    def sends(self, behaviours: list[str], verdicts: list[str]) -> None:
        self.ledger.next, self.ledger.verdicts = iter(behaviours), iter(verdicts)
        for _ in range(len(behaviours) + 1):
            self.machine.wait(self.uplink.step())
        self.ledger.next = self.ledger.verdicts = iter(())

    @rule(boot=some.sampled_from(BOOTS), back_s=some.integers(-(10**8), 10**6))
    def starts_again(self, boot: str, back_s: int) -> None:
        self.spool.close()
        self.machine.start_again(boot, self.machine.at)
        self.machine.wait(0)
        self.machine.set_wall(self.machine.at.replace(year=2026 if back_s > 0 else 2020))
        self._open()

    @invariant()
    def every_touch_is_somewhere(self) -> None:
        waiting = {each.id for each in self.spool.oldest_waiting(100_000)}
        unsent = self.spool.unsent()
        set_aside = {each for each in self.appended if self._is_refused(each)} - waiting
        sent = set(self.appended) - waiting - set_aside
        assert sent <= set(self.ledger.taken), "what the device no longer sends, the server has"
        assert len(waiting) == unsent.waiting
        assert len(waiting) + len(sent) + len(set_aside) == len(self.appended)
        assert len(set_aside) == unsent.set_aside

    def _is_refused(self, touch_id: str) -> bool:
        return (self.spool.answer_of(touch_id) or {}).get("result") == "refused"

    def teardown(self) -> None:
        """In the end, with a server that is well, everything is sent or set aside."""
        for _ in range(600):
            if not self.spool.unsent().waiting:
                break
            self.machine.wait(self.uplink.step())
        assert self.spool.unsent().waiting == 0
        in_order = [each.id for each in reversed(self.spool.newest(100_000))]
        assert in_order == self.appended
        self.spool.close()
        self._folder.cleanup()


TestGate = Gate.TestCase
TestGate.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
