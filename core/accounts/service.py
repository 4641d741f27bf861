"""Accounts and signing in to the pages: passwords, and the lock after wrong ones.

A sign-in has three steps, so that no transaction stays open while a password is checked: find_account(),
is_password_of(), slow on purpose, of which the edge lets only a few run at once, and sign_in(). Where a second factor
is set up or due, sign_in() makes a session that opens nothing yet: see core.accounts.signing_in. Who may see what is
not decided here.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.accounts import factor_store, rules, sessions, store
from core.accounts.model import Account, Membership, Role, SignedIn, Stage, Viewer, Visit
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, ContractorId, SiteId, uuid7
from core.phone import conceal

MIN_PASSWORD_CHARS = 15  # without a second factor (NIST SP 800-63B-4, 3.1.1.2)
MAX_PASSWORD_CHARS = 1000
MAX_LOGIN_CHARS = 200
RESERVED_NAME = "system"  # the ledger keeps it for judgements that no person made
WRONG_PASSWORDS_ALLOWED = 5
LOCK_TIME = timedelta(minutes=5)

# OWASP's second profile for argon2id: a sixth of the time of the library's default, 19 MiB each.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Of random bytes that were thrown away: an unknown login costs the same time as a known one.
_NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$QKmyf9HCQbAy0lKh9s440w$NUlPjLnlNf2SfHGlQTCx07j2bPqAJlk3uDzNW0+7NBU"
_GENERATED_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when read aloud


def create_account(session: Session, login: str, name: str, password: str, *, email: str = "") -> Account:
    """Add an account and return it. It may do nothing before join(). A number in the name is masked.

    Raises InvalidInput when the login is taken or unfit, the name is empty or reserved, or the password is too short.
    """
    folded = fold_login(login)
    if not folded or len(folded) > MAX_LOGIN_CHARS or any(sign.isspace() for sign in folded):
        raise InvalidInput(f"a login has 1 to {MAX_LOGIN_CHARS} characters and no spaces", field="login")
    if not name.strip():
        raise InvalidInput("the name is empty", field="name")
    if fold_login(name) == RESERVED_NAME:
        raise InvalidInput("this name is kept for the product itself", field="name", taken=name)
    if store.find_account(session, folded) is not None:
        raise InvalidInput(f"the login {folded} is taken", field="login", login=folded)
    address = rules.parse_email(email)
    account = Account(AccountId(uuid7()), folded, conceal(name.strip()), _hash(password), email=address)
    store.add_account(session, account)
    return account


def join(
    session: Session,
    account_id: AccountId,
    role: Role,
    contractor_id: ContractorId | None = None,
    site_ids: Iterable[SiteId] = (),
) -> Membership:
    """Let an account act for a contractor in a role; site_ids are a site manager's sites.

    Raises InvalidInput when a contractor is missing, or given for an operator, or when sites do not fit the role.
    """
    membership = Membership(uuid7(), account_id, role, contractor_id, frozenset(site_ids))
    if (role is Role.OPERATOR) != (contractor_id is None):
        raise InvalidInput("an operator acts for no contractor, everybody else for one", field="contractor_id")
    if (role is Role.SITE_MANAGER) != bool(membership.site_ids):
        raise InvalidInput("a site manager has sites, and nobody else", field="site_ids")
    store.add_membership(session, membership)
    return membership


def leave(session: Session, membership_id: UUID) -> None:
    """End a membership; the account may do at once what its others allow, and no more.

    Raises NotAllowed when it is the last operator's.
    """
    membership = store.get_membership(session, membership_id)
    if membership is not None and membership.role is Role.OPERATOR:
        _keep_an_operator(session, membership.account_id)
    store.delete_membership(session, membership_id)


def get_viewer(session: Session, account_id: AccountId) -> Viewer:
    """Return an account with its memberships. Raises NotFound when there is none."""
    account = store.get_account(session, account_id)
    if account is None:
        raise NotFound("there is no such account", account_id=account_id)
    return find_viewer(session, account)


def find_viewer(session: Session, account: Account) -> Viewer:
    """Return an account with its memberships."""
    return Viewer(account, tuple(store.memberships_of(session, [account.account_id])))


def reset_password(session: Session, login: str, password: str) -> Account:
    """Give an account another password, lift its lock, and end all of its sessions.

    Raises NotFound when there is no such account, InvalidInput when the password is too short.
    """
    account = _account(session, login)
    store.set_password(session, account.account_id, _hash(password))
    store.delete_sessions_of(session, account.account_id)
    return account


def change_password(session: Session, account_id: AccountId, password: str, keep: str | None = None) -> None:
    """Give an account another password, lift its lock, and end its sessions, all but the one of the cookie `keep`.

    Raises InvalidInput when the password is too short or too long.
    """
    store.set_password(session, account_id, _hash(password))
    store.delete_sessions_of(session, account_id, but=sessions.token_hash(keep) if keep else None)


def set_email(session: Session, account_id: AccountId, email: str) -> None:
    """Change where an account's mail goes. Raises InvalidInput when that is no address."""
    store.set_email(session, account_id, rules.parse_email(email))


def unlock(session: Session, login: str) -> Account:
    """Lift the lock that wrong passwords or codes brought. Raises NotFound when there is no such account."""
    account = _account(session, login)
    store.set_failures(session, account.account_id, 0, None)
    return account


