"""What was acknowledged is there, in its order, until the server has answered it."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from reader_bridge.device.folder import InUseError, alone_in, prepare
from reader_bridge.device.machine import at_ms, ms_of
from reader_bridge.device.salvage import salvage
from reader_bridge.device.spool import KEPT_FOR, Outcome, Spool
from reader_bridge.device.spool_file import SCHEMA
from reader_bridge.device.touches import NewTouch, State, Who
from tests.reader_bridge.device.makers import BOOT, MORNING, TurnedMachine, card, touch

ACCEPTED = Outcome(State.SENT, {"result": "accepted"})
REFUSED = Outcome(State.SET_ASIDE, {"result": "refused", "code": "no_such_day"})
APPENDING = """
import sys
from pathlib import Path
from uuid import UUID
from datetime import UTC, datetime
from reader_bridge.device.spool import Spool
from reader_bridge.device.touches import NewTouch, Who
spool = Spool(Path(sys.argv[1]))
while True:
    print(spool.append(NewTouch(Who("felica", "01010501b00ac30b"), "gate", datetime.now(UTC))).id, flush=True)
"""


def test_a_touch_is_sent_with_what_both_clocks_showed(spool: Spool, machine: TurnedMachine) -> None:
    kept = spool.append(touch(machine))
    spool.learn_boot(BOOT, ms_of(MORNING) - 600_000)

    assert spool.oldest_waiting(10)[0].item() == {
        "id": kept.id,
        "channel": "card",
        "card": {"tech": "felica", "uid": "0000000000000001"},
        "occurred_at": "2026-11-16T22:50:00+00:00",
        "boot_id": BOOT,
        "boottime_ms": 600_000,
        "boot_began_ms": ms_of(MORNING) - 600_000,
    }


def test_touches_wait_in_the_order_they_were_written_whatever_the_clock_does(
    spool: Spool, machine: TurnedMachine
) -> None:
    first = spool.append(touch(machine))
    machine.set_wall(MORNING - timedelta(days=300))
    second = spool.append(touch(machine))

    assert [each.id for each in spool.oldest_waiting(10)] == [first.id, second.id]


def test_what_is_settled_waits_no_more_and_keeps_the_answer(spool: Spool, machine: TurnedMachine) -> None:
    taken, refused, left = (spool.append(touch(machine, number)) for number in range(3))
    spool.settle({taken.id: ACCEPTED, refused.id: REFUSED})

    assert [each.id for each in spool.oldest_waiting(10)] == [left.id]
    assert spool.unsent().waiting == 1
    assert spool.unsent().set_aside == 1
    assert spool.answer_of(refused.id) == {"result": "refused", "code": "no_such_day"}


def test_what_the_server_took_stays_taken_whatever_a_late_answer_says(spool: Spool, machine: TurnedMachine) -> None:
    kept = spool.append(touch(machine))
    spool.settle({kept.id: ACCEPTED})
    spool.settle({kept.id: REFUSED})

    assert spool.answer_of(kept.id) == {"result": "accepted"}
    assert spool.unsent().set_aside == 0


def test_fresh_touches_are_those_of_this_boot_whatever_the_wall_clock_says(
    spool: Spool, machine: TurnedMachine
) -> None:
    spool.append(touch(machine, 1))
    machine.wait(120)
    machine.set_wall(MORNING - timedelta(hours=5))
    newer = [spool.append(touch(machine, number)).id for number in (2, 3)]

    assert [each.id for each in spool.fresh_waiting(machine.moment(), timedelta(minutes=1), 10)] == newer
    machine.start_again("another", MORNING)
    assert spool.fresh_waiting(machine.moment(), timedelta(minutes=1), 10) == []


def test_a_touch_shows_the_servers_time_once_it_is_known(spool: Spool, machine: TurnedMachine) -> None:
    machine.set_wall(at_ms(0))
    spool.append(touch(machine))
    spool.learn_boot(BOOT, ms_of(MORNING) - 600_000)

    assert spool.oldest_waiting(1)[0].at == MORNING
    assert spool.unsent().oldest_at == MORNING
    assert spool.now(machine.moment()) == MORNING


def test_a_person_counts_once_a_day_whatever_the_reader_calls_the_card(spool: Spool, machine: TurnedMachine) -> None:
    spool.append(touch(machine, 1))
    machine.wait(60)
    for who in (Who("unknown", card(1).card_uid), card(2), Who(ccus_worker_id="12345678901234")):
        spool.append(NewTouch(who, "gate", machine.at))

    assert spool.touched_since(MORNING) == 3
    assert spool.touched_since(MORNING + timedelta(hours=1)) == 0


def test_a_card_and_a_typed_id_of_one_person_count_once_when_the_server_has_said_so(
    spool: Spool, machine: TurnedMachine
) -> None:
    by_card = spool.append(touch(machine, 1))
    by_id = spool.append(NewTouch(Who(ccus_worker_id="12345678901234"), "gate", machine.at))
    spool.settle({each.id: Outcome(State.SENT, {"person": "ab12"}) for each in (by_card, by_id)})
    spool.append(touch(machine, 1))  # the same card again, and nobody has answered yet

    assert spool.touched_since(MORNING) == 1


def test_what_was_sent_is_forgotten_after_forty_days_and_what_waits_never(spool: Spool, machine: TurnedMachine) -> None:
    sent, refused, waiting = (spool.append(touch(machine, number)) for number in range(3))
    spool.settle({sent.id: ACCEPTED, refused.id: REFUSED})

    assert spool.forget(MORNING + KEPT_FOR) == 0
    assert spool.forget(MORNING + KEPT_FOR + timedelta(seconds=1)) == 1
    assert {each.id for each in spool.newest(10)} == {refused.id, waiting.id}


def test_a_file_brought_in_twice_is_brought_in_once(spool: Spool, machine: TurnedMachine) -> None:
    kept = spool.append(touch(machine))
    rows = [NewTouch(card(7), "logger", MORNING, channel="logger", id=UUID(int=n)) for n in (1, 2)]

    assert (spool.bring_in(rows), spool.bring_in(rows)) == (2, 0)
    assert spool.touched_since(MORNING) == 1, "a logger's file is not the gate"
    assert spool.newest(5)[0].id == kept.id


def test_the_spool_is_its_owners_alone(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "device")
    spool = Spool(folder / "spool.db")
    spool.append(touch(TurnedMachine()))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"spool.db": 0o600, "spool.db-wal": 0o600, "spool.db-shm": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    spool.close()


def test_one_program_at_a_time_works_in_a_folder(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(InUseError), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_twenty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    acknowledged: set[str] = set()
    for nth in range(20):
        command = [sys.executable, "-c", APPENDING, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged.add(process.stdout.readline().strip())
            time.sleep(0.003 * nth)
            os.kill(process.pid, signal.SIGKILL)
            acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}

    spool = Spool(path)
    kept = {each.id for each in spool.oldest_waiting(100_000)}
    spool.close()
    assert len(acknowledged) > 20
    assert acknowledged <= kept
    assert spool.salvages == 0


FIRST_SCHEMA = SCHEMA.replace("    answer TEXT,\n    clock_ok INTEGER,\n    site_id TEXT\n", "    answer TEXT\n")
FIRST_INSERT = (
    "INSERT OR IGNORE INTO touches (id, channel, card_tech, card_uid, ccus_worker_id, direction, reader, wall_ms, "
    "boot_id, boottime_ms) VALUES (?, 'keypad', NULL, NULL, '12345678901234', NULL, 'gate', 1, NULL, NULL)"
)


def test_a_spool_of_the_first_version_is_gone_on_with_and_that_version_goes_on_with_ours(
    tmp_path: Path, machine: TurnedMachine
) -> None:
    assert "clock_ok" not in FIRST_SCHEMA
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as first:
        first.executescript(FIRST_SCHEMA)
        first.execute(FIRST_INSERT, ("01a2215e-8e71-7e16-a1eb-54942470566e",))
        first.commit()
    spool = Spool(path)
    spool.append(replace(touch(machine), clock_ok=False, site_id="0192-site"))
    spool.close()
    with closing(sqlite3.connect(path)) as first:
        first.execute(FIRST_INSERT, ("01a2215e-8e71-7e16-a1eb-549424705670",))
        first.commit()
        assert first.execute("SELECT count(*) FROM touches WHERE state = 'waiting'").fetchone() == (3,)
    spool = Spool(path)
    assert [(each.clock_ok, each.site_id) for each in spool.oldest_waiting(9)] == [
        (None, None),
        (False, "0192-site"),
        (None, None),
    ]
    spool.close()
    assert salvage(path) == 3
    mended = Spool(path)
    assert [each.item().get("site_id") for each in mended.oldest_waiting(9)] == [None, "0192-site", None]
    mended.close()
