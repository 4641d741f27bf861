"""Everything a viewer may see of one contractor, site or line, as its page shows it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.errors import NotFound
from core.ids import ContractorId, LineId, SiteId, WorkerId
from core.registry.model import Contractor, Line, Participation, Position, Site
from core.registry.paging import PAGE_ROWS
from core.registry.place_list import line_is_visible
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    lines,
    participations,
    site_assignments,
    sites,
    workers,
)
from core.registry.visibility import (
    Condition,
    contractor_is_visible,
    crew_is_visible,
    site_is_visible,
    site_is_whole,
    worker_is_visible,
)
from core.registry.worker_list import holds_on
from core.scope import Scope


@dataclass(frozen=True, slots=True)
class PartAt:
    """That the contractor takes part in a site."""

    site_id: SiteId
    site_name: str
    upper_name: str | None
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ContractorDetail:
    """One contractor, with those of its people and sites that the viewer reaches."""

    contractor: Contractor
    worker_count: int
    prime_of: tuple[tuple[SiteId, str], ...]
    parts: tuple[PartAt, ...]


@dataclass(frozen=True, slots=True)
class SitePart:
    """A contractor that takes part in the site, with the declared upper one."""

    participation: Participation
    contractor_name: str
    upper_name: str | None


@dataclass(frozen=True, slots=True)
class ExpectedWorker:
    """A worker who is, was or will be expected at the site."""

    assignment_id: UUID
    worker_id: WorkerId
    name: str
    contractor_name: str | None
    position: Position
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class SiteDetail:
    """One site. expected holds the first of expected_count people; is_whole tells whether all of them are meant."""

    site: Site
    prime_name: str
    lines: tuple[Line, ...]
    parts: tuple[SitePart, ...]
    expected: tuple[ExpectedWorker, ...]
    expected_count: int
    is_whole: bool


def reaches_contractor(session: Session, scope: Scope, contractor_id: ContractorId) -> bool:
    """Whether the contractor's record may be seen."""
    return _exists(session, contractors.c.contractor_id == contractor_id, contractor_is_visible(scope))


def reaches_site(session: Session, scope: Scope, site_id: SiteId, *, whole: bool = True) -> bool:
    """Whether the site may be seen: whole, or its facts alone."""
    return _exists(session, sites.c.site_id == site_id, site_is_whole(scope) if whole else site_is_visible(scope))


def read_contractor(session: Session, scope: Scope, contractor_id: ContractorId, today: date) -> ContractorDetail:
    """Return what a scope reaches of a contractor. Raises NotFound when there is none, or not for this scope."""
    reached = contractors.c.contractor_id == contractor_id, contractor_is_visible(scope)
    row = session.execute(sa.select(contractors).where(*reached)).one_or_none()
    if row is None:
        raise NotFound("no such contractor", contractor_id=contractor_id)
    count = (
        sa.select(sa.func.count())
        .select_from(affiliations.join(workers, workers.c.worker_id == affiliations.c.worker_id))
        .where(affiliations.c.contractor_id == contractor_id, holds_on(affiliations, today), worker_is_visible(scope))
    )
    primes = (
        sa.select(sites.c.site_id, sites.c.name)
        .where(sites.c.prime_contractor_id == contractor_id, site_is_visible(scope))
        .order_by(sites.c.name_kana, sites.c.name)
        .limit(PAGE_ROWS)
    )
    return ContractorDetail(
        contractor=as_model(Contractor, row),
        worker_count=session.scalar(count) or 0,
        prime_of=tuple((found[0], found[1]) for found in session.execute(primes)),
        parts=_parts_of(session, scope, contractor_id),
    )


def read_site(session: Session, scope: Scope, site_id: SiteId, today: date) -> SiteDetail:
    """Return what a scope reaches of a site. Raises NotFound when there is none, or not for this scope."""
    reached = sites.c.site_id == site_id, site_is_visible(scope)
    row = session.execute(
        sa.select(*sites.columns, contractors.c.name.label("prime_name"), site_is_whole(scope).label("is_whole"))
        .outerjoin(contractors, contractors.c.contractor_id == sites.c.prime_contractor_id)
        .where(*reached)
    ).one_or_none()
    if row is None:
        raise NotFound("no such site", site_id=site_id)
    served_by = sa.select(lines).join(line_sites, line_sites.c.line_id == lines.c.line_id)
    expected, count = _expected(session, scope, site_id, today, is_whole=bool(row.is_whole))
    return SiteDetail(
        site=as_model(Site, row),
        prime_name=row.prime_name or "",
        lines=tuple(
            as_model(Line, line)
            for line in session.execute(served_by.where(line_sites.c.site_id == site_id).order_by(lines.c.e164))
        ),
        parts=_parts_at(session, scope, site_id, is_whole=bool(row.is_whole)),
        expected=expected,
        expected_count=count,
        is_whole=bool(row.is_whole),
    )


