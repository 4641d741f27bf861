"""The database is what the tables in the code say, on both kinds."""

from importlib import import_module

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core import migrations
from core.db import Database, metadata
from core.migrations.webhook_triggers import triggers

for area in (
    "accounts",
    "attendance",
    "audit",
    "devices",
    "imports",
    "notices",
    "partners",
    "registry",
    "tiering",
    "training",
    "work",
):
    import_module(f"core.{area}.tables")  # each registers its tables with the metadata
for elsewhere in ("core.devices.release_tables", "core.registry.card_tables", "ivr.tables"):
    import_module(elsewhere)


def test_the_migrations_build_just_the_tables_of_the_code(database: Database) -> None:
    assert migrations.pending(database) == []
    with database.read() as session:
        differences = compare_metadata(MigrationContext.configure(session), metadata)
    assert [difference for difference in differences if "work_date" not in str(difference)] == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before = sa.inspect(database.engine).get_table_names()
    migrations.upgrade(database)
    assert sa.inspect(database.engine).get_table_names() == before


def test_the_triggers_that_note_what_partners_are_told_are_there(database: Database) -> None:
    """A migration that makes a table anew on SQLite takes them away."""
    on_postgresql = database.is_postgresql
    listed = (
        "select tgname from pg_trigger" if on_postgresql else "select name from sqlite_master where type = 'trigger'"
    )
    with database.read() as session:
        there = set(session.scalars(sa.text(listed)))
    assert {trigger.name for trigger in triggers(on_postgresql=on_postgresql)} - there == set()
