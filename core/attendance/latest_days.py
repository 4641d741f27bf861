"""The days a worker was last on site, as far as a viewer reaches them."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import SiteId, WorkerId
from core.registry.tables import sites
from core.scope import Scope

DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True)
class LatestDay:
    """One worker's day at one site."""

    work_date: date
    site_id: SiteId
    site_name: str
    first_entry_at: datetime | None
    last_exit_at: datetime | None


def latest_days(session: Session, scope: Scope, worker_id: WorkerId, limit: int = DAYS_SHOWN) -> list[LatestDay]:
    """Return the newest days of a worker that a scope reaches, the newest first."""
    day = attendance_days.c
    rows = session.execute(
        sa.select(day.work_date, day.site_id, sites.c.name.label("site_name"), day.first_entry_at, day.last_exit_at)
        .join(sites, sites.c.site_id == day.site_id)
        .where(day.worker_id == worker_id, ~day.is_void, day_is_visible(scope))
        .order_by(day.work_date.desc(), day.first_entry_at.desc())
        .limit(limit)
    )
    return [as_model(LatestDay, row) for row in rows]
