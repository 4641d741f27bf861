"""People who sign in to the pages: accounts and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.ids import AccountId


class Role(StrEnum):
    """What an account may do; scopes are a matter of their own."""

    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in; never a worker, who needs no account."""

    account_id: AccountId
    login: str
    name: str
    role: Role
    password_hash: str
    failed_count: int = 0
    locked_until: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountSession:
    """One signed-in browser. The cookie's value is not kept, only its SHA-256."""

    token_hash: str
    account_id: AccountId
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """That an account has just signed in; token is the cookie's value, known to nobody afterwards."""

    account: Account
    token: str
