"""A disk that is full: touches go on being kept in the room held ready, and what waits can still be sent."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.ballast import BALLAST_BYTES
from reader_bridge.device.spool import Outcome, Spool
from reader_bridge.device.spool_file import SpoolFullError
from reader_bridge.device.touches import State
from tests.reader_bridge.device.makers import TurnedMachine, touch

pytestmark = pytest.mark.xdist_group("mounts")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)  # a failed test leaves its files open


def _fill(disk: Path) -> Path:
    """Write until nothing more goes onto the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    return filler


def _append_until_full(spool: Spool, kept: list[str]) -> None:
    for number in range(BALLAST_BYTES // 100):
        kept.append(spool.append(touch(TurnedMachine(), number)).id)


def test_on_a_full_disk_touches_are_kept_and_sent_and_then_refused_aloud(small_disk: Path) -> None:
    machine, spool = TurnedMachine(), Spool(small_disk / "spool.db")
    spool.ballast.fill()
    filler = _fill(small_disk)

    kept = [spool.append(touch(machine, number)).id for number in range(2_000)]
    assert spool.ballast.is_spent()
    with pytest.raises(SpoolFullError):
        _append_until_full(spool, kept)

    assert [each.id for each in spool.oldest_waiting(100_000)] == kept
    spool.settle({each: Outcome(State.SENT, {"result": "accepted"}) for each in kept[:1_000]})
    assert spool.unsent().waiting == len(kept) - 1_000, "what was refused leaves room to settle what waits"
    filler.unlink()
    spool.ballast.fill()
    assert not spool.ballast.is_spent()
    spool.close()


def test_a_full_disk_does_not_keep_what_waits_from_being_settled(small_disk: Path) -> None:
    machine, spool = TurnedMachine(), Spool(small_disk / "spool.db")
    kept = [spool.append(touch(machine, number)).id for number in range(400)]
    spool.ballast.fill()
    _fill(small_disk)

    spool.settle({each: Outcome(State.SENT, {"result": "accepted"}) for each in kept})
    spool.append(touch(machine))
    assert spool.unsent().waiting == 1
    spool.close()


def test_after_a_power_cut_the_program_comes_up_on_a_full_disk_and_keeps_touches(small_disk: Path) -> None:
    folder = small_disk / "device"
    folder.mkdir()
    spool = Spool(folder / "spool.db")
    spool.ballast.fill()
    spool.close()
    _fill(small_disk)

    spool = Spool(folder / "spool.db")
    spool.append(touch(TurnedMachine()))
    assert spool.unsent().waiting == 1
    spool.close()
