"""What watches a server asks for: is the process alive, is it ready for calls, and how much waits."""

import ipaddress
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from threading import Lock
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core import migrations
from core.partners import webhook_store
from core.work import service as work
from genba.runtime import Runtime

READY_WITHIN_S = 2.0
PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class PhoneCounts(Protocol):
    """What the phone has counted in this process."""

    @property
    def webhooks(self) -> dict[str, int]: ...

    def writer_waiting(self) -> int: ...

    def spool_waiting(self) -> int: ...

    def spool_failed(self) -> bool: ...

    def spool_free_bytes(self) -> int: ...

    def spool_problem(self) -> str: ...


class Readiness:
    """Whether the database answers in time and lacks no migration. One question at a time, however many ask."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = Lock()
        self._under_way: Future[str] | None = None
        self._is_migrated = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")

    def problem(self) -> str:
        """Return what keeps the server from its work, "" when nothing does."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = self._executor.submit(self._look)
            under_way = self._under_way
        try:
            return under_way.result(READY_WITHIN_S)
        except TookTooLong:
            return "the database does not answer in time"

    def _look(self) -> str:
        try:
            with self._runtime.database.read() as session:
                session.exec_driver_sql("select 1")
            # Looked up once: what this process knows of migrations does not change while it runs.
            self._is_migrated = self._is_migrated or not migrations.pending(self._runtime.database)
        except (SQLAlchemyError, OSError):
            return "the database does not answer"
        return "" if self._is_migrated else "migrations are pending"

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def routes(runtime: Runtime, readiness: Readiness, counts: PhoneCounts) -> list[Route]:
    """Return /healthz, /readyz and /metrics; the last answers only on the machine itself."""

    def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    def readyz(_request: Request) -> Response:
        problem = readiness.problem() or counts.spool_problem()
        content = {"ready": not problem, "problem": problem}
        return JSONResponse(content, status_code=503 if problem else 200, headers={"Cache-Control": "no-store"})

    def metrics(request: Request) -> Response:
        if not _is_from_here(request):
            return PlainTextResponse("not found\n", status_code=404)
        lines = [*_phone_metrics(counts), *_work_metrics(runtime)]
        return PlainTextResponse("\n".join(lines) + "\n", media_type=PROMETHEUS_TEXT)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _is_from_here(request: Request) -> bool:
    """Whether the request was made on this machine and did not come through a proxy of this machine."""
    if request.client is None or "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _phone_metrics(counts: PhoneCounts) -> Iterator[str]:
    pid = os.getpid()  # each process counts for itself, and any of them may answer
    yield "# TYPE genba_webhooks_total counter"
    for name, count in sorted(counts.webhooks.items()):
        yield f'genba_webhooks_total{{webhook="{name}",pid="{pid}"}} {count}'
    yield "# TYPE genba_writer_waiting gauge"
    yield f'genba_writer_waiting{{pid="{pid}"}} {counts.writer_waiting()}'
    yield "# TYPE genba_spool_waiting gauge"
    yield f"genba_spool_waiting {counts.spool_waiting()}"
    yield "# TYPE genba_spool_failed gauge"
    yield f'genba_spool_failed{{pid="{pid}"}} {int(counts.spool_failed())}'
    yield "# TYPE genba_spool_free_bytes gauge"
    yield f"genba_spool_free_bytes {counts.spool_free_bytes()}"


def _work_metrics(runtime: Runtime) -> Iterator[str]:
    now = runtime.clock.now()
    try:
        with runtime.database.read() as session:
            waiting, schedules = work.waiting(session), work.list_schedules(session)
            webhooks = webhook_store.count_all(session)
    except (SQLAlchemyError, OSError):
        yield from ("# TYPE genba_database_up gauge", "genba_database_up 0")
        return
    yield from ("# TYPE genba_database_up gauge", "genba_database_up 1")
    yield "# TYPE genba_marks_waiting gauge"
    for entry in waiting:
        yield f'genba_marks_waiting{{kind="{entry.kind}"}} {entry.marks}'
    yield "# TYPE genba_marks_overdue_seconds gauge"
    for entry in waiting:
        overdue_s = max(0.0, (now - entry.oldest_due_at).total_seconds())
        yield f'genba_marks_overdue_seconds{{kind="{entry.kind}"}} {overdue_s:.3f}'
    names = ("events_waiting", "deliveries_waiting", "subscriptions_failing")
    for name, count in zip(names, webhooks, strict=True):
        yield from (f"# TYPE genba_partner_{name} gauge", f"genba_partner_{name} {count}")
    yield "# TYPE genba_schedule_overdue_seconds gauge"
    for state in schedules:
        overdue_s = max(0.0, (now - state.due_at).total_seconds())
        yield f'genba_schedule_overdue_seconds{{kind="{state.kind}"}} {overdue_s:.3f}'
