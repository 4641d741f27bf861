"""With Redis: a nudge is enough, and losing Redis, a job or a job runner loses nothing."""

import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from core.clock import FixedClock
from core.db import Database, open_database
from core.settings import Settings
from core.work import queue as work_queue
from core.work import service as work
from core.work.queue import Nudger
from genba import jobs
from genba.job_runners import RunnerPool
from genba.jobs import Handler, JobLoop
from genba.runtime import Runtime
from tests.support.servers import free_port
from tests.work.noting import Noting, mark, marks_left

PATIENCE_S = 30


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether something came true before the test's patience ended."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def runner(environment: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-m", "tests.work.noting_runner", *arguments], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture
def with_redis(settings: Settings, database: Database, clock: FixedClock, own_redis: str) -> Runtime:
    return Runtime(replace(settings, redis_url=own_redis), database, clock)


@pytest.fixture
def database_of_processes(environment: dict[str, str]) -> Iterator[Database]:
    database = open_database(environment["GENBA_DATABASE_URL"])
    yield database
    database.close()


def loop_with(runtime: Runtime, noting: Noting) -> JobLoop:
    return JobLoop(runtime, [], [Handler("noted", noting.work)])


def queued(redis_url: str) -> list[bytes]:
    with Redis.from_url(redis_url) as connection:
        return connection.lrange("rq:queue:genba", 0, -1)


def test_a_nudge_after_the_commit_gets_the_mark_worked(
    environment: dict[str, str], database_of_processes: Database, own_redis: str, tmp_path: Path
) -> None:
    noted = tmp_path / "noted"
    with runner(environment, str(noted)):
        with database_of_processes.write() as session:
            work.mark(session, "noted", ["a"], datetime.now(UTC))
        Nudger(own_redis).nudge("noted")
        assert eventually(noted.exists)
        assert noted.read_text() == "a\n"
    with database_of_processes.read() as session:
        assert work.waiting(session) == []


def test_a_killed_runner_leaves_the_mark_and_it_is_worked_later(
    environment: dict[str, str], database_of_processes: Database, settings: Settings, own_redis: str, tmp_path: Path
) -> None:
    begun, started = tmp_path / "begun", datetime.now(UTC)
    with database_of_processes.write() as session:
        work.mark(session, "noted", ["a"], started)
    with runner(environment, str(begun), "--stuck") as process:
        Nudger(own_redis).nudge("noted")
        assert eventually(lambda: begun.exists() and bool(begun.read_text()))
        os.kill(process.pid, signal.SIGKILL)
        os.kill(int(begun.read_text()), signal.SIGKILL)
        process.wait(PATIENCE_S)

    noting = Noting()
    later = FixedClock(datetime.now(UTC) + timedelta(seconds=10))
    loop = loop_with(Runtime(replace(settings, redis_url=own_redis), database_of_processes, later), noting)
    loop.tick()
    assert noting.subjects == []  # it may still be under way
    later.at += work.TAKEN_FOR + jobs.START_EXPECTED_WITHIN
    loop.tick()
    assert noting.subjects == ["a"]


def test_an_abandoned_job_no_longer_blocks_its_kind_once_it_is_swept(own_redis: str) -> None:
    connection = work_queue.connect(own_redis)
    queue = work_queue.open_queue(connection)
    work_queue.enqueue(queue, "noted")
    connection.lpop(queue.key)
    connection.hset("rq:job:noted", "status", "started")
    connection.zadd(queue.started_job_registry.key, {"noted:gone": 1})
    work_queue.enqueue(queue, "noted")
    assert queued(own_redis) == []
    queue.started_job_registry.cleanup()
    connection.delete("rq:job:noted")  # what its second of failure_ttl does
    work_queue.enqueue(queue, "noted")
    assert queued(own_redis) == [b"noted"]
    connection.close()


def test_the_loop_asks_the_runners_once_for_marks_nobody_nudged(with_redis: Runtime, clock: FixedClock) -> None:
    noting, own_redis = Noting(), with_redis.settings.redis_url or ""
    loop = loop_with(with_redis, noting)
    mark(with_redis, "a")
    loop.tick()
    assert queued(own_redis) == []  # a nudge may be under way
    clock.at += jobs.NUDGE_EXPECTED_WITHIN
    loop.tick()
    loop.tick()
    assert (queued(own_redis), noting.subjects) == ([b"noted"], [])


