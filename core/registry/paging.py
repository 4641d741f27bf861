"""A page of a long list: its rows, how many there are in all, and where its neighbours begin."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from core.db import Session

PAGE_ROWS = 50
EXPORT_ROWS = 1000  # read at once for a file
Row_ = TypeVar("Row_")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row_]):
    """The rows of one page; offset is how many rows lie before it."""

    rows: tuple[Row_, ...]
    total: int
    offset: int = 0

    @property
    def first(self) -> int:
        return self.offset + 1

    @property
    def last(self) -> int:
        return self.offset + len(self.rows)

    @property
    def previous_offset(self) -> int | None:
        return max(0, self.offset - PAGE_ROWS) if self.offset else None

    @property
    def next_offset(self) -> int | None:
        return self.last if self.last < self.total else None


def page_of_ids(
    session: Session, table: sa.Table, condition: sa.ColumnElement[bool], offset: int
) -> tuple[list[UUID], int]:
    """Return the ids of a page of a table with names, by kana and name, and how many rows there are in all."""
    if isinstance(condition, sa.True_):
        total = session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        return [row[0] for row in session.execute(_sorted(table, table).limit(PAGE_ROWS).offset(offset))], total
    # Found first and sorted then: walking through the index in the order of the list would look at every row.
    found = sa.select(*_order(table, table)).where(condition).cte("found").prefix_with("materialized")
    numbered = _sorted(table, found).add_columns(sa.func.count().over())
    rows = session.execute(numbered.limit(PAGE_ROWS).offset(offset)).all()
    if not rows and offset:
        return [], session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
    return [row[0] for row in rows], rows[0][-1] if rows else 0


def in_batches(
    session: Session,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    rows_of: Callable[[Sequence[UUID]], Sequence[Row_]],
) -> Iterator[Row_]:
    """Give every row of a list in its order, for a file; rows_of makes the rows of some ids."""
    ids = [row[0] for row in session.execute(_sorted(table, table).where(condition))]
    for start in range(0, len(ids), EXPORT_ROWS):
        yield from rows_of(ids[start : start + EXPORT_ROWS])


def _order(table: sa.Table, source: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    key = next(iter(table.primary_key.columns)).name
    return [source.c[key], source.c.name_kana, source.c.name]


def _sorted(table: sa.Table, source: sa.FromClause) -> sa.Select[Any]:
    key, kana, name = _order(table, source)
    return sa.select(key, kana, name).order_by(kana, name, key)
