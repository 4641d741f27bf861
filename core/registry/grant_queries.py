"""What the grant tables ought to hold, as queries over the registry: nothing here writes.

Everything follows from who was where and with whose crew (presence), who takes part (parts), and who works below whom
(crew_grants). None of it depends on the day but for EMPLOYEE: what was once seen of a site stays its prime's to see.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from core.registry.model import GrantKind
from core.registry.tables import affiliations, crew_grants, grants, participations, site_assignments, site_visits, sites

Condition: TypeAlias = sa.ColumnElement[bool]
Rows: TypeAlias = sa.Select[Any] | sa.CompoundSelect[Any]

NOBODY = UUID(int=0)  # the contractor of a visit that nobody knows


@dataclass(frozen=True, slots=True)
class Around:
    """What a query is limited to: sites, workers or contractors, one of the three; everything when none is given."""

    sites: tuple[UUID, ...] | None = None
    workers: tuple[UUID, ...] | None = None
    contractors: tuple[UUID, ...] | None = None

    def limit(
        self,
        site: sa.ColumnElement[Any] | None = None,
        worker: sa.ColumnElement[Any] | None = None,
        contractor: sa.ColumnElement[Any] | None = None,
    ) -> Condition:
        """Condition on a row with these columns; a row that lacks the column asked for is outside."""
        for column, ids in ((site, self.sites), (worker, self.workers), (contractor, self.contractors)):
            if ids is not None:
                return sa.false() if column is None else column.in_(ids)
        return sa.true()


EVERYWHERE = Around()


def presence(around: Around = EVERYWHERE) -> sa.Subquery:
    """Query of (site_id, worker_id, contractor_id): who came, or is or was expected, and whose people they are."""
    came = sa.select(site_visits.c.site_id, site_visits.c.worker_id, site_visits.c.contractor_id).where(
        around.limit(site_visits.c.site_id, site_visits.c.worker_id, site_visits.c.contractor_id)
    )
    expected, employed = site_assignments.c, affiliations.c
    overlap = sa.and_(
        employed.worker_id == expected.worker_id,
        sa.or_(expected.valid_until.is_(None), employed.valid_from <= expected.valid_until),
        sa.or_(employed.valid_until.is_(None), expected.valid_from <= employed.valid_until),
    )
    assigned = (
        sa.select(expected.site_id, expected.worker_id, sa.func.coalesce(employed.contractor_id, NOBODY))
        .select_from(site_assignments.outerjoin(affiliations, overlap))
        .where(around.limit(expected.site_id, expected.worker_id, employed.contractor_id))
    )
    return sa.union_all(came, assigned).subquery()


def parts(around: Around = EVERYWHERE) -> sa.Subquery:
    """Query of (site_id, contractor_id): who takes part in a site, or whose people were there."""
    declared = sa.select(participations.c.site_id, participations.c.contractor_id).where(
        around.limit(participations.c.site_id, contractor=participations.c.contractor_id)
    )
    there = presence(around)
    seen = sa.select(there.c.site_id, there.c.contractor_id).where(there.c.contractor_id != NOBODY)
    return sa.union(declared, seen).subquery()


def crews(around: Around = EVERYWHERE) -> Rows:
    """Query of crew_grants: (viewer_id, site_id, contractor_id) for every contractor below another on a site."""
    part = participations.c
    direct = (
        sa.select(part.upper_contractor_id.label("viewer_id"), part.site_id, part.contractor_id)
        .where(part.upper_contractor_id.is_not(None))
        .where(around.limit(part.site_id))
    )
    below = direct.cte("below", recursive=True)
    further = sa.select(below.c.viewer_id, part.site_id, part.contractor_id).where(
        part.site_id == below.c.site_id, part.upper_contractor_id == below.c.contractor_id
    )
    # A union drops what is there already: contractors that stand below each other at different times end it too.
    below = below.union(further)
    return sa.select(below).where(below.c.viewer_id != below.c.contractor_id)


def employees(around: Around, today: date) -> Rows:
    """Query of the EMPLOYEE grants: an employer sees its people until their last day, and those to come."""
    employed = affiliations.c
    return _rows(employed.contractor_id, GrantKind.EMPLOYEE, employed.worker_id).where(
        sa.or_(employed.valid_until.is_(None), employed.valid_until >= today),
        around.limit(worker=employed.worker_id),
    )


def seen_sites(around: Around = EVERYWHERE) -> Rows:
    """Query of the SITE grants."""
    part, crew = parts(around).c, crew_grants.c
    return sa.union_all(
        _rows(part.contractor_id, GrantKind.SITE, part.site_id),
        _rows(crew.viewer_id, GrantKind.SITE, crew.site_id).where(around.limit(crew.site_id)),
    )


def visitors(around: Around = EVERYWHERE) -> Rows:
    """Query of the VISITOR grants. It reads crew_grants, which must be right by then."""
    there = presence(around)
    at_site = sites.c.site_id == there.c.site_id
    led = sa.and_(crew_grants.c.site_id == there.c.site_id, crew_grants.c.contractor_id == there.c.contractor_id)
    kind = GrantKind.VISITOR
    return sa.union_all(
        _rows(sites.c.prime_contractor_id, kind, there.c.worker_id).join_from(sites, there, at_site),
        _rows(there.c.site_id, kind, there.c.worker_id),
        _rows(crew_grants.c.viewer_id, kind, there.c.worker_id).join_from(crew_grants, there, led),
    )


def seen_contractors(around: Around = EVERYWHERE) -> Rows:
    """Query of the CONTRACTOR grants. It reads crew_grants and the SITE grants, which must be right by then."""
    taking_part = parts(around)
    part, below, crew, site = taking_part.c, participations.c, crew_grants.c, sites.c
    may_see = sa.and_(grants.c.kind == GrantKind.SITE, grants.c.subject_id == site.site_id)
    upper = participations.join(sites, site.site_id == below.site_id)
    is_upper = sa.and_(
        below.upper_contractor_id.is_not(None), around.limit(below.site_id, contractor=below.upper_contractor_id)
    )
    pairs = [
        # who takes part, for the prime and for who manages the site
        sa.select(site.prime_contractor_id, part.contractor_id).join_from(
            sites, taking_part, site.site_id == part.site_id
        ),
        sa.select(part.site_id, part.contractor_id),
        # the tiers below
        sa.select(crew.viewer_id, crew.contractor_id).where(around.limit(crew.site_id, contractor=crew.contractor_id)),
        # whom one works for: the prime of a site one may see, and the contractor one works below
        sa.select(site.site_id, site.prime_contractor_id).where(_prime_within(around)),
        sa.select(grants.c.viewer_id, site.prime_contractor_id)
        .join_from(sites, grants, may_see)
        .where(_prime_within(around)),
        sa.select(below.contractor_id, below.upper_contractor_id).select_from(upper).where(is_upper),
        sa.select(below.site_id, below.upper_contractor_id).select_from(upper).where(is_upper),
        sa.select(site.prime_contractor_id, below.upper_contractor_id).select_from(upper).where(is_upper),
    ]
    found = sa.union_all(*pairs).subquery()
    viewer, subject = found.c
    return _rows(viewer, GrantKind.CONTRACTOR, subject).where(viewer != subject)


def _prime_within(around: Around) -> Condition:
    """Condition on sites: the prime contractor is among those asked for, or the site, or a site of the workers."""
    if around.workers is not None:
        return sites.c.site_id.in_(sa.select(presence(around).c.site_id))
    return around.limit(sites.c.site_id, contractor=sites.c.prime_contractor_id)


def _rows(viewer: sa.ColumnElement[Any], kind: GrantKind, subject: sa.ColumnElement[Any]) -> sa.Select[Any]:
    kind_column = sa.literal(kind, grants.c.kind.type).label("kind")
    return sa.select(viewer.label("viewer_id"), kind_column, subject.label("subject_id"))
