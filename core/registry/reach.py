"""Single sites, contractors and workers, as far as a scope reaches them: what is beyond it is not found."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.errors import NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Contractor, Site, SkilledWorker
from core.registry.tables import affiliations, contractors, site_visits, sites, workers
from core.registry.visibility import contractor_is_visible, site_is_visible, site_is_whole, worker_is_visible
from core.scope import Scope


def reach_site(session: Session, scope: Scope, site_id: SiteId) -> Site:
    """Return a site whose facts the scope reaches. Raises NotFound for any other."""
    statement = sa.select(sites).where(sites.c.site_id == site_id, site_is_visible(scope))
    return as_model(Site, _found(session, statement, site_id=site_id))


def reach_whole_site(session: Session, scope: Scope, site_id: SiteId) -> Site:
    """Return a site that the scope sees whole, as its prime contractor does. Raises NotFound for any other."""
    statement = sa.select(sites).where(sites.c.site_id == site_id, site_is_whole(scope))
    return as_model(Site, _found(session, statement, site_id=site_id))


def reach_contractor(session: Session, scope: Scope, contractor_id: ContractorId) -> Contractor:
    """Return a contractor that the scope reaches. Raises NotFound for any other."""
    statement = sa.select(contractors).where(contractors.c.contractor_id == contractor_id)
    found = _found(session, statement.where(contractor_is_visible(scope)), contractor_id=contractor_id)
    return as_model(Contractor, found)


def reach_worker(session: Session, scope: Scope, worker_id: WorkerId) -> SkilledWorker:
    """Return a worker that the scope reaches. Raises NotFound for any other."""
    statement = sa.select(workers).where(workers.c.worker_id == worker_id, worker_is_visible(scope))
    return as_model(SkilledWorker, _found(session, statement, worker_id=worker_id))


def employs(scope: Scope, contractor_id: ContractorId | None) -> bool:
    """Whether the scope looks in the name of a contractor as employer (the operator does for all)."""
    return scope.everything or contractor_id in scope.employers


def is_prime_of(scope: Scope, site: Site) -> bool:
    """Whether the scope looks in the name of the prime contractor of a site (the operator does for all)."""
    return scope.everything or site.prime_contractor_id in scope.primes or site.site_id in scope.sites


def came_to_own_sites(session: Session, scope: Scope, contractor_id: ContractorId) -> bool:
    """Whether people of a contractor came to a site that the scope sees whole."""
    came = (
        sa.select(site_visits.c.contractor_id)
        .join(sites, sites.c.site_id == site_visits.c.site_id)
        .where(site_visits.c.contractor_id == contractor_id, site_is_whole(scope))
    )
    return session.execute(came.limit(1)).first() is not None


def once_employed(contractor_id: ContractorId) -> sa.Select[tuple[UUID]]:
    """Return the query of the workers who belong, or ever belonged, to a contractor."""
    return sa.select(affiliations.c.worker_id).where(affiliations.c.contractor_id == contractor_id)


def _found(session: Session, statement: sa.Select[tuple[object, ...]], **ids: object) -> sa.Row[tuple[object, ...]]:
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("no such thing within reach", **ids)
    return row
