"""Folded names for the search, and the order of the lists."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.registry.folding import search_text

revision = "0009"
down_revision = "0008"

BATCH_ROWS = 2000
NAMED = {"workers": "worker_id", "contractors": "contractor_id", "sites": "site_id"}


def upgrade() -> None:
    has_trigrams = _make_trigrams()
    for table, key in NAMED.items():
        with op.batch_alter_table(table) as altered:
            altered.add_column(sa.Column("search_text", sa.Text, nullable=False, server_default=""))
        _fold_names(table, key)
        op.create_index(f"ix_{table}_name_kana", table, ["name_kana", "name", key])
        # On SQLite, and without trigrams, it is the small copy of the table that a search reads through.
        trigrams: dict[str, Any] = {"postgresql_using": "gin", "postgresql_ops": {"search_text": "gin_trgm_ops"}}
        op.create_index(f"ix_{table}_search_text", table, ["search_text"], **(trigrams if has_trigrams else {}))


def _make_trigrams() -> bool:
    """Make the extension, which an owner may do for himself; whether it is there afterwards."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return False
    try:
        with connection.begin_nested():
            connection.execute(sa.text("create extension if not exists pg_trgm"))
    except sa.exc.DBAPIError:
        return False
    return True


def _fold_names(table: str, key: str) -> None:
    connection = op.get_bind()
    rows = sa.table(table, sa.column(key, sa.Uuid), *map(sa.column, ("name", "name_kana", "search_text")))
    id_column = rows.c[key]
    statement = sa.update(rows).where(id_column == sa.bindparam("b_key")).values(search_text=sa.bindparam("b_text"))
    batch = sa.select(id_column, rows.c.name, rows.c.name_kana).order_by(id_column).limit(BATCH_ROWS)
    found = connection.execute(batch).all()
    while found:
        connection.execute(
            statement, [{"b_key": row[0], "b_text": search_text(row.name, row.name_kana)} for row in found]
        )
        found = connection.execute(batch.where(id_column > found[-1][0])).all()