def test_flushing_redis_loses_nothing(with_redis: Runtime, clock: FixedClock) -> None:
    noting, own_redis = Noting(), with_redis.settings.redis_url or ""
    loop = loop_with(with_redis, noting)
    mark(with_redis, "a")
    Nudger(own_redis).nudge("noted")
    with Redis.from_url(own_redis) as connection:
        connection.flushdb()
    clock.at += jobs.NUDGE_EXPECTED_WITHIN
    loop.tick()
    assert (queued(own_redis), marks_left(with_redis)) == ([b"noted"], 1)


def test_a_job_that_nobody_starts_is_worked_off_by_the_loop(with_redis: Runtime, clock: FixedClock) -> None:
    noting = Noting()
    loop = loop_with(with_redis, noting)
    mark(with_redis, "a")
    clock.at += jobs.NUDGE_EXPECTED_WITHIN
    loop.tick()
    clock.at += jobs.START_EXPECTED_WITHIN
    loop.tick()
    assert (noting.subjects, marks_left(with_redis)) == (["a"], 0)


def test_while_redis_is_away_the_loop_works_itself(with_redis: Runtime, clock: FixedClock) -> None:
    away = replace(with_redis.settings, redis_url=f"redis://127.0.0.1:{free_port()}")
    runtime, noting = replace(with_redis, settings=away), Noting()
    mark(runtime, "a")
    clock.at += jobs.NUDGE_EXPECTED_WITHIN
    loop_with(runtime, noting).tick()
    assert (noting.subjects, marks_left(runtime)) == (["a"], 0)


def test_nudges_of_a_kind_reach_redis_once_a_second(own_redis: str) -> None:
    now = [100.0]
    nudger = Nudger(own_redis, lambda: now[0])
    with Redis.from_url(own_redis) as connection:
        reached = []
        for now[0] in (100.0, 100.5, 100.9, 101.0):
            nudger.nudge("noted")
            reached.append(len(queued(own_redis)))
            connection.flushdb()
    assert reached == [1, 0, 0, 1]


def test_a_nudge_without_redis_does_nothing_and_a_dead_redis_is_left_alone_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Nudger(None).nudge("noted")
    now = [100.0]
    nudger = Nudger(f"redis://127.0.0.1:{free_port()}", lambda: now[0])
    for now[0] in (100.0, 102.0, 104.9, 105.0):
        nudger.nudge("noted")
    assert [record.getMessage() for record in caplog.records] == ["no nudge for noted: ConnectionError"] * 2


def test_what_goes_through_redis_is_json_with_nothing_but_the_kind(own_redis: str) -> None:
    Nudger(own_redis).nudge("noted")
    with Redis.from_url(own_redis) as connection:
        data = connection.hget("rq:job:noted", "data")
    assert zlib.decompress(data) == b'["genba.jobs.run_kind", null, ["noted"], {}]'


def _die(_redis_url: str) -> None:
    """A job runner that ends at once."""


def test_dead_runners_are_replaced_but_not_at_once(own_redis: str) -> None:
    now = [0.0]
    pool = RunnerPool(own_redis, 2, _die, lambda: now[0])
    pool.keep_alive()
    first = {process.pid for process in pool.runners}
    for process in pool.runners:
        process.join()
    pool.keep_alive()
    assert (len(first), pool.runners) == (2, [])
    now[0] += 5
    pool.keep_alive()
    assert len(pool.runners) == 2
    pool.stop()
    assert pool.runners == []


def test_genba_jobs_stops_cleanly_on_sigterm(environment: dict[str, str], own_redis: str) -> None:
    process = subprocess.Popen(
        [Path(sys.executable).with_name("genba"), "jobs", "--processes", "1"], env=environment, stderr=subprocess.PIPE
    )
    with Redis.from_url(own_redis) as connection:
        assert eventually(lambda: connection.scard("rq:workers") == 1)
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, connection.scard("rq:workers")) == (0, 0), errors.decode()
