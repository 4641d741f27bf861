"""Every touch reaches the server once in effect, whatever the server and the line do; fresh ones first."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from reader_bridge.device.lanes import MOST_ITEMS
from reader_bridge.device.machine import ms_of
from reader_bridge.device.server import Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.touches import NewTouch, Touch
from reader_bridge.device.uplink import Uplink
from reader_bridge.wire import PUNCHES
from tests.reader_bridge.device import fake_intake
from tests.reader_bridge.device.fake_intake import FakeIntake, Trouble
from tests.reader_bridge.device.makers import BOOT, MORNING, TurnedMachine, card, touch


@dataclass(slots=True)
class Notes:
    """What the gate page would be told."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    up: list[bool] = field(default_factory=list)
    refusal: str | None = None
    was_revoked: bool = False

    def answered(self, touch: Touch, answer: dict[str, Any]) -> None:
        self.answers[touch.id] = answer

    def line_is(self, *, up: bool, refusal: str | None = None) -> None:
        self.up.append(up)
        self.refusal = refusal

    def revoked(self) -> None:
        self.was_revoked = True


class Sender:
    """An uplink driven by hand, with a clock that jumps over every wait."""

    def __init__(self, spool: Spool, server: Server, machine: TurnedMachine) -> None:
        self.spool, self.machine, self.notes = spool, machine, Notes()
        self.uplink = Uplink(spool, server, machine, self.notes, monotonic=lambda: machine.boottime_ms / 1000)
        self.waits: list[float] = []

    def step(self) -> float:
        wait = self.uplink.step()
        self.waits.append(wait)
        self.machine.wait(wait)
        return wait

    def until(self, is_so: Callable[[], bool], steps: int = 200) -> None:
        for _ in range(steps):
            if is_so():
                return
            self.step()
        raise AssertionError(f"not so after {steps} steps")

    def drain(self, steps: int = 200) -> None:
        self.until(lambda: self.spool.unsent().waiting == 0, steps)


@pytest.fixture
def sender(spool: Spool, server: Server, machine: TurnedMachine) -> Sender:
    return Sender(spool, server, machine)


def _append(sender: Sender, count: int, first: int = 0) -> list[str]:
    return [sender.spool.append(touch(sender.machine, number)).id for number in range(first, first + count)]


def test_what_waits_is_sent_and_told(sender: Sender, intake: FakeIntake) -> None:
    intake.judge = lambda _item: {"result": "accepted", "verdict": "counts", "direction": "entry"}
    ids = _append(sender, 3)
    sender.drain()

    assert list(intake.taken) == ids
    assert sender.notes.answers[ids[0]] == {
        "id": ids[0],
        "result": "accepted",
        "verdict": "counts",
        "direction": "entry",
    }
    assert sender.step() == 60.0


@pytest.mark.parametrize(
    "trouble", [fake_intake.AWAY, fake_intake.PORTAL, fake_intake.BROKEN, fake_intake.DROPPED, (502, b"", {})]
)
def test_trouble_on_the_way_loses_nothing_and_doubles_nothing(
    sender: Sender, intake: FakeIntake, trouble: Trouble
) -> None:
    intake.troubles.extend([trouble, trouble])
    ids = _append(sender, 5)
    sender.drain()

    assert sorted(intake.taken) == sorted(ids)
    assert sender.spool.unsent().set_aside == 0
    expected = "duplicate" if trouble is None else "accepted"
    assert {answer["result"] for answer in sender.notes.answers.values()} == {expected}


def test_retry_after_is_honoured_and_waits_grow_to_five_minutes(sender: Sender, intake: FakeIntake) -> None:
    _append(sender, 1)
    intake.troubles.extend([fake_intake.AWAY] * 12)
    for _ in range(12):
        sender.step()

    assert sender.waits[0] >= 7
    assert 150 <= sender.waits[-1] <= 300
    assert sender.notes.up == [False] * 12


