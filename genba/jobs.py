"""Background work: which there is, and the clock that runs it.

The clock is ours: a loop that holds a lease in the database runs what is due by its schedule, and hands over to RQ, or
works off itself, the marks that nobody nudged. To add work, add a line to HANDLERS or TASKS.
"""

import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from uuid import UUID

from redis import RedisError
from rq import Queue

from core import mail
from core.attendance import channel_counting, noticing, records, visits
from core.clock import work_date
from core.db import JOBS_ROLE, Session
from core.devices import store as device_store
from core.ids import WorkerId
from core.imports import batches as import_batches
from core.imports import work as import_work
from core.notices import service as notices
from core.partners import webhook_sending
from core.registry import grants, own_model
from core.tiering import noticing as tier_noticing
from core.work import queue as work_queue
from core.work import service as work
from core.work.model import Mark, Schedule, Waiting
from genba import device_jobs, import_jobs, partner_jobs, tier_jobs
from genba.beside import Beside
from genba.runtime import Runtime, open_runtime
from ivr import own_codes, receipts
from ivr import service as ivr_service

logger = logging.getLogger(__name__)

TICK_S = 1.0
LEASE = "clock"
LEASE_S = 15
ASK_FOR_LEASE_EVERY = timedelta(seconds=5)
NUDGE_EXPECTED_WITHIN = timedelta(seconds=2)
START_EXPECTED_WITHIN = timedelta(seconds=15)
SWEEP_EVERY = timedelta(seconds=30)
SWITCH_S = 0.0005  # a call answered in the same process has its turn soon, whatever the clock's thread works at
VISITS_AT_ONCE = 200  # on SQLite a call waits while they are written
MAX_BATCHES = 50  # then the others have their turn


@dataclass(frozen=True, slots=True)
class Handler:
    """What works off the marks of a kind.

    run deletes the marks (core.work.service.finish) in the transaction that writes its result, and may be run twice
    for a mark. batch is how many it is given at once: no more than it does within TAKEN_FOR at its slowest.
    """

    kind: str
    run: Callable[[Runtime, list[Mark]], None]
    batch: int = 100
    apart: bool = False  # waits for others' servers: the clock works it off in a thread of its own


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """What is run when its schedule falls due, on one host only. A task that died or failed is run again soon."""

    schedule: Schedule
    run: Callable[[Runtime], None]


def _send_receipts(runtime: Runtime, marks: list[Mark]) -> None:
    receipts.send_receipts(runtime.settings, runtime.database, runtime.clock, marks)


def _send_own_codes(runtime: Runtime, marks: list[Mark]) -> None:
    own_codes.send_codes(runtime.settings, runtime.database, runtime.clock, marks)