def disable_account(session: Session, login: str, now: datetime) -> None:
    """Keep an account from signing in, and end all of its sessions.

    Raises NotFound when there is none, NotAllowed when it is the last operator's.
    """
    account = _account(session, login)
    if find_viewer(session, account).is_operator:
        _keep_an_operator(session, account.account_id)
    store.set_disabled(session, account.account_id, now)
    store.delete_sessions_of(session, account.account_id)


def enable_account(session: Session, login: str) -> None:
    """Let a disabled account sign in again. Raises NotFound when there is none."""
    store.set_disabled(session, _account(session, login).account_id, None)


def list_viewers(session: Session) -> list[Viewer]:
    """Return every account with its memberships, by login."""
    found = store.list_accounts(session)
    joined = store.memberships_of(session, [account.account_id for account in found])
    return [Viewer(account, tuple(one for one in joined if one.account_id == account.account_id)) for account in found]


def fold_login(text: str) -> str:
    """Return a login as it is kept: without outer spaces, full width made plain, capitals made small."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def new_password() -> str:
    """Return a fresh random password of about 79 bits that can be read aloud."""
    return "-".join("".join(secrets.choice(_GENERATED_SIGNS) for _ in range(4)) for _ in range(4))


def find_account(session: Session, login: str) -> Account | None:
    """Return the account somebody claims to be, before any password was checked."""
    folded = fold_login(login)
    return store.find_account(session, folded) if 0 < len(folded) <= MAX_LOGIN_CHARS else None


def is_password_of(account: Account | None, password: str) -> bool:
    """Whether the password is the account's. Without an account the same work is done, and the answer is no."""
    password_hash = _NOBODYS_HASH if account is None else account.password_hash
    try:
        _HASHER.verify(password_hash, password[:MAX_PASSWORD_CHARS])
    except (VerificationError, InvalidHashError):
        return False
    return account is not None


def sign_in(
    session: Session,
    login: str,
    now: datetime,
    *,
    is_right: bool,
    replaces: str | None = None,
    visit: Visit = Visit(),  # noqa: B008 - frozen
    factor_required: bool = False,
) -> SignedIn | None:
    """Open a session, or return None for a wrong password, a locked, disabled or unknown account alike.

    is_right says whether the password was the account's. The lock is looked at here once more, under a lock of the
    row: guesses made at the same time are not let past it. replaces is the cookie the browser sent; it ends. With a
    second factor set up, or due because factor_required and the roles ask for one, the session's stage says so.
    """
    account = store.find_account(session, fold_login(login), for_update=True)
    if account is None or account.disabled_at is not None or is_locked(account, now):
        return None
    if not is_right:
        count_wrong(session, account, now)
        return None
    stage = _stage_of(session, account, factor_required=factor_required)
    if stage is Stage.OPEN:  # wrong codes are not forgiven by the password that comes before them
        store.set_signed_in(session, account.account_id, now)
    store.delete_expired_sessions_of(session, account.account_id, now)
    if replaces:
        sessions.end_session(session, replaces)
    return SignedIn(account, sessions.open_session(session, account, now, visit, stage), stage)


def hold_until_enrolled(session: Session, account: Account, token: str, now: datetime) -> Stage:
    """Return how far a session reaches after its account was given another role, where a second factor is required.

    When the role needs one that is not set up, the session opens nothing before it is, and all others end.
    """
    factor = factor_store.find_factor(session, account.account_id)
    is_set_up = factor is not None and factor.is_set_up
    if is_set_up or not rules.needs_second_factor(store.memberships_of(session, [account.account_id])):
        return Stage.OPEN
    sessions.hold_for_enrolment(session, account.account_id, token, now)
    return Stage.ENROL


def is_locked(account: Account, now: datetime) -> bool:
    return account.locked_until is not None and now < account.locked_until


def count_wrong(session: Session, account: Account, now: datetime) -> None:
    """Count a wrong password or code; the fifth locks the account for a while. Its row must be locked."""
    failed_count = account.failed_count + 1
    if failed_count >= WRONG_PASSWORDS_ALLOWED:
        store.set_failures(session, account.account_id, 0, now + LOCK_TIME)
    else:
        store.set_failures(session, account.account_id, failed_count, None)


def _account(session: Session, login: str) -> Account:
    account = find_account(session, login)
    if account is None:
        raise NotFound(f"no account has the login {login}", login=login)
    return account


def _hash(password: str) -> str:
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise InvalidInput(
            f"a password has at least {MIN_PASSWORD_CHARS} and at most {MAX_PASSWORD_CHARS} characters",
            field="password",
        )
    return _HASHER.hash(password)


def _keep_an_operator(session: Session, account_id: AccountId) -> None:
    account = store.get_account(session, account_id)
    if account is not None and account.disabled_at is None and store.count_operators(session) < 2:
        raise NotAllowed("this is the last operator: make another one first", account_id=account_id)


def _stage_of(session: Session, account: Account, *, factor_required: bool) -> Stage:
    factor = factor_store.find_factor(session, account.account_id)
    if factor is not None and factor.is_set_up:
        return Stage.CODE
    joined = store.memberships_of(session, [account.account_id]) if factor_required else []
    return Stage.ENROL if rules.needs_second_factor(joined) else Stage.OPEN
