"""Queries of the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core.audit.model import Entry, Filter
from core.audit.tables import audit_log
from core.db import Session, as_model, is_postgresql
from core.ids import AccountId
from core.scope import Scope
from core.statements import insert_rows

READ_AT_ONCE = 1000
_PAST_ROLES = sa.text("select seq, hash from genba_audit_end()")
_log = audit_log.c


def lock(session: Session) -> None:
    """Keep others from adding until this transaction ends. On SQLite whoever writes holds the whole file anyway."""
    if is_postgresql(session):
        session.exec_driver_sql("select pg_advisory_xact_lock(hashtext('genba audit'))")


def last_bound(session: Session) -> tuple[int, str] | None:
    """Return the number and the hash of the last entry, which whoever adds one needs, although he may not read it."""
    last = sa.select(_log.seq, _log.hash).order_by(_log.seq.desc()).limit(1)
    row = session.execute(_PAST_ROLES if is_postgresql(session) else last).one_or_none()
    return None if row is None else (row.seq, row.hash)


def add_entry(session: Session, entry: Entry) -> None:
    insert_rows(session, {audit_log: [entry]})


@contextmanager
def streaming(session: Session) -> Iterator[Iterator[Entry]]:
    """Give every entry in its order; no more than a thousand are held at once."""
    statement = sa.select(audit_log).order_by(_log.seq)
    options = {"stream_results": True, "yield_per": READ_AT_ONCE}
    with session.execute(statement, execution_options=options) as rows:
        yield (as_model(Entry, row) for row in rows)


def list_entries(
    session: Session, scope: Scope, wanted: Filter, *, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return the entries a scope reaches, the newest first; before is the seq they lie before."""
    statement = sa.select(audit_log).where(_is_visible(scope), *_conditions(wanted))
    if before is not None:
        statement = statement.where(_log.seq < before)
    rows = session.execute(statement.order_by(_log.seq.desc()).limit(limit))
    return [as_model(Entry, row) for row in rows]


def list_actors(session: Session, scope: Scope) -> list[AccountId]:
    """Return who has done anything that a scope reaches."""
    statement = sa.select(_log.account_id).where(_is_visible(scope), _log.account_id.is_not(None)).distinct()
    return [AccountId(account_id) for account_id in session.execute(statement).scalars() if account_id is not None]


def _is_visible(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else _log.contractor_id.in_(scope.viewers)


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    asked: list[tuple[object, sa.ColumnElement[bool]]] = [
        (wanted.account_id, _log.account_id == wanted.account_id),
        (wanted.area, _log.action.startswith(f"{wanted.area}.", autoescape=True)),
        (wanted.subject_kind, _log.subject_kind == wanted.subject_kind),
        (wanted.subject_id, _log.subject_id == wanted.subject_id),
    ]
    conditions = [condition for value, condition in asked if value]
    if wanted.since is not None:
        conditions.append(_log.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_log.at < wanted.until)
    return conditions
