"""The file of the spool: how it is opened, that it is not damaged, and what is done when the disk is full."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core.ballast import Ballast, is_full

Found = TypeVar("Found")

# A version may be gone back from, so this is only ever added to: columns that may be empty, at the end and in ADDED.
# None is renamed or taken away, and none must be written. The salvage reads rows by this order as well.
SCHEMA = """
CREATE TABLE IF NOT EXISTS touches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    card_tech TEXT,
    card_uid TEXT,
    ccus_worker_id TEXT,
    direction TEXT,
    reader TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    boot_id TEXT,
    boottime_ms INTEGER,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'set_aside')),
    answer TEXT,
    clock_ok INTEGER,
    site_id TEXT
);
CREATE INDEX IF NOT EXISTS touches_waiting ON touches (seq) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS touches_set_aside ON touches (seq) WHERE state = 'set_aside';
CREATE TABLE IF NOT EXISTS boots (boot_id TEXT PRIMARY KEY, boot_began_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
ADDED = {"clock_ok": "INTEGER", "site_id": "TEXT"}  # what a spool of an earlier version lacks
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # with NORMAL, the last touches before a power cut would be lost
    "busy_timeout=10000",
    "wal_autocheckpoint=200",
    "journal_size_limit=1048576",
)
WAL_SUFFIXES = ("", "-wal", "-shm")
OPENING_BYTES = 2**20  # with less free, what SQLite lays beside the file may not fit


class SpoolFullError(Exception):
    """Nothing more can be written, not even in the room held ready."""


class SpoolDamagedError(Exception):
    """The file is not a whole database."""


class SpoolFile:
    """Two connections that the threads share: one writes, and no reader of the other makes a touch wait."""

    def __init__(self, path: Path, ballast: Ballast) -> None:
        """Open the file, making it if need be; on a full disk in the room held ready.

        Raises SpoolDamagedError when it is not whole.
        """
        self.ballast = ballast
        self._writing, self._reading = threading.RLock(), threading.RLock()
        path.touch(mode=0o600)  # before SQLite, which gives -wal and -shm the same mode
        path.chmod(0o600)
        try:
            self._open(path)
        except sqlite3.OperationalError:
            if ballast.free_bytes() >= OPENING_BYTES or not ballast.is_held():
                raise
            ballast.drop()
            self._open(path)

    def _open(self, path: Path) -> None:
        self._connection, self._reader = _connect(path), _connect(path)
        try:
            with _telling_damage():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._connection.close()

    def read(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """Return all rows of a question. Raises SpoolDamagedError where it meets a page that is not whole."""
        with self._reading, _telling_damage():
            return self._reader.execute(statement, values).fetchall()

    def write(self, change: Callable[[sqlite3.Connection], Found]) -> Found:
        """Make a change durable and return what it gives; on a full disk once more in the room held ready.

        Raises SpoolFullError when even that is not enough, SpoolDamagedError where it meets a page that is not whole.
        """
        with self._writing, _telling_damage():
            try:
                return self._commit(change)
            except sqlite3.Error as error:
                if not is_full(error):
                    raise
            self._make_room()
            try:
                return self._commit(change)
            except sqlite3.Error as error:
                if is_full(error):
                    raise SpoolFullError from error
                raise

    def _prepare(self) -> None:
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        if self._connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise SpoolDamagedError("not whole")
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchone():
            self.write(lambda connection: [connection.execute(part) for part in _statements(SCHEMA)])
        known = {row["name"] for row in self._connection.execute("PRAGMA table_info(touches)")}
        lacking = [f"ALTER TABLE touches ADD COLUMN {name} {kind}" for name, kind in ADDED.items() if name not in known]
        if lacking:
            self.write(lambda connection: [connection.execute(statement) for statement in lacking])

    def _commit(self, change: Callable[[sqlite3.Connection], Found]) -> Found:
        with self._transaction() as connection:
            return change(connection)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _make_room(self) -> None:
        try:
            self.ballast.drop()
        except OSError:
            return  # none was held: the second try will say so
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error:
            return  # it may still fit behind what is in the log


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _statements(script: str) -> list[str]:
    return [part for part in script.split(";") if part.strip()]


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise SpoolDamagedError(str(error)) from error
        raise
