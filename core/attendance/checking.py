"""Whether the ledger is whole: the queries of `genba db check`. Each reads in one statement, so that a punch that is
recorded meanwhile raises no false alarm; nothing here mends.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Channel, Direction, Verdict
from core.attendance.records import newest_judgements
from core.attendance.tables import attendance_days, judgements, punches, site_months, worker_months
from core.db import Session, as_model
from core.ids import PunchId, SiteId, WorkerId
from core.registry.tables import contractors, phones, sites, workers

# The ledger has no foreign keys (ADR 0003): what each column refers to is written here.
_REFERENCES = (
    (punches.c.phone_id, phones.c.phone_id),
    (punches.c.named_worker_id, workers.c.worker_id),
    (punches.c.named_site_id, sites.c.site_id),
    (judgements.c.punch_id, punches.c.punch_id),
    (judgements.c.worker_id, workers.c.worker_id),
    (judgements.c.site_id, sites.c.site_id),
    (attendance_days.c.worker_id, workers.c.worker_id),
    (attendance_days.c.site_id, sites.c.site_id),
    (attendance_days.c.contractor_id, contractors.c.contractor_id),
    (worker_months.c.worker_id, workers.c.worker_id),
    (site_months.c.site_id, sites.c.site_id),
)


@dataclass(frozen=True, slots=True)
class DanglingReference:
    """How many rows of a table name something, in a column, that another table does not have."""

    table: str
    column: str
    missing: str
    count: int


@dataclass(frozen=True, slots=True)
class DayKey:
    """Which attendance day is meant."""

    worker_id: WorkerId
    site_id: SiteId
    work_date: date


@dataclass(frozen=True, slots=True)
class Miscount:
    """A counter of one worker (table worker_months) or site (site_months), and by how much it is too high."""

    table: str
    owner_id: UUID
    month: date
    days_worked: int
    records: int


def find_unjudged(session: Session, before: datetime) -> dict[PunchId, datetime]:
    """Return the punches received before an instant that have no judgement at all, with when they were received."""
    is_judged = sa.exists().where(judgements.c.punch_id == punches.c.punch_id)
    statement = sa.select(punches.c.punch_id, punches.c.received_at).where(punches.c.received_at < before, ~is_judged)
    return {PunchId(row.punch_id): row.received_at for row in session.execute(statement)}


def find_dangling_references(session: Session) -> list[DanglingReference]:
    """Return the columns in which something is named that does not exist; judgements without punch among them."""
    counted = sa.union_all(*(_count_dangling(column, owner) for column, owner in _REFERENCES)).subquery()
    statement = sa.select(counted).where(counted.c.count > 0).order_by(counted.c.table, counted.c.column)
    return [as_model(DanglingReference, row) for row in session.execute(statement)]


def find_changed_days(session: Session, limit: int = 20) -> list[DayKey]:
    """Return days that differ from a rebuild of the judgements that hold, and days that should be there and are not.

    Whether an open day was closed already is not judged here: it may carry the entry or the flag.
    """
    rebuilt, day = _rebuilt_days(), attendance_days.c
    is_same_day = (
        (day.worker_id == rebuilt.c.worker_id)
        & (day.site_id == rebuilt.c.site_id)
        & (day.work_date == rebuilt.c.work_date)
    )
    changed = (
        sa.select(day.worker_id, day.site_id, day.work_date)
        .outerjoin(rebuilt, is_same_day)
        .where(_differs(day, rebuilt.c))
    )
    lacking = sa.select(rebuilt.c.worker_id, rebuilt.c.site_id, rebuilt.c.work_date).where(
        ~sa.exists().where(is_same_day)
    )
    found = sa.union_all(changed, lacking).subquery()
    statement = sa.select(found).order_by(found.c.work_date, found.c.worker_id, found.c.site_id).limit(limit)
    return [as_model(DayKey, row) for row in session.execute(statement)]


def find_miscounts(session: Session, limit: int = 20) -> list[Miscount]:
    """Return the counters of months that differ from a recount of the days."""
    # What is stored is added, what a recount finds is taken away: nothing but zeros is left when they agree.
    entries = sa.union_all(*_stored_counts(), *_recounts()).subquery()
    keys = (entries.c.table, entries.c.owner_id, entries.c.year, entries.c.month)
    days_worked, records = sa.func.sum(entries.c.days_worked), sa.func.sum(entries.c.records)
    statement = (
        sa.select(*keys, days_worked.label("days_worked"), records.label("records"))
        .group_by(*keys)
        .having((days_worked != 0) | (records != 0))
        .order_by(*keys)
        .limit(limit)
    )
    return [
        Miscount(
            row.table, row.owner_id, date(int(row.year), int(row.month), 1), int(row.days_worked), int(row.records)
        )
        for row in session.execute(statement)
    ]


def _count_dangling(column: sa.Column[Any], owner: sa.Column[Any]) -> sa.Select[Any]:
    names = {"table": column.table.name, "column": column.name, "missing": owner.table.name}
    labels: list[sa.ColumnElement[Any]] = [sa.literal(name).label(label) for label, name in names.items()]
    return (
        sa.select(*labels, sa.func.count().label("count"))
        .select_from(column.table)
        .where(column.is_not(None), ~sa.exists().where(owner == column))
    )


def _rebuilt_days() -> sa.CTE:
    """Return what core.attendance.rules.derive_day makes of the judgements that hold, as a statement."""
    held = newest_judgements()
    is_entry, is_exit = held.c.direction == Direction.ENTRY, held.c.direction == Direction.EXIT
    return (
        sa.select(
            held.c.worker_id,
            held.c.site_id,
            held.c.work_date,
            sa.func.min(sa.case((is_entry, held.c.effective_at))).label("first_entry_at"),
            sa.func.max(sa.case((is_entry, held.c.effective_at))).label("last_entry_at"),
            sa.func.max(sa.case((is_exit, held.c.effective_at))).label("last_exit_at"),
            sa.func.min(sa.case((punches.c.channel == Channel.DIRECT, 1), else_=0)).label("is_direct"),
        )
        .join(punches, punches.c.punch_id == held.c.punch_id)
        .where(held.c.verdict == Verdict.ACCEPTED, held.c.worker_id.is_not(None), held.c.work_date.is_not(None))
        .group_by(held.c.worker_id, held.c.site_id, held.c.work_date)
        .cte("rebuilt")
    )


def _differs(day: Any, rebuilt: Any) -> sa.ColumnElement[bool]:
    is_inside = (rebuilt.last_exit_at.is_(None)) | (rebuilt.last_entry_at > rebuilt.last_exit_at)
    inside_since = sa.case((is_inside, rebuilt.last_entry_at))
    is_wrongly_open = ~day.missing_exit & day.inside_since.is_distinct_from(inside_since)
    is_wrongly_closed = day.missing_exit & (inside_since.is_(None) | day.inside_since.is_not(None))
    # An entry and an exit that people moved to one instant have no order: then both states are right.
    is_tie = sa.func.coalesce(rebuilt.last_entry_at == rebuilt.last_exit_at, sa.false())
    return sa.or_(
        day.is_void != rebuilt.worker_id.is_(None),
        day.first_entry_at.is_distinct_from(rebuilt.first_entry_at),
        day.last_exit_at.is_distinct_from(rebuilt.last_exit_at),
        sa.case((day.is_direct, 1), else_=0) != sa.func.coalesce(rebuilt.is_direct, 0),
        ~is_tie & (is_wrongly_open | is_wrongly_closed),
    )


def _stored_counts() -> tuple[sa.Select[Any], ...]:
    return (
        _counts("worker_months", worker_months.c.worker_id, worker_months.c.month).add_columns(
            worker_months.c.days_worked.label("days_worked"), worker_months.c.records.label("records")
        ),
        _counts("site_months", site_months.c.site_id, site_months.c.month).add_columns(
            sa.literal(0).label("days_worked"), site_months.c.records.label("records")
        ),
    )


def _recounts() -> tuple[sa.Select[Any], ...]:
    day = attendance_days.c
    recounts = (
        ("worker_months", day.worker_id, -sa.func.count(sa.distinct(day.work_date))),
        ("site_months", day.site_id, sa.literal(0)),
    )
    return tuple(
        _counts(table, owner, day.work_date)
        .add_columns(days_worked.label("days_worked"), (-sa.func.count()).label("records"))
        .where(~day.is_void)
        .group_by(owner, sa.extract("year", day.work_date), sa.extract("month", day.work_date))
        for table, owner, days_worked in recounts
    )


def _counts(table: str, owner: sa.ColumnElement[Any], on: sa.ColumnElement[date]) -> sa.Select[Any]:
    return sa.select(
        sa.literal(table).label("table"),
        owner.label("owner_id"),
        sa.extract("year", on).label("year"),
        sa.extract("month", on).label("month"),
    )
