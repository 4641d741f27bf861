"""A release is taken when the operator vouches for it and nobody stands at the gate, and never otherwise."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.clock import JST
from reader_bridge.device import updating
from reader_bridge.device import versions as kept
from reader_bridge.device.folder import prepare
from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.updating import Updater, is_quiet
from reader_bridge.device.versions import Failed, Slot, Versions, Wanted
from tests.reader_bridge.device.releases import NOON, PUBLIC, update

ARCHIVE = b"an archive of a release"
SLOT = Slot("0.2.0", update(ARCHIVE)["sha256"])


class Gate:
    """A device that runs 0.1.0, and a server that hands out what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.served, self.ended, self.quiet = prepare(folder), ARCHIVE, 0, True
        self.fetched: list[str] = []
        self.trouble: Exception | None = None

    def fetch(self, target: str, most: int) -> bytes:
        self.fetched.append(target)
        if self.trouble is not None:
            raise self.trouble
        if len(self.served) > most:
            raise ProblemError(413, "too_large", "")
        return self.served

    def updater(self, running: str = "0.1.0", key: str | None = PUBLIC, *, is_launched: bool = True) -> Updater:
        def end() -> None:
            self.ended += 1

        return Updater(self.folder, running, key, self, is_launched=is_launched, is_quiet=lambda: self.quiet, end=end)

    def files(self) -> set[str]:
        folder = kept.folder_of(self.folder)
        return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "device")


def test_a_release_is_fetched_laid_beside_and_wanted(gate: Gate) -> None:
    updater = gate.updater()
    updater.offered(update(ARCHIVE))
    updater.step()
    assert (gate.fetched, gate.ended) == (["/intake/v1/releases/0.2.0"], 1)
    assert kept.read_wanted(gate.folder) == Wanted(SLOT, NOON)
    assert kept.is_whole(gate.folder, SLOT)


def test_what_the_launcher_does_not_take_over_is_not_ended_for_again(gate: Gate) -> None:
    for _ in range(2):
        updater = gate.updater()
        updater.offered(update(ARCHIVE))
        updater.step()
    assert (gate.ended, "not_taken" in str(updater.shown())) == (1, True)


def test_while_people_stand_at_the_gate_it_waits_and_says_so(gate: Gate) -> None:
    updater = gate.updater()
    gate.quiet = False
    updater.offered(update(ARCHIVE))
    updater.step()
    updater.step()
    assert updater.shown() == {"version": "0.2.0", "state": "waiting", "why": ""}
    assert (gate.ended, kept.read_wanted(gate.folder), len(gate.fetched)) == (0, None, 1)
    gate.quiet = True
    updater.step()
    assert gate.ended == 1


@pytest.mark.parametrize(
    ("offer", "word"),
    [
        (lambda: update(ARCHIVE, key=Ed25519PrivateKey.generate()), "signature"),
        (lambda: {**update(ARCHIVE), "version": "0.3.0"}, "signature"),
        (lambda: update(ARCHIVE + b"!"), "sha256"),
        (lambda: update(ARCHIVE[:-1]), "too_large"),
        (lambda: update(ARCHIVE, "0.0.9"), "older"),
        (lambda: update(ARCHIVE, "0.0.9", instead_of="0.1.1"), "older"),
        (lambda: update(ARCHIVE, needs=("click>=99.0",)), "needs"),
        (lambda: update(ARCHIVE, needs=("no-such-package",)), "needs"),
        (lambda: {"version": "0.2.0"}, "malformed"),
        (lambda: {**update(ARCHIVE), "version": "../../x"}, "malformed"),
    ],
)
def test_what_nobody_vouches_for_leaves_no_trace_and_is_told(gate: Gate, offer: Callable[[], Any], word: str) -> None:
    updater = gate.updater()
    updater.offered(offer())
    updater.step()
    updater.step()
    shown = updater.shown()
    assert shown is not None
    assert (shown["state"], shown["why"].partition(":")[0]) == ("refused", word)
    assert (gate.ended, gate.files()) == (0, set())
    assert len(gate.fetched) <= 1, "once refused, it is not fetched again"


def test_a_roll_back_from_the_running_version_is_taken(gate: Gate) -> None:
    updater = gate.updater()
    updater.offered(update(ARCHIVE, "0.0.9", instead_of="0.1.0"))
    updater.step()
    assert gate.ended == 1


def test_without_a_key_or_a_launcher_nothing_is_taken(gate: Gate) -> None:
    for updater, word in ((gate.updater(key=None), "no_key"), (gate.updater(is_launched=False), "no_launcher")):
        updater.offered(update(ARCHIVE))
        updater.step()
        assert str(updater.shown()).count(word) == 1
    assert (gate.ended, gate.fetched) == (0, [])


def test_a_server_that_is_away_is_asked_again(gate: Gate) -> None:
    updater = gate.updater()
    gate.trouble = AwayError("no network")
    updater.offered(update(ARCHIVE))
    updater.step()
    assert updater.shown() == {"version": "0.2.0", "state": "waiting", "why": ""}
    gate.trouble = None
    updater.step()
    assert gate.ended == 1


def test_an_offer_that_is_taken_back_or_runs_already_is_over(gate: Gate) -> None:
    updater = gate.updater()
    updater.offered(update(ARCHIVE))
    updater.offered(None)
    updater.step()
    updater.offered(update(ARCHIVE, "0.1.0"))
    updater.step()
    assert (updater.shown(), gate.fetched) == (None, [])


def test_what_failed_is_told_and_tried_again_only_when_it_is_offered_anew(gate: Gate) -> None:
    kept.folder_of(gate.folder).mkdir()
    kept.keep_versions(gate.folder, Versions("0.1.0", failed=Failed("0.2.0", NOON, "exit status 1")))
    updater = gate.updater()
    updater.offered(update(ARCHIVE))
    updater.step()
    assert updater.shown() == {"version": "0.2.0", "state": "rolled_back", "why": "exit status 1"}
    assert gate.ended == 0
    updater.offered(update(ARCHIVE, offered_at="2026-11-18T03:00:00+00:00"))
    updater.step()
    assert gate.ended == 1


@pytest.mark.parametrize(
    ("clock", "touched_min_ago", "quiet"),
    [
        ("05:59", None, True),
        ("06:00", None, False),
        ("09:29", None, False),
        ("09:30", None, True),
        ("12:00", 10, False),
        ("12:00", 11, True),
        ("12:00", -30, True),  # a clock that was set back: the touch seems to lie ahead
        ("12:00", -5, False),
    ],
)
def test_it_is_quiet_when_nobody_comes(clock: str, touched_min_ago: int | None, quiet: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    now = datetime(2026, 11, 17, hour, minute, tzinfo=JST).astimezone(UTC)
    touched = None if touched_min_ago is None else now - timedelta(minutes=touched_min_ago)
    assert is_quiet(now, touched) is quiet


def test_a_disk_that_is_nearly_full_takes_no_release(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "ROOM_BYTES", 2**62)
    updater = gate.updater()
    updater.offered(update(ARCHIVE))
    updater.step()
    assert "no_room" in str(updater.shown())
