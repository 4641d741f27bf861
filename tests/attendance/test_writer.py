"""The writer of a process on both databases: what is handed in, given up, and what fails beside others."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import sqlalchemy as sa

from core.attendance.writer import PunchWriter, Work, open_writer
from core.clock import FixedClock
from core.db import Database, Session


def run(database: Database, clock: FixedClock, play: Callable[[PunchWriter], Coroutine[Any, Any, None]]) -> None:
    """Play with a writer of its own loop, and stop it."""

    async def scene() -> None:
        writer = open_writer(database, clock)
        await play(writer)
        await writer.stop()

    asyncio.run(scene())


def noting(done: list[str], name: str) -> Work:
    def work(session: Session) -> str:
        session.exec_driver_sql("select count(*) from punches")  # waits while somebody else has the table
        done.append(name)
        return name

    return work


def hold(database: Database) -> sa.Connection:
    """Take the ledger for oneself until the connection is closed."""
    session = database.engine.connect().execution_options(genba_write=True)
    if database.is_postgresql:
        session.exec_driver_sql("lock table punches in access exclusive mode")
    else:
        session.begin()
    return session


async def until_taken(writer: PunchWriter) -> None:
    await asyncio.sleep(0)
    while writer.waiting:
        await asyncio.sleep(0.01)


def test_what_nobody_waits_for_any_more_is_not_begun(database: Database, clock: FixedClock) -> None:
    done: list[str] = []
    holder = hold(database)

    async def play(writer: PunchWriter) -> None:
        busy = asyncio.create_task(writer.write(noting(done, "busy")))
        await until_taken(writer)
        given_up = asyncio.create_task(writer.write(noting(done, "given up")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        await asyncio.sleep(0)
        holder.close()
        assert await busy == "busy"
        assert await writer.write(noting(done, "last")) == "last"

    run(database, clock, play)
    assert [name for name in done if name != "busy"] == ["last"]


def test_work_given_up_while_it_is_done_does_not_stop_the_writer(database: Database, clock: FixedClock) -> None:
    done: list[str] = []
    holder = hold(database)

    async def play(writer: PunchWriter) -> None:
        given_up = asyncio.create_task(writer.write(noting(done, "given up")))
        await until_taken(writer)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        holder.close()
        assert await writer.write(noting(done, "last")) == "last"

    run(database, clock, play)


def test_what_fails_goes_to_whoever_asked_and_to_nobody_else(database: Database, clock: FixedClock) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError("a fault of ours")

    async def play(writer: PunchWriter) -> None:
        done: list[str] = []
        works = (noting(done, "first"), fail, noting(done, "second"))
        answers = await asyncio.gather(*map(writer.write, works), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["first", "a fault of ours", "second"]

    run(database, clock, play)


@pytest.mark.parametrize("count", [1, 200])
def test_stopping_finishes_what_was_handed_in(database: Database, clock: FixedClock, count: int) -> None:
    done: list[str] = []

    async def play(writer: PunchWriter) -> None:
        tasks = [asyncio.create_task(writer.write(noting(done, "work"))) for _ in range(count)]
        await asyncio.sleep(0)
        await writer.stop()
        await asyncio.gather(*tasks)

    run(database, clock, play)
    assert len(done) == count
