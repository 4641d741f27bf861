"""A damaged spool is never thrown away: it is set aside, and every row that can still be read goes into a new one.

Rows are read page by page from the database file and its log, past header, inner pages and indexes, so that a hole
anywhere costs no more than the pages it hits. A row that was sent may come back as waiting: sending it again is
harmless, losing one is not.
"""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from core.ballast import Ballast, is_full
from reader_bridge.device.spool_file import ADDED, SCHEMA, WAL_SUFFIXES
from reader_bridge.device.sqlite_pages import Row, rows_of

TOUCH_COLUMNS = 13  # of the first version; later ones add to their end
ALL_COLUMNS = TOUCH_COLUMNS + len(ADDED)
BOOT_ID_SIGNS = 36  # a UUID; the names of notes are shorter
_STATES = {"set_aside": 0, "waiting": 1, "sent": 2}
_MARK, _UNFINISHED, _SALVAGED = ".damaged-", ".salvaging", ".salvaged"

log = logging.getLogger(__name__)


def salvage(path: Path) -> int:
    """Set a damaged spool aside, make a new one of what can be read of it, and return how many touches those are.

    The new one is whole before the old one moves, so that a power cut at any moment leaves one of them to go on with.
    """
    touches, boots, notes = _sorted_out(rows_of(path, Path(f"{path}-wal")))
    try:
        _write(path, touches, boots, notes)
    except sqlite3.Error as error:
        if not is_full(error):
            raise
        Ballast(path).drop()
        _write(path, touches, boots, notes)
    finish(path)
    log.error("the spool was damaged and is kept beside the new one; %d touches were read from it", len(touches))
    return len(touches)


def finish(path: Path) -> None:
    """Put a salvaged spool in the place of the damaged one, if there is one that is whole and waits for that."""
    salvaged = Path(f"{path}{_SALVAGED}")
    if salvaged.exists():
        _set_aside(path)
        salvaged.rename(path)


def salvages(path: Path) -> int:
    """Return how many damaged spools lie beside this one."""
    beside = path.parent.glob(f"{path.name}{_MARK}*")
    return sum(1 for each in beside if not each.name.endswith(("-wal", "-shm")))


def _set_aside(path: Path) -> None:
    """Rename the damaged file, its log first: a log that stayed would be taken for the new file's."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    for suffix in reversed(WAL_SUFFIXES):
        beside = Path(f"{path}{suffix}")
        if beside.exists():
            beside.rename(f"{path}{_MARK}{stamp}{suffix}")


def _sorted_out(rows: Iterable[Row]) -> tuple[dict[str, Row], dict[str, int], dict[str, str]]:
    """Tell touches, boots and notes apart by their shape; of a touch found twice the state further on counts."""
    touches: dict[str, Row] = {}
    boots: dict[str, int] = {}
    notes: dict[str, str] = {}
    for row in rows:
        values = row.values
        if _is_touch(values):
            known = touches.get(str(values[1]))
            if known is None or _STATES[str(known.values[11])] <= _STATES[str(values[11])]:
                touches[str(values[1])] = row
            continue
        match values:
            case (str(name), int(began_ms)) if len(name) == BOOT_ID_SIGNS:
                boots[name] = began_ms
            case (str(name), str(value)) if len(name) < BOOT_ID_SIGNS:
                notes[name] = value
            case _:
                continue
    return touches, boots, notes


def _is_touch(values: tuple[object, ...]) -> bool:
    if len(values) < TOUCH_COLUMNS or not isinstance(values[1], str) or not isinstance(values[8], int):
        return False
    try:
        UUID(values[1])
    except ValueError:
        return False
    return values[11] in _STATES and isinstance(values[7], str) and values[2] in ("card", "keypad", "logger")


def _write(path: Path, touches: dict[str, Row], boots: dict[str, int], notes: dict[str, str]) -> None:
    unfinished = Path(f"{path}{_UNFINISHED}")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(SCHEMA)
        marks = ", ".join("?" * ALL_COLUMNS)
        seen: set[int] = set()
        for row in sorted(touches.values(), key=lambda row: row.rowid):
            # Two pages may hold the same number for different touches; the later one gets the next free.
            seq = None if row.rowid in seen else row.rowid
            seen.add(row.rowid)
            values = (*row.values[1:ALL_COLUMNS], *[None] * (ALL_COLUMNS - len(row.values)))
            connection.execute(f"INSERT INTO touches VALUES ({marks})", (seq, *values))  # noqa: S608
        connection.executemany("INSERT INTO boots VALUES (?, ?)", boots.items())
        connection.executemany("INSERT INTO notes VALUES (?, ?)", notes.items())
        connection.commit()
    unfinished.rename(f"{path}{_SALVAGED}")
