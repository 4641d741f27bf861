"""Where calls wait: the spool itself, and every fault that sends a call there."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from core.attendance import records
from core.attendance.model import RawPunch
from core.ballast import BALLAST_BYTES, FREE_MIN_BYTES
from core.clock import FixedClock
from core.db import Database, Session, open_database
from core.phone import PhoneSealer
from core.settings import Settings
from ivr import service
from ivr.carriers import Adapter
from ivr.spool import Spool
from tests.conftest import TWILIO
from tests.ivr.carrier_hand import ENTRY, FAILURE, SPOOLED, hang_up, key, ring, rows
from tests.ivr.stage import NGUYEN, NUMBERS, SENTENCE, SHARED, STRANGER, TANAKAS, YAMADA, Stage, build_world

PATIENCE_S = 20


@pytest.fixture
def stage(
    settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    monkeypatch.setattr("ivr.app.DRAIN_EVERY_S", 3600.0)  # the tests drain by hand
    build_world(database, sealer)
    stage = Stage(settings, database, clock)
    yield stage
    stage.close()


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("a fault of ours")


def punch_of(stage: Stage, form: dict[str, str]) -> RawPunch:
    """Return the punch that the webhook of this form is."""
    event = Adapter(TWILIO).read(list(form.items()))
    return service.punch_of(event, stage.settings.sealer, stage.clock.now())


def new_punch(stage: Stage, caller: str = YAMADA) -> RawPunch:
    return punch_of(stage, stage.form(stage.new_call(), caller, SENTENCE))


def drain(stage: Stage, spool: Spool | None = None) -> int:
    return (spool or stage.app.state.phone.spool).drain(stage.database, stage.clock.now())


def sweep(stage: Stage) -> int:
    with stage.database.write() as session:
        return service.sweep_calls(session, stage.clock.now())


def test_a_fault_in_the_answer_is_spoken_and_the_call_is_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("ivr.service.render", fail)
        broken.setattr("ivr.app.render", fail)
        form, heard = ring(stage, YAMADA, SENTENCE)
    assert (heard.says, heard.verbs, stage.held()) == ([SPOOLED], ["Say", "Hangup"], [])
    assert (drain(stage), stage.app.state.phone.spool.count()) == (1, 0)
    assert stage.held() == ["山田太郎 entry accepted"]
    assert stage.post("/ivr/voice", form).says == [ENTRY]


def test_a_hidden_number_is_told_so_even_while_nothing_can_be_recorded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("core.attendance.writer.record_punches", fail)
        _, heard = ring(stage, NUMBERS["非通知"], SENTENCE)
    assert heard.says == ["番号が通知されていません。頭に186を付けて、おかけ直しください。"]
    assert drain(stage) == 1
    assert stage.held() == ["- - refused withheld_number"]


def test_a_fault_in_the_ledger_is_spoken_and_the_call_is_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("core.attendance.writer.record_punches", fail)
        _, heard = ring(stage, YAMADA, SENTENCE)
    assert heard.says == [SPOOLED]
    assert [record.levelname for record in caplog.records if record.name == "ivr.app"] == ["ERROR"]
    drain(stage)
    assert stage.held() == ["山田太郎 entry accepted"]


def test_a_fault_while_keys_are_answered_is_spoken_and_the_call_is_left_for_the_sweep(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    with monkeypatch.context() as broken:
        broken.setattr("ivr.service.step", fail)
        assert key(stage, form, heard, "1001").says == [FAILURE]
    stage.at("07:54")
    sweep(stage)
    assert stage.held() == ["山田太郎 - needs_review hung_up"]


def test_a_fault_while_the_end_of_a_call_is_taken_is_no_error_to_the_carrier(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, _ = ring(stage, YAMADA, SHARED)
    monkeypatch.setattr("ivr.service.take_event", fail)
    assert hang_up(stage, form) == 200


def test_when_the_spool_fails_too_the_caller_is_told_to_call_again(
    settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_world(database, sealer)
    settings.spool_path.write_text("no folder")
    stage = Stage(replace(settings, spool_path=settings.spool_path / "spool.db"), database, clock)
    with monkeypatch.context() as broken:
        broken.setattr("core.attendance.writer.record_punches", fail)
        form, heard = ring(stage, YAMADA, SENTENCE)
    again = stage.post("/ivr/voice", form)
    stage.close()
    assert (heard.says, again.says) == ([FAILURE], [ENTRY])


def hold_the_database(stage: Stage) -> sa.Connection:
    """Take the write lock of the whole ledger, as a stuck transaction does; whoever writes waits for its end."""
    session = stage.database.engine.connect().execution_options(genba_write=True)
    if stage.database.is_postgresql:
        session.exec_driver_sql("lock table punches in access exclusive mode")
    else:
        session.begin()
    return session


def test_a_database_that_answers_too_late_lets_the_caller_go_and_loses_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.app.ANSWER_WITHIN_S", 0.2)
    holder = hold_the_database(stage)
    first, heard = ring(stage, YAMADA, SENTENCE)
    _, second = ring(stage, NGUYEN, SENTENCE)
    holder.close()
    assert (heard.says, second.says) == ([SPOOLED], [SPOOLED])
    monkeypatch.setattr("ivr.app.ANSWER_WITHIN_S", 9.0)
    again = stage.post("/ivr/voice", first)
    drain(stage)
    assert again.says == [ENTRY]
    assert sorted(stage.held()) == ["グエン・ヴァン・ミン entry accepted", "山田太郎 entry accepted"]


def test_a_caller_whose_call_came_out_of_the_spool_can_still_be_asked(stage: Stage) -> None:
    form = stage.form(f"CA{1:032x}", STRANGER, SENTENCE)
    spool = stage.app.state.phone.spool
    spool.keep(punch_of(stage, form))
    drain(stage)
    asked = stage.post("/ivr/fallback", form)
    assert key(stage, form, asked, "00001234567890").says == ["技能者IDを受け付けました。現場事務所が確認します。"]


# The spool itself


def test_a_call_is_recorded_for_when_it_was_made_and_once_however_often_it_was_kept(stage: Stage) -> None:
    punch, spool = new_punch(stage), stage.app.state.phone.spool
    spool.keep(punch)
    spool.keep(punch)
    stage.clock.at += timedelta(hours=3)
    assert (spool.count(), drain(stage), drain(stage)) == (1, 1, 0)
    with stage.database.read() as session:
        (line,) = records.list_punches(session)
    assert (line.occurred_at, stage.held()) == (punch.occurred_at, ["山田太郎 entry accepted"])


def test_a_call_that_reached_the_database_after_all_is_not_counted_twice(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SENTENCE)
    before = rows(stage)
    stage.app.state.phone.spool.keep(punch_of(stage, form))
    assert (drain(stage), rows(stage)) == (1, before)


def test_what_would_have_been_asked_waits_for_a_person(stage: Stage) -> None:
    stage.app.state.phone.spool.keep(punch_of(stage, stage.form(f"CA{1:032x}", TANAKAS, SENTENCE)))
    stage.app.state.phone.spool.keep(punch_of(stage, stage.form(f"CA{2:032x}", YAMADA, SHARED)))
    assert drain(stage) == 2
    assert sorted(stage.held()) == ["- - needs_review unknown_person", "山田太郎 - needs_review unknown_site_code"]


def test_a_call_that_cannot_be_recorded_stays_and_holds_back_no_other(stage: Stage, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "other.db")
    for punch in (new_punch(stage), new_punch(stage, NGUYEN)):
        spool.keep(punch)
    with sqlite3.connect(tmp_path / "other.db") as file:
        file.execute("update waiting set punch = '{}' where seq = 1")
    file.close()
    assert (drain(stage, spool), spool.count()) == (1, 1)
    assert stage.held() == ["グエン・ヴァン・ミン entry accepted"]


@dataclass
class Meanwhile:
    """A database during whose every transaction something else is tried, in another thread."""

    database: Database
    attempt: Thread

    def write(self) -> AbstractContextManager[Session]:
        self.attempt.start()
        self.attempt.join(PATIENCE_S)
        return self.database.write()


def test_a_call_is_kept_while_the_database_is_still_busy_with_an_earlier_one(stage: Stage, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "other.db")
    spool.keep(new_punch(stage))
    keeping = Thread(target=spool.keep, args=(new_punch(stage, NGUYEN),), daemon=True)
    stopping = Event()
    busy: Any = Meanwhile(stage.database, keeping)
    assert spool.drain(busy, stage.clock.now(), stopping) == 1
    assert (keeping.is_alive(), spool.count()) == (False, 1)


def test_draining_ends_when_it_is_told_to(stage: Stage, tmp_path: Path) -> None:
    spool, stopping = Spool(tmp_path / "other.db"), Event()
    spool.keep(new_punch(stage))
    stopping.set()
    assert (spool.drain(stage.database, stage.clock.now(), stopping), spool.count()) == (0, 1)


def test_while_the_database_is_away_everything_stays(stage: Stage, tmp_path: Path) -> None:
    spool, away = Spool(tmp_path / "other.db"), open_database(f"sqlite:///{tmp_path}/empty.db")
    spool.keep(new_punch(stage))
    with pytest.raises(OperationalError):
        spool.drain(away, stage.clock.now())
    away.close()
    assert (spool.count(), drain(stage, spool), spool.count()) == (1, 1, 0)


def test_many_processes_may_open_the_spool_for_the_first_time_at_once(stage: Stage, tmp_path: Path) -> None:
    everybody, punches = Barrier(8), [new_punch(stage) for _ in range(8)]

    def keep(punch: RawPunch) -> None:
        spool = Spool(tmp_path / "new" / "spool.db")
        everybody.wait(PATIENCE_S)
        spool.keep(punch)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(keep, punches))
    assert Spool(tmp_path / "new" / "spool.db").count() == 8


def test_on_a_full_disk_a_call_is_kept_in_place_of_the_ballast_which_is_filled_again(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, insert = Spool(tmp_path / "other.db"), Spool._insert
    ballast = tmp_path / "other.db.ballast"
    spool.make_ready()

    def insert_where_there_is_room(spool: Spool, key: str, text: str) -> None:
        if ballast.stat().st_size:
            raise sqlite3.OperationalError("database or disk is full")
        insert(spool, key, text)

    monkeypatch.setattr(Spool, "_insert", insert_where_there_is_room)
    spool.keep(new_punch(stage))
    assert (spool.count(), spool.has_failed, ballast.stat().st_size) == (1, False, 0)
    spool.make_ready()
    assert ballast.stat().st_size == BALLAST_BYTES


def test_the_ballast_is_not_filled_from_the_last_room_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ballast.Ballast.free_bytes", lambda _: FREE_MIN_BYTES)
    Spool(tmp_path / "other.db").make_ready()
    assert not (tmp_path / "other.db.ballast").exists()


def test_no_number_is_in_the_spool(stage: Stage, tmp_path: Path) -> None:
    Spool(tmp_path / "other.db").keep(new_punch(stage))
    content = (tmp_path / "other.db").read_bytes()
    assert YAMADA[3:].encode() not in content
