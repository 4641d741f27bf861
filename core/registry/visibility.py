"""What a scope reaches, as conditions for queries of stores. Row-level security says the same on PostgreSQL."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from core.ids import ContractorId
from core.registry.model import GrantKind
from core.registry.tables import (
    affiliations,
    contractors,
    crew_grants,
    grants,
    site_assignments,
    site_visits,
    sites,
    workers,
)
from core.scope import Scope

Condition = sa.ColumnElement[bool]


def site_is_visible(scope: Scope) -> Condition:
    """Condition on sites: the facts of the site may be seen (not who works there)."""
    if scope.everything:
        return sa.true()
    return sa.or_(
        site_is_whole(scope),
        sites.c.site_id.in_(granted(scope.viewers, GrantKind.SITE)),
        sites.c.site_id.in_(_own_sites(scope)) if scope.worker_id else sa.false(),
    )


def site_is_whole(scope: Scope) -> Condition:
    """Condition on sites: everybody's records there may be seen."""
    if scope.everything:
        return sa.true()
    return sa.or_(sites.c.prime_contractor_id.in_(scope.primes), sites.c.site_id.in_(scope.sites))


def worker_is_visible(scope: Scope) -> Condition:
    """Condition on workers: the worker's record may be seen."""
    if scope.everything:
        return sa.true()
    is_granted = workers.c.worker_id.in_(granted(scope.viewers, GrantKind.EMPLOYEE, GrantKind.VISITOR))
    is_own = sa.false() if scope.worker_id is None else workers.c.worker_id == scope.worker_id
    # A site manager has no grants of his own: his site's are those of its prime contractor, kept by site.
    at_sites = workers.c.worker_id.in_(_granted_at(scope)) if scope.sites else sa.false()
    return sa.or_(is_granted, is_own, at_sites)


def contractor_is_visible(scope: Scope) -> Condition:
    """Condition on contractors: the contractor's record may be seen."""
    if scope.everything:
        return sa.true()
    at_sites = contractors.c.contractor_id.in_(_granted_at(scope)) if scope.sites else sa.false()
    return sa.or_(
        contractors.c.contractor_id.in_(scope.viewers),
        contractors.c.contractor_id.in_(granted(scope.viewers, GrantKind.CONTRACTOR)),
        at_sites,
        contractors.c.contractor_id.in_(_own_contractors(scope)) if scope.worker_id else sa.false(),
    )


def crew_is_visible(
    scope: Scope, site_id: sa.ColumnElement[UUID], contractor_id: sa.ColumnElement[UUID | None]
) -> Condition:
    """Condition: what the people of a contractor did on a site may be seen by those who employ or lead them."""
    if not scope.employers:
        return sa.false()
    below = (
        sa.exists()
        .where(crew_grants.c.viewer_id.in_(scope.employers))
        .where(crew_grants.c.site_id == site_id)
        .where(crew_grants.c.contractor_id == contractor_id)
    )
    return sa.or_(contractor_id.in_(scope.employers), below)


def granted(viewers: Iterable[ContractorId], *kinds: GrantKind) -> sa.Select[tuple[UUID]]:
    """Return the query of the subjects that contractors may see."""
    return sa.select(grants.c.subject_id).where(grants.c.viewer_id.in_(viewers)).where(grants.c.kind.in_(kinds))


def _granted_at(scope: Scope) -> sa.Select[tuple[UUID]]:
    """Return the query of the workers and contractors seen on single sites: these stand in the grants of the site."""
    return sa.select(grants.c.subject_id).where(grants.c.viewer_id.in_(scope.sites))


def _own_sites(scope: Scope) -> sa.CompoundSelect[tuple[UUID]]:
    """Return the query of the sites where a worker who looks at his own record came, or is or was expected."""
    came = sa.select(site_visits.c.site_id).where(site_visits.c.worker_id == scope.worker_id)
    return came.union(sa.select(site_assignments.c.site_id).where(site_assignments.c.worker_id == scope.worker_id))


def _own_contractors(scope: Scope) -> sa.CompoundSelect[tuple[UUID]]:
    """Return the query of the contractors such a worker has to do with: employers, crews, primes of his sites."""
    return sa.union(
        sa.select(affiliations.c.contractor_id).where(affiliations.c.worker_id == scope.worker_id),
        sa.select(site_visits.c.contractor_id).where(site_visits.c.worker_id == scope.worker_id),
        sa.select(sites.c.prime_contractor_id).where(sites.c.site_id.in_(_own_sites(scope))),
    )
