"""Statements written by hand: the spellings in which our two databases differ, and rows inserted many at once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from core.db import Row, Session, is_postgresql

Texts: TypeAlias = Sequence[Any]  # each a text, or None
if TYPE_CHECKING:
    from _typeshed import DataclassInstance
else:
    DataclassInstance = object


@dataclass(frozen=True, slots=True)
class Sql:
    """The few spellings that differ between our two databases in statements written by hand."""

    on_postgresql: bool

    def within(self, parameter: str, kind: str = "text") -> str:
        """Return "in (…)" over a parameter made by values(); kind is text or uuid."""
        if self.on_postgresql:
            return f"= any(cast(:{parameter} as {kind}[]))"
        return f"in (select value from json_each(:{parameter}))"

    def values(self, values: Iterable[str | UUID]) -> str:
        """Return the parameter of within(): an array, or for SQLite JSON with ids as it keeps them, without hyphens."""
        if self.on_postgresql:  # written by us: the driver is slow with lists
            return "{" + ",".join([_quoted(str(value)) for value in values]) + "}"
        return json.dumps([value.hex if isinstance(value, UUID) else value for value in values])

    def row(self, *parts: tuple[str, Sequence[str]]) -> str:
        """Return an expression that makes one value of columns, given as (table alias, column names).

        Rows of several shapes come so from one statement; texts() takes one apart again.
        """
        columns = ", ".join(f"cast({alias}.{name} as text)" for alias, names in parts for name in names)
        return f"array[{columns}]" if self.on_postgresql else f"json_array({columns})"

    def statement(self, text: str) -> sa.TextualSelect:
        """Return a statement that gives (kind, row()): with its columns named, SQLAlchemy reads them but once."""
        return sa.text(text).columns(sa.column("kind"), sa.column("fields"))

    def texts(self, value: Any) -> Texts:
        """Return the columns of a row() in their order; ids and instants as each database writes them."""
        texts: Texts = value if self.on_postgresql else orjson.loads(value)
        return texts


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_true(text: str | None) -> bool:
    """Whether a text of a row() is a true one of a column of booleans; none is false."""
    return text in ("true", "1")


@dataclass(frozen=True, slots=True)
class Upsert:
    """How an insert meets a row that is there: found by key; of the other columns some are kept, some added to."""

    key: tuple[str, ...]
    add: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def changed(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name not in self.key and name not in self.keep)


def insert_rows(
    session: Session,
    rows: Mapping[sa.Table, Sequence[Row | DataclassInstance]],
    upserts: Mapping[sa.Table, Upsert] | None = None,
) -> None:
    """Insert rows into several tables: one statement on PostgreSQL, one for each table on SQLite.

    rows keep the order of their tables (parents first). A table's rows are models with a field for each of its columns,
    or dictionaries with the same keys; instants, dates, ids and codes may be given as they are.
    """
    present = {table: values for table, values in rows.items() if values}
    if not present:
        return
    upserts = upserts or {}
    if is_postgresql(session):
        shape = tuple((table, _columns(values[0]), upserts.get(table)) for table, values in present.items())
        parameters = {f"rows{n}": _json(values) for n, values in enumerate(present.values())}
        session.execute(_insert_as_json(shape), parameters)
        return
    for table, values in present.items():
        columns = _columns(values[0])
        plain = [v if isinstance(v, dict) else {name: getattr(v, name) for name in columns} for v in values]
        session.execute(_insert_plain(table, columns, upserts.get(table)), plain)


def _columns(row: Row | DataclassInstance) -> tuple[str, ...]:
    return tuple(row) if isinstance(row, dict) else tuple(field.name for field in fields(row))


@lru_cache(maxsize=256)
def _insert_as_json(shape: tuple[tuple[sa.Table, tuple[str, ...], Upsert | None], ...]) -> sa.TextClause:
    inserts = []
    for n, (table, columns, upsert) in enumerate(shape):
        names = ", ".join(columns)
        # Rows are taken in key order, so that two processes adding to the same rows never wait in a circle.
        order = f" order by {', '.join(upsert.key)}" if upsert else ""
        inserts.append(
            f"insert into {table.name} ({names}) select {names} "
            f"from json_populate_recordset(null::{table.name}, cast(:rows{n} as json)){order}"
            f"{_on_conflict(table, columns, upsert)}"
        )
    *first, last = inserts
    before = ", ".join(f"i{n} as ({insert})" for n, insert in enumerate(first))
    return sa.text(f"with {before} {last}" if first else last)


@lru_cache(maxsize=256)
def _insert_plain(table: sa.Table, columns: tuple[str, ...], upsert: Upsert | None) -> sa.Insert:
    statement = sqlite.insert(table).values({name: sa.bindparam(name) for name in columns})
    if upsert is None:
        return statement
    new = statement.excluded
    changes = {name: table.c[name] + new[name] if name in upsert.add else new[name] for name in upsert.changed(columns)}
    return statement.on_conflict_do_update(index_elements=upsert.key, set_=changes)


def _on_conflict(table: sa.Table, columns: tuple[str, ...], upsert: Upsert | None) -> str:
    if upsert is None:
        return ""
    changes = ", ".join(
        f"{name} = {table.name}.{name} + excluded.{name}" if name in upsert.add else f"{name} = excluded.{name}"
        for name in upsert.changed(columns)
    )
    return f" on conflict ({', '.join(upsert.key)}) do update set {changes}"


def _json(rows: Sequence[Row | DataclassInstance]) -> str:
    """Return rows as JSON; instants, dates, ids and codes in the form PostgreSQL reads."""
    return orjson.dumps(rows).decode()
