"""Lists taken out as files: CSV (UTF-8 or Shift_JIS) and Excel, streamed while they are read, noted in the audit log.

A page with a list adds one route beside it, with `dependencies=[needs(Permission.EXPORT)]`, and the links of
templates/exports.html.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import IO, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from admin.access import reading, viewer_of
from core.accounts.model import Permission
from core.audit import service as audit
from core.clock import JST
from core.db import Session
from core.documents.sheets import Column, Row, Tally, write_csv, write_xlsx
from core.ids import ContractorId

PIECE_BYTES = 64 * 1024
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')  # Windows refuses them
Thing = TypeVar("Thing")
RowsFactory = Callable[[Session], Iterable[Row]]


class ExportFormat(StrEnum):
    """As what a list is taken out; the values stand in addresses."""

    CSV = "csv"
    CSV_SHIFT_JIS = "csv-sjis"
    EXCEL = "xlsx"


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.CSV_SHIFT_JIS: "text/csv; charset=Shift_JIS",
    ExportFormat.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class ExportNote:
    """What the audit log says of an export: what was taken, whose matter it is, and by which fields it was filtered."""

    action: str  # e.g. worker.exported
    subject: tuple[str, UUID | str]  # kind and id; of a whole list ("list", "workers")
    contractor_id: ContractorId | None = None
    filters: Sequence[str] = field(default=())  # names of fields only, never what was searched


def export_response(
    request: Request,
    name: str,
    headings: Sequence[Column | str],
    rows_factory: RowsFactory,
    *,
    file_format: ExportFormat,
    note: ExportNote,
    permission: Permission = Permission.EXPORT,
) -> Response:
    """Return a list as a file to save under a name (without ending, the day is added).

    rows_factory is called with a session limited to what the viewer reaches with the permission; the session stays
    open until the last row has left. What it raises before its first row becomes a page. How many rows left is noted in
    the audit log at the end, also when the reader breaks off.
    """
    stack = ExitStack()
    tally = Tally()
    now = request.app.state.clock.now()
    try:
        rows = _begun(rows_factory(stack.enter_context(reading(request, permission))))
        pieces = _begun(_pieces(name, headings, rows, file_format, tally))  # an Excel file is whole from here on
    except BaseException:
        stack.close()
        raise

    def send() -> Iterator[bytes]:
        try:
            with stack:
                yield from pieces
        finally:
            _record(request, now, note, file_format, tally)

    file_name = f"{name}_{now.astimezone(JST):%Y%m%d}.{'xlsx' if file_format is ExportFormat.EXCEL else 'csv'}"
    plain = f"{note.action.partition('.')[0]}_{now.astimezone(JST):%Y%m%d}"
    headers = {"Content-Disposition": attachment(file_name, plain)}
    return StreamingResponse(send(), media_type=_MEDIA_TYPES[file_format], headers=headers)


def attachment(file_name: str, plain: str, *, disposition: str = "attachment") -> str:
    """Return the header that saves an answer under a Japanese name.

    Programs that know no such names get the plain one, of ASCII and without ending. Signs that no file name may have
    become _.
    """
    name = _NOT_IN_NAMES.sub("_", file_name)
    ending = name.rpartition(".")[2]
    return f"{disposition}; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"


def filters_used(query: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the filters that have a value."""
    return tuple(sorted(name for name, value in query.items() if value))


def _begun(things: Iterable[Thing]) -> Iterator[Thing]:
    """Return an iterator whose first thing has been made already: what goes wrong at its beginning goes wrong here."""
    made = iter(things)
    return chain(list(islice(made, 1)), made)


def _pieces(
    name: str, headings: Sequence[Column | str], rows: Iterable[Row], file_format: ExportFormat, tally: Tally
) -> Iterator[bytes]:
    if file_format is ExportFormat.EXCEL:
        with write_xlsx(name, headings, rows, tally) as file:
            yield from _read(file)
        return
    encoding = "cp932" if file_format is ExportFormat.CSV_SHIFT_JIS else "utf-8-sig"
    yield from write_csv(headings, rows, encoding, tally)  # type: ignore[arg-type]


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def _record(request: Request, at: datetime, note: ExportNote, file_format: ExportFormat, tally: Tally) -> None:
    details = {
        "format": file_format.value,
        "rows": tally.rows,
        "replaced_signs": tally.replaced,
        "filters": list(note.filters),
    }
    with request.app.state.database.write() as session:
        audit.record(
            session,
            at=at,
            by=viewer_of(request).account.account_id,
            action=note.action,
            subject=note.subject,
            contractor_id=note.contractor_id,
            details=details,
        )
