"""Links that are mailed, or handed over by an administrator: they work once, for a while, and are kept as hashes."""

from datetime import datetime, timedelta

from core.accounts import factor_store, service, sessions, store
from core.accounts.model import Account, LinkPurpose, MailedLink
from core.db import Session
from core.errors import NotAllowed
from core.ids import AccountId

LIFETIMES = {
    LinkPurpose.SECOND_FACTOR: timedelta(minutes=10),
    LinkPurpose.CONFIRM_MAIL: timedelta(minutes=10),
    LinkPurpose.RESET: timedelta(minutes=30),
}
HANDED_OVER_FOR = timedelta(hours=24)  # a link an administrator passes on
PAUSE = timedelta(minutes=1)  # between two mails to the same person for the same purpose


def make_link(
    session: Session,
    account_id: AccountId,
    purpose: LinkPurpose,
    now: datetime,
    *,
    session_hash: str | None = None,
    lifetime: timedelta | None = None,
) -> str:
    """Return the token of a new link; the account's earlier ones for the purpose stop working.

    session_hash binds it to one browser.
    """
    token, expires_at = sessions.new_token(), now + (lifetime or LIFETIMES[purpose])
    hashed = sessions.token_hash(token)
    factor_store.add_link(session, MailedLink(hashed, account_id, purpose, session_hash, now, expires_at))
    return token


def is_too_soon(session: Session, account_id: AccountId, purpose: LinkPurpose, now: datetime) -> bool:
    """Whether a link for the purpose was made so shortly before that another mail would be a nuisance."""
    made_at = factor_store.newest_link(session, account_id, purpose)
    return made_at is not None and now - made_at < PAUSE


def find_link(session: Session, token: str, purpose: LinkPurpose, now: datetime) -> MailedLink | None:
    """Return a link that still works; None when it is unknown, used, too old or for something else."""
    link = factor_store.find_link(session, sessions.token_hash(token))
    if link is None or link.purpose is not purpose or link.used_at is not None or now >= link.expires_at:
        return None
    return link


def use_link(
    session: Session, token: str, purpose: LinkPurpose, now: datetime, *, session_hash: str | None = None
) -> MailedLink:
    """Use a link up and return it.

    Raises NotAllowed when it does not work any more, or belongs to another browser.
    """
    link = find_link(session, token, purpose, now)
    if link is None or link.session_hash != session_hash or not factor_store.use_link(session, link.token_hash, now):
        raise NotAllowed("the link has been used, or is too old")
    return link


def reset_by_link(session: Session, token: str, password: str, now: datetime) -> Account:
    """Give an account another password by a link, lift its lock, and end all of its sessions.

    Raises NotAllowed when the link does not work any more, InvalidInput when the password is too short.
    """
    link = use_link(session, token, LinkPurpose.RESET, now)
    service.change_password(session, link.account_id, password)
    account = store.get_account(session, link.account_id)
    if account is None or account.disabled_at is not None:
        raise NotAllowed("the account is disabled")
    return account
