"""What every command needs: settings, database and clock, opened once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core import migrations
from core.clock import Clock, SystemClock
from core.db import Database, open_database
from core.errors import SettingsError
from core.settings import Settings

ENV_FILE = Path("var/genba.env")  # written by `genba demo`; real environment variables win


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, database and clock of one process."""

    settings: Settings
    database: Database
    clock: Clock


def load_settings() -> Settings:
    """Return the settings of the environment, completed by var/genba.env where that file exists."""
    return Settings.load({**read_env_file(ENV_FILE), **os.environ})


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of a file; empty when there is no such file."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@contextmanager
def open_runtime(
    *, migrate: bool | None = None, role: str | None = None, may_create: bool = False
) -> Iterator[Runtime]:
    """Open the database of the settings; an embedded one is migrated, another only checked.

    role is what its sessions act as on PostgreSQL (core.db.JOBS_ROLE …); without one they act as the user itself.
    may_create is for what begins an installation: elsewhere a file that is not there is a mistyped path.

    Raises SettingsError when the file is missing, migrations are pending that only an operator may start, or the role
    may not be taken.
    """
    settings = load_settings()
    database = open_database(settings.database_url)
    try:
        if not may_create and (missing_file := database.missing_file):
            raise SettingsError(
                f"GENBA_DATABASE_URL: there is no database {missing_file}: correct the path, "
                "or make a new database with `genba db upgrade`"
            )
        if migrate if migrate is not None else settings.is_embedded:
            migrations.upgrade(database)
        elif migrate is None and (missing := migrations.pending(database)):
            raise SettingsError(f"the database lacks {len(missing)} migration(s): run `genba db upgrade` first")
        with acting_as(Runtime(settings, database, SystemClock()), role) as runtime:
            yield runtime
    finally:
        database.close()


@contextmanager
def acting_as(runtime: Runtime, role: str | None) -> Iterator[Runtime]:
    """Open the runtime once more with a database that acts as a role; the runtime itself where there are no roles.

    Raises SettingsError when the role may not be taken.
    """
    database = runtime.database.acting_as(role) if role else runtime.database
    try:
        yield replace(runtime, database=database)
    finally:
        if database is not runtime.database:
            database.close()
