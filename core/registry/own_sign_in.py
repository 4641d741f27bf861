"""Workers sign in to their own page: by a code to a registered phone, or by a link the office hands over.

Nothing that is answered tells whether a number is registered: an unknown one is asked for a code too. Whoever shares a
phone proves himself by his birth date besides. Tokens are kept as hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.accounts.sessions import new_token, token_hash
from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed
from core.ids import AccountId, PhoneId, WorkerId, normalise_digits, uuid7
from core.phone import PhoneSealer
from core.registry import own_store, store
from core.registry.model import SkilledWorker
from core.registry.own_model import (
    CODE_DIGITS,
    CODE_LIFETIME,
    CODES_A_NUMBER,
    CODES_AN_ADDRESS,
    KEPT_FOR,
    LINK_LIFETIME,
    SESSION_LIMIT,
    SHARED_SESSION_LIMIT,
    TEXT,
    TRIES,
    OwnAttempt,
    OwnLink,
    OwnSession,
)
from core.work import service as work


class Proof(StrEnum):
    """What became of a code or a birth date."""

    SIGNED_IN = "signed_in"
    BIRTH_DATE = "birth_date"  # the code was right; several hold the number
    WRONG = "wrong"
    OVER = "over"  # too old, used, or tried too often


@dataclass(frozen=True, slots=True)
class Proved:
    """What became of it and, for who is signed in, the worker and the cookie's value."""

    proof: Proof
    worker: SkilledWorker | None = None
    token: str = ""
    lasts: timedelta = timedelta()


def ask_for_code(session: Session, sealer: PhoneSealer, e164: str, address: str, now: datetime) -> str | None:
    """Let a code be sent to a number and return the token of the attempt; None when too many were asked for.

    The same happens for a number nobody has, but nothing is sent. Whoever calls nudges the kind own_model.TEXT.
    """
    own_store.delete_old(session, now - KEPT_FOR, now)
    index, address_hash = sealer.seal(e164).blind_index, hashlib.sha256(address.encode()).hexdigest()
    if _is_held_back(session, index, address_hash, now):
        return None
    phone = store.find_phone(session, sealer.blind_indexes(e164))
    is_held = phone is not None and bool(own_store.holders(session, phone.phone_id, work_date(now)))
    token, code = new_token(), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    attempt = OwnAttempt(
        attempt_id=uuid7(),
        token_hash=token_hash(token),
        number_index=index,
        phone_id=phone.phone_id if phone is not None and is_held else None,
        code_cipher=sealer.encrypt(code),
        address_hash=address_hash,
        made_at=now,
        expires_at=now + CODE_LIFETIME,
    )
    own_store.add_attempt(session, attempt)
    if attempt.phone_id is not None:
        work.mark(session, TEXT, [attempt.attempt_id], now)
    return token


def find_attempt(session: Session, token: str, now: datetime) -> OwnAttempt | None:
    """Return the attempt of a browser that is still open."""
    attempt = own_store.find_attempt(session, token_hash(token))
    is_open = attempt is not None and attempt.used_at is None and now < attempt.expires_at and attempt.tries < TRIES
    return attempt if is_open else None


def pass_code(session: Session, sealer: PhoneSealer, token: str, code: str, now: datetime) -> Proved:
    """Try a code. Who holds the number alone is signed in; of several the birth date is asked for."""
    attempt = _tried(session, token, now)
    if attempt is None:
        return Proved(Proof.OVER)
    right = hmac.compare_digest(sealer.decrypt(attempt.code_cipher).encode(), normalise_digits(code).encode())
    if not right or attempt.phone_id is None:
        return Proved(Proof.WRONG)
    people = own_store.holders(session, attempt.phone_id, work_date(now))
    if len(people) == 1:
        return _complete(session, attempt, people[0], now, SESSION_LIMIT)
    own_store.mark_attempt(session, attempt.attempt_id, proved_at=now)
    return Proved(Proof.BIRTH_DATE)


