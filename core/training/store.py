"""The queries of training dates and seats."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.scope import Scope
from core.statements import insert_rows
from core.training.model import Seat, TrainingDate
from core.training.tables import training_dates, training_seats

PAST_SHOWN = 50


def add_date(session: Session, date: TrainingDate) -> None:
    insert_rows(session, {training_dates: [date]})


def update_date(session: Session, date: TrainingDate) -> None:
    values = {each.name: getattr(date, each.name) for each in fields(date) if each.name != "training_id"}
    session.execute(sa.update(training_dates).where(_is(date.training_id)).values(**values))


def find_date(session: Session, training_id: UUID, *, for_update: bool = False) -> TrainingDate | None:
    statement = sa.select(training_dates).where(_is(training_id))
    row = session.execute(statement.with_for_update() if for_update else statement).first()
    return as_model(TrainingDate, row) if row else None


def coming_dates(session: Session, now: datetime) -> list[TrainingDate]:
    """Return the dates that are not over, the next one first."""
    statement = sa.select(training_dates).where(training_dates.c.ends_at > now).order_by(training_dates.c.starts_at)
    return [as_model(TrainingDate, row) for row in session.execute(statement)]


def past_dates(session: Session, now: datetime) -> list[TrainingDate]:
    """Return the latest of those that are over."""
    statement = sa.select(training_dates).where(training_dates.c.ends_at <= now)
    rows = session.execute(statement.order_by(training_dates.c.starts_at.desc()).limit(PAST_SHOWN))
    return [as_model(TrainingDate, row) for row in rows]


def add_seats(session: Session, seats: Sequence[Seat]) -> None:
    insert_rows(session, {training_seats: seats})


def update_seats(session: Session, seats: Iterable[Seat]) -> None:
    """Store number and cancellation of seats."""
    for seat in seats:
        values: dict[str, Any] = {"number": seat.number, "cancelled_at": seat.cancelled_at}
        session.execute(sa.update(training_seats).where(training_seats.c.seat_id == seat.seat_id).values(**values))


def seats_of(session: Session, training_ids: Sequence[UUID], scope: Scope) -> list[Seat]:
    """Return the seats within reach that were not cancelled: those with a number first, then who waits longest."""
    statement = sa.select(training_seats).where(
        training_seats.c.training_id.in_(training_ids), training_seats.c.cancelled_at.is_(None), seat_is_visible(scope)
    )
    order = (training_seats.c.number.is_(None), training_seats.c.number, training_seats.c.turn)
    return [as_model(Seat, row) for row in session.execute(statement.order_by(*order))]


def last_turn(session: Session, training_id: UUID) -> int:
    """Return how many were signed up for a date so far, those among them who gave their seat up again."""
    statement = sa.select(sa.func.max(training_seats.c.turn)).where(training_seats.c.training_id == training_id)
    return session.execute(statement).scalar() or 0


def find_seat(session: Session, seat_id: UUID, scope: Scope) -> Seat | None:
    statement = sa.select(training_seats).where(training_seats.c.seat_id == seat_id, seat_is_visible(scope))
    row = session.execute(statement).first()
    return as_model(Seat, row) if row else None


def seat_is_visible(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on seats: those of a contractor in whose name somebody looks."""
    return sa.true() if scope.everything else training_seats.c.contractor_id.in_(scope.viewers)


def _is(training_id: UUID) -> sa.ColumnElement[bool]:
    return training_dates.c.training_id == training_id
