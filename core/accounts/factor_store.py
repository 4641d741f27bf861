"""Queries of the second factors, recovery codes, mailed links and failed sign-ins."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.accounts.model import LinkPurpose, MailedLink, SecondFactor
from core.accounts.tables import mailed_links, recovery_codes, second_factors, sign_in_failures
from core.db import Session, as_model, is_postgresql
from core.ids import AccountId


def find_factor(session: Session, account_id: AccountId) -> SecondFactor | None:
    row = session.execute(sa.select(second_factors).where(second_factors.c.account_id == account_id)).one_or_none()
    return None if row is None else as_model(SecondFactor, row)


def put_factor(session: Session, account_id: AccountId, **values: object) -> None:
    """Change an account's second factor, or add one; what is not named stays."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(second_factors).values({"account_id": account_id, "last_step": 0} | values)
    session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=values))


def delete_factor(session: Session, account_id: AccountId) -> None:
    session.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    session.execute(sa.delete(second_factors).where(second_factors.c.account_id == account_id))


def take_step(session: Session, account_id: AccountId, step: int) -> bool:
    """Note that the code of a time step was used; False when that one, or a later one, was used before."""
    statement = sa.update(second_factors).where(
        second_factors.c.account_id == account_id, second_factors.c.last_step < step
    )
    return session.execute(statement.values(last_step=step)).rowcount == 1


def list_factors(session: Session, after: AccountId | None, limit: int) -> list[SecondFactor]:
    """Return second factors in the order of their accounts' ids."""
    statement = sa.select(second_factors).order_by(second_factors.c.account_id).limit(limit).with_for_update()
    if after is not None:
        statement = statement.where(second_factors.c.account_id > after)
    return [as_model(SecondFactor, row) for row in session.execute(statement)]


def accounts_with_factor(session: Session, account_ids: Iterable[AccountId]) -> set[AccountId]:
    statement = sa.select(second_factors.c.account_id).where(
        second_factors.c.account_id.in_(list(account_ids)),
        second_factors.c.app_since.is_not(None) | second_factors.c.mail_since.is_not(None),
    )
    return {AccountId(account_id) for account_id in session.execute(statement).scalars()}


def replace_recovery_codes(session: Session, account_id: AccountId, hashes: Iterable[str]) -> None:
    session.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    session.execute(sa.insert(recovery_codes), [{"account_id": account_id, "code_hash": each} for each in hashes])


def use_recovery_code(session: Session, account_id: AccountId, code_hash: str, now: datetime) -> bool:
    """Note that a recovery code was used; False when there is none such, or it was used before."""
    statement = sa.update(recovery_codes).where(
        recovery_codes.c.account_id == account_id,
        recovery_codes.c.code_hash == code_hash,
        recovery_codes.c.used_at.is_(None),
    )
    return session.execute(statement.values(used_at=now)).rowcount == 1


def count_recovery_codes(session: Session, account_id: AccountId) -> int:
    """Return how many codes are left."""
    statement = sa.select(sa.func.count()).where(
        recovery_codes.c.account_id == account_id, recovery_codes.c.used_at.is_(None)
    )
    return session.execute(statement).scalar_one()


def add_link(session: Session, link: MailedLink) -> None:
    """Add a link; earlier ones of the same account and purpose stop working."""
    session.execute(
        sa.delete(mailed_links).where(
            mailed_links.c.account_id == link.account_id, mailed_links.c.purpose == link.purpose
        )
    )
    values = {column.name: getattr(link, column.name) for column in mailed_links.c}
    session.execute(sa.insert(mailed_links).values(values))


def find_link(session: Session, token_hash: str) -> MailedLink | None:
    row = session.execute(sa.select(mailed_links).where(mailed_links.c.token_hash == token_hash)).one_or_none()
    return None if row is None else as_model(MailedLink, row)


def newest_link(session: Session, account_id: AccountId, purpose: LinkPurpose) -> datetime | None:
    """Return when the account's last link for a purpose was made."""
    statement = sa.select(sa.func.max(mailed_links.c.made_at, type_=mailed_links.c.made_at.type)).where(
        mailed_links.c.account_id == account_id, mailed_links.c.purpose == purpose
    )
    made_at: datetime | None = session.execute(statement).scalar_one()
    return made_at


def use_link(session: Session, token_hash: str, now: datetime) -> bool:
    """Note that a link was used; False when somebody else was first."""
    statement = sa.update(mailed_links).where(
        mailed_links.c.token_hash == token_hash, mailed_links.c.used_at.is_(None), mailed_links.c.expires_at > now
    )
    return session.execute(statement.values(used_at=now)).rowcount == 1


def count_failure(session: Session, key: str, now: datetime, window_began: datetime) -> None:
    """Count a failed attempt; a count that began before the window begins anew."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(sign_in_failures)
    began = sa.bindparam("window_began", window_began, type_=sign_in_failures.c.since.type)
    is_old = sign_in_failures.c.since <= began
    changes = {
        "count": sa.case((is_old, 1), else_=sign_in_failures.c.count + 1),
        "since": sa.case((is_old, insert.excluded.since), else_=sign_in_failures.c.since),
    }
    values = insert.values(key=key, count=1, since=now)
    session.execute(values.on_conflict_do_update(index_elements=["key"], set_=changes))


def failures(session: Session, key: str, window_began: datetime) -> tuple[int, datetime] | None:
    """Return how many attempts failed within the window, and when the first did."""
    statement = sa.select(sign_in_failures.c.count, sign_in_failures.c.since).where(
        sign_in_failures.c.key == key, sign_in_failures.c.since > window_began
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else (row[0], row[1])


def delete_failures(session: Session, before: datetime) -> None:
    session.execute(sa.delete(sign_in_failures).where(sign_in_failures.c.since <= before))
