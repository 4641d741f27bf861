"""By what punches came, a phone or a card, and what else came by the same."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.attendance.model import Reason, Verdict
from core.attendance.records import newest_judgements
from core.attendance.tables import punches
from core.db import Session
from core.ids import CardId, ContractorId, PhoneId, PunchId

_BY = ("phone_id", "card_id", "typed_ccus_id", "named_worker_id")


@dataclass(frozen=True, slots=True)
class Came:
    """By what a punch came: a phone, a card, or neither."""

    phone_id: PhoneId | None = None
    card_id: CardId | None = None

    @property
    def is_known(self) -> bool:
        return self.phone_id is not None or self.card_id is not None


def came_of(came: Came) -> sa.ColumnElement[bool]:
    """Condition on punches: they came from the phone, or by the card."""
    if came.card_id is not None:
        return punches.c.card_id == came.card_id
    return punches.c.phone_id == came.phone_id


def came_by(session: Session, punch_id: PunchId) -> Came:
    """Return by what a punch came."""
    statement = sa.select(punches.c.phone_id, punches.c.card_id).where(punches.c.punch_id == punch_id)
    row = session.execute(statement).first()
    return Came(row.phone_id, row.card_id) if row else Came()


def first_waiting(session: Session, came: Came, prime_contractor_id: ContractorId | None = None) -> datetime | None:
    """Return when the first punch happened of those by a phone or card that wait because nobody is known by it.

    With a prime contractor only punches at its sites are asked.
    """
    newest = newest_judgements()
    statement = (
        sa.select(sa.func.min(punches.c.occurred_at))
        .join(newest, newest.c.punch_id == punches.c.punch_id)
        .where(came_of(came), newest.c.verdict == Verdict.NEEDS_REVIEW)
        .where(newest.c.reason.in_([Reason.UNKNOWN_NUMBER, Reason.UNKNOWN_CARD]))
    )
    if prime_contractor_id is not None:
        statement = statement.where(newest.c.prime_contractor_id == prime_contractor_id)
    return session.execute(statement).scalar()


def came_alike(session: Session, punch_id: PunchId, others: Collection[PunchId]) -> list[PunchId]:
    """Return those of the other punches that came as one did: from the same phone, by the same card or id, or named."""
    mine = punches.alias("mine")
    statement = (
        sa.select(punches.c.punch_id)
        .join(mine, mine.c.channel == punches.c.channel)
        .where(mine.c.punch_id == punch_id, punches.c.punch_id.in_(others))
        .where(*(punches.c[name].is_not_distinct_from(mine.c[name]) for name in _BY))
    )
    return [PunchId(found) for found in session.execute(statement).scalars()]
