"""Letting partner systems in, and keeping what they were answered."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import AccountId, ContractorId, uuid7
from core.partners import store
from core.partners.model import ApiKey, Holder, KeptAnswer, KeyScope, Partner
from core.registry.service import require_contractor
from core.scope import Scope

LIVE, SANDBOX = "gk_live_", "gk_test_"
ANSWERS_KEPT_FOR = timedelta(days=2)
USE_NOTED_EVERY = timedelta(minutes=10)
NAME_MAX = 60


def give_key(
    session: Session,
    prime_contractor_id: ContractorId,
    name: str,
    scopes: Collection[KeyScope],
    made_by: AccountId | None,
    now: datetime,
    *,
    is_sandbox: bool = False,
) -> tuple[ApiKey, str]:
    """Return a new key of a partner, and its secret: it is shown once. A partner that is new is added.

    Raises NotFound when there is no such prime contractor, InvalidInput without a name or scope.
    """
    require_contractor(session, prime_contractor_id)
    if not name.strip() or len(name) > NAME_MAX:
        raise InvalidInput(f"a partner needs a name of at most {NAME_MAX} characters", field="name")
    if not scopes:
        raise InvalidInput("a key without a scope lets nobody do anything", field="scopes")
    partner = store.find_partner(session, prime_contractor_id, name.strip())
    if partner is None:
        partner = Partner(uuid7(), prime_contractor_id, name.strip(), now)
        store.add_partner(session, partner)
    secret = (SANDBOX if is_sandbox else LIVE) + secrets.token_urlsafe(32)
    key = ApiKey(uuid7(), partner.partner_id, _hash(secret), secret[-4:], frozenset(scopes), is_sandbox, made_by, now)
    store.add_key(session, key)
    return key, secret


def holder_of(session: Session, secret: str) -> Holder | None:
    """Return who holds a key; None when nobody does, or it was revoked."""
    holder = store.find_holder(session, _hash(secret))
    return holder if holder is not None and holder.key.revoked_at is None else None


def note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """Note that a key was used; is_noted() says whether that is needed."""
    store.note_use(session, key.api_key_id, now)


def is_noted(key: ApiKey, now: datetime) -> bool:
    """Whether it is known closely enough when a key was last used: that is written every ten minutes at most."""
    return key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY


def revoke_key(session: Session, api_key_id: UUID, now: datetime) -> None:
    """Revoke a key, at once. Raises NotFound when there is none that holds."""
    if not store.revoke_key(session, api_key_id, now):
        raise NotFound("there is no such key, or it was revoked already", api_key_id=api_key_id)


def scope_of(holder: Holder) -> Scope:
    """Return what a partner sees: its prime contractor's sites."""
    return Scope(primes=frozenset({holder.partner.prime_contractor_id}))


def answer_again(session: Session, holder: Holder, idempotency_key: str, body: bytes) -> KeptAnswer | None:
    """Return what the same request was answered before; None when it is new.

    Raises InvalidInput when another request came with the same key.
    """
    kept = store.find_answer(session, holder.partner.partner_id, idempotency_key)
    if kept is not None and kept.body_hash != _hash_bytes(body):
        raise InvalidInput("another request came with this Idempotency-Key", field="Idempotency-Key")
    return kept


def keep_answer(
    session: Session, holder: Holder, idempotency_key: str, body: bytes, answer: str, now: datetime
) -> None:
    """Keep what a request was answered, for two days."""
    kept = KeptAnswer(_hash_bytes(body), answer)
    store.keep_answer(session, holder.partner.partner_id, idempotency_key, kept, now)


def forget_answers(session: Session, now: datetime) -> int:
    """Forget the answers that are older than they are kept for; return how many."""
    return store.forget_answers(session, now - ANSWERS_KEPT_FOR)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _hash_bytes(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