def test_a_date_to_come_back_at_is_read_by_the_servers_clock(sender: Sender, intake: FakeIntake) -> None:
    intake.standing_trouble = lambda *_: (503, b"", {"Retry-After": "Wed, 01 Jan 2031 00:00:30 GMT"})
    _append(sender, 1)
    assert sender.step() == 3600.0, "years are not believed"


def test_send_now_waits_for_nothing(sender: Sender, intake: FakeIntake) -> None:
    _append(sender, 1)
    intake.troubles.extend([fake_intake.AWAY] * 5)
    for _ in range(5):
        sender.uplink.step()
    sender.uplink.send_now()
    assert sender.uplink.step() == 0.0
    assert len(intake.taken) == 1


def test_a_refused_touch_is_set_aside_and_holds_up_nothing(sender: Sender, intake: FakeIntake) -> None:
    ids = _append(sender, 4)
    intake.judge = lambda item: (
        {"result": "refused", "code": "no_card", "message": "x"} if item["id"] == ids[1] else {"result": "accepted"}
    )
    sender.drain()

    assert (len(intake.taken), sender.spool.unsent().set_aside) == (3, 1)
    assert sender.spool.answer_of(ids[1]) == {"id": ids[1], "result": "refused", "code": "no_card", "message": "x"}


def test_a_touch_the_server_wants_later_is_never_given_up_and_holds_up_nothing(
    sender: Sender, intake: FakeIntake
) -> None:
    ids = _append(sender, 3)
    asked: list[str] = []

    def judge(item: dict[str, Any]) -> dict[str, Any]:
        if item["id"] != ids[0]:
            return {"result": "accepted"}
        asked.append(item["id"])
        return {"result": "retry"} if len(asked) < 9 else {"result": "accepted"}

    intake.judge = judge
    sender.step()
    assert len(intake.taken) == 2
    sender.drain()
    assert len(asked) == 9
    assert len(intake.batches) == 9


def test_a_touch_that_the_answer_leaves_out_stays(sender: Sender, intake: FakeIntake) -> None:
    _append(sender, 2)
    intake.troubles.append((200, {"now": "2026-11-16T22:50:00Z", "items": [{"id": "else", "result": "accepted"}]}, {}))
    sender.step()
    assert sender.spool.unsent().waiting == 2
    sender.drain()


def test_batches_are_halved_until_they_fit_and_one_that_never_fits_is_set_aside(
    sender: Sender, intake: FakeIntake
) -> None:
    ids = _append(sender, 100)

    def too_large(_path: str, content: dict[str, Any]) -> Trouble | bool:
        items = content.get("items", [])
        return fake_intake.TOO_LARGE if len(items) > 30 or any(item["id"] == ids[50] for item in items) else False

    intake.standing_trouble = too_large
    sender.drain(400)

    assert sorted(intake.taken) == sorted(set(ids) - {ids[50]})
    answer = sender.spool.answer_of(ids[50])
    assert answer is not None
    assert answer["code"] == "http_413"


@pytest.mark.parametrize("trouble", [fake_intake.BROKEN, (400, {"code": "not_a_batch", "message": "x"}, {})])
def test_one_poisoned_touch_is_found_and_set_aside_and_all_others_are_sent(
    sender: Sender, intake: FakeIntake, trouble: Trouble
) -> None:
    ids = _append(sender, 20)
    intake.standing_trouble = lambda _path, content: (
        trouble if any(item["id"] == ids[7] for item in content.get("items", [])) else False
    )
    sender.until(lambda: len(intake.taken) == 19)
    assert sender.spool.unsent().waiting == 1
    _append(sender, 3, first=100)
    sender.until(lambda: sender.spool.unsent().set_aside == 1)
    sender.drain()

    assert ids[7] not in intake.taken
    assert len(intake.taken) == 22


def test_a_server_that_takes_nothing_at_all_sets_nothing_aside(sender: Sender, intake: FakeIntake) -> None:
    intake.standing_trouble = lambda *_: fake_intake.BROKEN
    ids = _append(sender, 5)
    for _ in range(100):
        sender.step()
    assert sender.spool.unsent().set_aside == 0
    assert sender.waits[-1] > 1, "and it is not hammered"

    intake.standing_trouble = lambda *_: False
    sender.drain()
    assert sorted(intake.taken) == sorted(ids)


