"""A world of any size on PostgreSQL, written with COPY: workers, sites, and days that look like a country's last weeks.

Everything follows from the counts alone (no randomness), and passes by the services: only for measuring.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice

import sqlalchemy as sa

from core.attendance import visits
from core.clock import work_date
from core.db import Database, Session, metadata
from core.phone import PhoneSealer
from genba.bench.world_ledger import COLUMNS, WorldLedger
from genba.bench.world_rows import Rows, Size, World, working_days

LINES_OF_COPY = 5_000


def build(database: Database, sealer: PhoneSealer, size: Size, now: datetime, say: Callable[[str], None]) -> None:
    """Fill an empty, migrated PostgreSQL database. Raises ValueError on SQLite, or when something is there already."""
    if not database.is_postgresql:
        raise ValueError("large worlds are written with COPY, which is PostgreSQL's")
    with database.write() as session:
        session.execute(sa.text("set local statement_timeout = 0"))
        if session.scalar(sa.text("select exists (select from workers)")):
            raise ValueError("the database is not empty")
        codes = tuple(session.scalars(sa.text("select occupation_code from occupations order by 1")))
        world = World(size, sealer, working_days(work_date(now), size.days), codes)
        say("registry")
        for table, rows in world.registry():
            _copy_rows(session, table, rows)
        for table, lines in WorldLedger(world).tables():
            say(table)
            _copy_without_indexes(session, table, lines)
        say("counters and grants")
        _count(session)
        visits.rebuild(session, work_date(now))
    say("statistics of the tables")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.exec_driver_sql("set statement_timeout = 0")
        session.exec_driver_sql("vacuum analyze")


def _copy_rows(session: Session, table: str, rows: Rows) -> None:
    first = next(rows, None)
    if first is not None:
        _copy(session, table, ", ".join(first), map(_line, chain([first], rows)))


def _line(row: Mapping[str, object]) -> str:
    return "\t".join("\\N" if value is None else str(value) for value in row.values()) + "\n"


def _copy(session: Session, table: str, columns: str, lines: Iterator[str]) -> None:
    cursor = session.connection.cursor()
    with cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        while block := list(islice(lines, LINES_OF_COPY)):
            copy.write("".join(block))


def _copy_without_indexes(session: Session, name: str, lines: Iterator[str]) -> None:
    """Copy with the secondary indexes away, which are built faster at once than row by row."""
    table = metadata.tables[name]
    for index in table.indexes:
        index.drop(session)
    _copy(session, name, COLUMNS[name], lines)
    for index in table.indexes:
        index.create(session)


def _count(session: Session) -> None:
    session.exec_driver_sql(
        "insert into review_items (punch_id, seq, kind, is_open, judged_at, happened_at, phone_id, worker_id, site_id, "
        "prime_contractor_id, contractor_id, work_date) "
        "select j.punch_id, j.seq, j.reason, true, j.judged_at, j.effective_at, p.phone_id, j.worker_id, j.site_id, "
        "j.prime_contractor_id, null, j.work_date from judgements j join punches p on p.punch_id = j.punch_id "
        "where j.verdict = 'needs_review'"
    )
    session.exec_driver_sql(
        "insert into worker_months (worker_id, month, days_worked, records) "
        "select worker_id, date_trunc('month', work_date)::date, count(distinct work_date), count(*) "
        "from attendance_days group by 1, 2"
    )
    session.exec_driver_sql(
        "insert into site_months (site_id, month, prime_contractor_id, records) "
        "select site_id, date_trunc('month', work_date)::date, prime_contractor_id, count(*) "
        "from attendance_days group by 1, 2, 3"
    )
