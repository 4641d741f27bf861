"""Everything about one contractor, worker or site, as its page shows it. Phones appear as masks."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.errors import NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Contractor, Line, Occupation, Participation, Position, Site, SkilledWorker
from core.registry.tables import (
    affiliations,
    contractors,
    line_sites,
    lines,
    occupations,
    participations,
    phone_numbers,
    phones,
    site_assignments,
    sites,
    worker_occupations,
    workers,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Something with a name that holds from-until; the id is that of the validity."""

    span_id: UUID
    name: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ContractorCard:
    """Everything about one contractor."""

    contractor: Contractor
    workers: tuple[Span, ...]
    prime_of: tuple[str, ...]
    takes_part_in: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """Everything about one worker; the names of phones are their masks."""

    worker: SkilledWorker
    occupations: tuple[Occupation, ...]
    phones: tuple[Span, ...]
    affiliations: tuple[Span, ...]
    assignments: tuple[Span, ...]
    emergency_phone_mask: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A contractor that takes part in a site, with the declared upper one."""

    participation: Participation
    contractor_name: str
    upper_name: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A worker who is expected at a site."""

    worker_id: WorkerId
    name: str
    position: Position
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class SiteCard:
    """Everything about one site."""

    site: Site
    prime_name: str
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    expected: tuple[Expected, ...]


def show_contractor(session: Session, contractor_id: ContractorId) -> ContractorCard:
    """Return everything about a contractor. Raises NotFound when there is none."""
    row = session.execute(sa.select(contractors).where(contractors.c.contractor_id == contractor_id)).one_or_none()
    if row is None:
        raise NotFound("no such contractor", contractor_id=contractor_id)
    own = sa.select(affiliations.c.affiliation_id, workers.c.name, *_dates(affiliations)).join(
        workers, workers.c.worker_id == affiliations.c.worker_id
    )
    parts = sa.select(participations.c.participation_id, sites.c.name, *_dates(participations)).join(
        sites, sites.c.site_id == participations.c.site_id
    )
    primes = sa.select(sites.c.name).where(sites.c.prime_contractor_id == contractor_id).order_by(sites.c.name)
    return ContractorCard(
        contractor=as_model(Contractor, row),
        workers=_spans(session, own.where(affiliations.c.contractor_id == contractor_id)),
        prime_of=tuple(session.scalars(primes)),
        takes_part_in=_spans(session, parts.where(participations.c.contractor_id == contractor_id)),
    )


def show_worker(session: Session, worker_id: WorkerId) -> WorkerCard:
    """Return everything about a worker. Raises NotFound when there is none."""
    row = session.execute(sa.select(workers).where(workers.c.worker_id == worker_id)).one_or_none()
    if row is None:
        raise NotFound("no such worker", worker_id=worker_id)
    worker = as_model(SkilledWorker, row)
    held = sa.select(phone_numbers.c.phone_number_id, phones.c.mask, *_dates(phone_numbers)).join(
        phones, phones.c.phone_id == phone_numbers.c.phone_id
    )
    employers = sa.select(affiliations.c.affiliation_id, contractors.c.name, *_dates(affiliations)).join(
        contractors, contractors.c.contractor_id == affiliations.c.contractor_id
    )
    assigned = sa.select(site_assignments.c.assignment_id, sites.c.name, *_dates(site_assignments)).join(
        sites, sites.c.site_id == site_assignments.c.site_id
    )
    trades = (
        sa.select(occupations)
        .join(worker_occupations, worker_occupations.c.occupation_code == occupations.c.occupation_code)
        .where(worker_occupations.c.worker_id == worker_id)
        .order_by(worker_occupations.c.rank)
    )
    emergency = sa.select(phones.c.mask).where(phones.c.phone_id == worker.emergency_phone_id)
    return WorkerCard(
        worker=worker,
        occupations=tuple(as_model(Occupation, trade) for trade in session.execute(trades)),
        phones=_spans(session, held.where(phone_numbers.c.worker_id == worker_id)),
        affiliations=_spans(session, employers.where(affiliations.c.worker_id == worker_id)),
        assignments=_spans(session, assigned.where(site_assignments.c.worker_id == worker_id)),
        emergency_phone_mask=session.scalar(emergency),
    )


def show_site(session: Session, site_id: SiteId) -> SiteCard:
    """Return everything about a site. Raises NotFound when there is none."""
    row = session.execute(
        sa.select(sites, contractors.c.name.label("prime_name"))
        .join(contractors, contractors.c.contractor_id == sites.c.prime_contractor_id)
        .where(sites.c.site_id == site_id)
    ).one_or_none()
    if row is None:
        raise NotFound("no such site", site_id=site_id)
    served_by = sa.select(lines).join(line_sites, line_sites.c.line_id == lines.c.line_id)
    expected = (
        sa.select(workers.c.worker_id, workers.c.name, site_assignments.c.position, *_dates(site_assignments))
        .join(workers, workers.c.worker_id == site_assignments.c.worker_id)
        .where(site_assignments.c.site_id == site_id)
        .order_by(workers.c.name_kana, workers.c.name, site_assignments.c.valid_from)
    )
    return SiteCard(
        site=as_model(Site, row),
        prime_name=row.prime_name,
        lines=tuple(
            as_model(Line, line)
            for line in session.execute(served_by.where(line_sites.c.site_id == site_id).order_by(lines.c.e164))
        ),
        parts=tuple(_parts(session, site_id)),
        expected=tuple(as_model(Expected, each) for each in session.execute(expected)),
    )


def _parts(session: Session, site_id: SiteId) -> list[Part]:
    own, upper = contractors.alias(), contractors.alias()
    rows = session.execute(
        sa.select(*participations.columns, own.c.name.label("own_name"), upper.c.name.label("upper_name"))
        .join(own, own.c.contractor_id == participations.c.contractor_id)
        .outerjoin(upper, upper.c.contractor_id == participations.c.upper_contractor_id)
        .where(participations.c.site_id == site_id)
        .order_by(own.c.name_kana, own.c.name, participations.c.valid_from)
    )
    return [Part(as_model(Participation, row), row.own_name, row.upper_name) for row in rows]


def _dates(table: sa.Table) -> tuple[sa.Column[Any], sa.Column[Any]]:
    return table.c.valid_from, table.c.valid_until


def _spans(session: Session, statement: sa.Select[Any]) -> tuple[Span, ...]:
    """Return rows of (id, name, from, until), the newest first."""
    ordered = statement.order_by(sa.literal_column("3").desc(), sa.literal_column("2"))
    return tuple(Span(*row) for row in session.execute(ordered))
