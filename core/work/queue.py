"""The way to Redis and RQ, which carry and spread work but never hold the only word of it: that is in the marks.

One queue, one job for each kind at a time, JSON. Whoever wrote marks nudges after the commit; a lost nudge is made up
for by the clock of `genba jobs`.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

logger = logging.getLogger(__name__)

QUEUE_NAME = "genba"
JOB = "genba.jobs.run_kind"  # by name: the front door knows the handlers, core does not
CONNECT_TIMEOUT_S = 0.25
ANSWER_TIMEOUT_S = 0.5
NUDGE_EVERY_S = 1.0
REDIS_AWAY_S = 5.0
JOB_TIMEOUT_S = 300
FAILURE_KEPT_S = 1  # a failed job's id blocks the next one of its kind for as long as it is kept


def connect(redis_url: str) -> Redis:
    """Return a connection that gives up soon: nobody waits long for a hint."""
    return Redis.from_url(
        redis_url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def open_queue(connection: Redis) -> Queue:
    return Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)


def enqueue(queue: Queue, kind: str) -> None:
    """Ask the job runners to work off a kind; nothing is added while such a job waits or runs.

    Raises redis.RedisError when Redis is away.
    """
    with contextlib.suppress(DuplicateJobError):
        queue.enqueue_call(
            JOB,
            args=(kind,),
            job_id=kind,
            unique=True,
            result_ttl=0,
            failure_ttl=FAILURE_KEPT_S,
            timeout=JOB_TIMEOUT_S,
        )


class Nudger:
    """Tells the job runners after a commit that there is work: at most once a second for a kind and process.

    Does nothing without Redis. Never raises, and holds nobody up: when Redis is away it is left alone for a while.
    """

    def __init__(self, redis_url: str | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._queue = open_queue(connect(redis_url)) if redis_url else None
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._quiet_until: dict[str, float] = {}
        self._away_until = 0.0

    def nudge(self, kind: str) -> None:
        if self._queue is None or not self._is_time(kind):
            return
        try:
            enqueue(self._queue, kind)
        except Exception as error:  # whatever goes wrong with a hint, the marks are safe
            self._away_until = self._monotonic() + REDIS_AWAY_S
            logger.warning("no nudge for %s: %s", kind, type(error).__name__)

    def _is_time(self, kind: str) -> bool:
        now = self._monotonic()
        with self._lock:
            if now < max(self._away_until, self._quiet_until.get(kind, now)):
                return False
            self._quiet_until[kind] = now + NUDGE_EVERY_S
        return True
