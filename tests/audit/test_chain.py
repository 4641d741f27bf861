"""The audit log holds together, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit import service, store
from core.audit.model import NO_HASH, Filter
from core.audit.tables import audit_log
from core.clock import FixedClock
from core.db import Database
from core.ids import AccountId, ContractorId, uuid7
from core.scope import EVERYTHING, NOTHING, Scope

ANNA, BOB = AccountId(uuid7()), AccountId(uuid7())
DAIWA, SATO = ContractorId(uuid7()), ContractorId(uuid7())

TODAY = date(2026, 11, 16)

Record = Callable[..., None]


@pytest.fixture
def record(database: Database, clock: FixedClock) -> Record:
    def add(action: str = "worker.changed", **values: Any) -> None:
        facts = {"at": clock.now(), "by": ANNA, "subject": ("worker", uuid7())} | values
        with database.write() as session:
            service.record(session, action=action, **facts)

    return add


def test_each_row_is_bound_to_the_one_before(database: Database, record: Record) -> None:
    for count in range(3):
        record(
            details={"fields": ["name", "birth_date"], "count": count, "site_id": uuid7(), "month": date(2026, 11, 1)}
        )
    with database.read() as session:
        entries = store.list_entries(session, EVERYTHING, Filter())[::-1]
        assert service.walk(session) == service.Chain(3, entries[-1].hash, None)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.prev_hash for entry in entries] == [NO_HASH, entries[0].hash, entries[1].hash]
    assert entries[2].facts["fields"] == ["name", "birth_date"]


@pytest.mark.parametrize("change", ["update audit_log set action = 'x'", "delete from audit_log"])
def test_nothing_in_it_can_be_changed(database: Database, record: Record, change: str) -> None:
    record()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.write() as session:
        session.exec_driver_sql(change)


def tamper(database: Database, statement: sa.UpdateBase) -> None:
    """Change the log as somebody could who owns the database."""
    triggers = ("append_only",) if database.is_postgresql else ("no_update", "no_delete")
    with database.write() as session:
        for name in triggers:
            table = " on audit_log" if database.is_postgresql else ""
            session.exec_driver_sql(f"drop trigger audit_log_{name}{table}")
        session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        (sa.update(audit_log).where(audit_log.c.seq == 2).values(account_id=BOB), 2),
        (sa.update(audit_log).where(audit_log.c.seq == 3).values(details="{}"), 3),
        (sa.delete(audit_log).where(audit_log.c.seq == 2), 3),
        (sa.delete(audit_log).where(audit_log.c.seq == 1), 2),
    ],
)
def test_a_change_behind_our_back_is_found(
    database: Database, record: Record, statement: sa.UpdateBase, broken: int
) -> None:
    for _ in range(4):
        record(details={"count": 1})
    tamper(database, statement)
    with database.read() as session:
        assert service.verify(session) == broken


def test_those_who_write_at_the_same_time_make_one_chain(database: Database, record: Record) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: record(), range(12)))
    with database.read() as session:
        assert (service.walk(session).rows, service.verify(session)) == (12, None)


@pytest.mark.parametrize("text", ["山田太郎", "+819012345678", "09012345678", "two words", "x" * 81])
def test_names_and_numbers_do_not_get_in(database: Database, record: Record, text: str) -> None:
    for values in ({"details": {"name": text}}, {"details": {"names": [{"a": text}]}}, {"subject": ("worker", text)}):
        with pytest.raises(ValueError, match="ids, field names and counts only"):
            record(**values)


def test_each_reads_only_what_is_its_own_matter(database: Database, record: Record) -> None:
    record("a.one", contractor_id=DAIWA)
    record("a.two", contractor_id=SATO)
    record("a.three")

    def seen(scope: Scope) -> list[str]:
        with database.read() as session:
            return [entry.action for entry in store.list_entries(session, scope, Filter())]

    assert seen(EVERYTHING) == ["a.three", "a.two", "a.one"]
    assert seen(Scope(primes=frozenset({DAIWA}))) == ["a.one"]
    assert seen(Scope(employers=frozenset({SATO, DAIWA}))) == ["a.two", "a.one"]
    assert seen(NOTHING) == []


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (Filter(account_id=BOB), ["site.added"]),
        (Filter(area="worker"), ["worker.changed", "worker.added"]),
        (Filter(subject_kind="worker", subject_id="w-1"), ["worker.changed", "worker.added"]),
        (
            Filter(first_day=date(2026, 11, 16), last_day=date(2026, 11, 16)),
            ["worker.changed", "site.added", "worker.added"],
        ),
        (Filter(first_day=date(2026, 11, 17)), []),
        (Filter(last_day=date(2026, 11, 15)), []),
    ],
)
def test_the_log_is_filtered(database: Database, record: Record, wanted: Filter, actions: list[str]) -> None:
    record("worker.added", subject=("worker", "w-1"))
    record("site.added", by=BOB, subject=("site", "s-1"))
    record("worker.changed", subject=("worker", "w-1"))
    with database.read() as session:
        found = store.list_entries(session, EVERYTHING, wanted)
        assert [entry.action for entry in found] == actions
        older = store.list_entries(session, EVERYTHING, wanted, before=3, limit=1)
        assert [entry.action for entry in older] == [action for action in actions if action != "worker.changed"][:1]
        assert set(store.list_actors(session, EVERYTHING)) == {ANNA, BOB}
