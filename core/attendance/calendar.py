"""The queries of the month calendar: one worker's month, and the matrix of many workers. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance.calendar_model import CalendarDay, Matrix, MatrixRow, MonthQuery, MonthTotals, next_month
from core.attendance.calendar_waiting import waiting_days, waits
from core.attendance.counting import DayFacts, missing_steps
from core.attendance.tables import attendance_days, judgements
from core.attendance.visibility import day_is_visible
from core.clock import instant_on
from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.reach import once_employed
from core.registry.rules import covers
from core.registry.tables import (
    assignment_tasks,
    contractors,
    occupations,
    site_assignments,
    site_tasks,
    sites,
    worker_occupations,
    workers,
)
from core.scope import Scope

WORKERS_A_PAGE = 45
_Row = Any  # a row of a query


def worker_month(
    session: Session, scope: Scope, worker_id: WorkerId, month: date, now: datetime
) -> tuple[CalendarDay, ...]:
    """Return a worker's days of a month that the scope reaches, in their order."""
    return tuple(_days(session, scope, MonthQuery(month, worker_id=worker_id), [worker_id], now))


def read_matrix(session: Session, scope: Scope, query: MonthQuery, now: datetime, *, offset: int = 0) -> Matrix:
    """Return one page of the workers who have days in the month, by kana and name, with all their days of the query.

    Who has nothing but punches that wait for a person is among them.
    """
    person = sa.select(workers.c.worker_id, workers.c.name)
    shown = session.execute(
        person.where(workers.c.worker_id.in_(_worker_ids(scope, query)))
        .order_by(workers.c.name_kana, workers.c.name, workers.c.worker_id)
        .limit(WORKERS_A_PAGE)
        .offset(offset)
    ).all()
    by_worker: dict[WorkerId, list[CalendarDay]] = defaultdict(list)
    for day in _days(session, scope, query, [row.worker_id for row in shown], now):
        by_worker[day.worker_id].append(day)
    rows = tuple(_matrix_row(row.worker_id, row.name, by_worker[row.worker_id]) for row in shown)
    return Matrix(rows, *_counted(session, scope, query))


def totals_of(days: Iterable[CalendarDay]) -> MonthTotals:
    """Return what one worker's days add up to."""
    known = list(days)
    recorded = [day for day in known if day.is_recorded]
    return MonthTotals(
        records=len(recorded),
        days_worked=len({day.work_date for day in recorded}),
        counting_days=len({day.work_date for day in recorded if day.counts}),
        mutual_aid_days=len({day.work_date for day in recorded if day.has_mutual_aid}),
        holes=sum(day.has_hole for day in known),
    )


def contractors_at(session: Session, scope: Scope, site_id: SiteId, month: date) -> list[tuple[ContractorId, str]]:
    """Return the contractors whose people have days at a site in a month, by name."""
    ids = sa.select(attendance_days.c.contractor_id).where(*_conditions(scope, MonthQuery(month, site_id=site_id)))
    names = sa.select(contractors.c.contractor_id, contractors.c.name).where(contractors.c.contractor_id.in_(ids))
    return [(row.contractor_id, row.name) for row in session.execute(names.order_by(contractors.c.name))]


def _matrix_row(worker_id: WorkerId, name: str, days: Sequence[CalendarDay]) -> MatrixRow:
    by_date: dict[date, list[CalendarDay]] = defaultdict(list)
    for day in days:
        by_date[day.work_date].append(day)
    names = tuple(dict.fromkeys(day.contractor_name for day in days if day.contractor_name))
    return MatrixRow(worker_id, name, names, {on: tuple(found) for on, found in by_date.items()}, totals_of(days))


def _conditions(scope: Scope, query: MonthQuery) -> list[sa.ColumnElement[bool]]:
    day = attendance_days.c
    found = [day.work_date >= query.month, day.work_date < next_month(query.month), ~day.is_void, day_is_visible(scope)]
    if query.worker_id is not None:
        found.append(day.worker_id == query.worker_id)
    if query.site_id is not None:
        found.append(day.site_id == query.site_id)
    if query.contractor_id is not None:
        # Nothing is indexed by contractor: who ever belonged to it is, by worker.
        found += [day.contractor_id == query.contractor_id, day.worker_id.in_(once_employed(query.contractor_id))]
    return found


def _worker_ids(scope: Scope, query: MonthQuery) -> sa.CompoundSelect[tuple[WorkerId]]:
    """Return the query of the workers with recorded days, or with punches that wait for a person."""
    recorded = sa.select(attendance_days.c.worker_id).where(*_conditions(scope, query))
    return recorded.union(sa.select(judgements.c.worker_id).where(*waits(scope, query)))


def _counted(session: Session, scope: Scope, query: MonthQuery) -> tuple[int, int, int]:
    """Return how many workers, records and days worked there are on all pages."""
    each = (
        sa.select(
            attendance_days.c.worker_id,
            sa.func.count().label("records"),
            sa.func.count(attendance_days.c.work_date.distinct()).label("days_worked"),
        )
        .where(*_conditions(scope, query))
        .group_by(attendance_days.c.worker_id)
        .subquery()
    )
    sums = [sa.func.coalesce(sa.func.sum(each.c[name]), 0) for name in ("records", "days_worked")]
    row = session.execute(sa.select(*sums).select_from(each)).one()
    people = session.scalar(sa.select(sa.func.count()).select_from(_worker_ids(scope, query).subquery()))
    return people or 0, int(row[0]), int(row[1])


