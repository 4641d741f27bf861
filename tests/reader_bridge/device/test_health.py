"""What the machine is told of the program, and what the program knows of the machine's clock."""

import json
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread

import pytest

from reader_bridge.device import gate, health, versions
from reader_bridge.device import identity as identities
from reader_bridge.device.folder import prepare
from reader_bridge.device.heartbeat import Heart
from reader_bridge.device.launcher import LAUNCH
from reader_bridge.device.server import Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.device.synchronised import is_synchronised, read_w32tm
from reader_bridge.device.watchdog import notify
from reader_bridge.wire import Update
from tests.reader_bridge.device import fake_intake
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.makers import TurnedMachine
from tests.reader_bridge.device.releases import PUBLIC, update
from tests.reader_bridge.device.test_launcher import until


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """What systemd listens with."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    line.bind(str(tmp_path / "notify"))
    line.settimeout(10)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return line


def test_the_service_manager_hears_that_the_page_answers_and_nothing_once_it_does_not(
    manager: socket.socket,
    spool: Spool,
    machine: TurnedMachine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "LOOK_EVERY_S", 0.02)
    station = Station(Parts(tmp_path, spool, machine, None, None, list))
    stop = Event()
    with gate.serving(station, 0) as port:
        thread = Thread(target=health.watch, args=(tmp_path, port, lambda: "", stop))
        thread.start()
        assert manager.recv(100) == b"WATCHDOG=1"
        monkeypatch.setattr(station, "state", lambda: 1 / 0)  # as where a part hangs or fails
        until(lambda: not health.page_answers(port))
        _drain(manager)
        manager.settimeout(0.2)
        with pytest.raises(TimeoutError):
            manager.recv(100)
        stop.set()
        thread.join(10)
    manager.close()


def _drain(line: socket.socket) -> None:
    line.settimeout(0.1)
    try:
        while line.recv(100):
            continue
    except TimeoutError:
        return


def test_where_nobody_listens_nothing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for address in ("", "relative", str(tmp_path / "gone"), "@no-such-thing"):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")


def test_the_launcher_is_told_what_is_not_well_until_all_is(
    spool: Spool, machine: TurnedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LAUNCH, "a token")
    monkeypatch.setattr(health, "LOOK_FIRST_EVERY_S", 0.02)
    versions.folder_of(tmp_path).mkdir()
    missing, stop, told = ["no heartbeat yet"], Event(), versions.folder_of(tmp_path) / versions.HEALTH

    def said(content: list[str]) -> Callable[[], bool]:
        return lambda: told.exists() and json.loads(told.read_bytes()) == {"token": "a token", "missing": content}

    with gate.serving(Station(Parts(tmp_path, spool, machine, None, None, list)), 0) as port:
        thread = Thread(target=health.watch, args=(tmp_path, port, lambda: missing[0], stop))
        thread.start()
        until(said(["no heartbeat yet"]))
        missing[0] = ""
        until(said([]))
        stop.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("trouble", "missing"),
    [
        (None, ""),
        (fake_intake.AWAY, ""),  # page and spool alone
        (fake_intake.BROKEN, ""),
        (fake_intake.REVOKED, ""),
        ((400, {"code": "waiting", "message": ""}, {}), "the heartbeat was refused: waiting"),
        ((401, {"code": "signature_wrong", "message": ""}, {}), "the heartbeat was refused: signature_wrong"),
    ],
)
def test_a_new_version_is_well_once_the_server_understands_it_or_is_away(
    spool: Spool,
    server: Server,
    machine: TurnedMachine,
    intake: FakeIntake,
    tmp_path: Path,
    trouble: fake_intake.Trouble,
    missing: str,
) -> None:
    heart = Heart(spool, server, machine, Station(Parts(tmp_path, spool, machine, None, None, list)), list)
    assert heart.missing == "no heartbeat yet"
    if trouble is not None:
        intake.troubles.append(trouble)
    heart.beat()
    assert heart.missing == missing


def test_an_offer_is_passed_on_with_the_heartbeats_answer(
    spool: Spool, server: Server, machine: TurnedMachine, intake: FakeIntake, tmp_path: Path
) -> None:
    heard: list[Update | None] = []

    class Updates:
        def offered(self, update: Update | None) -> None:
            heard.append(update)

        def shown(self) -> None:
            return None

    station = Station(Parts(tmp_path, spool, machine, None, None, list))
    heart = Heart(spool, server, machine, station, list, Updates())
    heart.beat()
    intake.update = update(b"x")
    heart.beat()
    assert heard == [None, intake.update]


def test_what_a_later_version_wrote_of_the_device_is_read_all_the_same(tmp_path: Path, intake: FakeIntake) -> None:
    folder = prepare(tmp_path / "device")
    identities.keep_key(folder, intake.key)
    later = {**asdict(intake.identity()), "release_key": PUBLIC, "a_field_of_later": 1}
    (folder / identities.IDENTITY_FILE).write_text(json.dumps(later))
    assert identities.load(folder)[0].release_key == PUBLIC


def test_whether_the_clock_is_kept_right_is_known_or_not() -> None:
    assert is_synchronised() in (True, False, None)


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        ("Leap Indicator: 0(no warning)\nStratum: 4 (secondary)\n", True),
        ("Leap Indicator: 3(not synchronized)\nStratum: 0 (unspecified)\n", False),
        ("閏インジケーター: 3(非同期)\n階層: 0 (未指定)\n", False),
        ("The following error occurred: The service has not been started. (0x80070426)\n", None),
        ("", None),
    ],
)
def test_what_windows_says_of_its_clock(told: str, is_kept: bool | None) -> None:
    assert read_w32tm(told) is is_kept
