"""Where calls go while the database is away: a file of this host, written through to the disk before the answer.

What lies here is the sealed punch, no number in clear. Draining records it under the same sender's key, so that a call
that reached the database after all is not counted twice.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError

from core.attendance.model import Caller, Channel, Direction, RawPunch
from core.attendance.service import record_punches
from core.ballast import FREE_MIN_BYTES, Ballast, is_full
from core.db import Database
from core.ids import PunchId

log = logging.getLogger(__name__)

BATCH = 200
BUSY_TIMEOUT_S = 5


class Spool:
    """Punches that wait for the database, in the order they came. Several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keeping = threading.Lock()
        self.ballast = Ballast(path)
        self.has_failed = False  # the last time that this process wrote

    def keep(self, punch: RawPunch) -> None:
        """Write a punch to the disk, on a full one in place of the ballast.

        Raises sqlite3.Error or OSError when even that fails.
        """
        text = json.dumps(asdict(punch), default=_plain)
        with self._keeping, self._noting_failure():
            try:
                self._insert(punch.sender_key, text)
            except (sqlite3.Error, OSError) as error:
                if not is_full(error):
                    raise
                log.warning("the disk is full: the ballast beside the spool is given up")
                with suppress(OSError):  # another process gave it up before us
                    self.ballast.drop()
                self._insert(punch.sender_key, text)

    def make_ready(self) -> None:
        """Fill the ballast when there is room for it, and after a failure see whether the spool can be written again.

        Raises sqlite3.Error or OSError when it cannot be.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.ballast.fill()
        if self.has_failed and self.ballast.free_bytes() >= FREE_MIN_BYTES:
            with self._noting_failure(), self._opened() as file, file:
                file.execute("begin immediate")

    def problem(self) -> str:
        """Return why a call could not be kept, "" when nothing is known to be in the way."""
        if self.has_failed:
            return "the last call could not be kept in the spool"
        try:
            free_bytes = self.ballast.free_bytes()
        except OSError:
            return "the folder of the spool cannot be reached"
        return "the disk of the spool is nearly full" if free_bytes < FREE_MIN_BYTES else ""

    def count(self) -> int:
        """Return how many punches wait."""
        if not self._path.exists():
            return 0
        with self._opened() as file:
            return int(file.execute("select count(*) from waiting").fetchone()[0])

    def drain(self, database: Database, now: datetime, stopping: threading.Event | None = None) -> int:
        """Record what waits, the oldest first, until it is told to stop; return how many were recorded.

        A punch that cannot be recorded stays and holds back no other. Nothing is locked while the database is at work:
        a caller whose punch is to be kept must not wait for it.

        Raises OperationalError, InterfaceError or OSError when the database is away: all that is left stays.
        """
        recorded = 0
        for seq, text in self._waiting():
            if stopping is not None and stopping.is_set():
                break
            recorded += self._record(database, now, seq, text)
        return recorded

    def _waiting(self) -> Iterator[tuple[int, str]]:
        statement, seq = "select seq, punch from waiting where seq > ? order by seq limit ?", 0
        while self._path.exists():
            with self._opened() as file:
                batch = file.execute(statement, (seq, BATCH)).fetchall()
            if not batch:
                break
            yield from batch
            seq = batch[-1][0]

    def _record(self, database: Database, now: datetime, seq: int, text: str) -> bool:
        try:
            punch = _punch(json.loads(text))
            with database.write() as session:
                record_punches(session, [punch], now)
        except (OperationalError, InterfaceError, OSError):
            raise
        except Exception as error:
            log.warning("call %d of the spool cannot be recorded and stays there: %s", seq, type(error).__name__)
            return False
        with self._opened() as file, file:
            file.execute("delete from waiting where seq = ?", (seq,))
        return True

    def _insert(self, sender_key: str, text: str) -> None:
        with self._opened() as file, file:
            file.execute("insert or ignore into waiting (sender_key, punch) values (?, ?)", (sender_key, text))

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError):
            self.has_failed = True
            raise
        self.has_failed = False

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level="IMMEDIATE")
        try:
            # No WAL: when several processes open a new file at once, switching to it fails without waiting.
            file.execute("pragma synchronous = extra")
            file.execute(
                "create table if not exists waiting "
                "(seq integer primary key autoincrement, sender_key text not null unique, punch text not null)"
            )
            yield file
        finally:
            file.close()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _punch(raw: dict[str, object]) -> RawPunch:
    """Return the punch as it was kept. Nobody can be asked any more: what is unclear is judged for review."""
    caller, direction = raw["caller"], raw["requested_direction"]
    return RawPunch(
        punch_id=PunchId(UUID(str(raw["punch_id"]))),
        sender_key=str(raw["sender_key"]),
        channel=Channel(str(raw["channel"])),
        occurred_at=datetime.fromisoformat(str(raw["occurred_at"])),
        received_at=datetime.fromisoformat(str(raw["received_at"])),
        caller=_caller(caller) if isinstance(caller, dict) else None,
        line_e164=str(raw["line_e164"]) if raw["line_e164"] is not None else None,
        requested_direction=Direction(str(direction)) if direction else None,
    )


def _caller(raw: dict[str, object]) -> Caller:
    indexes = raw["blind_indexes"]
    return Caller(
        blind_indexes=tuple(str(index) for index in indexes) if isinstance(indexes, list) else (),
        last4_index=str(raw["last4_index"]),
        cipher=str(raw["cipher"]),
        mask=str(raw["mask"]),
    )
