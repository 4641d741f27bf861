"""The second step of signing in, and what holds back guesses: a session that waits for its second factor becomes open.

The token changes with the step, so that whoever knew the first one has nothing.
"""

import hashlib
from datetime import datetime, timedelta

from core.accounts import factor_store, second_factor, service, sessions, store
from core.accounts.links import use_link
from core.accounts.model import Account, AccountSession, LinkPurpose, SignedIn, Stage, Visit
from core.db import Session
from core.phone import PhoneSealer

ADDRESS_FAILURES_ALLOWED = 50  # an office shares one address
ADDRESS_WINDOW = timedelta(minutes=15)


def pass_code(
    session: Session, sealer: PhoneSealer, token: str, code: str, now: datetime
) -> tuple[SignedIn, str] | None:
    """Open the session that waits for a code; return it and what the code was, "app" or "recovery".

    None when the code is wrong or was used before, the account locked, or the session over. The fifth wrong code locks.
    """
    pending = _pending(session, token, now, Stage.CODE)
    if pending is None:
        return None
    account, waiting = pending
    if service.is_locked(account, now):
        return None
    kind = second_factor.take_code(session, sealer, account.account_id, code, now)
    if kind is None:
        service.count_wrong(session, account, now)
        return None
    return _complete(session, account, waiting, now), kind


def pass_link(session: Session, token: str, link_token: str, now: datetime) -> SignedIn | None:
    """Open the session that waits for a code with a mailed link that this browser asked for.

    None when no session waits. Raises NotAllowed when the link does not work any more.
    """
    pending = _pending(session, token, now, Stage.CODE)
    if pending is None:
        return None
    account, waiting = pending
    use_link(session, link_token, LinkPurpose.SECOND_FACTOR, now, session_hash=waiting.token_hash)
    return _complete(session, account, waiting, now)


def pass_enrolment(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Open the session of somebody who had to set up a second factor and has just done so."""
    pending = _pending(session, token, now, Stage.ENROL)
    if pending is None or not second_factor.find_factor(session, pending[0].account_id).is_set_up:
        return None
    return _complete(session, *pending, now)


def locked_until(session: Session, login: str, now: datetime) -> datetime | None:
    """Return until when a login is locked. A login that nobody has locks just the same, so that nothing is learnt."""
    account = service.find_account(session, login)
    if account is not None:
        return account.locked_until if service.is_locked(account, now) else None
    found = factor_store.failures(session, _key("login", service.fold_login(login)), now - service.LOCK_TIME)
    is_over_limit = found is not None and found[0] >= service.WRONG_PASSWORDS_ALLOWED
    return found[1] + service.LOCK_TIME if found and is_over_limit else None


def count_failure(session: Session, login: str, address: str, now: datetime) -> None:
    """Count a failed sign-in for the address it came from, and for a login that nobody has."""
    factor_store.delete_failures(session, now - 2 * ADDRESS_WINDOW)
    factor_store.count_failure(session, _key("address", address), now, now - ADDRESS_WINDOW)
    if service.find_account(session, login) is None:
        key = _key("login", service.fold_login(login))
        factor_store.count_failure(session, key, now, now - service.LOCK_TIME)


def is_held_back(session: Session, address: str, now: datetime) -> bool:
    """Whether so many sign-ins from an address failed that it has to wait."""
    found = factor_store.failures(session, _key("address", address), now - ADDRESS_WINDOW)
    return found is not None and found[0] >= ADDRESS_FAILURES_ALLOWED


def _pending(session: Session, token: str, now: datetime, stage: Stage) -> tuple[Account, AccountSession] | None:
    """Return the session that waits at a stage, with the account's row locked."""
    found = sessions.find_pending(session, token, now)
    if found is None or found[1].stage is not stage:
        return None
    account = store.get_account(session, found[0].account_id, for_update=True)
    return None if account is None else (account, found[1])


def _complete(session: Session, account: Account, waiting: AccountSession, now: datetime) -> SignedIn:
    store.delete_session(session, waiting.token_hash)
    store.set_signed_in(session, account.account_id, now)
    visit = Visit(waiting.browser, waiting.address)
    return SignedIn(account, sessions.open_session(session, account, now, visit, Stage.OPEN))


def _key(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:40]}"
