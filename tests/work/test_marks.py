"""Marks: taken for a while, worked, finished or postponed, and never lost. Schedules and the lease likewise."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread

import pytest

from core.clock import FixedClock
from core.db import Database
from core.work import service as work
from core.work.model import Mark, Schedule, ScheduleState, Waiting

EVERY_MINUTE = Schedule("tidy", every=timedelta(minutes=1))
AT_FOUR = Schedule("close", at=time(4))


def facts(marks: list[Mark]) -> list[tuple[str, str, int]]:
    return [(mark.kind, mark.subject, mark.attempts) for mark in marks]


def test_marks_are_kept_only_with_the_transaction_that_wrote_them(database: Database, clock: FixedClock) -> None:
    with suppress(RuntimeError), database.write() as session:
        work.mark(session, "tiers", ["site-1"], clock.now())
        raise RuntimeError
    with database.write() as session:
        assert work.take_marks(session, "tiers", clock.now()) == []


def test_one_subject_may_be_marked_many_times_and_only_the_marks_read_are_finished(
    database: Database, clock: FixedClock
) -> None:
    with database.write() as session:
        work.mark(session, "tiers", ["site-1", "site-1"], clock.now())
        work.mark(session, "forecast", ["2026-11"], clock.now())
    with database.write() as session:
        taken = work.take_marks(session, "tiers", clock.now())
    with database.write() as session:
        work.mark(session, "tiers", ["site-1"], clock.now())
        work.finish(session, taken)
    with database.write() as session:
        assert facts(taken) == [("tiers", "site-1", 1)] * 2
        assert facts(work.take_marks(session, "tiers", clock.now())) == [("tiers", "site-1", 1)]
        assert facts(work.take_marks(session, "forecast", clock.now())) == [("forecast", "2026-11", 1)]


def test_what_is_taken_is_kept_from_others_until_its_time_is_up(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        work.mark(session, "tiers", ["site-1"], clock.now())
    with database.write() as session:
        work.take_marks(session, "tiers", clock.now())
    with database.write() as session:
        assert work.take_marks(session, "tiers", clock.now()) == []
        assert facts(work.take_marks(session, "tiers", clock.now() + work.TAKEN_FOR)) == [("tiers", "site-1", 2)]


def test_the_longest_due_are_taken_first(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        for minutes in (3, 1, 2):
            work.mark(session, "tiers", [f"{minutes} min"], clock.now() - timedelta(minutes=minutes))
        taken = work.take_marks(session, "tiers", clock.now(), limit=2)
    assert [mark.subject for mark in taken] == ["3 min", "2 min"]


def test_a_postponed_mark_waits_longer_each_time(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        work.mark(session, "tiers", ["site-1"], clock.now())
    delays = []
    for _ in range(3):
        with database.write() as session:
            taken = work.take_marks(session, "tiers", clock.now())
            work.postpone(session, taken, clock.now())
            (waiting,) = work.waiting(session)
        delays.append(waiting.oldest_due_at - clock.now())
        clock.at = waiting.oldest_due_at
    assert delays == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert work.delay_after(30_000) == timedelta(hours=1)


def test_waiting_counts_each_kind_with_its_oldest(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        work.mark(session, "tiers", ["a", "b"], clock.now())
        work.mark(session, "forecast", ["c"], clock.now() - timedelta(hours=1))
    with database.read() as session:
        assert work.waiting(session) == [
            Waiting("forecast", 1, clock.now() - timedelta(hours=1)),
            Waiting("tiers", 2, clock.now()),
        ]


def test_marking_nothing_writes_nothing(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        work.mark(session, "tiers", [], clock.now())
        assert work.waiting(session) == []


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 15, 18, 59, tzinfo=UTC), datetime(2026, 11, 15, 19, tzinfo=UTC)),
        (datetime(2026, 11, 15, 19, tzinfo=UTC), datetime(2026, 11, 16, 19, tzinfo=UTC)),
        (datetime(2026, 12, 31, 20, tzinfo=UTC), datetime(2027, 1, 1, 19, tzinfo=UTC)),
    ],
)
def test_a_daily_schedule_is_due_at_its_japanese_time(now: datetime, due: datetime) -> None:
    assert AT_FOUR.due_after(now) == due


def test_a_schedule_has_either_an_interval_or_a_time() -> None:
    for values in ({}, {"every": timedelta(minutes=1), "at": time(4)}):
        with pytest.raises(ValueError, match="either every or at"):
            Schedule("both or none", **values)


def test_a_new_interval_is_due_at_once_and_a_daily_one_at_its_time(database: Database, clock: FixedClock) -> None:
    for _ in range(2):  # the second time changes nothing
        with database.write() as session:
            work.ensure_schedules(session, [EVERY_MINUTE, AT_FOUR], clock.now())
        clock.at += timedelta(hours=1)
    start = clock.now() - timedelta(hours=2)
    with database.read() as session:
        assert work.due_schedules(session, start) == ["tidy"]
        assert work.list_schedules(session) == [
            ScheduleState("close", datetime(2026, 11, 16, 19, tzinfo=UTC), None, ""),
            ScheduleState("tidy", start, None, ""),
        ]


def test_a_due_schedule_is_begun_once_and_is_due_again_after_its_interval(
    database: Database, clock: FixedClock
) -> None:
    with database.write() as session:
        work.ensure_schedules(session, [EVERY_MINUTE], clock.now())
        assert [work.begin_schedule(session, "tidy", clock.now()) for _ in range(2)] == [True, False]
        work.end_schedule(session, EVERY_MINUTE, clock.now())
        assert work.due_schedules(session, clock.now()) == []
        assert work.list_schedules(session) == [
            ScheduleState("tidy", clock.now() + timedelta(minutes=1), clock.now(), "")
        ]


def test_a_daily_task_that_failed_is_due_again_after_a_minute_with_its_error(
    database: Database, clock: FixedClock
) -> None:
    with database.write() as session:
        work.ensure_schedules(session, [AT_FOUR], clock.now())
        work.fail_schedule(session, AT_FOUR, clock.now(), "OperationalError")
        assert work.list_schedules(session) == [
            ScheduleState("close", clock.now() + timedelta(minutes=1), None, "OperationalError")
        ]


def test_a_lease_is_one_holders_until_it_runs_out_or_is_given_back(database: Database, clock: FixedClock) -> None:
    def hold(holder: str) -> bool:
        with database.write() as session:
            return work.hold_lease(session, "clock", holder, clock.now(), 15)

    assert [hold("a"), hold("b"), hold("a")] == [True, False, True]
    clock.at += timedelta(seconds=15)
    assert [hold("b"), hold("a")] == [True, False]
    with database.write() as session:
        work.release_lease(session, "clock", "a")
    assert hold("a") is False
    with database.write() as session:
        work.release_lease(session, "clock", "b")
    assert hold("a") is True


def test_of_many_who_ask_for_a_free_lease_at_once_one_gets_it(database: Database, clock: FixedClock) -> None:
    together, holders = Barrier(6), []

    def ask(name: str) -> None:
        together.wait()
        with database.write() as session:
            if work.hold_lease(session, "clock", name, clock.now(), 15):
                holders.append(name)

    threads = [Thread(target=ask, args=(f"p{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(holders) == 1


def test_many_who_take_at_once_share_the_marks(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        work.mark(session, "tiers", range(60), clock.now())
    together, taken = Barrier(4), []

    def take() -> None:
        together.wait()
        while True:
            with database.write() as session:
                marks = work.take_marks(session, "tiers", clock.now(), limit=5)
            if not marks:
                return
            taken.extend(mark.subject for mark in marks)

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(n) for n in range(60)]