def _days(
    session: Session, scope: Scope, query: MonthQuery, worker_ids: Collection[WorkerId], now: datetime
) -> list[CalendarDay]:
    """Return the days of some workers, with those dates that have nothing but punches which wait for a person."""
    if not worker_ids:
        return []
    recorded = session.execute(_recorded(scope, query, worker_ids)).all()
    waiting = {
        (row.worker_id, row.site_id, row.work_date): row
        for row in session.execute(waiting_days(scope, query, worker_ids))
    }
    trades = _occupations(session, worker_ids)
    expected = _assignments(session, worker_ids)
    known = {(row.worker_id, row.site_id, row.work_date) for row in recorded}
    rows = [*recorded, *(row for key, row in waiting.items() if key not in known)]
    days = [
        _day(
            row,
            trades.get(row.worker_id, ""),
            _on(expected.get((row.worker_id, row.site_id), ()), row.work_date),
            is_recorded=(row.worker_id, row.site_id, row.work_date) in known,
            needs_review=(row.worker_id, row.site_id, row.work_date) in waiting,
            now=now,
        )
        for row in rows
    ]
    return sorted(days, key=lambda day: (day.work_date, day.first_entry_at or day.last_exit_at or now, day.site_name))


def _day(
    row: _Row, occupation: str, assignment: _Row | None, *, is_recorded: bool, needs_review: bool, now: datetime
) -> CalendarDay:
    facts = DayFacts(
        has_ccus_id=row.ccus_worker_id is not None,
        has_contractor=row.contractor_id is not None or not is_recorded,
        has_occupation=bool(occupation),
        has_entry=row.first_entry_at is not None,
        has_exit=row.last_exit_at is not None and not row.missing_exit,
        is_over=now >= instant_on(row.work_date, timedelta(days=1, minutes=row.day_starts_min)),
        needs_review=needs_review,
    )
    return CalendarDay(
        worker_id=row.worker_id,
        worker_name=row.worker_name,
        work_date=row.work_date,
        site_id=row.site_id,
        site_name=row.site_name,
        prime_name=row.prime_name,
        contractor_id=row.contractor_id,
        contractor_name=row.contractor_name,
        has_mutual_aid=row.mutual_aid,
        occupation=occupation,
        position=assignment.position if assignment else None,
        task=(assignment.task or "") if assignment else "",
        hazardous_substances=(assignment.hazardous_substances or "") if assignment else "",
        first_entry_at=row.first_entry_at,
        last_exit_at=row.last_exit_at,
        is_direct=row.is_direct,
        is_recorded=is_recorded,
        missing=missing_steps(facts),
        prime_contractor_id=row.prime_contractor_id,
    )


def _recorded(scope: Scope, query: MonthQuery, worker_ids: Collection[WorkerId]) -> sa.Select[Any]:
    day, prime = attendance_days.c, contractors.alias("prime")
    names = ("worker_id", "site_id", "work_date", "prime_contractor_id", "contractor_id")
    return (
        sa.select(
            *(day[name] for name in (*names, "first_entry_at", "last_exit_at", "missing_exit", "is_direct")),
            workers.c.name.label("worker_name"),
            workers.c.ccus_worker_id,
            sites.c.name.label("site_name"),
            sites.c.day_starts_min,
            prime.c.name.label("prime_name"),
            contractors.c.name.label("contractor_name"),
            contractors.c.mutual_aid,
        )
        .join(workers, workers.c.worker_id == day.worker_id)
        .join(sites, sites.c.site_id == day.site_id)
        .join(prime, prime.c.contractor_id == day.prime_contractor_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
        .where(day.worker_id.in_(worker_ids), *_conditions(scope, query))
    )


def _occupations(session: Session, worker_ids: Collection[WorkerId]) -> dict[WorkerId, str]:
    """Return each worker's first occupation."""
    statement = (
        sa.select(worker_occupations.c.worker_id, occupations.c.name)
        .join(occupations, occupations.c.occupation_code == worker_occupations.c.occupation_code)
        .where(worker_occupations.c.worker_id.in_(worker_ids))
        .order_by(worker_occupations.c.rank.desc())
    )
    return {row.worker_id: row.name for row in session.execute(statement)}


def _assignments(session: Session, worker_ids: Collection[WorkerId]) -> dict[tuple[WorkerId, SiteId], list[_Row]]:
    expected = site_assignments.c
    statement = (
        sa.select(
            *(expected[name] for name in ("worker_id", "site_id", "position", "valid_from", "valid_until")),
            site_tasks.c.name.label("task"),
            site_tasks.c.hazardous_substances,
        )
        .outerjoin(assignment_tasks, assignment_tasks.c.assignment_id == expected.assignment_id)
        .outerjoin(site_tasks, site_tasks.c.site_task_id == assignment_tasks.c.site_task_id)
        .where(expected.worker_id.in_(worker_ids))
    )
    found: dict[tuple[WorkerId, SiteId], list[_Row]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.worker_id, row.site_id].append(row)
    return found


def _on(assignments: Iterable[_Row], day: date) -> _Row | None:
    return next((row for row in assignments if covers(row.valid_from, row.valid_until, day)), None)
