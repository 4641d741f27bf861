"""The queries of partners and their keys."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Session, as_model, is_postgresql
from core.errors import NotFound
from core.ids import ContractorId, SiteId, WorkerId
from core.partners.model import ApiKey, Holder, KeptAnswer, KeyScope, Partner
from core.partners.tables import api_keys, kept_answers, partners
from core.registry.tables import contractors, site_assignments, site_visits, sites
from core.scope import EVERYTHING, Scope


def add_partner(session: Session, partner: Partner) -> None:
    session.execute(
        sa.insert(partners).values({column.name: getattr(partner, column.name) for column in partners.columns})
    )


def find_partner(session: Session, prime_contractor_id: ContractorId, name: str) -> Partner | None:
    statement = sa.select(partners).where(partners.c.prime_contractor_id == prime_contractor_id)
    row = session.execute(statement.where(partners.c.name == name)).first()
    return as_model(Partner, row) if row else None


def add_key(session: Session, key: ApiKey) -> None:
    row = {column.name: getattr(key, column.name) for column in api_keys.columns}
    session.execute(sa.insert(api_keys).values({**row, "scopes": " ".join(sorted(key.scopes))}))


def find_holder(session: Session, secret_hash: str) -> Holder | None:
    """Return who holds a key, revoked or not."""
    row = session.execute(_holders().where(api_keys.c.secret_hash == secret_hash)).first()
    return _holder(row) if row else None


def list_holders(session: Session, scope: Scope = EVERYTHING) -> list[Holder]:
    """Return the keys of a scope's partners, by the partner's name, the newest key of each first."""
    statement = _holders().where(is_own(scope)).order_by(partners.c.name, partners.c.partner_id)
    return [_holder(row) for row in session.execute(statement.order_by(api_keys.c.made_at.desc()))]


def require_partner(session: Session, scope: Scope, partner_id: UUID) -> Partner:
    """Return a partner of a scope's prime contractors. Raises NotFound."""
    statement = sa.select(partners).where(partners.c.partner_id == partner_id, is_own(scope))
    row = session.execute(statement).first()
    if row is None:
        raise NotFound("there is no such partner", partner_id=partner_id)
    return as_model(Partner, row)


def keys_of(session: Session, partner_id: UUID) -> list[ApiKey]:
    """Return the keys of a partner, the newest first."""
    statement = _holders().where(partners.c.partner_id == partner_id).order_by(api_keys.c.made_at.desc())
    return [_holder(row).key for row in session.execute(statement)]


def names_of(session: Session, scope: Scope, partner_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what partners are called, as far as the scope reaches."""
    statement = sa.select(partners.c.partner_id, partners.c.name)
    found = session.execute(statement.where(partners.c.partner_id.in_(partner_ids), is_own(scope)))
    return {row.partner_id: row.name for row in found}


def list_primes(session: Session, scope: Scope, limit: int) -> list[tuple[ContractorId, str]]:
    """Return the prime contractors of a scope with their names: for whom a partner may act."""
    primes = sa.select(sites.c.prime_contractor_id)
    of_scope = contractors.c.contractor_id.in_(primes if scope.everything else scope.primes)
    statement = sa.select(contractors.c.contractor_id, contractors.c.name).where(of_scope)
    found = session.execute(statement.order_by(contractors.c.name, contractors.c.contractor_id).limit(limit))
    return [(ContractorId(row.contractor_id), row.name) for row in found]


def is_own(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on partners: of a prime contractor that the scope holds. Row-level security says the same."""
    return sa.true() if scope.everything else partners.c.prime_contractor_id.in_(scope.primes)


def note_use(session: Session, api_key_id: UUID, at: datetime) -> None:
    session.execute(sa.update(api_keys).where(api_keys.c.api_key_id == api_key_id).values(last_used_at=at))


def revoke_key(session: Session, api_key_id: UUID, at: datetime) -> bool:
    """Revoke a key; False when there is none that holds."""
    statement = sa.update(api_keys).where(api_keys.c.api_key_id == api_key_id, api_keys.c.revoked_at.is_(None))
    return session.execute(statement.values(revoked_at=at)).rowcount == 1


def sites_of(session: Session, prime_contractor_id: ContractorId) -> list[SiteId]:
    """Return the sites of a prime contractor."""
    found = session.scalars(sa.select(sites.c.site_id).where(sites.c.prime_contractor_id == prime_contractor_id))
    return [SiteId(site_id) for site_id in found]


def workers_known(
    session: Session, prime_contractor_id: ContractorId, worker_ids: Collection[WorkerId]
) -> set[WorkerId]:
    """Return who of these workers came to a site of a prime contractor before, or is expected at one."""
    own = sa.select(sites.c.site_id).where(sites.c.prime_contractor_id == prime_contractor_id)
    parts = [
        sa.select(table.c.worker_id).where(table.c.worker_id.in_(worker_ids), table.c.site_id.in_(own))
        for table in (site_visits, site_assignments)
    ]
    return {WorkerId(worker_id) for worker_id in session.scalars(sa.union(*parts))}


def find_answer(session: Session, partner_id: UUID, idempotency_key: str) -> KeptAnswer | None:
    row = session.execute(
        sa.select(kept_answers).where(
            kept_answers.c.partner_id == partner_id, kept_answers.c.idempotency_key == idempotency_key
        )
    ).first()
    return as_model(KeptAnswer, row) if row else None


def keep_answer(session: Session, partner_id: UUID, idempotency_key: str, kept: KeptAnswer, at: datetime) -> None:
    """Keep an answer; one that is kept already stays."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(kept_answers)
    row = {"partner_id": partner_id, "idempotency_key": idempotency_key, "at": at}
    values = {**row, "body_hash": kept.body_hash, "answer": kept.answer}
    session.execute(insert.on_conflict_do_nothing().values(values))


def forget_answers(session: Session, before: datetime) -> int:
    return int(session.execute(sa.delete(kept_answers).where(kept_answers.c.at < before)).rowcount)


def _holders() -> sa.Select[Any]:
    named = [column.label(f"partner_{column.name}") for column in partners.columns]
    return sa.select(api_keys, *named).join(partners, partners.c.partner_id == api_keys.c.partner_id)


def _holder(row: Any) -> Holder:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name
    partner = Partner(**{column.name: values[f"partner_{column.name}"] for column in partners.columns})
    values["scopes"] = frozenset(KeyScope(scope) for scope in values["scopes"].split())
    return Holder(partner, as_model(ApiKey, values))
