"""The queries of a site's structure beside links and proposals: who was there, who is declared, how all are called."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import ContractorId, SiteId
from core.registry.model import Participation
from core.registry.tables import contractors, participations, sites
from core.registry.visibility import crew_is_visible, site_is_whole
from core.scope import Scope


@dataclass(frozen=True, slots=True)
class Seen:
    """How many people of a contractor came to a site, and when first and last."""

    workers: int
    first_day: date | None
    last_day: date | None


def seen_at(session: Session, scope: Scope, site_id: SiteId) -> dict[ContractorId, Seen]:
    """Return who came to a site, by contractor, as far as the scope reaches."""
    day = attendance_days.c
    statement = (
        sa.select(
            day.contractor_id,
            sa.func.count(day.worker_id.distinct()).label("workers"),
            sa.func.min(day.work_date).label("first_day"),
            sa.func.max(day.work_date).label("last_day"),
        )
        .where(day.site_id == site_id, ~day.is_void, day.contractor_id.is_not(None), day_is_visible(scope))
        .group_by(day.contractor_id)
    )
    return {row.contractor_id: as_model(Seen, row) for row in session.execute(statement)}


def parts_with_upper(session: Session, scope: Scope, site_id: SiteId) -> list[Participation]:
    """Return the participations of a site that name an upper contractor and have no end, within the scope."""
    part = participations.c
    whole = part.site_id.in_(sa.select(sites.c.site_id).where(site_is_whole(scope)))
    own = part.contractor_id.in_(scope.employers) if scope.employers else sa.false()
    statement = (
        sa.select(participations)
        .where(part.site_id == site_id, part.upper_contractor_id.is_not(None), part.valid_until.is_(None))
        .where(sa.or_(whole, own, crew_is_visible(scope, part.site_id, part.upper_contractor_id)))
        .order_by(part.participation_id)
    )
    return [as_model(Participation, row) for row in session.execute(statement)]


def names_of(session: Session, contractor_ids: Collection[ContractorId]) -> dict[ContractorId, str]:
    """Return the names of contractors."""
    statement = sa.select(contractors.c.contractor_id, contractors.c.name)
    rows = session.execute(statement.where(contractors.c.contractor_id.in_(contractor_ids)))
    return {row.contractor_id: row.name for row in rows}
