"""Rows read straight from the pages of an SQLite file and its write-ahead log, whatever else of them is damaged.

Only table leaves are looked at, and only rows that lie whole on one page (those of the spool do). The format is that of
https://sqlite.org/fileformat2.html sections 1.6, 2 and 4.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = 4096  # what SQLite takes by itself since 3.12; the spool never asks for another
_LEAF = 0x0D
_FILE_HEADER, _LOG_HEADER, _FRAME_HEADER = 100, 32, 24
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it lies on its page; an INTEGER PRIMARY KEY is None among the values and is the rowid."""

    rowid: int
    values: tuple[Value, ...]


def rows_of(database: Path, log: Path) -> Iterator[Row]:
    """Give every row that can be read, those of the log after those of the file; the same row may come twice."""
    for page in _pages(database, 0, 0):
        yield from _rows_on(page)
    for page in _pages(log, _LOG_HEADER, _FRAME_HEADER):
        yield from _rows_on(page)


def _pages(path: Path, skipped: int, before_each: int) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(skipped)
        while len(page := file.read(before_each + PAGE_BYTES)) > before_each:
            yield page[before_each:].ljust(PAGE_BYTES, b"\0")


def _rows_on(page: bytes) -> Iterator[Row]:
    start = _FILE_HEADER if page.startswith(b"SQLite format 3\0") else 0
    if page[start] != _LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for nth in range(min(count, PAGE_BYTES // 4)):
        at = start + 8 + 2 * nth
        cell = int.from_bytes(page[at : at + 2], "big")
        try:
            yield _row_at(page, cell)
        except (IndexError, ValueError, struct.error):
            continue  # a hole: the other rows of the page may be whole


def _row_at(page: bytes, at: int) -> Row:
    size, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if size > len(page) - at:
        raise ValueError("not whole on this page")
    header_bytes, position = _varint(page, at)
    types: list[int] = []
    while position < at + header_bytes:
        kind, position = _varint(page, position)
        types.append(kind)
    values: list[Value] = []
    position = at + header_bytes
    for kind in types:
        value, position = _value(page, position, kind)
        values.append(value)
    return Row(rowid, tuple(values))


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for nth in range(8):
        byte = page[at + nth]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + nth + 1
    return value << 8 | page[at + 8], at + 9


def _value(page: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in _INTEGER_BYTES:
        end = at + _INTEGER_BYTES[kind]
        return int.from_bytes(_slice(page, at, end), "big", signed=True), end
    if kind >= 12:
        end = at + (kind - 12) // 2
        raw = _slice(page, at, end)
        return (raw.decode() if kind % 2 else raw), end
    match kind:
        case 0:
            return None, at
        case 7:
            return struct.unpack(">d", _slice(page, at, at + 8))[0], at + 8
        case 8 | 9:
            return kind - 8, at
        case _:
            raise ValueError("no such type")


def _slice(page: bytes, start: int, end: int) -> bytes:
    if end > len(page):
        raise ValueError("beyond the page")
    return page[start:end]
