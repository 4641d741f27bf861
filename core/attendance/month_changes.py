"""Which days of a month changed after a party had checked it: what counted then, beside what counts now. Reads only.

What counted then follows from the judgements: none is ever lost, so the day can be rebuilt as it was at any moment.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.attendance.calendar_model import DayChange, DayTimes, MonthDifference, next_month
from core.attendance.model import Direction, Verdict
from core.attendance.tables import attendance_days, judgements
from core.attendance.visibility import day_is_visible
from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.tables import workers
from core.scope import Scope

_Key = tuple[WorkerId, date]


def with_changes(session: Session, scope: Scope, difference: MonthDifference) -> MonthDifference:
    """Return a difference with the days that changed, as far as the scope reaches."""
    place = (difference.site_id, difference.contractor_id)
    return replace(difference, changes=changes_since(session, scope, place, difference.month, difference.since))


def changes_since(
    session: Session, scope: Scope, place: tuple[SiteId, ContractorId], month: date, since: datetime
) -> tuple[DayChange, ...]:
    """Return the days of a contractor's month at a site that are no longer what they were at an instant, by date.

    Not among them is a day that only changed its contractor.
    """
    touched = session.execute(_touched(scope, place, month, since)).all()
    before = _times_at(session, place[0], {(row.worker_id, row.work_date) for row in touched}, since)
    changes = (
        DayChange(
            worker_id=row.worker_id,
            worker_name=row.worker,
            work_date=row.work_date,
            changed_at=row.changed_at,
            before=before.get((row.worker_id, row.work_date)),
            after=None if row.is_void else DayTimes(row.first_entry_at, row.last_exit_at),
        )
        for row in touched
    )
    return tuple(change for change in changes if change.before != change.after)


def _touched(
    scope: Scope, place: tuple[SiteId, ContractorId], month: date, since: datetime
) -> sa.Select[tuple[Any, ...]]:
    """Return the query of the days with a punch that was judged after an instant, for this day or away from it."""
    day, judged, later = attendance_days.c, judgements.c, judgements.alias("later").c
    columns = [day[name] for name in ("worker_id", "work_date", "first_entry_at", "last_exit_at", "is_void")]
    return (
        sa.select(*columns, workers.c.name.label("worker"), sa.func.max(later.judged_at).label("changed_at"))
        .select_from(attendance_days)
        .join(
            judgements,
            sa.and_(
                judged.worker_id == day.worker_id, judged.site_id == day.site_id, judged.work_date == day.work_date
            ),
        )
        .join(later.punch_id.table, sa.and_(later.punch_id == judged.punch_id, later.judged_at > since))
        .outerjoin(workers, workers.c.worker_id == day.worker_id)
        .where(day.site_id == place[0], day.contractor_id == place[1], day_is_visible(scope))
        .where(day.work_date >= month, day.work_date < next_month(month))
        .group_by(*columns, workers.c.name)
        .order_by(day.work_date, workers.c.name, day.worker_id)
    )


def _times_at(session: Session, site_id: SiteId, keys: Collection[_Key], at: datetime) -> dict[_Key, DayTimes]:
    """Return what the days of workers at a site were at an instant; those that did not count are left out."""
    judged, later = judgements.c, judgements.alias("later").c
    newer = (
        sa.exists()
        .where(later.punch_id == judged.punch_id, later.seq > judged.seq, later.judged_at <= at)
        .correlate(judgements)
    )
    is_entry, is_exit = judged.direction == Direction.ENTRY, judged.direction == Direction.EXIT
    statement = (
        sa.select(
            judged.worker_id,
            judged.work_date,
            sa.func.min(sa.case((is_entry, judged.effective_at))).label("entry_at"),
            sa.func.max(sa.case((is_exit, judged.effective_at))).label("exit_at"),
        )
        .where(judged.site_id == site_id, judged.verdict == Verdict.ACCEPTED, judged.judged_at <= at, ~newer)
        .where(judged.worker_id.in_({worker_id for worker_id, _ in keys}))
        .where(judged.work_date.in_({on for _, on in keys}))
        .group_by(judged.worker_id, judged.work_date)
    )
    rows = session.execute(statement) if keys else ()
    return {(row.worker_id, row.work_date): DayTimes(row.entry_at, row.exit_at) for row in rows}
