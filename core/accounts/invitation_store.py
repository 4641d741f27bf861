"""Queries of the invitations, and of the people a viewer manages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from core.accounts.model import Account, Invitation, Role
from core.accounts.tables import accounts, invitation_sites, invitations, memberships
from core.db import Row, Session, as_model
from core.ids import AccountId, ContractorId, SiteId
from core.scope import Scope


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people are asked for; None and "" ask for all."""

    text: str = ""  # in the name or the login
    role: Role | None = None
    contractor_id: ContractorId | None = None
    disabled: bool | None = None


def add_invitation(session: Session, invitation: Invitation) -> None:
    values = {column.name: getattr(invitation, column.name) for column in invitations.c}
    session.execute(sa.insert(invitations).values(values))
    if invitation.site_ids:
        rows = [{"invitation_id": invitation.invitation_id, "site_id": site_id} for site_id in invitation.site_ids]
        session.execute(sa.insert(invitation_sites), rows)


def find_invitation(session: Session, token_hash: str) -> Invitation | None:
    found = _load(session, sa.select(invitations).where(invitations.c.token_hash == token_hash))
    return found[0] if found else None


def get_invitation(session: Session, invitation_id: UUID) -> Invitation | None:
    found = _load(session, sa.select(invitations).where(invitations.c.invitation_id == invitation_id))
    return found[0] if found else None


def list_open(session: Session, scope: Scope, now: datetime) -> list[Invitation]:
    """Return the invitations of a scope's contractors that still wait, the newest first; of the operator all."""
    statement = (
        sa.select(invitations)
        .where(invitations.c.accepted_at.is_(None), invitations.c.revoked_at.is_(None), invitations.c.expires_at > now)
        .where(_in_scope(invitations.c.contractor_id, scope))
        .order_by(invitations.c.invitation_id.desc())
        .limit(200)
    )
    return _load(session, statement)


def change_open(session: Session, invitation_id: UUID, now: datetime, **values: object) -> bool:
    """Change an invitation that still waits; False when it does not."""
    statement = sa.update(invitations).where(
        invitations.c.invitation_id == invitation_id,
        invitations.c.accepted_at.is_(None),
        invitations.c.revoked_at.is_(None),
        invitations.c.expires_at > now,
    )
    return session.execute(statement.values(**values)).rowcount == 1


def list_people(
    session: Session, scope: Scope, wanted: PeopleFilter, *, offset: int = 0, limit: int = 50
) -> list[Account]:
    """Return the accounts that act for a scope's contractors, by name; of the operator all."""
    statement = sa.select(accounts).where(*_conditions(scope, wanted))
    rows = session.execute(statement.order_by(accounts.c.name, accounts.c.login).offset(offset).limit(limit))
    return [as_model(Account, row) for row in rows]


def count_people(session: Session, scope: Scope, wanted: PeopleFilter) -> int:
    statement = sa.select(sa.func.count()).select_from(accounts).where(*_conditions(scope, wanted))
    return session.execute(statement).scalar_one()


def names_of(session: Session, scope: Scope, account_ids: Iterable[AccountId]) -> dict[AccountId, str]:
    """Return the names of those accounts that act for a scope's contractors; of the operator all."""
    statement = sa.select(accounts.c.account_id, accounts.c.name).where(
        accounts.c.account_id.in_(set(account_ids)), *_conditions(scope, PeopleFilter())
    )
    return {AccountId(account_id): name for account_id, name in session.execute(statement)}


def _conditions(scope: Scope, wanted: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    joined = sa.select(memberships.c.account_id).where(_in_scope(memberships.c.contractor_id, scope))
    if wanted.role is not None:
        joined = joined.where(memberships.c.role == wanted.role)
    if wanted.contractor_id is not None:
        joined = joined.where(memberships.c.contractor_id == wanted.contractor_id)
    conditions = [] if scope.everything and not wanted.role and not wanted.contractor_id else [_is_among(joined)]
    if wanted.text.strip():
        text = wanted.text.strip()
        conditions.append(
            accounts.c.name.icontains(text, autoescape=True) | accounts.c.login.icontains(text, autoescape=True)
        )
    if wanted.disabled is not None:
        is_null = accounts.c.disabled_at.is_(None)
        conditions.append(~is_null if wanted.disabled else is_null)
    return conditions


def _is_among(account_ids: sa.Select[tuple[UUID]]) -> sa.ColumnElement[bool]:
    return accounts.c.account_id.in_(account_ids)


def _in_scope(contractor_id: sa.Column[UUID], scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else contractor_id.in_(scope.viewers)


def _load(session: Session, statement: sa.Select[tuple[object, ...]]) -> list[Invitation]:
    rows: list[Row] = [dict(row._mapping) for row in session.execute(statement)]  # noqa: SLF001 - SQLAlchemy's name
    ids = [row["invitation_id"] for row in rows]
    found = session.execute(sa.select(invitation_sites).where(invitation_sites.c.invitation_id.in_(ids))).all()
    sites: dict[UUID, set[SiteId]] = {}
    for row in found:
        sites.setdefault(row.invitation_id, set()).add(SiteId(row.site_id))
    return [as_model(Invitation, row | {"site_ids": frozenset(sites.get(row["invitation_id"], ()))}) for row in rows]
