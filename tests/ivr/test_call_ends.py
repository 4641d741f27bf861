"""How calls end: answered, hung up, swept up; and keys that come when nobody expects them any more."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

from core.attendance import records, settling
from core.attendance.answering import Answer, answer_punch
from core.attendance.correcting import Actor, cancel_record
from core.attendance.model import CorrectionCode
from core.attendance.service import Outcome
from core.clock import FixedClock
from core.db import Database, Session
from core.phone import PhoneSealer
from core.registry import naming
from core.settings import Settings
from ivr import service
from ivr.tables import calls
from tests.ivr.carrier_hand import ENTRY, FAILURE, NOTED, hang_up, key, ring, rows
from tests.ivr.stage import RING, SENTENCE, SHARED, TANAKAS, YAMADA, Stage, build_world


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    stage = Stage(settings, database, clock)
    yield stage
    stage.close()


def test_a_call_that_ends_with_its_question_open_waits_for_review(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SHARED)
    assert hang_up(stage, form) == 204
    settled = rows(stage)
    assert [hang_up(stage, form) for _ in range(3)] == [204] * 3
    assert (stage.held(), rows(stage)) == (["山田太郎 - needs_review hung_up"], settled)


@pytest.mark.parametrize("line", [SENTENCE, RING])
def test_a_late_first_call_that_ends_with_its_question_open_is_a_likely_forgotten_entry(
    stage: Stage, line: str
) -> None:
    stage.at("20:30")
    form, _ = ring(stage, YAMADA, line)
    hang_up(stage, form)
    assert stage.held() == ["山田太郎 - needs_review entry_after_closing"]


def test_status_callbacks_out_of_order_and_in_unknown_words_change_nothing_that_was_recorded(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SENTENCE)
    for status in ("completed", "ringing", "in-progress", "", "漢字", "no-answer", "busy"):
        assert hang_up(stage, form, CallStatus=status) == 204
    assert stage.held() == ["山田太郎 entry accepted"]


def test_the_end_of_a_call_that_is_not_known_is_taken_quietly(stage: Stage) -> None:
    assert hang_up(stage, stage.form("CA" + "4" * 32, YAMADA, SENTENCE)) == 204
    assert stage.held() == []


def sweep(stage: Stage) -> int:
    with stage.database.write() as session:
        return service.sweep_calls(session, stage.clock.now())


def test_a_question_left_open_for_a_minute_is_swept_up(stage: Stage) -> None:
    stage.at("07:52:00")
    ring(stage, YAMADA, SHARED)
    stage.at("07:53:00")
    assert (sweep(stage), stage.held()) == (0, ["- - open"])
    stage.at("07:53:01")
    assert (sweep(stage), sweep(stage), stage.held()) == (1, 0, ["山田太郎 - needs_review hung_up"])


def spoil(stage: Stage, call: str, state: str) -> None:
    """Let a call's state be what no version of ours can read."""
    with stage.database.write() as session:
        session.execute(sa.update(calls).where(calls.c.call_key.endswith(call)).values(state=state))


@pytest.mark.parametrize("state", ["{}", "[]", "not json", '{"phase": "of a later version"}'])
def test_a_call_whose_state_cannot_be_read_is_swept_up_and_holds_back_no_other(stage: Stage, state: str) -> None:
    form, _ = ring(stage, YAMADA, SHARED)
    ring(stage, TANAKAS, SENTENCE)
    spoil(stage, form["CallSid"], state)
    stage.at("07:54")
    assert (sweep(stage), sweep(stage)) == (2, 0)
    assert sorted(stage.held()) == ["- - needs_review hung_up"] * 2


def test_a_call_that_cannot_be_settled_is_logged_and_the_next_sweep_tries_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    form, _ = ring(stage, YAMADA, SHARED)
    ring(stage, TANAKAS, SENTENCE)
    stage.at("07:54")

    def fails_once(session: Session, answer: Answer, now: datetime) -> Outcome:
        if answer.worker_id is not None:
            session.execute(sa.text("insert into punches (sender_key) values (null)"))
        return answer_punch(session, answer, now)

    with monkeypatch.context() as broken:
        broken.setattr("ivr.service.answer_punch", fails_once)
        assert sweep(stage) == 1
    assert form["CallSid"] in caplog.text
    assert sweep(stage) == 1
    assert sorted(stage.held()) == ["- - needs_review hung_up", "山田太郎 - needs_review hung_up"]


def test_the_end_of_a_call_whose_state_cannot_be_read_settles_it(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SHARED)
    spoil(stage, form["CallSid"], "{}")
    assert (hang_up(stage, form), stage.held()) == (204, ["- - needs_review hung_up"])


def test_keys_that_come_after_the_sweep_still_count(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    stage.at("07:54")
    sweep(stage)
    told = key(stage, form, heard, "1001")
    assert (told.says, stage.held()) == ([ENTRY], ["山田太郎 entry accepted"])
    before = rows(stage)
    assert key(stage, form, heard, "1001").body == told.body
    assert (sweep(stage), rows(stage)) == (0, before)


def test_keys_that_come_after_the_hang_up_still_count(stage: Stage) -> None:
    form, heard = ring(stage, TANAKAS, SENTENCE)
    hang_up(stage, form)
    key(stage, form, heard, "1")
    assert stage.held() == ["田中一郎 entry accepted"]


def test_what_a_person_decided_meanwhile_is_not_changed_by_late_keys(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    hang_up(stage, form)
    with stage.database.write() as session:
        (line,) = records.list_punches(session)
        cancel_record(session, line.punch_id, CorrectionCode.NOT_PRESENT, Actor("office"), stage.clock.now())
    assert key(stage, form, heard, "1001").status == 200
    assert stage.held() == ["山田太郎 - refused cancelled"]


@pytest.mark.parametrize("keyed", ["0000", "1001"])
def test_what_a_person_settled_for_another_site_meanwhile_is_not_told_as_the_callers(stage: Stage, keyed: str) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    heard = key(stage, form, key(stage, form, heard, "0000"), "0000")
    stage.at("07:54")
    sweep(stage)
    with stage.database.write() as session:
        (line,) = records.list_punches(session)
        east = naming.site_named(session, "東ビル")
        settling.set_site(session, settling.Batch(Actor("office"), stage.clock.now()), line.punch_id, east)
    assert (key(stage, form, heard, keyed).says, stage.held()) == ([NOTED], ["山田太郎 entry accepted"])


def test_keys_of_a_call_that_is_not_known_are_answered_in_words(stage: Stage) -> None:
    heard = stage.post("/ivr/keys?n=1", stage.form("CA" + "4" * 32, YAMADA, SENTENCE, Digits="1"))
    assert (heard.says, heard.verbs) == ([FAILURE], ["Say", "Hangup"])


@pytest.mark.parametrize(
    "query", ["", "?n=", "?n=0", "?n=-1", "?n=99999999999999999999", "?n=%EF%BC%91", "?n=%00", "?n[]=1"]
)
def test_keys_for_no_question_of_ours_get_the_last_question_again(stage: Stage, query: str) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    again = stage.post(f"/ivr/keys{query}", {**form, "Digits": "1001"})
    assert (again.body, stage.held()) == (heard.body, ["- - open"])
