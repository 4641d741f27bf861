"""Everything a viewer may see of one worker, as the page shows it. Phones appear as masks.

Sites are those the viewer reaches; former employers are shown where the viewer reaches them too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.errors import NotFound
from core.ids import ContractorId, PhoneId, SiteId, WorkerId
from core.registry.model import Occupation, Position, SkilledWorker
from core.registry.proposal_store import owner_of
from core.registry.tables import (
    affiliations,
    contractors,
    occupations,
    phone_numbers,
    phones,
    site_assignments,
    sites,
    worker_occupations,
    workers,
)
from core.registry.visibility import contractor_is_visible, site_is_visible, worker_is_visible
from core.registry.worker_list import holds_on
from core.scope import Scope


@dataclass(frozen=True, slots=True)
class HeldPhone:
    """A number the worker is known by; shared_with is how many others hold it today."""

    phone_number_id: UUID
    mask: str
    valid_from: date
    valid_until: date | None
    shared_with: int


@dataclass(frozen=True, slots=True)
class Employment:
    """That the worker belongs to a contractor; can_open tells whether the viewer may see its record."""

    affiliation_id: UUID
    contractor_id: ContractorId
    name: str
    valid_from: date
    valid_until: date | None
    can_open: bool


@dataclass(frozen=True, slots=True)
class AssignedSite:
    """A site the worker is or was expected at."""

    assignment_id: UUID
    site_id: SiteId
    name: str
    position: Position
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class WorkerDetail:
    """Everything about one worker. owner_id is whose the record is; None is the operator's."""

    worker: SkilledWorker
    occupations: tuple[Occupation, ...]
    phones: tuple[HeldPhone, ...]
    employments: tuple[Employment, ...]
    sites: tuple[AssignedSite, ...]
    emergency_phone_mask: str | None
    owner_id: ContractorId | None
    owner_name: str | None


def reaches_worker(session: Session, scope: Scope, worker_id: WorkerId) -> bool:
    """Whether the worker's record may be seen."""
    found = sa.select(workers.c.worker_id).where(workers.c.worker_id == worker_id, worker_is_visible(scope))
    return session.execute(found).first() is not None


def read_worker(session: Session, scope: Scope, worker_id: WorkerId, today: date) -> WorkerDetail:
    """Return what a scope reaches of a worker. Raises NotFound when there is none, or not for this scope."""
    row = session.execute(
        sa.select(workers).where(workers.c.worker_id == worker_id, worker_is_visible(scope))
    ).one_or_none()
    if row is None:
        raise NotFound("no such worker", worker_id=worker_id)
    worker = as_model(SkilledWorker, row)
    owner_id = owner_of(session, worker_id, today)
    named = sa.select(contractors.c.name).where(contractors.c.contractor_id == owner_id)
    return WorkerDetail(
        worker=worker,
        occupations=occupations_of(session, worker_id),
        phones=_phones(session, worker_id, today),
        employments=_employments(session, scope, worker_id, owner_id),
        sites=_sites(session, scope, worker_id),
        emergency_phone_mask=session.scalar(
            sa.select(phones.c.mask).where(phones.c.phone_id == worker.emergency_phone_id)
        ),
        owner_id=owner_id,
        owner_name=session.scalar(named) if owner_id is not None else None,
    )


def occupations_of(session: Session, worker_id: WorkerId) -> tuple[Occupation, ...]:
    """Return a worker's occupations by rank."""
    rows = session.execute(
        sa.select(occupations)
        .join(worker_occupations, worker_occupations.c.occupation_code == occupations.c.occupation_code)
        .where(worker_occupations.c.worker_id == worker_id)
        .order_by(worker_occupations.c.rank)
    )
    return tuple(as_model(Occupation, row) for row in rows)


def others_with_phone(session: Session, phone_id: PhoneId, worker_id: WorkerId, day: date) -> int:
    """Return how many other workers hold a phone on a day or later: a shared number."""
    count = sa.select(sa.func.count(sa.distinct(phone_numbers.c.worker_id)))
    is_held = sa.or_(phone_numbers.c.valid_until.is_(None), phone_numbers.c.valid_until >= day)
    held = count.where(phone_numbers.c.phone_id == phone_id, phone_numbers.c.worker_id != worker_id, is_held)
    return session.scalar(held) or 0


def _phones(session: Session, worker_id: WorkerId, today: date) -> tuple[HeldPhone, ...]:
    other = phone_numbers.alias()
    shared = (
        sa.select(sa.func.count(sa.distinct(other.c.worker_id)))
        .where(other.c.phone_id == phone_numbers.c.phone_id, other.c.worker_id != worker_id, holds_on(other, today))
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(phone_numbers.c.phone_number_id, phones.c.mask, *_dates(phone_numbers), shared)
        .join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
        .where(phone_numbers.c.worker_id == worker_id)
        .order_by(phone_numbers.c.valid_from.desc(), phones.c.mask)
    )
    return tuple(HeldPhone(*row) for row in rows)


def _employments(
    session: Session, scope: Scope, worker_id: WorkerId, owner_id: ContractorId | None
) -> tuple[Employment, ...]:
    can_open = contractor_is_visible(scope)
    shown = sa.or_(can_open, affiliations.c.contractor_id == owner_id)
    rows = session.execute(
        sa.select(affiliations.c.affiliation_id, contractors.c.contractor_id, contractors.c.name, *_dates(affiliations))
        .add_columns(can_open)
        .join(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(affiliations.c.worker_id == worker_id, shown)
        .order_by(affiliations.c.valid_from.desc())
    )
    return tuple(Employment(row[0], row[1], row[2], row[3], row[4], can_open=bool(row[5])) for row in rows)


def _sites(session: Session, scope: Scope, worker_id: WorkerId) -> tuple[AssignedSite, ...]:
    assigned = site_assignments.c
    rows = session.execute(
        sa.select(assigned.assignment_id, sites.c.site_id, sites.c.name, assigned.position, *_dates(site_assignments))
        .join(sites, sites.c.site_id == assigned.site_id)
        .where(assigned.worker_id == worker_id, site_is_visible(scope))
        .order_by(assigned.valid_from.desc(), sites.c.name)
    )
    return tuple(AssignedSite(*row) for row in rows)


def _dates(table: sa.Table) -> tuple[sa.Column[Any], sa.Column[Any]]:
    return table.c.valid_from, table.c.valid_until
