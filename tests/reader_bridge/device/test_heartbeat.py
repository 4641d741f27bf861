"""Every half minute the server hears how a device is, and the device what became of it."""

from pathlib import Path
from typing import Any

import pytest

from reader_bridge.device.heartbeat import Heart
from reader_bridge.device.machine import ms_of
from reader_bridge.device.server import Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.updating import Updater
from reader_bridge.wire import DeviceShown
from tests.reader_bridge.device import fake_intake
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.makers import BOOT, MORNING, TurnedMachine, touch


class Office:
    """Who hears what the server says."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def device_is(self, device: DeviceShown) -> None:
        self.heard.append(("device", device["name"], device["direction"]))

    def directory_is(self, version: str) -> None:
        self.heard.append(("directory", version))

    def server_answers(self) -> None:
        self.heard.append("answers")

    def turned_away(self, code: str) -> None:
        self.heard.append(("turned away", code))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def heart(spool: Spool, server: Server, machine: TurnedMachine, office: Office) -> Heart:
    return Heart(spool, server, machine, office, lambda: [{"name": "A reader", "attached": True}])


def test_the_server_hears_how_the_device_is(
    heart: Heart, spool: Spool, machine: TurnedMachine, intake: FakeIntake, office: Office
) -> None:
    spool.append(touch(machine))
    intake.direction = "exit"
    heart.beat()

    sent = intake.heartbeats[0]
    assert sent.pop("free_bytes") > 0
    assert sent.pop("version")
    assert sent.pop("platform")
    assert sent == {
        "sequence": 1,
        "sent": {"at": "2026-11-16T22:50:00+00:00", "boot_id": BOOT, "boottime_ms": 600_000},
        "waiting": 1,
        "oldest_waiting_at": "2026-11-16T22:50:00+00:00",
        "set_aside": 0,
        "spool_salvages": 0,
        "update": None,
        "readers": [{"name": "A reader", "attached": True}],
    }
    assert office.heard == ["answers", ("device", "北ゲート", "exit"), ("directory", "v0")]


def test_the_servers_clock_is_learnt_of_any_answer(heart: Heart, spool: Spool, intake: FakeIntake) -> None:
    intake.now = MORNING
    heart.beat()
    assert spool.boot_began_ms(BOOT) == ms_of(MORNING) - 600_000


def test_the_number_rises_beyond_a_restart_and_beyond_a_copy_from_before(
    heart: Heart, spool: Spool, server: Server, machine: TurnedMachine, intake: FakeIntake, office: Office
) -> None:
    heart.beat()
    Heart(spool, server, machine, office, list).beat()
    assert [each["sequence"] for each in intake.heartbeats] == [1, 2]

    intake.last_sequence = 70
    heart.beat()
    heart.beat()
    assert intake.heartbeats[-1]["sequence"] == 71


@pytest.mark.parametrize("trouble", [fake_intake.AWAY, fake_intake.PORTAL, fake_intake.BROKEN])
def test_a_server_that_is_away_is_no_event(
    heart: Heart, intake: FakeIntake, office: Office, trouble: fake_intake.Trouble
) -> None:
    intake.troubles.append(trouble)
    heart.beat()
    assert office.heard == []
    heart.beat()
    assert office.heard[0] == "answers"


def test_a_revocation_is_passed_on(heart: Heart, intake: FakeIntake, office: Office) -> None:
    intake.troubles.append(fake_intake.REVOKED)
    heart.beat()
    assert office.heard == [("turned away", "revoked")]


class _Odd:
    """A server that says odd things, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)

    def post(self, _target: str, _content: Any) -> dict[str, Any]:
        answer: dict[str, Any] = next(self._answers)
        return answer


def test_an_odd_answer_ends_no_heartbeats(spool: Spool, machine: TurnedMachine, office: Office, tmp_path: Path) -> None:
    shown = {"device": {"name": "正門", "direction": None}, "directory_version": "1"}
    odd = [shown | {"update": update, "heartbeat_every_s": 1e308} for update in ([1], "x", 5, None)]
    updater = Updater(tmp_path, "0.1.0", None, None, is_launched=True, is_quiet=lambda: True, end=lambda: None)  # type: ignore[arg-type]
    heart = Heart(spool, _Odd(*odd), machine, office, list, updater)
    for _ in odd:
        heart.beat()
    assert (heart.every_s, updater.shown()) == (3600.0, None)
