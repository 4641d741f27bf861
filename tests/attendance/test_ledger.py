"""The ledger on both databases: what is recorded, and what follows from it."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.attendance import records
from core.attendance.correcting import (
    cancel_record,
)
from core.attendance.model import CorrectionCode, Reason, Verdict
from core.attendance.tables import attendance_days, judgements, punch_conflicts, punches
from core.db import Database, Session
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from tests import factories
from tests.attendance.world import DAY, OFFICE, World, at, told


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def test_a_call_is_an_entry_and_a_later_one_the_exit(world: World) -> None:
    assert world.call("07:52") == "accepted entry"
    assert world.call("17:10") == "accepted exit"
    assert world.days() == [(DAY, at("07:52"), at("17:10"), False)]
    assert world.counters() == ([(date(2026, 11, 1), 1, 1)], [(date(2026, 11, 1), 1)])


def test_a_day_knows_contractor_and_prime(world: World) -> None:
    world.call("07:52")
    with world.database.read() as session:
        day = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
    assert day is not None
    assert (day.contractor_id, day.contractor_origin) == (world.employer.contractor_id, "affiliation")
    assert (day.prime_contractor_id, day.inside_since) == (world.prime.contractor_id, at("07:52"))


def test_eight_calls_at_once_are_one_entry_and_seven_duplicates(world: World) -> None:
    outcomes = world.record(*(world.punch("07:52") for _ in range(8)))
    assert [told(outcome) for outcome in outcomes] == ["accepted entry", *["duplicate entry repeated"] * 7]
    assert {outcome.repeats_at for outcome in outcomes[1:]} == {at("07:52")}
    assert world.counters() == ([(date(2026, 11, 1), 1, 1)], [(date(2026, 11, 1), 1)])


def test_a_redial_after_five_minutes_is_no_exit(world: World) -> None:
    world.call("07:52")
    assert world.call("07:57") == "duplicate entry too_soon"


def test_a_retry_adds_nothing_and_gets_the_first_outcome(world: World) -> None:
    first = world.punch("07:52", key="twilio:AC1:CA9:-:call")
    again = replace(first, punch_id=PunchId(uuid7()), received_at=at("07:52:03"), occurred_at=at("07:52:03"))
    (one,) = world.record(first)
    (two,) = world.record(again)
    assert (two.is_retry, two.punch_id, two.judgement) == (True, one.punch_id, one.judgement)
    assert (world.count(punches), world.count(judgements)) == (1, 1)


def test_a_retry_within_the_same_batch_adds_nothing_either(world: World) -> None:
    first = world.punch("07:52", key="twilio:AC1:CA9:-:call")
    one, two = world.record(first, replace(first, punch_id=PunchId(uuid7())))
    assert (two.is_retry, two.punch_id) == (True, one.punch_id)
    assert world.count(punches) == 1


def test_a_known_key_with_other_content_goes_to_a_person(world: World) -> None:
    world.record(world.punch("07:52", key="same"))
    (second,) = world.record(world.punch("07:53", phone="+819099998888", key="same"))
    assert second.is_retry
    assert (world.count(punches), world.count(punch_conflicts)) == (1, 1)
    with world.database.read() as session:
        content = session.execute(sa.select(punch_conflicts.c.content)).scalar_one()
    assert "+8190****8888" in content
    assert "99998888" not in content


def test_nothing_is_dropped(world: World) -> None:
    withheld = replace(world.punch("07:50"), caller=None)
    assert [told(outcome) for outcome in world.record(withheld)] == ["refused - withheld_number"]
    assert world.call("07:51", phone="+818011112222") == "needs_review - unknown_number"
    assert world.call("07:52", line="+815099990000") == "refused - unknown_line"
    assert world.count(punches) == world.count(judgements) == 3
    assert world.days() == []


def test_the_calls_of_one_unknown_number_share_one_phone(world: World) -> None:
    first, second = world.record(
        world.punch("07:51", phone="+818011112222"), world.punch("08:51", phone="+818011112222")
    )
    (third,) = world.record(world.punch("09:51", phone="+818011112222"))
    assert first.phone_id == second.phone_id == third.phone_id is not None


def test_outside_the_period_and_without_employer_wait_for_review(database: Database, sealer: PhoneSealer) -> None:
    world = World(database, sealer)
    with database.write() as session:
        gone = factories.worker(session, sealer, "鈴木 次郎", phone="+819022223333")
        factories.affiliation(session, gone, world.employer, valid_until=date(2026, 11, 15))
        early = factories.site(session, sealer, "来年ビル", prime=world.prime, starts_on=date(2027, 1, 1))
        factories.line(session, "+815011110000", sites=[early])
    assert world.call("07:52", phone="+819022223333") == "needs_review - affiliation_expired"
    assert world.call("07:52", line="+815011110000") == "needs_review - outside_period"


def test_a_late_punch_between_two_others_sets_the_directions_right(world: World) -> None:
    world.call("07:52")
    world.call("13:00")
    assert world.held() == ["accepted entry", "accepted exit"]
    late = replace(world.punch("12:00"), received_at=at("18:00"))
    world.record(late)
    assert world.held() == ["accepted entry", "accepted exit", "accepted entry"]
    assert world.days() == [(DAY, at("07:52"), at("12:00"), False)]


def test_work_after_midnight_belongs_to_the_day_it_began_on(world: World) -> None:
    world.call("16:00")
    assert world.call("25:30") == "accepted exit"
    assert world.days() == [(DAY, at("16:00"), at("25:30"), False)]


def test_two_sites_on_a_date_are_two_records_and_one_day_worked(world: World) -> None:
    with world.database.write() as session:
        other = factories.site(session, world.sealer, "東ビル", prime=world.prime)
        factories.line(session, "+815011110000", sites=[other])
    world.call("07:52")
    world.call("12:00")
    assert world.call("13:00", line="+815011110000") == "accepted entry"
    (mine,), ours = world.counters()
    assert mine == (date(2026, 11, 1), 1, 2)
    assert len(ours) == 2


def test_being_at_two_sites_at_once_is_a_row_with_its_reason(world: World) -> None:
    with world.database.write() as session:
        other = factories.site(session, world.sealer, "東ビル", prime=world.prime)
        factories.line(session, "+815011110000", sites=[other])
    world.call("07:52")
    assert world.call("07:57", line="+815011110000") == "needs_review entry two_sites_at_once"
    assert world.call("09:00", line="+815011110000") == "accepted entry two_sites_at_once"


def test_a_missing_exit_is_flagged_when_the_day_is_over_and_no_time_is_invented(world: World) -> None:
    world.call("07:52")
    with world.database.write() as session:
        assert records.close_days(session, at("27:59")) == 0
        assert records.close_days(session, at("28:00")) == 1
        assert records.close_days(session, at("28:01")) == 0
        day = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
    assert day is not None
    assert (day.missing_exit, day.inside_since, day.last_exit_at) == (True, None, None)


def test_a_late_exit_takes_the_flag_away(world: World) -> None:
    world.call("07:52")
    with world.database.write() as session:
        records.close_days(session, at("28:00"))
    world.record(replace(world.punch("17:00"), received_at=at("32:00")))
    with world.database.read() as session:
        day = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
    assert day is not None
    assert (day.missing_exit, day.last_exit_at) == (False, at("17:00"))


@pytest.mark.parametrize("table", [punches, judgements])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_was_recorded(world: World, table: sa.Table, change: str) -> None:
    world.call("07:52")
    statement = sa.delete(table) if change == "delete" else sa.update(table).values(punch_id=uuid7())
    with pytest.raises(DBAPIError, match="append-only"), world.database.write() as session:
        session.execute(statement)


def recount(session: Session) -> list[tuple[object, ...]]:
    days = sa.select(attendance_days.c.worker_id, attendance_days.c.work_date).where(~attendance_days.c.is_void)
    rows = list(session.execute(days))
    return [(date(2026, 11, 1), len(set(rows)), len(rows))]


def test_counters_equal_a_recount_after_everything(world: World) -> None:
    for text in ("07:52", "07:53", "12:00", "13:00", "17:10", "21:30"):
        world.call(text)
    with world.database.write() as session:
        line = records.list_punches(session)[2]
        cancel_record(session, line.punch_id, CorrectionCode.OTHER, OFFICE, at("22:00"))
    with world.database.read() as session:
        expected = recount(session)
    assert world.counters()[0] == expected


def test_a_judgement_says_what_it_was_about(world: World) -> None:
    world.call("07:52")
    with world.database.read() as session:
        (line,) = records.list_punches(session)
        judgement = records.holding_judgement(session, line.punch_id)
    assert judgement is not None
    assert (judgement.seq, judgement.verdict, judgement.reason) == (1, Verdict.ACCEPTED, None)
    assert judgement.reason is not Reason.REPEATED
    assert (judgement.worker_id, judgement.site_id) == (world.worker.worker_id, world.site.site_id)
    assert (judgement.work_date, judgement.effective_at) == (DAY, at("07:52"))


def test_after_midnight_period_and_employer_are_those_of_the_work_date(database: Database, sealer: PhoneSealer) -> None:
    world = World(database, sealer)
    with database.write() as session:
        night = worker_until(session, world, sealer, DAY)
        ending = factories.site(
            session, sealer, "夜間", prime=world.prime, ends_on=DAY, day_starts_min=720, closes_min=719
        )
        factories.line(session, "+815011110000", sites=[ending])
    assert world.call("22:00", phone=night, line="+815011110000") == "accepted entry"
    assert world.call("30:00", phone=night, line="+815011110000") == "accepted exit"


def worker_until(session: Session, world: World, sealer: PhoneSealer, last_day: date) -> str:
    phone = "+819077778888"
    leaving = factories.worker(session, sealer, "夜間 三郎", phone=phone)
    factories.affiliation(session, leaving, world.employer, valid_until=last_day)
    return phone
