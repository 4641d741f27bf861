"""Lists as files: CSV for any program, Excel for people. Rows come one by one: a long list is never whole in memory.

Text stays text: no cell can become a formula in the reader's spreadsheet, and leading zeros stay in Excel.
"""

import codecs
import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import IO, Any, Literal, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from core.clock import JST

Cell: TypeAlias = str | int | float | Decimal | date | datetime | time | timedelta | None
Row: TypeAlias = Sequence[Cell]
CsvEncoding: TypeAlias = Literal["utf-8-sig", "cp932"]

CHUNK_ROWS = 500
EXCEL_CELL_SIGNS = 32_767
EXCEL_TITLE_SIGNS = 31
REPLACEMENT = "〓"  # the Japanese printers' sign for a missing type
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # Excel takes the wide ones as well
_CONTROL_SIGNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# Signs that Unicode has twice, in the form that Japanese Windows writes them.
_WINDOWS_FORMS = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")


class Kind(StrEnum):
    """What a column holds; decides its width and how Excel shows it."""

    TEXT = "text"
    LONG_TEXT = "long_text"  # names of sites, reasons: wide, and wrapped
    CODE = "code"  # ids of digits: text, never a number
    NUMBER = "number"  # a count
    DECIMAL = "decimal"  # with one place behind the point, as man-days have
    DURATION = "duration"  # hours and minutes, which may be more than a day
    DATE = "date"
    TIME = "time"  # a time of day
    INSTANT = "instant"  # a date and a time in Japan


_WIDTHS = {
    Kind.TEXT: 18.0,
    Kind.LONG_TEXT: 36.0,
    Kind.CODE: 18.0,
    Kind.NUMBER: 11.0,
    Kind.DECIMAL: 11.0,
    Kind.DURATION: 11.0,
    Kind.DATE: 12.0,
    Kind.TIME: 9.0,
    Kind.INSTANT: 17.0,
}
_EXCEL_FORMATS = {
    Kind.DATE: "yyyy/mm/dd",
    Kind.TIME: "hh:mm",
    Kind.INSTANT: "yyyy/mm/dd hh:mm",
    Kind.NUMBER: "#,##0",
    Kind.DECIMAL: "#,##0.0",
    Kind.DURATION: "[h]:mm",
}
_KINDS: tuple[tuple[type, Kind], ...] = (  # of values; a moment is a date as well, so it comes before
    (datetime, Kind.INSTANT),
    (date, Kind.DATE),
    (time, Kind.TIME),
    (timedelta, Kind.DURATION),
    (Decimal, Kind.DECIMAL),
    (float, Kind.DECIMAL),
    (int, Kind.NUMBER),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list, by its heading."""

    heading: str
    kind: Kind = Kind.TEXT


@dataclass(slots=True)
class Tally:
    """What was written so far: rows without the heading, and signs the encoding does not have."""

    rows: int = 0
    replaced: int = 0


def write_csv(
    headings: Sequence[Column | str],
    rows: Iterable[Row],
    encoding: CsvEncoding = "utf-8-sig",
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """Yield a CSV file in pieces, with CRLF as Excel expects.

    In cp932 (Shift_JIS as Windows has it) a sign that does not exist there becomes 〓 and is counted in the tally.
    """
    tally = tally if tally is not None else Tally()
    if encoding == "utf-8-sig":
        yield codecs.BOM_UTF8
    yield _encode(_csv_text([[column.heading for column in _columns(headings)]]), encoding, tally)
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        tally.rows += len(chunk)
        yield _encode(_csv_text(chunk), encoding, tally)


def write_xlsx(
    sheet_name: str, headings: Sequence[Column | str], rows: Iterable[Row], tally: Tally | None = None
) -> IO[bytes]:
    """Return an Excel file, open at its beginning; it has no name and is gone when it is closed."""
    tally = tally if tally is not None else Tally()
    columns = _columns(headings)
    workbook = Workbook(write_only=True)
    sheet = _new_sheet(workbook, sheet_name, columns)
    for row in rows:
        tally.rows += 1
        sheet.append([_excel_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(columns)))}{tally.rows + 1}"
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
    workbook.save(file)
    file.seek(0)
    return file


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: one that could be has an apostrophe in front."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def hours_and_minutes(length: timedelta) -> str:
    """Return 1:30 or 120:00, as spreadsheets read a length of time."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return f"{hours}:{minutes:02}"


def _columns(headings: Sequence[Column | str]) -> list[Column]:
    return [Column(heading) if isinstance(heading, str) else heading for heading in headings]


def _csv_text(rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def _plain(value: Cell) -> str:
    match value:
        case str():
            return safe_text(_clean(value))
        case datetime():
            return f"{_in_japan(value):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            return hours_and_minutes(value)
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    return _CONTROL_SIGNS.sub("", text)


def _in_japan(at: datetime) -> datetime:
    """Return the moment as clocks in Japan show it, without a zone: spreadsheets know none."""
    return (at.astimezone(JST) if at.tzinfo else at).replace(tzinfo=None, second=0, microsecond=0)


def _encode(text: str, encoding: CsvEncoding, tally: Tally) -> bytes:
    if encoding == "utf-8-sig":
        return text.encode()
    windows = unicodedata.normalize("NFC", text).translate(_WINDOWS_FORMS)
    try:
        return windows.encode(encoding)
    except UnicodeEncodeError:
        signs = [sign if _exists(sign, encoding) else REPLACEMENT for sign in windows]
        tally.replaced += sum(new != old for new, old in zip(signs, windows, strict=True))
        return "".join(signs).encode(encoding)


def _exists(sign: str, encoding: CsvEncoding) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _new_sheet(
    workbook: Workbook, name: str, columns: Sequence[Column]
) -> Any:  # openpyxl's types know this sheet half
    """Return a sheet whose heading row is written; widths and frozen rows must be known before the first row is."""
    sheet: Any = workbook.create_sheet(sheet_title(name))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(
            _WIDTHS[column.kind], 2.2 * len(column.heading) + 3
        )
    sheet.append([_heading_cell(sheet, column.heading) for column in columns])
    return sheet


def sheet_title(name: str) -> str:
    """Return a name Excel takes for a sheet."""
    words = _NOT_IN_TITLES.sub(" ", _clean(name)).strip("' ").split()
    return " ".join(words)[:EXCEL_TITLE_SIGNS].strip("' ") or "一覧"


def _heading_cell(sheet: Any, heading: str) -> Any:
    cell = _text_cell(sheet, heading)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _excel_cell(sheet: Any, value: Cell) -> object:
    match value:
        case None:
            return None
        case str():
            text = _clean(value)[:EXCEL_CELL_SIGNS]
            return _text_cell(sheet, text) if text.startswith(_FORMULA_SIGNS) or text in ERROR_CODES else text
    written: Any = _in_japan(value) if isinstance(value, datetime) else value
    cell = WriteOnlyCell(sheet, written)
    cell.number_format = _EXCEL_FORMATS[next(kind for of, kind in _KINDS if isinstance(value, of))]
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    """Return a cell that holds text whatever it looks like, also after somebody edits it in Excel."""
    cell = WriteOnlyCell(sheet, _clean(text))
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
