"""One writer for each process: punches that wait together are committed together, and answered after the commit.

Callers hand in a punch and what is to happen with its outcome inside the same transaction. When a batch fails, each of
its punches is tried again in a transaction of its own, so that one that cannot be stored delays the others but never
takes them down. What the database refuses to take at all goes to the caller as an exception. What nobody waits for any
more is not begun: after an outage the calls of the moment must not queue behind those that were answered long ago.

On PostgreSQL the writer is a task of the server's own loop, on SQLite a thread: ADR 0002 has the figures.
"""

import asyncio
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.attendance.model import RawPunch
from core.attendance.service import Outcome, record_punches
from core.clock import Clock
from core.db import Database, Session, open_async_engine

log = logging.getLogger(__name__)

BATCH_MAX = 128
ATTEMPTS = 4
# Deadlocks, unique keys met at the same instant and lost connections pass. The commit may even have worked: then the
# sender's key finds the punch, and nothing is stored twice.
PASSING = (IntegrityError, OperationalError)

Then = Callable[[Session, Outcome], Any]
"""What else belongs into the punch's transaction; its result is handed back."""

Work = Callable[[Session], Any]
"""Something else to be written by this process, in a transaction of its own."""

AnyFuture = Future[Any] | asyncio.Future[Any]


class PunchWriter(Protocol):
    """Where an edge hands in what it wants written; each answer comes after the commit."""

    async def record(self, punch: RawPunch, then: Then) -> Any: ...

    async def write(self, work: Work) -> Any: ...

    async def stop(self) -> None:
        """Finish what was handed in, then end."""

    @property
    def waiting(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that waits: a punch with its `then`, or other work."""

    future: AnyFuture
    punch: RawPunch | None = None
    then: Then | None = None
    work: Work | None = None


def open_writer(database: Database, clock: Clock) -> PunchWriter:
    """Return the writer that suits the database; one a process."""
    return LoopWriter(database, clock) if database.is_postgresql else ThreadWriter(database, clock)


def _transactions(items: Sequence[_Item]) -> list[list[_Item]]:
    """Return what is committed together: the punches first, then every other work by itself."""
    punches = [item for item in items if item.punch is not None]
    return [*([punches] if punches else []), *([item] for item in items if item.punch is None)]


def _perform(session: Session, items: Sequence[_Item], clock: Clock) -> list[Any]:
    punches = [item.punch for item in items if item.punch is not None]
    if not punches:
        return [item.work(session) for item in items if item.work is not None]
    outcomes = record_punches(session, punches, clock.now())
    return [item.then(session, outcome) for item, outcome in zip(items, outcomes, strict=True) if item.then is not None]


def _awaited(items: Sequence[_Item]) -> list[_Item]:
    """Return those that somebody still waits for: a caller who was answered otherwise has given his up."""
    return [item for item in items if not item.future.done()]


def _hand_back(items: Sequence[_Item], results: Sequence[Any]) -> None:
    for item, result in zip(items, results, strict=True):
        with suppress(InvalidStateError):  # given up at this very moment, by the loop's thread
            if not item.future.done():
                item.future.set_result(result)


def _fail(item: _Item, error: Exception) -> None:
    with suppress(InvalidStateError):
        if not item.future.done():
            item.future.set_exception(error)


def _is_last(items: Sequence[_Item], attempt: int) -> bool:
    """Whether to give up: a batch is parted at once, a single item tried several times."""
    return len(items) > 1 or attempt >= ATTEMPTS


class LoopWriter:
    """The writer for PostgreSQL: a task of the loop that serves, so that no thread waits for another."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._engine: AsyncEngine = open_async_engine(database)
        self._clock = clock
        self._waiting: deque[_Item] = deque()
        self._task: asyncio.Task[None] | None = None

    async def record(self, punch: RawPunch, then: Then) -> Any:
        return await self._submit(lambda future: _Item(future, punch=punch, then=then))

    async def write(self, work: Work) -> Any:
        return await self._submit(lambda future: _Item(future, work=work))

    async def stop(self) -> None:
        if self._task is not None:
            await self._task
        await self._engine.dispose()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def _submit(self, make: Callable[[AnyFuture], _Item]) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(make(future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="punch-writer")
        return await future

    async def _run(self) -> None:
        while self._waiting:
            items = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
            for transaction in _transactions(items):
                await self._commit(transaction)

    async def _commit(self, items: Sequence[_Item]) -> None:
        attempt = 0
        while items := _awaited(items):
            attempt += 1
            try:
                async with self._engine.begin() as connection:
                    results = await connection.run_sync(_perform, items, self._clock)
            except PASSING as error:
                if not _is_last(items, attempt):
                    continue
                return await self._apart(items, error)
            except Exception as error:
                return await self._apart(items, error)
            return _hand_back(items, results)
        return None

    async def _apart(self, items: Sequence[_Item], error: Exception) -> None:
        if len(items) == 1:
            return _fail(items[0], error)
        log.warning("a batch of %d failed (%s): trying each alone", len(items), type(error).__name__)
        for item in items:
            await self._commit([item])
        return None


class ThreadWriter:
    """The writer for SQLite, whose driver blocks: a thread that lets the loop serve meanwhile."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="punch-writer", daemon=True)
        self._thread.start()

    async def record(self, punch: RawPunch, then: Then) -> Any:
        return await self._submit(_Item(Future(), punch=punch, then=then))

    async def write(self, work: Work) -> Any:
        return await self._submit(_Item(Future(), work=work))

    async def stop(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    async def _submit(self, item: _Item) -> Any:
        self._queue.put(item)
        if not isinstance(item.future, Future):
            raise TypeError("a thread hands back through a concurrent future")
        return await asyncio.wrap_future(item.future)

    def _run(self) -> None:
        is_running = True
        while is_running:
            taken = self._take()
            is_running = None not in taken
            for transaction in _transactions([item for item in taken if item is not None]):
                self._commit(transaction)

    def _take(self) -> list[_Item | None]:
        taken = [self._queue.get()]
        while len(taken) < BATCH_MAX and taken[-1] is not None:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return taken

    def _commit(self, items: Sequence[_Item]) -> None:
        attempt = 0
        while items := _awaited(items):
            attempt += 1
            try:
                with self._database.write() as session:
                    results = _perform(session, items, self._clock)
            except PASSING as error:
                if not _is_last(items, attempt):
                    continue
                return self._apart(items, error)
            except Exception as error:
                return self._apart(items, error)
            return _hand_back(items, results)
        return None

    def _apart(self, items: Sequence[_Item], error: Exception) -> None:
        if len(items) == 1:
            return _fail(items[0], error)
        log.warning("a batch of %d failed (%s): trying each alone", len(items), type(error).__name__)
        for item in items:
            self._commit([item])
        return None