def test_ten_thousand_that_wait_do_not_delay_who_touches_now(sender: Sender, intake: FakeIntake) -> None:
    now = sender.machine.moment()
    old = [
        NewTouch(card(n), "gate", now.at, boot_id=BOOT, boottime_ms=now.boottime_ms, id=UUID(int=n))
        for n in range(10_000)
    ]
    sender.spool.bring_in(old)
    sender.machine.wait(3600)
    began = time.monotonic()
    sent_after: list[int] = []
    while sender.spool.unsent().waiting:
        fresh = _append(sender, 1, first=20_000 + len(sent_after))[0] if len(sent_after) < 5 else None
        before = len(intake.batches)
        sender.until(lambda fresh=fresh: fresh is None or fresh in intake.taken, 10)  # type: ignore[misc]
        sent_after.append(len(intake.batches) - before)
        sender.step()
    assert max(sent_after[:5]) <= 2, "at most one batch of the backlog goes before"
    assert len(intake.taken) == 10_005
    assert max(len(batch) for batch in intake.batches) == MOST_ITEMS
    assert time.monotonic() - began < 60


def test_a_revoked_device_stops_and_keeps_its_touches(sender: Sender, intake: FakeIntake) -> None:
    intake.standing_trouble = lambda *_: fake_intake.REVOKED
    _append(sender, 3)
    sender.step()
    requests = len(sender.notes.up)
    for _ in range(5):
        sender.step()
    sender.uplink.send_now()
    sender.step()

    assert sender.notes.was_revoked
    assert sender.notes.refusal == "revoked"
    assert len(sender.notes.up) == requests
    assert sender.spool.unsent().waiting == 3


def test_a_hotels_page_that_forbids_is_not_a_revocation(sender: Sender, intake: FakeIntake) -> None:
    intake.troubles.append((403, b"<html>Forbidden</html>", {}))
    _append(sender, 1)
    sender.step()
    assert not sender.notes.was_revoked
    sender.drain()


def test_a_clock_set_back_within_a_boot_still_tells_the_server_when_it_was(sender: Sender, intake: FakeIntake) -> None:
    _append(sender, 1)
    sender.machine.wait(1800)
    sender.machine.set_wall(MORNING - timedelta(days=2000))
    intake.now = MORNING + timedelta(seconds=1800)
    _append(sender, 1)
    intake.troubles.append(fake_intake.AWAY)
    sender.drain()

    items = list(intake.taken.values())
    assert [item["boottime_ms"] for item in items] == [600_000, 2_400_000]
    began_ms = sender.spool.boot_began_ms(BOOT)
    assert began_ms is not None
    assert abs(began_ms - (ms_of(intake.now) - sender.machine.boottime_ms)) < 20_000


def test_touches_of_an_earlier_boot_go_with_what_was_learnt_of_it(sender: Sender, intake: FakeIntake) -> None:
    intake.now = MORNING
    first = _append(sender, 1)
    sender.drain()
    second = _append(sender, 1)
    sender.machine.start_again("99999999-2222-4333-8444-555555555555", MORNING - timedelta(days=9000))
    sender.drain()

    assert intake.taken[first[0]]["boot_began_ms"] is None
    assert intake.taken[second[0]]["boot_began_ms"] == ms_of(MORNING) - 600_000


def test_requests_are_what_the_wire_says(sender: Sender, intake: FakeIntake) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    def look(path: str, content: dict[str, Any]) -> bool:
        seen.append((path, content))
        return False

    intake.standing_trouble = look
    _append(sender, 1)
    sender.drain()
    assert seen[0][0] == PUNCHES
    assert seen[0][1]["sent"] == {"at": "2026-11-16T22:50:00+00:00", "boot_id": BOOT, "boottime_ms": 600_000}
