"""Queries of the phone's own tables: calls that wait for keys, wrong codes of the day, and the carrier's events."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import PhoneId, PunchId, SiteId, uuid7
from core.registry.store import lock
from core.statements import Upsert, insert_rows
from ivr.model import CallEvent
from ivr.tables import call_events, calls, day_code_failures

_ONE_MORE = Upsert(key=("phone_id", "site_id", "work_date"), add=("failures",))


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call between two webhooks: its state as JSON, how many questions were asked, and the last answer given."""

    call_key: str
    punch_id: PunchId
    state: str
    turn: int
    reply: str
    is_open: bool
    updated_at: datetime


def add_call(session: Session, call: StoredCall) -> None:
    session.execute(
        sa.insert(calls),
        {name: getattr(call, name) for name in calls.c.keys()},  # noqa: SIM118 - a column collection, not a dict
    )


def find_call(session: Session, call_key: str) -> StoredCall | None:
    """Return a call and keep it to this transaction, so that a repeated request waits for the first."""
    statement = sa.select(calls).where(calls.c.call_key == call_key).with_for_update()
    row = session.execute(statement).first()
    return as_model(StoredCall, row) if row else None


def update_call(session: Session, call: StoredCall) -> None:
    statement = sa.update(calls).where(calls.c.call_key == call.call_key)
    changes = {"state": call.state, "turn": call.turn, "reply": call.reply, "is_open": call.is_open}
    session.execute(statement.values(**changes, updated_at=call.updated_at))


def abandoned_calls(session: Session, before: datetime, limit: int = 200) -> list[StoredCall]:
    """Return open calls that nobody answered since an instant, the oldest first; others' sweeps skip them."""
    statement = (
        sa.select(calls)
        .where(calls.c.is_open, calls.c.updated_at < before)
        .order_by(calls.c.updated_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [as_model(StoredCall, row) for row in session.execute(statement)]


def count_day_code_failures(session: Session, phone_id: PhoneId, site_id: SiteId, on: date) -> int:
    """Return how many wrong codes a phone gave at a site for a work date.

    Other calls of the phone wait until this transaction ends: calls placed at once have no more tries than one.
    """
    lock(session, f"day code {phone_id} {site_id}")
    found = day_code_failures.c
    is_its_own = (found.phone_id == phone_id, found.site_id == site_id, found.work_date == on)
    return session.execute(sa.select(found.failures).where(*is_its_own)).scalar() or 0


def add_day_code_failure(session: Session, phone_id: PhoneId, site_id: SiteId, on: date) -> None:
    row = {"phone_id": phone_id, "site_id": site_id, "work_date": on, "failures": 1}
    insert_rows(session, {day_code_failures: [row]}, {day_code_failures: _ONE_MORE})


def add_event(session: Session, event: CallEvent, now: datetime) -> bool:
    """Keep what the carrier says of a call; False when it said so before."""
    known = sa.select(call_events.c.call_event_id).where(
        call_events.c.call_key == event.call_key,
        call_events.c.event == event.status[:32],
        call_events.c.sequence == event.sequence,
    )
    if session.execute(known).first():
        return False
    session.execute(
        sa.insert(call_events),
        {
            "call_event_id": uuid7(),
            "call_key": event.call_key,
            "event": event.status[:32],
            "sequence": event.sequence,
            "duration_s": event.duration_s,
            "error_code": event.error_code[:16],
            "received_at": now,
        },
    )
    return True
