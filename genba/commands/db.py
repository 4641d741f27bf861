"""`genba db`: migrate the database, and check that what it holds is whole."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
import sqlalchemy as sa

from core import migrations
from core.attendance import checking
from core.audit import service as audit
from core.db import Session, is_postgresql
from genba.runtime import Runtime, open_runtime
from ivr.tables import calls

Check = Callable[[Runtime], list[str]]

JUDGED_WITHIN = timedelta(minutes=1)
SETTLED_WITHIN = timedelta(minutes=5)  # a call that is still open; the background work ends it when nobody answers


@click.group("db")
def db() -> None:
    """Migrate and check the database."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration; nothing happens when it is there."""
    with open_runtime(migrate=False, may_create=True) as runtime:
        missing = migrations.pending(runtime.database)
        migrations.upgrade(runtime.database)
    click.echo(f"applied {', '.join(missing)}" if missing else "up to date")


@db.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(as_json: bool) -> None:
    """Say what is not whole; exit status 1 when something is not."""
    with open_runtime(migrate=False) as runtime:
        found = find_problems(runtime)
    if as_json:
        click.echo(json.dumps([{"check": name, "problem": problem} for name, problem in found], ensure_ascii=False))
    for name, problem in [] if as_json else found:
        click.echo(f"{name}: {problem}")
    if not found and not as_json:
        click.echo(f"whole: {len(CHECKS) + 1} checks")
    if found:
        raise SystemExit(1)


def find_problems(runtime: Runtime) -> list[tuple[str, str]]:
    """Return what is not whole, as (check, problem). Without all migrations nothing else is looked at."""
    if missing := migrations.pending(runtime.database):
        return [("migrations", f"{revision} is pending: run `genba db upgrade`") for revision in missing]
    return [(name, problem) for name, look in CHECKS.items() for problem in look(runtime)]


def _file(runtime: Runtime) -> list[str]:
    """SQLite's own check of the file and of its references; PostgreSQL keeps both by itself."""
    with runtime.database.read() as session:
        if is_postgresql(session):
            return []
        whole = [str(row[0]) for row in session.exec_driver_sql("pragma integrity_check(20)")]
        orphans = session.exec_driver_sql("pragma foreign_key_check").fetchmany(20)
    return [text for text in whole if text != "ok"] + [
        f"a row of {row[0]} refers to a missing {row[2]}" for row in orphans
    ]


@contextmanager
def _reading(runtime: Runtime) -> Iterator[Session]:
    """Open a session that only reads, and may take longer over a large ledger than a statement has elsewhere."""
    with runtime.database.read() as session:
        if is_postgresql(session):
            session.exec_driver_sql("set transaction read only")
            session.exec_driver_sql("set local statement_timeout = 0")
        yield session


def _unjudged(runtime: Runtime) -> list[str]:
    now = runtime.clock.now()
    with _reading(runtime) as session:
        # Open calls come first: one that ends between the two statements has judged its punch by then.
        waiting = set(session.execute(sa.select(calls.c.punch_id).where(calls.c.is_open)).scalars())
        unjudged = checking.find_unjudged(session, now - JUDGED_WITHIN)
    overdue = now - SETTLED_WITHIN
    count = sum(1 for punch_id, received_at in unjudged.items() if punch_id not in waiting or received_at < overdue)
    return [f"{count} punch(es) have no judgement: is the background work running?"] if count else []


def _references(runtime: Runtime) -> list[str]:
    with _reading(runtime) as session:
        found = checking.find_dangling_references(session)
    return [f"{each.count} row(s) of {each.table} refer to missing {each.missing} ({each.column})" for each in found]


def _days(runtime: Runtime) -> list[str]:
    with _reading(runtime) as session:
        found = checking.find_changed_days(session)
    return [
        f"worker {day.worker_id} at site {day.site_id} on {day.work_date}: not what its judgements say" for day in found
    ]


def _counters(runtime: Runtime) -> list[str]:
    with _reading(runtime) as session:
        found = checking.find_miscounts(session)
    return [
        f"{each.table} of {each.owner_id} for {each.month:%Y-%m}: "
        f"off by {each.days_worked:+d} day(s) and {each.records:+d} record(s)"
        for each in found
    ]


def _audit(runtime: Runtime) -> list[str]:
    with _reading(runtime) as session:
        broken = audit.verify(session)
    return [] if broken is None else [f"the log is not what was written, from row {broken} on"]


CHECKS: dict[str, Check] = {
    "file": _file,
    "unjudged punches": _unjudged,
    "references": _references,
    "days": _days,
    "counters": _counters,
    "audit log": _audit,
}
"""What `genba db check` looks at, by name; an area with something to check adds a line."""

commands: dict[str, click.Command] = {"db": db}
