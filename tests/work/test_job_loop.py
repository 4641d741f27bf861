"""The clock without Redis: what is due is run once, what fails stays."""

from datetime import time, timedelta
from threading import Event

from core.clock import FixedClock
from core.work import service as work
from core.work.model import Mark, Schedule
from genba import jobs
from genba.jobs import Handler, JobLoop, ScheduledTask
from genba.runtime import Runtime
from tests.work.noting import Noting, mark, marks_left

EVERY_MINUTE = Schedule("tidy", every=timedelta(minutes=1))
DAILY = Schedule("daily", at=time(4, 0))


def test_without_redis_the_loop_works_off_marks_itself_batch_by_batch(runtime: Runtime) -> None:
    noting = Noting()
    mark(runtime, "a", "b", "c")
    JobLoop(runtime, [], [Handler("noted", noting.work, batch=2)]).tick()
    assert (sorted(noting.subjects), marks_left(runtime)) == (["a", "b", "c"], 0)


def test_of_two_loops_on_one_database_one_runs_the_schedule(runtime: Runtime, clock: FixedClock) -> None:
    noting = Noting()
    loops = [JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, noting.run)], []) for _ in range(2)]
    for _ in range(3):
        for loop in loops:
            loop.tick()
    assert noting.runs == 1
    clock.at += timedelta(minutes=1)
    for loop in loops:
        loop.tick()
    assert noting.runs == 2


def test_a_schedule_that_another_loop_has_begun_is_not_run_again(runtime: Runtime, clock: FixedClock) -> None:
    noting = Noting()
    loop = JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, noting.run)], [])
    with runtime.database.write() as session:
        work.ensure_schedules(session, [EVERY_MINUTE], clock.now())
        work.begin_schedule(session, "tidy", clock.now())
    loop.tick()
    assert noting.runs == 0
    clock.at += work.SCHEDULE_TAKEN_FOR  # whoever began it must have died
    loop.tick()
    assert noting.runs == 1


def test_when_the_loop_that_holds_the_lease_is_gone_another_takes_over(runtime: Runtime, clock: FixedClock) -> None:
    noting = Noting()
    first, second = (JobLoop(runtime, [], [Handler("noted", noting.work)]) for _ in range(2))
    first.tick()
    second.tick()
    clock.at += timedelta(seconds=jobs.LEASE_S)
    mark(runtime, "a")
    second.tick()
    first.tick()
    assert noting.subjects == ["a"]
    assert (first._is_holder, second._is_holder) == (False, True)


def test_a_clock_that_jumps_ahead_and_back_stops_no_background_work(runtime: Runtime, clock: FixedClock) -> None:
    noting, tasks = Noting(), [ScheduledTask(EVERY_MINUTE, Noting().run), ScheduledTask(DAILY, Noting().run)]
    now, dead = clock.at, JobLoop(runtime, tasks, [])
    clock.at += timedelta(days=365)
    dead.tick()  # and its process dies, with its lease and its schedules a year ahead
    mark(runtime, "a")
    clock.at = now
    tasks = [ScheduledTask(EVERY_MINUTE, noting.run), ScheduledTask(DAILY, noting.run)]
    loop = JobLoop(runtime, tasks, [Handler("noted", noting.work)])
    loop.tick()
    with runtime.database.read() as session:
        due_at = {state.kind: state.due_at for state in work.list_schedules(session)}
    assert due_at == {"tidy": now + timedelta(minutes=1), "daily": DAILY.due_after(now)}
    clock.at += timedelta(minutes=1)
    loop.tick()
    assert (noting.runs, noting.subjects) == (1, ["a"])


def test_a_loop_whose_clock_is_set_back_asks_for_the_lease_at_once(runtime: Runtime, clock: FixedClock) -> None:
    noting = Noting()
    first = JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, noting.run)], [])
    waiting = JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, noting.run)], [])
    clock.at += timedelta(days=365)
    first.tick()
    waiting.tick()
    clock.at -= timedelta(days=365)
    waiting.tick()
    clock.at += timedelta(minutes=1)
    waiting.tick()
    assert (waiting._is_holder, noting.runs) == (True, 2)


def test_a_schedule_that_another_took_is_not_brought_back_while_it_may_be_his(
    runtime: Runtime, clock: FixedClock
) -> None:
    with runtime.database.write() as session:
        work.ensure_schedules(session, [EVERY_MINUTE], clock.now())
        work.begin_schedule(session, "tidy", clock.now())
        assert work.rein_in_schedules(session, [EVERY_MINUTE], clock.now()) == []


def test_a_task_that_fails_is_run_again_and_its_error_is_kept(runtime: Runtime, clock: FixedClock) -> None:
    noting = Noting(failing="yes")
    loop = JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, noting.run)], [])
    loop.tick()
    with runtime.database.read() as session:
        (state,) = work.list_schedules(session)
    assert (state.last_run_at, state.last_error) == (None, "RuntimeError")
    noting.failing = ""
    clock.at = state.due_at
    loop.tick()
    with runtime.database.read() as session:
        (state,) = work.list_schedules(session)
    assert (noting.runs, state.last_run_at, state.last_error) == (2, clock.now(), "")


def test_one_subject_that_fails_is_postponed_and_kept_and_holds_back_no_other(
    runtime: Runtime, clock: FixedClock
) -> None:
    noting = Noting(failing="bad")
    loop = JobLoop(runtime, [], [Handler("noted", noting.work)])
    mark(runtime, "good", "bad", "fine")
    loop.tick()
    assert (sorted(noting.subjects), marks_left(runtime)) == (["fine", "good"], 1)
    noting.failing = ""
    clock.at += timedelta(seconds=9)
    loop.tick()
    assert marks_left(runtime) == 1
    clock.at += timedelta(seconds=1)
    loop.tick()
    assert (sorted(noting.subjects), marks_left(runtime)) == (["bad", "fine", "good"], 0)


def test_marks_of_a_kind_that_nobody_knows_stay(runtime: Runtime) -> None:
    mark(runtime, "a")
    JobLoop(runtime, [], []).tick()
    assert marks_left(runtime) == 1


def test_every_kind_has_one_handler_and_every_task_one_schedule() -> None:
    kinds = [handler.kind for handler in jobs.HANDLERS] + [task.schedule.kind for task in jobs.TASKS]
    assert len(kinds) == len(set(kinds))
    assert all(len(kind) <= 32 and kind.replace("_", "").isalnum() for kind in kinds)


def test_the_embedded_clock_runs_the_tasks_there_are_and_stops_when_told(runtime: Runtime) -> None:
    ran = Event()
    loop = JobLoop(runtime, [ScheduledTask(EVERY_MINUTE, lambda _runtime: ran.set())], [])
    stop = jobs.start_embedded(runtime, loop)
    assert ran.wait(10)
    stop()
    with runtime.database.write() as session:
        assert work.hold_lease(session, jobs.LEASE, "another", runtime.clock.now(), 15)


def test_work_that_waits_for_others_does_not_hold_up_the_clock(runtime: Runtime) -> None:
    noting, may_end = Noting(), Event()

    def wait(at: Runtime, marks: list[Mark]) -> None:
        may_end.wait(10)
        noting.work(at, marks)

    loop = JobLoop(runtime, [], [Handler("noted", wait, apart=True)])
    mark(runtime, "a")
    loop.tick()
    loop.tick()
    assert noting.subjects == []
    may_end.set()
    loop.beside.wait()
    assert (noting.subjects, marks_left(runtime)) == (["a"], 0)
