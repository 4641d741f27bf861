"""What people add, move, cancel and ask for, on both databases: a new judgement each, with a reason and a name."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.attendance import missed, records, settlements
from core.attendance.correcting import (
    Actor,
    add_record,
    approve_missed_touch,
    cancel_record,
    move_record,
    reject_missed_touch,
    request_missed_touch,
)
from core.attendance.model import CorrectionCode, Direction
from core.attendance.tables import punches
from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.registry import places
from tests import factories
from tests.attendance.world import DAY, OFFICE, OPERATOR, World, at, entered


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def test_an_added_record_says_why_and_by_whom_and_is_told_apart(world: World) -> None:
    with world.database.write() as session:
        judgement = add_record(session, entered(world, "07:50", Direction.ENTRY), OFFICE, at("12:00"))
        day = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
        (line,) = records.list_punches(session)
    assert (judgement.decided_by, judgement.correction) == ("office", CorrectionCode.FORGOTTEN)
    assert day is not None
    assert (day.is_direct, day.first_entry_at) == (True, at("07:50"))
    assert (line.channel, line.decided_by, line.correction) == ("direct", "office", "forgotten")


def test_a_moved_record_leaves_its_old_day_and_makes_a_new_one(world: World) -> None:
    with world.database.write() as session:
        other = factories.site(session, world.sealer, "東ビル", prime=world.prime)
    world.call("07:52")
    with world.database.write() as session:
        (line,) = records.list_punches(session)
        moved = replace(entered(world, "07:52", Direction.ENTRY, CorrectionCode.WRONG_SITE), site_id=other.site_id)
        move_record(session, line.punch_id, moved, OFFICE, at("12:00"))
        old = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
        new = records.find_day(session, world.worker.worker_id, other.site_id, DAY)
    assert old is not None
    assert new is not None
    assert (old.is_void, new.is_void) == (True, False)
    assert world.counters()[0] == [(date(2026, 11, 1), 1, 1)]


def test_an_unknown_caller_is_attached_to_a_worker(world: World) -> None:
    world.call("07:52", phone="+818011112222")
    with world.database.write() as session:
        (line,) = records.list_punches(session)
        attach = entered(world, "07:52", Direction.ENTRY, CorrectionCode.UNKNOWN_CALLER_IDENTIFIED)
        move_record(session, line.punch_id, attach, OFFICE, at("12:00"))
    assert world.held() == ["accepted entry"]
    assert world.days() == [(DAY, at("07:52"), None, False)]


def test_a_cancelled_record_counts_for_nothing_and_the_others_are_judged_again(world: World) -> None:
    world.call("07:52")
    world.call("09:00")
    with world.database.write() as session:
        lines = records.list_punches(session)
        cancel_record(session, lines[-1].punch_id, CorrectionCode.NOT_PRESENT, OFFICE, at("12:00"))
    assert world.held() == ["refused - cancelled", "accepted entry"]
    with world.database.write() as session:
        lines = records.list_punches(session)
        cancel_record(session, lines[0].punch_id, CorrectionCode.NOT_PRESENT, OFFICE, at("12:00"))
    assert [void for *_, void in world.days()] == [True]
    assert world.counters() == ([(date(2026, 11, 1), 0, 0)], [(date(2026, 11, 1), 0)])


def first_of(world: World) -> PunchId:
    with world.database.read() as session:
        return min(records.list_punches(session), key=lambda line: line.occurred_at).punch_id


@pytest.mark.parametrize(("again", "why"), [("08:00:30", "repeated"), ("08:20", "too_soon")])
def test_the_redial_of_a_cancelled_record_is_no_record_either(world: World, again: str, why: str) -> None:
    world.call("08:00")
    world.call(again)
    with world.database.write() as session:
        cancel_record(session, first_of(world), CorrectionCode.NOT_PRESENT, OFFICE, at("12:00"))
    assert world.held() == ["refused - cancelled", f"duplicate entry {why}"]
    assert world.days() == [(DAY, None, None, True)]
    assert world.counters()[0] == [(date(2026, 11, 1), 0, 0)]
    assert world.call("13:00") == "accepted entry"
    assert world.held() == ["refused - cancelled", f"duplicate entry {why}", "accepted entry"]


def test_a_call_soon_after_a_record_was_cancelled_counts(world: World) -> None:
    world.call("08:00")
    with world.database.write() as session:
        cancel_record(session, first_of(world), CorrectionCode.NOT_PRESENT, OFFICE, at("08:05"))
    assert world.call("08:15") == "accepted entry"


@pytest.mark.parametrize("again", ["08:00:30", "08:20"])
def test_the_redial_of_a_record_that_is_moved_counts_for_nobody(world: World, again: str) -> None:
    with world.database.write() as session:
        other = factories.worker(session, world.sealer, "別 人", phone="+819099998888", contractor=world.employer)
    world.call("08:00")
    world.call(again)
    moved = replace(entered(world, "08:00", Direction.ENTRY, CorrectionCode.WRONG_PERSON), worker_id=other.worker_id)
    with world.database.write() as session:
        move_record(session, first_of(world), moved, OFFICE, at("12:00"))
        mine = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
        theirs = records.find_day(session, other.worker_id, world.site.site_id, DAY)
    assert mine is not None
    assert theirs is not None
    assert (mine.is_void, theirs.first_entry_at) == (True, at("08:00"))


def test_the_redial_of_an_entry_whose_time_is_corrected_is_no_exit(world: World) -> None:
    world.call("08:00")
    world.call("08:00:30")
    with world.database.write() as session:
        moved = entered(world, "07:00", Direction.ENTRY, CorrectionCode.WRONG_TIME)
        move_record(session, first_of(world), moved, OFFICE, at("12:00"))
    assert world.held() == ["accepted entry", "duplicate entry repeated"]


def test_what_came_another_way_stands_for_itself_when_a_record_is_taken_away(world: World) -> None:
    with world.database.write() as session:
        factories.phone(session, world.sealer, world.worker, "+819077776666")
    world.call("08:00")
    world.call("08:00:30", phone="+819077776666")
    with world.database.write() as session:
        cancel_record(session, first_of(world), CorrectionCode.OTHER, OFFICE, at("12:00"))
    assert world.held() == ["refused - cancelled", "accepted entry"]


def test_a_call_that_an_added_record_had_covered_counts_again_without_it(world: World) -> None:
    world.call("08:00")
    with world.database.write() as session:
        added = add_record(session, entered(world, "07:45", Direction.ENTRY), OFFICE, at("12:00"))
    assert world.held() == ["accepted entry", "duplicate entry too_soon"]
    with world.database.write() as session:
        cancel_record(session, added.punch_id, CorrectionCode.WRONG_TIME, OFFICE, at("12:01"))
    assert world.held() == ["refused - cancelled", "accepted entry"]


def test_correcting_what_does_not_exist_says_so(world: World) -> None:
    with world.database.write() as session, pytest.raises(NotFound):
        cancel_record(session, PunchId(uuid7()), CorrectionCode.OTHER, OFFICE, at("12:00"))


def test_a_missed_touch_is_approved_by_the_prime_until_the_end_of_the_next_month(world: World) -> None:
    with world.database.write() as session:
        request = request_missed_touch(session, entered(world, "07:50", Direction.ENTRY), "worker", at("18:00"))
    with world.database.write() as session:
        approved = approve_missed_touch(session, request.missed_touch_id, OFFICE, at("23:59", date(2026, 12, 31)))
        day = records.find_day(session, world.worker.worker_id, world.site.site_id, DAY)
    assert approved.punch_id is not None
    assert day is not None
    assert day.is_direct
    with world.database.write() as session, pytest.raises(NotAllowed):
        reject_missed_touch(session, request.missed_touch_id, OFFICE, at("23:59", date(2026, 12, 31)))


def test_after_the_deadline_only_the_operator_approves_a_missed_touch(world: World) -> None:
    with world.database.write() as session:
        request = request_missed_touch(session, entered(world, "07:50", Direction.ENTRY), "worker", at("18:00"))
    late = at("00:00", date(2027, 1, 1))
    with world.database.write() as session, pytest.raises(NotAllowed, match="2026-12-31"):
        approve_missed_touch(session, request.missed_touch_id, OFFICE, late)
    with world.database.write() as session:
        assert approve_missed_touch(session, request.missed_touch_id, OPERATOR, late).punch_id is not None


def test_after_the_deadline_only_the_operator_adds_a_record(world: World) -> None:
    last, late = at("23:59", date(2026, 12, 31)), at("00:00", date(2027, 1, 1))
    with world.database.write() as session:
        with pytest.raises(NotAllowed, match="2026-12-31") as refused:
            add_record(session, entered(world, "07:50", Direction.ENTRY), OFFICE, late)
        assert refused.value.ids["why"] == "too_late"
        assert add_record(session, entered(world, "07:50", Direction.ENTRY), OFFICE, last).work_date == DAY
        assert add_record(session, entered(world, "17:00", Direction.EXIT), OPERATOR, late).work_date == DAY


def test_the_deadline_goes_by_the_date_on_which_the_sites_day_began(world: World) -> None:
    night = replace(entered(world, "05:00", Direction.EXIT), at=at("05:00", date(2026, 12, 1)))
    with world.database.write() as session:
        places.update_site(session, replace(world.site, day_starts_min=720, closes_min=719))
        with pytest.raises(NotAllowed, match="2026-12-31"):
            add_record(session, night, OFFICE, at("12:00", date(2027, 1, 1)))


def test_a_rejected_missed_touch_makes_no_record(world: World) -> None:
    with world.database.write() as session:
        request = request_missed_touch(session, entered(world, "07:50", Direction.ENTRY), "worker", at("18:00"))
        rejected = reject_missed_touch(session, request.missed_touch_id, OFFICE, at("19:00"))
        assert missed.list_requests(session) == []
    assert (rejected.decided_by, rejected.punch_id) == ("office", None)
    assert world.count(punches) == 0


def test_a_cancelled_record_leaves_the_day_it_counted_for_even_when_the_site_counts_otherwise_now(world: World) -> None:
    with world.database.write() as session:
        places.update_site(session, replace(world.site, day_starts_min=720, closes_min=719))
    world.call("06:00")
    assert [on for on, *_ in world.days()] == [DAY - timedelta(days=1)]
    with world.database.write() as session:
        places.update_site(session, world.site)
        cancel_record(session, records.list_punches(session)[0].punch_id, CorrectionCode.OTHER, OFFICE, at("12:00"))
    assert [void for *_, void in world.days()] == [True]


def test_the_year_of_a_record_is_that_in_japan(world: World) -> None:
    new_year = replace(entered(world, "00:00", Direction.ENTRY), at=at("07:00", date(2019, 1, 1)))
    with world.database.write() as session:
        assert add_record(session, new_year, OPERATOR, at("12:00")).work_date == date(2019, 1, 1)
        with pytest.raises(NotAllowed, match="2018"):
            add_record(session, replace(new_year, at=at("23:00", date(2018, 12, 31))), OPERATOR, at("12:00"))


@pytest.mark.parametrize("name", ["system", " System ", ""])
def test_a_correction_carries_the_name_of_a_person(name: str) -> None:
    with pytest.raises(InvalidInput):
        Actor(name)


def test_the_same_touch_is_asked_for_and_approved_once(world: World) -> None:
    told = entered(world, "07:50", Direction.ENTRY)
    with world.database.write() as session:
        first = request_missed_touch(session, told, "worker", at("18:00"))
        with pytest.raises(NotAllowed) as waiting:
            request_missed_touch(session, told, "worker", at("18:01"))
        reject_missed_touch(session, first.missed_touch_id, OFFICE, at("18:02"))
        second = request_missed_touch(session, told, "worker", at("18:03"))
        settlements.reopen_missed_touch(session, first.missed_touch_id)  # as undoing the refusal does
        approve_missed_touch(session, second.missed_touch_id, OFFICE, at("18:04"))
        with pytest.raises(NotAllowed) as approved:
            request_missed_touch(session, told, "worker", at("18:05"))
        with pytest.raises(NotAllowed) as twice:
            approve_missed_touch(session, first.missed_touch_id, OFFICE, at("18:06"))
        request_missed_touch(session, replace(told, at=at("07:51")), "worker", at("18:07"))
        assert len(records.list_punches(session)) == 1
    reasons = [refused.value.ids["why"] for refused in (waiting, approved, twice)]
    assert reasons == ["asked_already", "asked_already", "approved_already"]


def test_only_so_many_requests_of_a_worker_wait(world: World) -> None:
    with world.database.write() as session:
        for text in ("07:50", "07:51"):
            told = entered(world, text, Direction.ENTRY)
            request_missed_touch(session, told, "worker", at("18:00"), most_waiting=2)
        more = entered(world, "07:52", Direction.ENTRY)
        with pytest.raises(NotAllowed) as refused:
            request_missed_touch(session, more, "worker", at("18:00"), most_waiting=2)
        request_missed_touch(session, more, "office", at("18:00"))
    assert refused.value.ids["why"] == "too_many"
