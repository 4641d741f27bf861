"""The database: engines for SQLite and PostgreSQL, column types, and transactions.

A Session is one connection inside one transaction; services take it and never commit. There is no ORM: tables are
declared with SQLAlchemy Core beside each area, and stores turn rows into models.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.errors import SettingsError
from core.scope import Scope

Session: TypeAlias = sa.Connection
Model = TypeVar("Model")
Row: TypeAlias = dict[str, Any]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BUSY_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 30_000
_CONNECT = {
    "connect_timeout": 5,
    # No JIT: with row-level security plans look dear, and compiling them takes longer than running them.
    "options": "-c timezone=UTC -c jit=off "
    f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS}",
    "prepare_threshold": 3,
    "tcp_user_timeout": 10_000,
}


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite keeps it as text of fixed width, which sorts as time does."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Code(sa.types.TypeDecorator[StrEnum]):
    """A value of a closed list, stored as its text."""

    impl = sa.String
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__(32)
        self.enum = enum

    def process_bind_param(self, value: StrEnum | str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:
        return None if value is None else self.enum(value)


def instant_text(value: datetime) -> str:
    """Return an instant as UTC text of fixed width, e.g. 2026-11-23T00:00:00.000000+00:00."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Database:
    """One database: where sessions come from. role is what its sessions act as, where that is not the user itself."""

    engine: sa.Engine
    role: str | None = None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @property
    def missing_file(self) -> Path | None:
        """The file that the first connection would make; None where there is nothing to make."""
        file = _file_of(self.engine.url)
        return None if file is None or file.exists() else file

    @contextmanager
    def read(self, scope: Scope | None = None) -> Iterator[Session]:
        """Open a session for reading; nothing it writes is kept.

        With a scope, PostgreSQL itself shows no row beyond it, whatever the queries forget (row-level security). SQLite
        has no such thing: there the queries' own filters hold alone.
        """
        with self.engine.connect() as session:
            if scope is not None and self.is_postgresql:
                session.execute(_SET_SCOPE, scope_settings(scope))
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end, or rolls back when the block raises.

        On SQLite the transaction takes the write lock at its start, so that what it reads stays true.
        """
        with self.engine.connect().execution_options(genba_write=True) as session, session.begin():
            yield session

    def acting_as(self, role: str) -> "Database":
        """Return the same database with connections that act as a role; to be closed for itself.

        On SQLite, which has no roles, it is the database itself. While a PostgreSQL does not answer nothing is checked.

        Raises SettingsError when the role is missing or may not be taken.
        """
        if not self.is_postgresql:
            return self
        with suppress(OperationalError):
            self._check_role(role)
        return open_database(self.engine.url.render_as_string(hide_password=False), pool_size=4, role=role)

    def _check_role(self, role: str) -> None:
        found = sa.text("select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = :role")
        with self.engine.connect() as session:
            if not session.execute(found, {"role": role}).scalar():
                raise SettingsError(
                    f"the database role {role} is missing, or its user may not take it: run `genba db upgrade`, "
                    f"or as an administrator of the database: create role {role} nologin; "
                    f"grant {role} to {self.engine.url.username}"
                )

    def close(self) -> None:
        self.engine.dispose()


# What the parts of the program act as on PostgreSQL: pages while they read, phone and devices, background work.
WEB_ROLE, INGEST_ROLE, JOBS_ROLE = "genba_web", "genba_ingest", "genba_jobs"
_SET_SCOPE = sa.text(
    "select set_config('role', :role, true), set_config('genba.everything', :everything, true), "
    "set_config('genba.primes', :primes, true), set_config('genba.sites', :sites, true), "
    "set_config('genba.employers', :employers, true), set_config('genba.worker', :worker, true)"
)


def scope_settings(scope: Scope) -> dict[str, str]:
    """Return what the policies of row-level security read: ids as PostgreSQL's array text."""
    return {
        "role": WEB_ROLE,
        "everything": "on" if scope.everything else "off",
        "primes": _ids(scope.primes),
        "sites": _ids(scope.sites),
        "employers": _ids(scope.employers),
        "worker": str(scope.worker_id or ""),
    }


def _ids(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(sorted(map(str, ids))) + "}"


def open_database(url: str, *, pool_size: int = 8, role: str | None = None) -> Database:
    """Open a database by its address. The first connection makes the file of an SQLite database, and its folder.

    role is what connections to PostgreSQL act as from their first moment on.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return Database(_sqlite_engine(url))
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        pool_recycle=1800,
        connect_args={**_CONNECT, "options": _options(role)},
    )
    return Database(engine, role)


def _options(role: str | None, more: str = "") -> str:
    """Return what a connection is opened with: said once then, a role costs nothing afterwards."""
    return f"{_CONNECT['options']}{f' -c role={role}' if role else ''}{more}"


# A writer's statements are few, run all day, and look everything up by index: they are planned once, and not after
# statistics, which on a table that has just begun to fill would have it read whole.
_WRITER_OPTIONS = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"


def open_async_engine(database: Database) -> AsyncEngine:
    """Return an engine for the same PostgreSQL on the server's own loop: for a process's one writer."""
    arguments = {**_CONNECT, "options": _options(database.role, _WRITER_OPTIONS)}
    return create_async_engine(
        database.engine.url,
        pool_size=1,
        max_overflow=0,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args=arguments,
    )


def _sqlite_engine(url: str) -> sa.Engine:
    arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = sa.create_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "do_connect")
    def _make_folder(*_arguments: Any) -> None:
        if file := _file_of(engine.url):
            file.parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("genba_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _file_of(url: sa.URL) -> Path | None:
    """Return the file of an SQLite database; None when it is another database, or held in memory."""
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def is_postgresql(session: Session) -> bool:
    return session.dialect.name == "postgresql"


def as_model(model: type[Model], row: sa.Row[*tuple[Any, ...]] | Mapping[str, Any]) -> Model:
    """Return a dataclass made of the row's columns of the same names."""
    values: Any = row if isinstance(row, Mapping) else row._mapping  # noqa: SLF001 - SQLAlchemy's name
    return model(**{field.name: values[field.name] for field in fields(model)})  # type: ignore[arg-type]
