"""Migrations: one purpose each, from the first table on. The tests build their databases by them too."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.db import Database


def upgrade(database: Database) -> None:
    """Bring the database to the newest migration; processes that start together wait for one another."""
    with database.write() as session:
        if database.is_postgresql:
            session.exec_driver_sql("select pg_advisory_xact_lock(hashtext('genba migrations'))")
        config = _config()
        config.attributes["connection"] = session
        command.upgrade(config, "head")


def pending(database: Database) -> list[str]:
    """Return the migrations that the database has not had yet, oldest first."""
    script = ScriptDirectory.from_config(_config())
    with database.read() as session:
        current = MigrationContext.configure(session).get_current_revision()
    revisions = [revision.revision for revision in script.walk_revisions("base", "head")]
    return list(reversed(revisions[: revisions.index(current)] if current else revisions))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
