"""The queries of the workers' own sign-in."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import PhoneId, WorkerId
from core.registry.model import SkilledWorker
from core.registry.own_model import TRIES, OwnAttempt, OwnLink, OwnMessage, OwnSession
from core.registry.own_tables import own_attempts, own_links, own_sessions
from core.registry.tables import lines, phone_numbers, phones, workers


def add_attempt(session: Session, attempt: OwnAttempt) -> None:
    session.execute(sa.insert(own_attempts).values(asdict(attempt)))


def find_attempt(session: Session, token_hash: str) -> OwnAttempt | None:
    row = session.execute(sa.select(own_attempts).where(own_attempts.c.token_hash == token_hash)).first()
    return as_model(OwnAttempt, row) if row else None


def newest_attempt(session: Session, number_index: str) -> OwnAttempt | None:
    """Return the last attempt with a number."""
    asked = own_attempts.c
    statement = sa.select(own_attempts).where(asked.number_index == number_index).order_by(asked.made_at.desc())
    row = session.execute(statement.limit(1)).first()
    return as_model(OwnAttempt, row) if row else None


def count_attempts(session: Session, since: datetime, *, number_index: str = "", address_hash: str = "") -> int:
    """Return how many codes were asked for since an instant, with a number or from an address."""
    asked = own_attempts.c
    whose = asked.number_index == number_index if number_index else asked.address_hash == address_hash
    statement = sa.select(sa.func.count()).select_from(own_attempts).where(whose, asked.made_at > since)
    return session.scalar(statement) or 0


def take_try(session: Session, attempt_id: UUID, now: datetime) -> bool:
    """Count a try; False when none is left, or the attempt is over. Two at once never share one."""
    asked = own_attempts.c
    statement = sa.update(own_attempts).where(asked.attempt_id == attempt_id, asked.tries < TRIES)
    open_ones = statement.where(asked.used_at.is_(None), asked.expires_at > now)
    return session.execute(open_ones.values(tries=asked.tries + 1)).rowcount == 1


def mark_attempt(session: Session, attempt_id: UUID, **changes: datetime) -> bool:
    """Write that an attempt was proved or used; False when it was used already."""
    asked = own_attempts.c
    statement = sa.update(own_attempts).where(asked.attempt_id == attempt_id, asked.used_at.is_(None))
    return session.execute(statement.values(**changes)).rowcount == 1


def delete_old(session: Session, before: datetime, now: datetime) -> None:
    """Forget attempts made before an instant, and what has run out by now."""
    session.execute(sa.delete(own_attempts).where(own_attempts.c.made_at < before))
    session.execute(sa.delete(own_sessions).where(own_sessions.c.expires_at <= now))


def holders(session: Session, phone_id: PhoneId, day: date) -> list[SkilledWorker]:
    """Return the workers who hold a phone on a day."""
    held = sa.select(phone_numbers.c.worker_id).where(phone_numbers.c.phone_id == phone_id, _on(day))
    rows = session.execute(sa.select(workers).where(workers.c.worker_id.in_(held)).order_by(workers.c.worker_id))
    return [as_model(SkilledWorker, row) for row in rows]


def is_held(session: Session, phone_id: PhoneId, worker_id: WorkerId, day: date) -> bool:
    """Whether a worker holds a phone on a day."""
    held = phone_numbers.c
    statement = sa.select(held.phone_number_id).where(held.phone_id == phone_id, held.worker_id == worker_id, _on(day))
    return session.execute(statement).first() is not None


def find_message(session: Session, attempt_id: UUID) -> OwnMessage | None:
    """Return what is to be sent for an attempt; None when it is over or nobody has the number.

    Several holders of a number are written to in the language of the first.
    """
    speaks = (
        sa.select(workers.c.language)
        .join(phone_numbers, phone_numbers.c.worker_id == workers.c.worker_id)
        .where(phone_numbers.c.phone_id == own_attempts.c.phone_id)
        .order_by(workers.c.worker_id)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        sa.select(phones.c.cipher, phones.c.mask, own_attempts.c.code_cipher, own_attempts.c.expires_at)
        .add_columns(speaks.label("language"))
        .join(phones, phones.c.phone_id == own_attempts.c.phone_id)
        .where(own_attempts.c.attempt_id == attempt_id, own_attempts.c.used_at.is_(None))
    )
    row = session.execute(statement).first()
    return as_model(OwnMessage, row) if row and row.language else None


def line_of(session: Session, carrier: str) -> str | None:
    """Return a line of ours at a carrier, as whose messages come; the oldest, so that it stays the same."""
    statement = sa.select(lines.c.e164).where(lines.c.carrier == carrier, lines.c.retired_at.is_(None))
    e164: str | None = session.scalar(statement.order_by(lines.c.line_id).limit(1))
    return e164


def add_link(session: Session, link: OwnLink) -> None:
    """Add a link; the worker's earlier ones stop working."""
    session.execute(sa.delete(own_links).where(own_links.c.worker_id == link.worker_id))
    session.execute(sa.insert(own_links).values(asdict(link)))


def find_link(session: Session, token_hash: str) -> OwnLink | None:
    row = session.execute(sa.select(own_links).where(own_links.c.token_hash == token_hash)).first()
    return as_model(OwnLink, row) if row else None


def use_link(session: Session, token_hash: str, now: datetime) -> bool:
    """Note that a link was used; False when it was before, or is too old."""
    link = own_links.c
    statement = sa.update(own_links).where(link.token_hash == token_hash, link.used_at.is_(None), link.expires_at > now)
    return session.execute(statement.values(used_at=now)).rowcount == 1


def add_session(session: Session, opened: OwnSession) -> None:
    session.execute(sa.insert(own_sessions).values(asdict(opened)))


def find_session(session: Session, token_hash: str) -> OwnSession | None:
    row = session.execute(sa.select(own_sessions).where(own_sessions.c.token_hash == token_hash)).first()
    return as_model(OwnSession, row) if row else None


def delete_session(session: Session, token_hash: str) -> None:
    session.execute(sa.delete(own_sessions).where(own_sessions.c.token_hash == token_hash))


def delete_sessions_of(session: Session, worker_id: WorkerId) -> None:
    session.execute(sa.delete(own_sessions).where(own_sessions.c.worker_id == worker_id))


def _on(day: date) -> sa.ColumnElement[bool]:
    held = phone_numbers.c
    return sa.and_(held.valid_from <= day, sa.or_(held.valid_until.is_(None), held.valid_until >= day))
