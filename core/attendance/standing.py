"""What of the registry the ledger stands on: whoever takes something out of the registry asks here first."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from core.attendance.tables import attendance_days, judgements, punches
from core.db import Session
from core.ids import CardId, PhoneId, SiteId, WorkerId
from core.registry.model import Affiliation

CHUNK = 2_000
Id = TypeVar("Id", bound=UUID)
One = TypeVar("One")


def recorded_workers(session: Session, worker_ids: Collection[WorkerId]) -> set[WorkerId]:
    """Return those of the workers of whom something was ever judged."""
    return set(_found(session, judgements.c.worker_id, worker_ids))


def recorded_sites(session: Session, site_ids: Collection[SiteId]) -> set[SiteId]:
    """Return those of the sites at which something was ever judged."""
    return set(_found(session, judgements.c.site_id, site_ids))


def recorded_phones(session: Session, phone_ids: Collection[PhoneId]) -> set[PhoneId]:
    """Return those of the phones that ever called."""
    return set(_found(session, punches.c.phone_id, phone_ids))


def recorded_holders(session: Session, phone_ids: Collection[PhoneId]) -> set[tuple[PhoneId, WorkerId]]:
    """Return whose records were made by calls from the phones."""
    return {(PhoneId(phone), worker) for phone, worker in _recorded_by(session, punches.c.phone_id, phone_ids)}


def recorded_card_holders(session: Session, card_ids: Collection[CardId]) -> set[tuple[CardId, WorkerId]]:
    """Return whose records were made by touches of the cards."""
    return {(CardId(card), worker) for card, worker in _recorded_by(session, punches.c.card_id, card_ids)}


def recorded_affiliations(session: Session, affiliations: Sequence[Affiliation]) -> set[Affiliation]:
    """Return those of the affiliations by which a day was put down to their contractor."""
    found: set[Affiliation] = set()
    for part in _parts(affiliations):
        days = session.execute(
            sa.select(
                attendance_days.c.worker_id,
                attendance_days.c.contractor_id,
                sa.func.max(attendance_days.c.work_date, type_=sa.Date).label("last_day"),
            )
            .where(attendance_days.c.worker_id.in_([each.worker_id for each in part]))
            .group_by(attendance_days.c.worker_id, attendance_days.c.contractor_id)
        )
        last_days = {(row.worker_id, row.contractor_id): row.last_day for row in days}
        for each in part:
            last_day = last_days.get((each.worker_id, each.contractor_id))
            if last_day is not None and last_day >= each.valid_from:
                found.add(each)
    return found


def _found(session: Session, column: sa.Column[Any], ids: Collection[Id]) -> Iterator[Id]:
    for part in _parts(ids):
        yield from session.scalars(sa.select(column).where(column.in_(part)).distinct())


def _recorded_by(session: Session, came_by: sa.Column[Any], ids: Collection[UUID]) -> set[tuple[UUID, WorkerId]]:
    """Return by which of the phones or cards whose records were made."""
    found: set[tuple[UUID, WorkerId]] = set()
    for part in _parts(ids):
        rows = session.execute(
            sa.select(came_by.label("came_by"), judgements.c.worker_id)
            .join(judgements, judgements.c.punch_id == punches.c.punch_id)
            .where(came_by.in_(part), judgements.c.worker_id.is_not(None))
            .distinct()
        )
        found |= {(row.came_by, row.worker_id) for row in rows}
    return found


def _parts(values: Collection[One]) -> Iterator[list[One]]:
    ordered = list(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
