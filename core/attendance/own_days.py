"""A worker's own record whole, for himself: every day that stands. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import WorkerId
from core.registry.tables import contractors, sites
from core.scope import Scope


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One day at one site, as the worker takes it home."""

    work_date: date
    site: str
    ccus_site_id: str | None
    prime: str
    contractor: str | None
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    is_direct: bool


def list_days(session: Session, scope: Scope, worker_id: WorkerId) -> list[OwnDay]:
    """Return all days of a worker that the scope reaches, the newest first."""
    day, prime = attendance_days.c, contractors.alias("prime")
    statement = (
        sa.select(
            *(day[name] for name in ("work_date", "first_entry_at", "last_exit_at", "is_direct")),
            sites.c.name.label("site"),
            sites.c.ccus_site_id,
            prime.c.name.label("prime"),
            contractors.c.name.label("contractor"),
        )
        .join(sites, sites.c.site_id == day.site_id)
        .join(prime, prime.c.contractor_id == day.prime_contractor_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
        .where(day.worker_id == worker_id, ~day.is_void, day_is_visible(scope))
        .order_by(day.work_date.desc(), sites.c.name)
    )
    return [as_model(OwnDay, row) for row in session.execute(statement)]
