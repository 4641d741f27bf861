"""The queries behind who is expected at a site: who is assigned to it, and who came on its last working days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from core.attendance.expecting import WORKING_DAYS, Habit
from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.clock import instant_on
from core.db import Session
from core.ids import SiteId, WorkerId
from core.registry.model import Site
from core.registry.tables import affiliations, contractors, site_assignments, sites, workers
from core.registry.visibility import Condition, crew_is_visible, site_is_whole
from core.scope import Scope

LOOK_BACK = timedelta(days=31)  # a site that rested longer begins anew
MIDNIGHT = timedelta(0)


def read_habits(session: Session, scope: Scope, site: Site, today: date) -> list[Habit]:
    """Return those who are assigned today or came lately, whom the scope reaches, each once."""
    regulars = _regulars(session, scope, site.site_id, today)
    assigned = _assigned(session, scope, site.site_id, today)
    for worker_id, habit in assigned.items():
        known = regulars.get(worker_id)
        regulars[worker_id] = habit if known is None else replace(known, is_assigned=True)
    return list(regulars.values())


def last_working_days(session: Session, scope: Scope, site_id: SiteId, before: date) -> list[date]:
    """Return the site's last work dates before a date on which anybody came, the newest first."""
    day = attendance_days.c
    dates: list[date] = []
    until = before
    while len(dates) < WORKING_DAYS:  # each step reads one end of the index: cheaper than all dates of a month
        newest: date | None = session.scalar(
            sa.select(sa.func.max(day.work_date))
            .where(day.site_id == site_id, day.work_date < until, day.work_date >= before - LOOK_BACK)
            .where(~day.is_void, day_is_visible(scope))
        )
        if newest is None:
            break
        dates.append(newest)
        until = newest
    return dates


def _regulars(session: Session, scope: Scope, site_id: SiteId, today: date) -> dict[WorkerId, Habit]:
    dates = last_working_days(session, scope, site_id, today)
    day = attendance_days.c
    came = (
        sa.select(
            day.worker_id,
            day.contractor_id,
            sa.func.count().label("days"),
            sa.func.max(day.work_date).label("last_on"),
            # Dates and times as text in one column: two thousand people are then two thousand rows, not ten.
            sa.func.aggregate_strings(_entry_as_text(), ",").label("entries"),
        )
        .where(day.site_id == site_id, day.work_date.in_(dates), ~day.is_void, day_is_visible(scope))
        .group_by(day.worker_id, day.contractor_id)
        .subquery("came")
    )
    statement = (
        sa.select(came, workers.c.name, contractors.c.name.label("contractor_name"))
        .join(workers, workers.c.worker_id == came.c.worker_id)
        .outerjoin(contractors, contractors.c.contractor_id == came.c.contractor_id)
        .order_by(came.c.last_on)  # the contractor he came for last is the one that holds
    )
    habits: dict[WorkerId, Habit] = {}
    for row in session.execute(statement):
        before = habits.get(row.worker_id)
        habits[row.worker_id] = Habit(
            row.worker_id,
            row.name,
            row.contractor_id,
            row.contractor_name,
            days=row.days + (before.days if before else 0),
            entries=_entries(row.entries) + (before.entries if before else ()),
        )
    return habits


def _entry_as_text() -> sa.ColumnElement[str]:
    day = attendance_days.c
    return sa.cast(day.work_date, sa.Text) + sa.literal("=") + sa.cast(day.first_entry_at, sa.Text)


def _entries(text: str | None) -> tuple[timedelta, ...]:
    """Return the times after midnight of entries given as 2026-11-16=2026-11-15 22:52:00+00, parted by commas."""
    pairs: Sequence[list[str]] = [entry.split("=") for entry in (text or "").split(",") if entry]
    return tuple(datetime.fromisoformat(at) - instant_on(date.fromisoformat(on), MIDNIGHT) for on, at in pairs)


def _assigned(session: Session, scope: Scope, site_id: SiteId, today: date) -> dict[WorkerId, Habit]:
    employed = sa.and_(affiliations.c.worker_id == site_assignments.c.worker_id, _holds(affiliations, today))
    statement = (
        sa.select(
            workers.c.worker_id,
            workers.c.name,
            contractors.c.contractor_id,
            contractors.c.name.label("contractor_name"),
        )
        .select_from(site_assignments)
        .join(workers, workers.c.worker_id == site_assignments.c.worker_id)
        .join(sites, sites.c.site_id == site_assignments.c.site_id)
        .outerjoin(affiliations, employed)
        .outerjoin(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(site_assignments.c.site_id == site_id, _holds(site_assignments, today))
        .where(
            sa.or_(
                site_is_whole(scope), crew_is_visible(scope, site_assignments.c.site_id, affiliations.c.contractor_id)
            )
        )
    )
    return {
        row.worker_id: Habit(row.worker_id, row.name, row.contractor_id, row.contractor_name, is_assigned=True)
        for row in session.execute(statement)
    }


def _holds(table: sa.Table, on: date) -> Condition:
    return sa.and_(table.c.valid_from <= on, sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= on))
