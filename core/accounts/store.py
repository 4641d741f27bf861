"""Queries of the accounts and their sessions."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from core.accounts.model import Account, AccountSession, Membership, Role, Stage
from core.accounts.tables import account_sessions, accounts, membership_sites, memberships
from core.db import Session, as_model
from core.ids import AccountId, SiteId
from core.statements import insert_rows


def add_account(session: Session, account: Account) -> None:
    insert_rows(
        session,
        {
            accounts: [
                {
                    "account_id": account.account_id,
                    "login": account.login,
                    "name": account.name,
                    "password_hash": account.password_hash,
                    "failed_count": account.failed_count,
                    "locked_until": account.locked_until,
                    "disabled_at": account.disabled_at,
                    "email": account.email,
                }
            ]
        },
    )


def find_account(session: Session, login: str, *, for_update: bool = False) -> Account | None:
    """Return the account of a folded login; for_update keeps others from changing it in this transaction."""
    statement = sa.select(accounts).where(accounts.c.login == login)
    row = session.execute(statement.with_for_update() if for_update else statement).one_or_none()
    return None if row is None else as_model(Account, row)


def get_account(session: Session, account_id: AccountId, *, for_update: bool = False) -> Account | None:
    statement = sa.select(accounts).where(accounts.c.account_id == account_id)
    row = session.execute(statement.with_for_update() if for_update else statement).one_or_none()
    return None if row is None else as_model(Account, row)


def list_accounts(session: Session) -> list[Account]:
    """Return every account, by login."""
    return [as_model(Account, row) for row in session.execute(sa.select(accounts).order_by(accounts.c.login))]


def add_membership(session: Session, membership: Membership) -> None:
    insert_rows(
        session,
        {
            memberships: [
                {
                    "membership_id": membership.membership_id,
                    "account_id": membership.account_id,
                    "role": membership.role,
                    "contractor_id": membership.contractor_id,
                }
            ]
        },
    )
    if membership.site_ids:
        rows = [{"membership_id": membership.membership_id, "site_id": site_id} for site_id in membership.site_ids]
        session.execute(sa.insert(membership_sites), rows)


def get_membership(session: Session, membership_id: UUID) -> Membership | None:
    owner = sa.select(memberships.c.account_id).where(memberships.c.membership_id == membership_id)
    account_id = session.execute(owner).scalar_one_or_none()
    if account_id is None:
        return None
    joined = memberships_of(session, [AccountId(account_id)])
    return next((membership for membership in joined if membership.membership_id == membership_id), None)


def delete_membership(session: Session, membership_id: UUID) -> None:
    session.execute(sa.delete(membership_sites).where(membership_sites.c.membership_id == membership_id))
    session.execute(sa.delete(memberships).where(memberships.c.membership_id == membership_id))


def memberships_of(session: Session, account_ids: Iterable[AccountId]) -> list[Membership]:
    """Return the memberships of some accounts, in the order they were made."""
    found = session.execute(
        sa.select(*memberships.c, membership_sites.c.site_id)
        .outerjoin(membership_sites, membership_sites.c.membership_id == memberships.c.membership_id)
        .where(memberships.c.account_id.in_(list(account_ids)))
        .order_by(memberships.c.membership_id)
    ).all()
    site_ids: dict[UUID, set[SiteId]] = {}
    for row in found:
        site_ids.setdefault(row.membership_id, set()).update({row.site_id} if row.site_id else ())
    firsts = {row.membership_id: row for row in found}
    return [
        Membership(row.membership_id, row.account_id, row.role, row.contractor_id, frozenset(site_ids[membership_id]))
        for membership_id, row in firsts.items()
    ]


def set_password(session: Session, account_id: AccountId, password_hash: str) -> None:
    """Store another password; a lock and the count of wrong ones go with the old one."""
    _update(session, account_id, password_hash=password_hash, failed_count=0, locked_until=None)


def set_failures(session: Session, account_id: AccountId, failed_count: int, locked_until: datetime | None) -> None:
    _update(session, account_id, failed_count=failed_count, locked_until=locked_until)


def set_signed_in(session: Session, account_id: AccountId, now: datetime) -> None:
    """Note a sign-in; earlier wrong attempts are forgiven."""
    _update(session, account_id, failed_count=0, locked_until=None, last_signed_in_at=now)


def set_email(session: Session, account_id: AccountId, email: str) -> None:
    _update(session, account_id, email=email)


def count_operators(session: Session) -> int:
    """Return how many accounts can sign in as operators."""
    statement = (
        sa.select(sa.func.count(sa.distinct(accounts.c.account_id)))
        .join(memberships, memberships.c.account_id == accounts.c.account_id)
        .where(memberships.c.role == Role.OPERATOR, accounts.c.disabled_at.is_(None))
    )
    return session.execute(statement).scalar_one()


def set_disabled(session: Session, account_id: AccountId, disabled_at: datetime | None) -> None:
    _update(session, account_id, disabled_at=disabled_at)


def _update(session: Session, account_id: AccountId, **values: object) -> None:
    session.execute(sa.update(accounts).where(accounts.c.account_id == account_id).values(**values))


def add_session(session: Session, opened: AccountSession) -> None:
    insert_rows(
        session,
        {
            account_sessions: [
                {
                    "token_hash": opened.token_hash,
                    "account_id": opened.account_id,
                    "created_at": opened.created_at,
                    "last_seen_at": opened.last_seen_at,
                    "expires_at": opened.expires_at,
                    "stage": opened.stage,
                    "browser": opened.browser,
                    "address": opened.address,
                }
            ]
        },
    )


def find_session(session: Session, token_hash: str) -> tuple[Account, AccountSession] | None:
    """Return a session with its account, whether or not it is still valid."""
    row = session.execute(
        sa.select(accounts, *(column for column in account_sessions.c if column.name != "account_id"))
        .join(account_sessions, account_sessions.c.account_id == accounts.c.account_id)
        .where(account_sessions.c.token_hash == token_hash)
    ).one_or_none()
    return None if row is None else (as_model(Account, row), as_model(AccountSession, row))


def set_last_seen(session: Session, token_hash: str, now: datetime) -> None:
    session.execute(
        sa.update(account_sessions).where(account_sessions.c.token_hash == token_hash).values(last_seen_at=now)
    )


def set_stage(session: Session, token_hash: str, stage: Stage, expires_at: datetime) -> None:
    session.execute(
        sa.update(account_sessions)
        .where(account_sessions.c.token_hash == token_hash)
        .values(stage=stage, expires_at=expires_at)
    )


def delete_session(session: Session, token_hash: str) -> None:
    session.execute(sa.delete(account_sessions).where(account_sessions.c.token_hash == token_hash))


def list_sessions(session: Session, account_id: AccountId) -> list[AccountSession]:
    """Return an account's sessions, the last used first."""
    found = sa.select(account_sessions).where(account_sessions.c.account_id == account_id)
    return [
        as_model(AccountSession, row) for row in session.execute(found.order_by(account_sessions.c.last_seen_at.desc()))
    ]


def delete_sessions_of(session: Session, account_id: AccountId, *, but: str | None = None) -> int:
    """End an account's sessions, all of them or all but one; return how many."""
    statement = sa.delete(account_sessions).where(account_sessions.c.account_id == account_id)
    if but is not None:
        statement = statement.where(account_sessions.c.token_hash != but)
    return session.execute(statement).rowcount


def delete_expired_sessions_of(session: Session, account_id: AccountId, now: datetime) -> None:
    session.execute(
        sa.delete(account_sessions)
        .where(account_sessions.c.account_id == account_id)
        .where(account_sessions.c.expires_at <= now)
    )
