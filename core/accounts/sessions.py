"""Sessions of the pages: kept on the server, found by a cookie of which only the hash is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from core.accounts import store
from core.accounts.model import Account, AccountSession, Stage, Visit
from core.db import Session
from core.errors import NotFound
from core.ids import AccountId

IDLE_LIMIT = timedelta(hours=8)
SESSION_LIMIT = timedelta(hours=12)
PENDING_LIMIT = timedelta(minutes=15)  # between the password and the second factor
SEEN_STEP = timedelta(minutes=5)  # how exactly the last use is known: a write for each page would be waste
TOKEN_BYTES = 32


def find_session(session: Session, token: str, now: datetime) -> tuple[Account, AccountSession] | None:
    """Return who a cookie stands for; None when it is unknown, idle for too long, too old, or its account disabled.

    None too while the second factor is outstanding: find_pending() returns those.
    """
    found = _valid_session(session, token, now)
    return found if found is not None and found[1].stage is Stage.OPEN else None


def find_pending(session: Session, token: str, now: datetime) -> tuple[Account, AccountSession] | None:
    """Return who has given the password but not yet the second factor."""
    found = _valid_session(session, token, now)
    return found if found is not None and found[1].stage is not Stage.OPEN else None


def is_worth_marking(opened: AccountSession, now: datetime) -> bool:
    """Whether the session's last use lies far enough back to be written anew."""
    return now - opened.last_seen_at >= SEEN_STEP


def mark_seen(session: Session, opened: AccountSession, now: datetime) -> None:
    """Note that somebody used the session just now."""
    store.set_last_seen(session, opened.token_hash, now)


def end_session(session: Session, token: str) -> None:
    store.delete_session(session, token_hash(token))


def list_sessions(session: Session, account_id: AccountId, now: datetime) -> list[AccountSession]:
    """Return the sessions an account is signed in with, the last used first."""
    found = store.list_sessions(session, account_id)
    return [opened for opened in found if opened.stage is Stage.OPEN and not _is_over(opened, now)]


def end_other_session(session: Session, account_id: AccountId, token_hash: str) -> None:
    """End one of an account's sessions. Raises NotFound when it is not the account's."""
    if token_hash not in {opened.token_hash for opened in store.list_sessions(session, account_id)}:
        raise NotFound("the session has ended already")
    store.delete_session(session, token_hash)


def end_all_sessions(session: Session, account_id: AccountId) -> None:
    store.delete_sessions_of(session, account_id)


def end_other_sessions(session: Session, account_id: AccountId, keep: str) -> int:
    """End an account's sessions but the one of the cookie `keep`; return how many."""
    return store.delete_sessions_of(session, account_id, but=token_hash(keep))


def hold_for_enrolment(session: Session, account_id: AccountId, token: str, now: datetime) -> None:
    """Let a session open nothing before a second factor is set up, and end the account's others."""
    end_other_sessions(session, account_id, token)
    store.set_stage(session, token_hash(token), Stage.ENROL, now + PENDING_LIMIT)


def open_session(session: Session, account: Account, now: datetime, visit: Visit, stage: Stage) -> str:
    """Add a session and return its token, the cookie's value."""
    token = new_token()
    ends_at = now + (SESSION_LIMIT if stage is Stage.OPEN else PENDING_LIMIT)
    opened = AccountSession(
        token_hash(token), account.account_id, now, now, ends_at, stage, visit.browser, visit.address
    )
    store.add_session(session, opened)
    return token


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _valid_session(session: Session, token: str, now: datetime) -> tuple[Account, AccountSession] | None:
    found = store.find_session(session, token_hash(token))
    if found is None:
        return None
    account, opened = found
    return None if _is_over(opened, now) or account.disabled_at is not None else found


def _is_over(opened: AccountSession, now: datetime) -> bool:
    return now >= opened.expires_at or now - opened.last_seen_at >= IDLE_LIMIT
