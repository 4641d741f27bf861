"""Whatever is damaged of a spool, what can be read of it goes on, and the damaged file is kept."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reader_bridge.device import salvage
from reader_bridge.device.spool import Outcome, Spool
from reader_bridge.device.touches import State
from tests.reader_bridge.device.makers import BOOT, TurnedMachine, touch

TOUCHES = 300
PAGE = 4096


def _filled(path: Path) -> list[str]:
    """Make a spool of TOUCHES, the first ten of them sent, closed and all in one file; return its ids."""
    machine, spool = TurnedMachine(), Spool(path)
    ids = [spool.append(touch(machine, number)).id for number in range(TOUCHES)]
    spool.settle({each: Outcome(State.SENT, {"result": "accepted"}) for each in ids[:10]})
    spool.learn_boot(BOOT, 1_000)
    spool.keep_note("heartbeats", "41")
    spool.close()
    return ids


def _zero(path: Path, first_page: int, last_page: int) -> None:
    with path.open("r+b") as file:
        file.seek((first_page - 1) * PAGE)
        file.write(bytes((last_page - first_page + 1) * PAGE))


def _leaf_pages(path: Path) -> list[int]:
    raw = path.read_bytes()
    return [nth // PAGE + 1 for nth in range(PAGE, len(raw), PAGE) if raw[nth] == 0x0D]


def _break_header(path: Path) -> None:
    _zero(path, 1, 1)


def _break_root(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'touches'").fetchone()[0]
    _zero(path, root, root)


@pytest.mark.parametrize("broken", [_break_header, _break_root])
def test_without_header_or_inner_pages_every_row_is_found(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    path = tmp_path / "spool.db"
    ids = _filled(path)
    broken(path)

    spool = Spool(path)
    assert [each.id for each in spool.oldest_waiting(1000)] == ids[10:]
    assert spool.unsent().waiting == TOUCHES - 10
    assert spool.answer_of(ids[0]) == {"result": "accepted"}
    assert (spool.boot_began_ms(BOOT), spool.note("heartbeats"), spool.salvages) == (1_000, "41", 1)
    spool.close()


def test_a_hole_costs_the_rows_on_it_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    ids = _filled(path)
    hole = _leaf_pages(path)[5]
    _zero(path, hole, hole)

    spool = Spool(path)
    kept = [each.id for each in spool.newest(1000)][::-1]
    assert TOUCHES - 40 < len(kept) < TOUCHES
    assert kept == [each for each in ids if each in set(kept)]
    assert spool.salvages == 1
    assert len(list(tmp_path.glob("spool.db.damaged-*"))) == 1
    assert spool.append(touch(TurnedMachine())).seq > TOUCHES
    spool.close()


def test_a_spool_damaged_while_it_is_open_is_mended_by_the_next_touch(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    ids = _filled(path)
    spool = Spool(path)
    spool.append(touch(TurnedMachine()))
    _zero(path, 2, 4)
    with closing(sqlite3.connect(path)) as other:  # what another program wrote makes this one read its pages anew
        other.execute("PRAGMA journal_mode")
        other.execute("PRAGMA user_version = 7")
        other.commit()

    kept = spool.append(touch(TurnedMachine(), 2))
    assert spool.salvages == 1
    assert {*ids, kept.id} - {each.id for each in spool.newest(1000)} <= set(ids)
    assert len(spool.newest(1000)) >= TOUCHES - 120
    spool.close()


def test_something_that_is_no_database_at_all_is_set_aside_as_well(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(b"\xff" * 9_000)

    spool = Spool(path)
    assert (spool.unsent().waiting, spool.salvages) == (0, 1)
    spool.close()


@pytest.mark.parametrize("moved", [(), ("-wal",), ("-wal", "")])
def test_a_power_cut_while_a_salvaged_spool_is_put_in_place_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: tuple[str, ...]
) -> None:
    path = tmp_path / "spool.db"
    ids = _filled(path)
    _break_header(path)
    (tmp_path / "spool.db-wal").write_bytes(bytes(64))
    with monkeypatch.context() as cut:
        cut.setattr(salvage, "finish", lambda _path: None)
        salvage.salvage(path)
    for suffix in moved:
        Path(f"{path}{suffix}").rename(f"{path}.damaged-1{suffix}")

    spool = Spool(path)
    assert [each.id for each in spool.oldest_waiting(1000)] == ids[10:]
    assert spool.salvages >= 1
    spool.close()


@pytest.mark.parametrize("broken", [_break_header, _break_root])
def test_what_is_still_in_the_log_alone_is_found_too(
    tmp_path: Path, spool: Spool, broken: Callable[[Path], None]
) -> None:
    path = tmp_path / "left" / "spool.db"
    path.parent.mkdir()
    ids = [spool.append(touch(TurnedMachine(), number)).id for number in range(500)]
    spool.settle({each: Outcome(State.SENT, {"result": "accepted"}) for each in ids[:3]})
    for suffix in ("", "-wal"):  # as a power cut leaves them
        shutil.copy(tmp_path / f"spool.db{suffix}", f"{path}{suffix}")
    broken(path)

    found = Spool(path)
    assert [each.id for each in found.oldest_waiting(1000)] == ids[3:]
    found.close()


def test_what_is_half_salvaged_is_salvaged_anew(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    ids = _filled(path)
    _break_header(path)
    (tmp_path / "spool.db.salvaging").write_bytes(b"half")

    spool = Spool(path)
    assert [each.id for each in spool.oldest_waiting(1000)] == ids[10:]
    spool.close()