def pass_birth_date(session: Session, token: str, birth_date: date, now: datetime) -> Proved:
    """Try a birth date after a right code. Two with the same one cannot be told apart: the office helps."""
    attempt = _tried(session, token, now)
    if attempt is None or attempt.proved_at is None or attempt.phone_id is None:
        return Proved(Proof.OVER)
    people = own_store.holders(session, attempt.phone_id, work_date(now))
    born = [worker for worker in people if worker.birth_date == birth_date]
    if len(born) != 1:
        return Proved(Proof.WRONG)
    return _complete(session, attempt, born[0], now, SHARED_SESSION_LIMIT)


def make_link(session: Session, worker_id: WorkerId, made_by: AccountId, now: datetime) -> str:
    """Return the token of a link that signs a worker in, once within LINK_LIFETIME; earlier ones stop working."""
    token = new_token()
    own_store.add_link(session, OwnLink(token_hash(token), worker_id, made_by, now, now + LINK_LIFETIME))
    return token


def is_link_open(session: Session, token: str, now: datetime) -> bool:
    """Whether a link still works."""
    link = own_store.find_link(session, token_hash(token))
    return link is not None and link.used_at is None and now < link.expires_at


def pass_link(session: Session, token: str, now: datetime) -> Proved:
    """Use a link up and sign its worker in. Raises NotAllowed when it does not work any more."""
    link = own_store.find_link(session, token_hash(token))
    worker = store.find_worker(session, link.worker_id) if link else None
    if link is None or worker is None or not own_store.use_link(session, link.token_hash, now):
        raise NotAllowed("the link has been used, or is too old")
    return _open(session, worker, None, now, SESSION_LIMIT)


def find_worker(session: Session, token: str, now: datetime) -> SkilledWorker | None:
    """Return whose page a cookie opens; None when it has run out, or the worker has given the number up since."""
    opened = own_store.find_session(session, token_hash(token))
    if opened is None or now >= opened.expires_at:
        return None
    if opened.phone_id and not own_store.is_held(session, opened.phone_id, opened.worker_id, work_date(now)):
        return None
    return store.find_worker(session, opened.worker_id)


def end_session(session: Session, token: str) -> None:
    own_store.delete_session(session, token_hash(token))


def can_text(session: Session, carriers: tuple[str, ...]) -> bool:
    """Whether a code reaches a phone: one of the carriers that send messages has a line of ours."""
    return any(own_store.line_of(session, carrier) for carrier in carriers)


def _is_held_back(session: Session, index: str, address_hash: str, now: datetime) -> bool:
    of_number = (
        own_store.count_attempts(session, now - window, number_index=index) >= allowed
        for allowed, window in CODES_A_NUMBER
    )
    of_address = (
        own_store.count_attempts(session, now - window, address_hash=address_hash) >= allowed
        for allowed, window in CODES_AN_ADDRESS
    )
    return any(of_number) or any(of_address)


def _tried(session: Session, token: str, now: datetime) -> OwnAttempt | None:
    """Count a try of a browser's attempt and return it; None when none is left."""
    attempt = own_store.find_attempt(session, token_hash(token))
    return attempt if attempt and own_store.take_try(session, attempt.attempt_id, now) else None


def _complete(session: Session, attempt: OwnAttempt, worker: SkilledWorker, now: datetime, lasts: timedelta) -> Proved:
    if not own_store.mark_attempt(session, attempt.attempt_id, used_at=now):
        return Proved(Proof.OVER)
    return _open(session, worker, attempt.phone_id, now, lasts)


def _open(session: Session, worker: SkilledWorker, phone_id: PhoneId | None, now: datetime, lasts: timedelta) -> Proved:
    token = new_token()
    opened = OwnSession(token_hash(token), worker.worker_id, phone_id, now, now + lasts)
    own_store.add_session(session, opened)
    return Proved(Proof.SIGNED_IN, worker, token, lasts)