def read_line(session: Session, scope: Scope, line_id: LineId) -> tuple[Line, tuple[Site, ...]]:
    """Return a line and the sites it serves. Raises NotFound when there is none, or not for this scope."""
    row = session.execute(sa.select(lines).where(lines.c.line_id == line_id, line_is_visible(scope))).one_or_none()
    if row is None:
        raise NotFound("no such line", line_id=line_id)
    served = session.execute(
        sa.select(sites)
        .join(line_sites, line_sites.c.site_id == sites.c.site_id)
        .where(line_sites.c.line_id == line_id, site_is_visible(scope))
        .order_by(sites.c.site_code, sites.c.name)
    )
    return as_model(Line, row), tuple(as_model(Site, site) for site in served)


def _exists(session: Session, *conditions: sa.ColumnElement[bool]) -> bool:
    return session.execute(sa.select(sa.literal(1)).where(*conditions)).first() is not None


def _parts_of(session: Session, scope: Scope, contractor_id: ContractorId) -> tuple[PartAt, ...]:
    uppers = contractors.alias()
    rows = session.execute(
        sa.select(sites.c.site_id, sites.c.name, uppers.c.name, *_dates(participations))
        .join(sites, sites.c.site_id == participations.c.site_id)
        .outerjoin(uppers, sa.and_(uppers.c.contractor_id == participations.c.upper_contractor_id, _tells_upper(scope)))
        .where(participations.c.contractor_id == contractor_id, site_is_visible(scope))
        .order_by(participations.c.valid_from.desc(), sites.c.name)
        .limit(PAGE_ROWS)
    )
    return tuple(PartAt(*row) for row in rows)


def _parts_at(session: Session, scope: Scope, site_id: SiteId, *, is_whole: bool) -> tuple[SitePart, ...]:
    """Return who takes part: all of them where the site is seen whole, else the contractors that are seen."""
    uppers = contractors.alias()
    rows = session.execute(
        sa.select(*participations.columns, contractors.c.name.label("own_name"), uppers.c.name.label("upper_name"))
        .join(contractors, contractors.c.contractor_id == participations.c.contractor_id)
        .outerjoin(uppers, sa.and_(uppers.c.contractor_id == participations.c.upper_contractor_id, _tells_upper(scope)))
        .where(participations.c.site_id == site_id)
        .where(sa.true() if is_whole else contractor_is_visible(scope))
        .order_by(contractors.c.name_kana, contractors.c.name, participations.c.valid_from)
    )
    return tuple(SitePart(as_model(Participation, row), row.own_name, row.upper_name) for row in rows)


def _tells_upper(scope: Scope) -> Condition:
    """Condition on participations: below whom it is may be told. Whoever works below that contractor may not know."""
    part = participations.c
    is_whole = part.site_id.in_(sa.select(sites.c.site_id).where(site_is_whole(scope)))
    leads = part.upper_contractor_id.in_(scope.employers) if scope.employers else sa.false()
    return sa.or_(is_whole, crew_is_visible(scope, part.site_id, part.contractor_id), leads)


def _expected(
    session: Session, scope: Scope, site_id: SiteId, today: date, *, is_whole: bool
) -> tuple[tuple[ExpectedWorker, ...], int]:
    """Return the first of those who are expected, and how many they are: own crews where the site is not seen whole."""
    assigned, employed = site_assignments.c, affiliations.c
    crew = sa.true() if is_whole else crew_is_visible(scope, assigned.site_id, employed.contractor_id)
    found = (
        sa.select(
            assigned.assignment_id,
            workers.c.worker_id,
            workers.c.name,
            contractors.c.name.label("contractor_name"),
            assigned.position,
            *_dates(site_assignments),
            sa.func.count().over().label("in_all"),
        )
        .join(workers, workers.c.worker_id == assigned.worker_id)
        .outerjoin(
            affiliations,
            sa.and_(employed.worker_id == workers.c.worker_id, holds_on(affiliations, _last_day(assigned, today))),
        )
        .outerjoin(contractors, contractors.c.contractor_id == employed.contractor_id)
        .where(assigned.site_id == site_id, crew)
        .order_by(contractors.c.name_kana, contractors.c.name, workers.c.name_kana, workers.c.name, assigned.valid_from)
        .limit(2 * PAGE_ROWS)
    )
    rows = session.execute(found).all()
    return tuple(ExpectedWorker(*row[:7]) for row in rows), rows[0].in_all if rows else 0


def _last_day(assigned: Any, today: date) -> sa.ColumnElement[date]:
    """Return the day of an assignment whose employer is shown: today, or the end of it that lies nearer."""
    return sa.case(
        (assigned.valid_until < today, assigned.valid_until),
        (assigned.valid_from > today, assigned.valid_from),
        else_=sa.literal(today, sa.Date),
    )


def _dates(table: sa.Table) -> tuple[sa.Column[Any], sa.Column[Any]]:
    return table.c.valid_from, table.c.valid_until
