"""Dates for training, and signing people up: whoever comes when all seats are taken waits, and moves up by himself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import uuid7
from core.phone import conceal
from core.scope import EVERYTHING, Scope
from core.training import rules, store
from core.training.model import Seat, Sitting, TrainingDate


def add_date(session: Session, date: TrainingDate) -> TrainingDate:
    """Add a date. Raises InvalidInput when it cannot be held like this."""
    rules.check_date(date)
    store.add_date(session, date)
    return date


def change_date(session: Session, changed: TrainingDate) -> list[Seat]:
    """Store a date's new values, and return who moved up when there are more seats now.

    Raises NotFound, InvalidInput when it cannot be held like this or somebody sits beyond the new capacity.
    """
    date = _locked(session, changed.training_id)
    rules.check_date(changed)
    seats = store.seats_of(session, [date.training_id], EVERYTHING)
    rules.check_capacity(changed, seats)
    return _seat(session, replace(changed, cancelled_at=date.cancelled_at), seats)


def cancel_date(session: Session, training_id: UUID, now: datetime) -> TrainingDate:
    """Call a date off; the seats stay known, so that everybody can be told. Raises NotFound."""
    date = _locked(session, training_id)
    cancelled = replace(date, cancelled_at=date.cancelled_at or now)
    store.update_date(session, cancelled)
    return cancelled


def sign_up(session: Session, training_id: UUID, names: Sequence[str], sitting: Sitting, now: datetime) -> list[Seat]:
    """Sign people up and return their seats, as far as there are some; the others wait. Numbers in names are masked.

    Raises NotFound, NotAllowed when the date is over or was called off.
    """
    date = _locked(session, training_id)
    if not date.takes_people(now):
        raise NotAllowed("the date is over or was called off", training_id=training_id)
    company = conceal(sitting.company)
    new = [
        Seat(uuid7(), training_id, sitting.contractor_id, company, conceal(name), sitting.account_id, now, turn)
        for turn, name in enumerate(names, start=store.last_turn(session, training_id) + 1)
    ]
    store.add_seats(session, new)
    before = store.seats_of(session, [training_id], EVERYTHING)
    moved = {seat.seat_id: seat for seat in _seat(session, date, before)}
    return [moved.get(seat.seat_id, seat) for seat in new]


def cancel_seat(session: Session, seat_id: UUID, scope: Scope, now: datetime) -> tuple[Seat, list[Seat]]:
    """Give a seat up, and return it with those who moved up. Raises NotFound when it is not within reach."""
    seat = store.find_seat(session, seat_id, scope)
    if seat is None:
        raise NotFound("no such seat", seat_id=seat_id)
    date = _locked(session, seat.training_id)
    cancelled = replace(seat, number=None, cancelled_at=seat.cancelled_at or now)
    store.update_seats(session, [cancelled])
    seats = store.seats_of(session, [seat.training_id], EVERYTHING)
    is_open = date.takes_people(now)
    return cancelled, _seat(session, date, seats, moves_up=is_open)


def require_date(session: Session, training_id: UUID) -> TrainingDate:
    """Return a date. Raises NotFound."""
    date = store.find_date(session, training_id)
    if date is None:
        raise NotFound("no such training date", training_id=training_id)
    return date


def _locked(session: Session, training_id: UUID) -> TrainingDate:
    """Return a date that nobody else signs people up for until the transaction ends."""
    date = store.find_date(session, training_id, for_update=True)
    if date is None:
        raise NotFound("no such training date", training_id=training_id)
    return date


def _seat(session: Session, date: TrainingDate, seats: Sequence[Seat], *, moves_up: bool = True) -> list[Seat]:
    """Seat those who wait as far as there are seats, and keep the counts; return who got a seat."""
    moved = rules.seated(seats, date.capacity) if moves_up else []
    store.update_seats(session, moved)
    taken = sum(1 for seat in seats if seat.number is not None) + len(moved)
    store.update_date(session, replace(date, taken=taken, waiting=len(seats) - taken))
    return moved
