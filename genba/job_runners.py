"""The RQ processes of `genba jobs`: each works one queue, and is replaced when it dies."""

import contextlib
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer

from core.work.queue import open_queue
from genba.jobs import start_embedded
from genba.runtime import Runtime

logger = logging.getLogger(__name__)

RESTART_AFTER_S = 5.0
STOP_WITHIN_S = 20.0
HEARTBEAT_S = 10  # a job whose runner died is known as abandoned a minute after its last one
MAINTENANCE_S = 60


def run_runner(redis_url: str) -> None:
    """Work the queue until told to stop. Several queues in one process would lose jobs when it dies: RQ issue 1716."""
    connection = Redis.from_url(redis_url)
    runner = Worker(
        [open_queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        job_monitoring_interval=HEARTBEAT_S,
        maintenance_interval=MAINTENANCE_S,
        log_job_description=False,
    )
    # RQ lists a runner before it listens to signals itself; one that is told to stop in between is struck off here.
    signal.signal(signal.SIGTERM, _leave)
    try:
        runner.work(logging_level="WARNING")
    finally:
        with contextlib.suppress(RedisError):
            runner.register_death()  # type: ignore[no-untyped-call]


def _leave(*_: object) -> None:
    raise SystemExit(0)


class RunnerPool:
    """A fixed number of RQ processes."""

    def __init__(
        self,
        redis_url: str,
        count: int,
        target: Callable[[str], None] = run_runner,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.redis_url = redis_url
        self.count = count
        self.target = target
        self.runners: list[SpawnProcess] = []
        self._monotonic = monotonic
        self._start_after = 0.0
        # Spawned, not forked: the parent has threads, and RQ forks again for every job.
        self._context = multiprocessing.get_context("spawn")

    def keep_alive(self) -> None:
        """Start what is missing; after a death not at once, so that a lost Redis is not hammered."""
        alive = [runner for runner in self.runners if runner.is_alive()]
        if len(alive) < len(self.runners):
            logger.warning("%d job runner(s) died", len(self.runners) - len(alive))
            self._start_after = self._monotonic() + RESTART_AFTER_S
        self.runners = alive
        if self._monotonic() < self._start_after:
            return
        while len(self.runners) < self.count:
            runner = self._context.Process(target=self.target, args=(self.redis_url,), name="genba-runner")
            runner.start()
            self.runners.append(runner)

    def stop(self) -> None:
        """Let the runners finish the job at hand, then end those that do not."""
        for runner in self.runners:
            runner.terminate()
        deadline = self._monotonic() + STOP_WITHIN_S
        for runner in self.runners:
            runner.join(max(0.0, deadline - self._monotonic()))
            if runner.is_alive():
                runner.kill()
                runner.join()
        self.runners = []


def run_until_stopped(runtime: Runtime, processes: int) -> None:
    """Run the clock, and with Redis the job runners, until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis_url = runtime.settings.redis_url
    pool = RunnerPool(redis_url, processes) if redis_url else None
    stop_clock = start_embedded(runtime)
    try:
        while not stop.is_set():
            if pool is not None:
                pool.keep_alive()
            stop.wait(1.0)
    finally:
        if pool is not None:
            pool.stop()
        stop_clock()
