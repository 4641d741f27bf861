"""What things are called, for pages that know only their ids: as far as a scope reaches, and no further."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.ids import ContractorId, SiteId
from core.registry.search import contractor_matches
from core.registry.tables import contractors, sites, workers
from core.registry.visibility import Condition, contractor_is_visible, site_is_visible, worker_is_visible
from core.scope import Scope

CHOICES = 20
SITE_CHOICES = 300


def worker_names(session: Session, scope: Scope, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(session, workers, workers.c.worker_id, worker_is_visible(scope), ids)


def site_names(session: Session, scope: Scope, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(session, sites, sites.c.site_id, site_is_visible(scope), ids)


def contractor_names(session: Session, scope: Scope, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(session, contractors, contractors.c.contractor_id, contractor_is_visible(scope), ids)


def contractor_name(session: Session, contractor_id: ContractorId) -> str:
    """Return a contractor's name for whoever was invited to act for it; "" when there is none."""
    statement = sa.select(contractors.c.name).where(contractors.c.contractor_id == contractor_id)
    return session.scalar(statement) or ""


def find_contractors(session: Session, scope: Scope, text: str) -> list[tuple[ContractorId, str]]:
    """Return the first contractors that a typed text means, by name."""
    statement = (
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractor_is_visible(scope), contractor_matches(text))
        .order_by(contractors.c.name, contractors.c.contractor_id)
        .limit(CHOICES)
    )
    return [(ContractorId(row[0]), row[1]) for row in session.execute(statement)]


def sites_of_prime(session: Session, contractor_id: ContractorId, today: date) -> list[tuple[SiteId, str]]:
    """Return a prime contractor's sites that are not over, by name."""
    statement = (
        sa.select(sites.c.site_id, sites.c.name)
        .where(sites.c.prime_contractor_id == contractor_id)
        .where(sites.c.ends_on.is_(None) | (sites.c.ends_on >= today))
        .order_by(sites.c.name, sites.c.site_id)
        .limit(SITE_CHOICES)
    )
    return [(SiteId(row[0]), row[1]) for row in session.execute(statement)]


def _names(
    session: Session, table: sa.Table, key: sa.Column[UUID], is_visible: Condition, ids: Iterable[UUID]
) -> dict[UUID, str]:
    wanted = set(ids)
    if not wanted:
        return {}
    statement = sa.select(key, table.c.name).where(key.in_(wanted), is_visible)
    return {row[0]: row[1] for row in session.execute(statement)}
