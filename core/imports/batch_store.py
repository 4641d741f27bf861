"""The queries of import batches."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.imports.batch_model import BatchState, Effect, ImportBatch
from core.imports.model import Fate, ImportKind
from core.imports.tables import (
    import_batches,
    import_contents,
    import_effects,
    import_mappings,
    import_rows,
)
from core.scope import Scope
from core.statements import insert_rows

CHUNK = 2_000


def batch_is_visible(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on batches: handed in for a contractor in whose name somebody looks; the operator's for him alone."""
    return sa.true() if scope.everything else import_batches.c.contractor_id.in_(scope.viewers)


def add_batch(session: Session, batch: ImportBatch, sealed: str) -> None:
    insert_rows(session, {import_batches: [batch], import_contents: [{"batch_id": batch.batch_id, "sealed": sealed}]})


def find_batch(session: Session, batch_id: UUID, scope: Scope, *, for_update: bool = False) -> ImportBatch | None:
    statement = sa.select(import_batches).where(import_batches.c.batch_id == batch_id, batch_is_visible(scope))
    row = session.execute(statement.with_for_update() if for_update else statement).first()
    return as_model(ImportBatch, row) if row else None


def list_batches(session: Session, scope: Scope, limit: int, offset: int) -> list[ImportBatch]:
    """Return batches, the latest first."""
    statement = (
        sa.select(import_batches)
        .where(batch_is_visible(scope))
        .order_by(import_batches.c.created_at.desc(), import_batches.c.batch_id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [as_model(ImportBatch, row) for row in session.execute(statement)]


def count_batches(session: Session, scope: Scope) -> int:
    statement = sa.select(sa.func.count()).select_from(import_batches).where(batch_is_visible(scope))
    return session.execute(statement).scalar_one()


def set_batch(session: Session, batch_id: UUID, **values: Any) -> None:
    session.execute(sa.update(import_batches).where(import_batches.c.batch_id == batch_id).values(**values))


def move_batch(session: Session, batch_id: UUID, states: Collection[BatchState], **values: Any) -> bool:
    """Change a batch that is in one of the states; False when somebody else moved it first."""
    statement = sa.update(import_batches).where(
        import_batches.c.batch_id == batch_id, import_batches.c.state.in_(list(states))
    )
    return session.execute(statement.values(**values)).rowcount == 1


def sealed_content(session: Session, batch_id: UUID) -> str | None:
    statement = sa.select(import_contents.c.sealed).where(import_contents.c.batch_id == batch_id)
    return session.execute(statement).scalar()


def set_content(session: Session, batch_id: UUID, sealed: str) -> None:
    session.execute(sa.update(import_contents).where(import_contents.c.batch_id == batch_id).values(sealed=sealed))


def replace_rows(session: Session, batch_id: UUID, rows: Iterable[tuple[int, Fate, str]]) -> None:
    """Keep these rows, as (number, fate, sealed), in place of those of an earlier preview."""
    session.execute(sa.delete(import_rows).where(import_rows.c.batch_id == batch_id))
    for part in _parts({"batch_id": batch_id, "number": n, "fate": fate, "sealed": sealed} for n, fate, sealed in rows):
        insert_rows(session, {import_rows: part})


def list_rows(session: Session, batch_id: UUID, fate: Fate | None, limit: int, offset: int) -> list[tuple[Fate, str]]:
    """Return rows in the order of the file, as (fate, sealed)."""
    statement = sa.select(import_rows.c.fate, import_rows.c.sealed).where(import_rows.c.batch_id == batch_id)
    if fate is not None:
        statement = statement.where(import_rows.c.fate == fate)
    rows = session.execute(statement.order_by(import_rows.c.number).limit(limit).offset(offset))
    return [(row.fate, row.sealed) for row in rows]


def add_effects(session: Session, effects: Iterable[Effect]) -> None:
    for part in _parts({name: getattr(effect, name) for name in effect.__slots__} for effect in effects):
        insert_rows(session, {import_effects: part})


def effects_of(session: Session, batch_id: UUID) -> list[Effect]:
    """Return what a batch wrote and nobody has undone yet, in order."""
    statement = sa.select(import_effects).where(import_effects.c.batch_id == batch_id, ~import_effects.c.is_undone)
    return [as_model(Effect, row) for row in session.execute(statement.order_by(import_effects.c.seq))]


def mark_undone(session: Session, batch_id: UUID, seqs: Collection[int]) -> None:
    session.execute(
        sa.update(import_effects)
        .where(import_effects.c.batch_id == batch_id, import_effects.c.seq.in_(list(seqs)))
        .values(is_undone=True)
    )


def find_mapping(session: Session, owner_id: UUID, kind: ImportKind, headings_key: str) -> str | None:
    statement = sa.select(import_mappings.c.columns).where(*_mapping(owner_id, kind, headings_key))
    return session.execute(statement).scalar()


def keep_mapping(
    session: Session, owner_id: UUID, kind: ImportKind, headings_key: str, columns: str, now: datetime
) -> None:
    """Keep a mapping in place of the one there was."""
    session.execute(sa.delete(import_mappings).where(*_mapping(owner_id, kind, headings_key)))
    row = {"owner_id": owner_id, "kind": kind, "headings_key": headings_key, "columns": columns, "used_at": now}
    insert_rows(session, {import_mappings: [row]})


def delete_batch(session: Session, batch_id: UUID) -> None:
    for table in (import_effects, import_rows, import_contents, import_batches):
        session.execute(sa.delete(table).where(table.c.batch_id == batch_id))


def forget_details(session: Session, batch_ids: Collection[UUID]) -> None:
    """Destroy the keys of batches, and what was sealed under them; that they were imported stays known."""
    ids = list(batch_ids)
    for table in (import_effects, import_rows, import_contents):
        session.execute(sa.delete(table).where(table.c.batch_id.in_(ids)))
    forgotten = {"sealed_key": "", "remarks": ""}
    session.execute(sa.update(import_batches).where(import_batches.c.batch_id.in_(ids)).values(forgotten))


def batches_before(session: Session, created_before: datetime, states: Collection[BatchState]) -> list[UUID]:
    """Return the batches of these states that are older than an instant and still have their key."""
    statement = sa.select(import_batches.c.batch_id).where(
        import_batches.c.created_at < created_before,
        import_batches.c.sealed_key != "",
        import_batches.c.state.in_(list(states)),
    )
    return list(session.scalars(statement))


def keys_under_others(session: Session, key_id: str, after: UUID, limit: int) -> list[tuple[UUID, str]]:
    """Return batches, by id, whose key is sealed under another data key than the one given."""
    statement = (
        sa.select(import_batches.c.batch_id, import_batches.c.sealed_key)
        .where(import_batches.c.batch_id > after, import_batches.c.sealed_key != "")
        .where(~import_batches.c.sealed_key.startswith(f"{key_id}:", autoescape=True))
        .order_by(import_batches.c.batch_id)
        .limit(limit)
        .with_for_update()
    )
    return [(row.batch_id, row.sealed_key) for row in session.execute(statement)]


def _mapping(owner_id: UUID, kind: ImportKind, headings_key: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = import_mappings.c
    return columns.owner_id == owner_id, columns.kind == kind, columns.headings_key == headings_key


def _parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part
