"""The spool: every touch is on the disk here before anybody hears a tone, and stays until the server has answered it.

A touch gets its id once, when it is written. What the server said is written beside it; what it took is forgotten after
KEPT_FOR. The numbers of cards are in here, so the file belongs to its owner alone.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from core.ballast import Ballast
from core.ids import uuid7
from reader_bridge.device.machine import Moment, at_ms, ms_of
from reader_bridge.device.salvage import finish, salvage, salvages
from reader_bridge.device.spool_file import SpoolDamagedError, SpoolFile, SpoolFullError
from reader_bridge.device.touches import NewTouch, State, Touch, Who

Found = TypeVar("Found")

KEPT_FOR = timedelta(days=40)  # past the month's end, so that the office can still ask the device
SETTLING_BYTES = 2**20
CLOCK_NEWS_MS = 500

_TOUCHES = "SELECT touches.*, boot_began_ms FROM touches LEFT JOIN boots USING (boot_id) "
_INSERT = """
INSERT OR IGNORE INTO touches
    (id, channel, card_tech, card_uid, ccus_worker_id, direction, reader, wall_ms, boot_id, boottime_ms, clock_ok,
    site_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Unsent:
    """What has not gone: how many wait and since when, and how many the server refused for good."""

    waiting: int
    oldest_at: datetime | None
    set_aside: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the server said of a touch, and the state that follows."""

    state: State
    answer: Mapping[str, object]


class Spool:
    """The touches of one device. Several threads may use it."""

    def __init__(self, path: Path, *, mends: bool = True) -> None:
        """Open the spool; a damaged one is set aside and its rows are taken over.

        mends is for the one program that works in the folder; a second one gets SpoolDamagedError instead. Raises
        OSError and sqlite3.Error.
        """
        self._path, self._mends = path, mends
        self._mending = threading.RLock()
        self.ballast = Ballast(path)
        if mends:
            finish(path)
        try:
            self._file = SpoolFile(path, self.ballast)
        except SpoolDamagedError:
            if not mends:
                raise
            salvage(path)
            self._file = SpoolFile(path, self.ballast)

    def close(self) -> None:
        self._file.close()

    @property
    def salvages(self) -> int:
        """How many damaged spools lie beside this one."""
        return salvages(self._path)

    def append(self, new: NewTouch) -> Touch:
        """Write a touch down and return it once it is on the disk. Raises SpoolFullError when it cannot be kept."""
        if self.ballast.is_spent() and self.ballast.free_bytes() < SETTLING_BYTES:
            raise SpoolFullError  # what waits must still be settled, or the spool could never empty itself
        touch_id = str(new.id or uuid7())
        seq = self._write(lambda connection: connection.execute(_INSERT, _values(touch_id, new)).lastrowid)
        return Touch(
            seq=seq or 0,
            id=touch_id,
            who=new.who,
            reader=new.reader,
            wall_ms=ms_of(new.at),
            direction=new.direction,
            boot_id=new.boot_id,
            boottime_ms=new.boottime_ms,
            channel=new.channel,
            boot_began_ms=self.boot_began_ms(new.boot_id),
            clock_ok=new.clock_ok,
            site_id=new.site_id,
        )

    def bring_in(self, touches: Iterable[NewTouch]) -> int:
        """Write touches from a file, all or none, and return how many were not here yet; each brings its id."""
        rows = [_values(str(new.id), new) for new in touches]

        def insert(connection: sqlite3.Connection) -> int:
            before = connection.total_changes
            connection.executemany(_INSERT, rows)
            return connection.total_changes - before

        return self._write(insert)

    def known_ids(self, ids: Iterable[str]) -> set[str]:
        """Return which of these touches are here already."""
        statement = "SELECT id FROM touches WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._read(statement, (json.dumps(list(ids)),))}

    def oldest_waiting(self, limit: int, held: Collection[int] = ()) -> list[Touch]:
        """Return what has waited longest, in the order it was written, without what is held back."""
        where = "WHERE state = 'waiting' AND seq NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?"
        return self._touches(where, (json.dumps(sorted(held)), limit))

    def fresh_waiting(self, now: Moment, within: timedelta, limit: int, held: Collection[int] = ()) -> list[Touch]:
        """Return the newest of what was touched within a while in this boot, in the order it was written."""
        where = (
            "WHERE state = 'waiting' AND touches.boot_id = ? AND boottime_ms >= ?"
            " AND seq NOT IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?"
        )
        since_ms = now.boottime_ms - within // timedelta(milliseconds=1)
        return self._touches(where, (now.boot_id, since_ms, json.dumps(sorted(held)), limit))[::-1]

    def waiting(self, seq: int) -> Touch | None:
        """Return one touch, if it still waits."""
        found = self._touches("WHERE state = 'waiting' AND seq = ?", (seq,))
        return found[0] if found else None

    def settle(self, outcomes: Mapping[str, Outcome]) -> None:
        """Write down what the server said of touches; what it has taken stays taken, whatever is said later."""
        rows = [
            (outcome.state.value, json.dumps(outcome.answer, ensure_ascii=False), touch_id)
            for touch_id, outcome in outcomes.items()
        ]
        statement = "UPDATE touches SET state = ?, answer = ? WHERE id = ? AND state = 'waiting'"
        self._write(lambda connection: connection.executemany(statement, rows))

    def retry_set_aside(self) -> int:
        """Let what was refused wait again, once a person has mended the cause; return how many."""
        statement = "UPDATE touches SET state = 'waiting' WHERE state = 'set_aside'"
        return self._write(lambda connection: connection.execute(statement).rowcount)

    def unsent(self) -> Unsent:
        oldest = self.oldest_waiting(1)
        return Unsent(
            self._count("SELECT count(*) FROM touches WHERE state = 'waiting'"),
            oldest[0].at if oldest else None,
            self._count("SELECT count(*) FROM touches WHERE state = 'set_aside'"),
        )

    def answer_of(self, touch_id: str) -> dict[str, object] | None:
        """Return what the server said of a touch; None while it has said nothing."""
        rows = self._read("SELECT answer FROM touches WHERE id = ?", (touch_id,))
        return json.loads(rows[0][0]) if rows and rows[0][0] else None

    def learn_boot(self, boot_id: str, boot_began_ms: int) -> None:
        """Keep when a boot began by the server's clock; what the length of an answer's way explains is no news."""
        known = self.boot_began_ms(boot_id)
        if known is not None and abs(known - boot_began_ms) < CLOCK_NEWS_MS:
            return
        statement = "INSERT INTO boots VALUES (?, ?) ON CONFLICT DO UPDATE SET boot_began_ms = excluded.boot_began_ms"
        self._write(lambda connection: connection.execute(statement, (boot_id, boot_began_ms)))

    def boot_began_ms(self, boot_id: str | None) -> int | None:
        """Return when a boot began by the server's clock; None while that was never learnt."""
        rows = self._read("SELECT boot_began_ms FROM boots WHERE boot_id = ?", (boot_id,))
        return rows[0][0] if rows else None

    def now(self, moment: Moment) -> datetime:
        """Return the time by the server's clock where it is known, else by the machine's."""
        began = self.boot_began_ms(moment.boot_id)
        return moment.at if began is None else at_ms(began + moment.boottime_ms)

    def touched_since(self, start: datetime) -> int:
        """Return how many people touched here since an instant; files of loggers aside.

        A card and a typed id are two people until the server has said that they are one.
        """
        statement = (
            "SELECT count(DISTINCT coalesce(person, who)) FROM ("
            "SELECT coalesce('uid:' || card_uid, 'ccus:' || ccus_worker_id) AS who,"
            " max(json_extract(answer, '$.person')) AS person"
            " FROM touches LEFT JOIN boots USING (boot_id)"
            " WHERE channel != 'logger' AND coalesce(boot_began_ms + boottime_ms, wall_ms) >= ? GROUP BY who)"
        )
        return self._count(statement, (ms_of(start),))

    def newest(self, limit: int) -> list[Touch]:
        """Return the last touches at this gate, the last one first."""
        return self._touches("WHERE channel != 'logger' ORDER BY seq DESC LIMIT ?", (limit,))

    def forget(self, now: datetime) -> int:
        """Delete what the server took long ago, and boots that no touch is of; return how many touches went."""
        before_ms = ms_of(now - KEPT_FOR)

        def delete(connection: sqlite3.Connection) -> int:
            gone = connection.execute("DELETE FROM touches WHERE state = 'sent' AND wall_ms < ?", (before_ms,)).rowcount
            if gone:
                used = "SELECT boot_id FROM touches WHERE boot_id IS NOT NULL"
                connection.execute(f"DELETE FROM boots WHERE boot_id NOT IN ({used})")  # noqa: S608
            return gone

        return self._write(delete)

    def note(self, name: str) -> str | None:
        """Return a value kept under a name."""
        rows = self._read("SELECT value FROM notes WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def keep_note(self, name: str, value: str) -> None:
        statement = "INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        self._write(lambda connection: connection.execute(statement, (name, value)))

    def _count(self, statement: str, values: tuple[object, ...] = ()) -> int:
        count: int = self._read(statement, values)[0][0]
        return count

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        return self._mended(lambda file: file.read(statement, values))

    def _write(self, change: Callable[[sqlite3.Connection], Found]) -> Found:
        return self._mended(lambda file: file.write(change))

    def _mended(self, use: Callable[[SpoolFile], Found]) -> Found:
        """Use the file; where it turns out to be damaged, go on with a new one that holds what could be read."""
        file = self._file
        try:
            return use(file)
        except SpoolDamagedError:
            if not self._mends:
                raise
            with self._mending:
                if self._file is file:
                    file.close()
                    salvage(self._path)
                    self._file = SpoolFile(self._path, self.ballast)
            return use(self._file)

    def _touches(self, where: str, values: tuple[object, ...]) -> list[Touch]:
        return [_touch(row) for row in self._read(_TOUCHES + where, values)]


def _values(touch_id: str, new: NewTouch) -> tuple[object, ...]:
    who = new.who
    wall_ms = ms_of(new.at)
    when = (wall_ms, new.boot_id, new.boottime_ms, new.clock_ok, new.site_id)
    return (touch_id, new.channel, who.card_tech, who.card_uid, who.ccus_worker_id, new.direction, new.reader, *when)


def _touch(row: sqlite3.Row) -> Touch:
    return Touch(
        seq=row["seq"],
        id=row["id"],
        who=Who(row["card_tech"], row["card_uid"], row["ccus_worker_id"]),
        reader=row["reader"],
        wall_ms=row["wall_ms"],
        direction=row["direction"],
        boot_id=row["boot_id"],
        boottime_ms=row["boottime_ms"],
        channel=row["channel"],
        boot_began_ms=row["boot_began_ms"],
        clock_ok=None if row["clock_ok"] is None else bool(row["clock_ok"]),
        site_id=row["site_id"],
    )