def _close_days(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        closed = records.close_days(session, runtime.clock.now())
    if closed:
        logger.info("closed %d days that had no exit", closed)


def _sweep_calls(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        ivr_service.sweep_calls(session, runtime.clock.now())


def _refresh_grants(runtime: Runtime, marks: list[Mark]) -> None:
    today = work_date(runtime.clock.now())
    with runtime.database.write() as session:
        grants.refresh(session, today, worker_ids={WorkerId(UUID(mark.subject)) for mark in marks})
        work.finish(session, marks)


def _add_visits(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        new = visits.find_newest(session, work_date(runtime.clock.now()))
    for start in range(0, len(new), VISITS_AT_ONCE):
        with runtime.database.write() as session:
            visits.note(session, new[start : start + VISITS_AT_ONCE], runtime.clock.now())


def _rebuild_grants(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        visits.rebuild(session, work_date(runtime.clock.now()))


def _count_channels(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        months = channel_counting.months_to_count(session, work_date(runtime.clock.now()))
    for month in months:
        with runtime.database.write() as session:
            channel_counting.count_channels(session, month)


def _tell(runtime: Runtime) -> None:
    now = runtime.clock.now()
    with runtime.database.read() as session:
        finders = (noticing.find_facts, tier_noticing.find_facts, webhook_sending.find_facts)
        facts = [fact for find in finders for fact in find(session, now)]
        names = noticing.subject_names(session) | device_store.labels(session)
    with runtime.database.write() as session:
        notices.tell(session, facts, now)
    if runtime.settings.smtp_url is not None:
        with runtime.database.write() as session:
            notices.post_digests(session, runtime.settings.sealer, names, runtime.settings.public_url, now)


def _forget_notices(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        notices.forget_old(session, runtime.clock.now())


def _send_mails(runtime: Runtime, marks: list[Mark]) -> None:
    settings = runtime.settings
    mail.send_marked(runtime.database, settings.sealer, mail.mailer_of(settings), runtime.clock, marks)


HANDLERS: tuple[Handler, ...] = (
    Handler(mail.KIND, _send_mails, batch=mail.BATCH),
    Handler(receipts.RECEIPT, _send_receipts, batch=receipts.BATCH),
    Handler(own_model.TEXT, _send_own_codes, batch=own_codes.BATCH),
    Handler(grants.MARK, _refresh_grants),
    Handler(import_batches.IMPORT, import_jobs.carry_out, batch=1),
    Handler(import_work.REJUDGE, import_jobs.rejudge, batch=20),
    Handler(visits.TIERS, tier_jobs.bring_up_to_date, batch=tier_jobs.BATCH),
    Handler(webhook_sending.KIND, partner_jobs.send, batch=webhook_sending.BATCH, apart=True),
)

TASKS: tuple[ScheduledTask, ...] = (
    ScheduledTask(Schedule("sweep_calls", every=timedelta(seconds=15)), _sweep_calls),
    ScheduledTask(Schedule("close_days", every=timedelta(minutes=10)), _close_days),
    ScheduledTask(Schedule("count_channels", every=timedelta(hours=6)), _count_channels),
    ScheduledTask(Schedule("tell", every=timedelta(minutes=5)), _tell),
    ScheduledTask(Schedule("watch_devices", every=timedelta(seconds=15)), device_jobs.watch),
    ScheduledTask(Schedule("forget_notices", at=time(3, 30)), _forget_notices),
    ScheduledTask(Schedule("add_visits", every=timedelta(seconds=15)), _add_visits),
    ScheduledTask(Schedule("mark_tiers", at=time(4, 15)), tier_jobs.mark_sites),
    ScheduledTask(Schedule("rebuild_grants", at=time(3, 40)), _rebuild_grants),
    ScheduledTask(Schedule("mark_webhooks", every=timedelta(seconds=5)), partner_jobs.mark_due),
    ScheduledTask(Schedule("forget_answers", at=time(3, 10)), partner_jobs.forget_answers),
    ScheduledTask(Schedule("forget_webhooks", at=time(3, 15)), partner_jobs.forget_deliveries),
    ScheduledTask(Schedule("forget_imports", at=time(3, 20)), import_jobs.forget_old),
)


def run_kind(kind: str) -> None:
    """Work off the marks of one kind: what an RQ job does."""
    handler = next((handler for handler in HANDLERS if handler.kind == kind), None)
    if handler is None:
        logger.error("no handler for marks of kind %s", kind)
        return
    with open_runtime(migrate=False, role=JOBS_ROLE) as runtime:
        work_off(runtime, handler)


def work_off(runtime: Runtime, handler: Handler) -> int:
    """Work off the due marks of one kind, batch by batch; return how many were taken."""
    taken = 0
    for _ in range(MAX_BATCHES):
        with runtime.database.write() as session:
            marks = work.take_marks(session, handler.kind, runtime.clock.now(), handler.batch)
        if not marks:
            break
        _work(runtime, handler, marks)
        taken += len(marks)
    return taken


def _work(runtime: Runtime, handler: Handler, marks: list[Mark]) -> None:
    try:
        handler.run(runtime, marks)
    except Exception:
        if len(marks) > 1:  # one subject that fails must not hold back the others
            for mark in marks:
                _work(runtime, handler, [mark])
            return
        logger.exception("job %s failed for %s, attempt %d", handler.kind, marks[0].subject, marks[0].attempts)
        with runtime.database.write() as session:
            work.postpone(session, marks, runtime.clock.now())


class JobLoop:
    """Our own clock. Any number of loops may run on one database; the one that holds the lease does the work."""

    def __init__(
        self, runtime: Runtime, tasks: Iterable[ScheduledTask] = TASKS, handlers: Iterable[Handler] = HANDLERS
    ) -> None:
        self.runtime = runtime
        self.tasks = {task.schedule.kind: task for task in tasks}
        self.handlers = {handler.kind: handler for handler in handlers}
        self.holder = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"
        redis_url = runtime.settings.redis_url
        self.queue: Queue | None = work_queue.open_queue(work_queue.connect(redis_url)) if redis_url else None
        self.beside = Beside()
        self._is_holder = False
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        """Tick every second until stopped. What goes wrong in one tick is logged and tried again in the next."""
        while not stop.is_set():
            try:
                self.tick()
            except Exception:
                self._is_holder, self._asked_at = False, datetime.min.replace(tzinfo=UTC)
                logger.exception("the clock missed a tick")
            stop.wait(TICK_S)
        self._give_back_lease()
        self.beside.wait()

    def tick(self) -> None:
        """Run what is due, once, if the lease is ours."""
        now = self.runtime.clock.now()
        if not self._holds_lease(now):
            return
        self._run_due_tasks(now)
        self._drain(now)
        self._sweep(now)

    def _holds_lease(self, now: datetime) -> bool:
        if _is_recent(self._asked_at, now, ASK_FOR_LEASE_EVERY):
            return self._is_holder
        schedules = [task.schedule for task in self.tasks.values()]
        with self.runtime.database.write() as session:
            is_holder = work.hold_lease(session, LEASE, self.holder, now, LEASE_S)
            if is_holder and not self._is_holder:
                work.ensure_schedules(session, schedules, now)
            if is_holder:
                _rein_in(session, schedules, now)
        self._is_holder, self._asked_at = is_holder, now
        return is_holder

    def _give_back_lease(self) -> None:
        if not self._is_holder:
            return
        try:
            with self.runtime.database.write() as session:
                work.release_lease(session, LEASE, self.holder)
        except Exception:
            logger.exception("could not give the lease back; it runs out by itself")

    def _run_due_tasks(self, now: datetime) -> None:
        with self.runtime.database.read() as session:
            due = work.due_schedules(session, now)
        for kind in due:
            if kind in self.tasks:
                self._run_task(self.tasks[kind], now)

    def _run_task(self, task: ScheduledTask, now: datetime) -> None:
        with self.runtime.database.write() as session:
            if not work.begin_schedule(session, task.schedule.kind, now):
                return
        try:
            task.run(self.runtime)
        except Exception as error:
            logger.exception("task %s failed", task.schedule.kind)
            with self.runtime.database.write() as session:
                work.fail_schedule(session, task.schedule, self.runtime.clock.now(), type(error).__name__)
            return
        with self.runtime.database.write() as session:
            work.end_schedule(session, task.schedule, self.runtime.clock.now())

    def _drain(self, now: datetime) -> None:
        with self.runtime.database.read() as session:
            waiting = work.waiting(session)
        for entry in waiting:
            handler = self.handlers.get(entry.kind)
            if handler is not None and self._is_ours(entry, now):
                work_here = partial(work_off, self.runtime, handler)
                self.beside.start(entry.kind, work_here) if handler.apart else work_here()

    def _is_ours(self, entry: Waiting, now: datetime) -> bool:
        """Whether this loop must work the marks off itself; when RQ shall, it is asked to."""
        overdue = now - entry.oldest_due_at
        if self.queue is None:
            return overdue >= timedelta(0)
        if overdue < NUDGE_EXPECTED_WITHIN:
            return False
        return overdue >= START_EXPECTED_WITHIN or not self._hand_over(self.queue, entry.kind)

    def _hand_over(self, queue: Queue, kind: str) -> bool:
        try:
            work_queue.enqueue(queue, kind)
        except RedisError as error:
            logger.warning("Redis is away (%s): working off %s here", type(error).__name__, kind)
            return False
        return True

    def _sweep(self, now: datetime) -> None:
        """Tidy away jobs whose runner died: RQ itself looks only every ten minutes, and they block their kind."""
        if self.queue is None or _is_recent(self._swept_at, now, SWEEP_EVERY):
            return
        self._swept_at = now
        try:
            self.queue.started_job_registry.cleanup()
        except RedisError as error:
            logger.warning("Redis is away (%s): abandoned jobs are swept later", type(error).__name__)


def _rein_in(session: Session, schedules: list[Schedule], now: datetime) -> None:
    """Undo what a clock that stood ahead of the present wrote: it would keep the work waiting until then."""
    kinds, marks = work.rein_in_schedules(session, schedules, now), work.rein_in_marks(session, now)
    if kinds or marks:
        logger.warning("the clock was wrong: brought back %d marks and the schedules %s", marks, ", ".join(kinds))


def _is_recent(at: datetime, now: datetime, span: timedelta) -> bool:
    """Whether an instant lies less than a span back. One ahead of us does not: the clock was set back since."""
    return timedelta(0) <= now - at < span


def start_embedded(runtime: Runtime, loop: JobLoop | None = None) -> Callable[[], None]:
    """Start the clock in a thread of this process; return what stops it and waits for its end."""
    sys.setswitchinterval(SWITCH_S)
    stop = threading.Event()
    run = (loop or JobLoop(runtime)).run
    thread = threading.Thread(target=run, args=(stop,), name="genba-clock", daemon=True)
    thread.start()

    def stop_and_wait() -> None:
        stop.set()
        thread.join(timeout=10)

    return stop_and_wait
