"""Reading a table from a CSV or Excel file as people have them: rows of text, as a person sees them in the sheet.

Encoding and delimiter are found out; Excel's numbers and dates become the text that was meant. What a cell says is not
judged here. A file that is no table raises UnreadableFile, in words for whoever sent it.
"""

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from openpyxl import Workbook, load_workbook

from core.errors import InvalidInput
from core.registry.mending import SCIENTIFIC

MAX_BYTES = 50 * 1024 * 1024  # unpacked: a spreadsheet of a few kilobytes may unpack to gigabytes
MAX_RATIO = 100  # unpacked to packed: lists as people have them stay below 30
MAX_ROWS = 200_000
MAX_EMPTY_ROWS = 10_000  # in a run: what comes after is no part of the list
MAX_COLUMNS = 200
EXCEL_ROWS = 1_048_576
EXACT_DIGITS = 15  # Excel keeps 15 digits of a number and makes zeros of what follows
SUSPICIOUS_DIGITS = 12  # from here on Excel shows a number in scientific notation
_DELIMITERS = {",": "カンマ", "\t": "タブ", ";": "セミコロン"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableFile(InvalidInput):
    """The file is no table we can read; the text says what to do."""

    code = "unreadable_file"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that is not empty; number counts from 1 as the spreadsheet does, heading included."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file; remarks tell what was decided while reading it."""

    rows: tuple[TableRow, ...]
    remarks: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """Read a CSV or .xlsx file. Raises UnreadableFile when it is neither, or larger than we take."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_large()
        return parse_table(path.read_bytes())
    except OSError as error:
        raise UnreadableFile(f"ファイルを開けません（{error.strerror}）。") from None


def parse_table(content: bytes) -> Table:
    """Read a CSV or .xlsx file's content; its kind is told by its first bytes, not by a name.

    Raises UnreadableFile when it is neither, or larger than we take.
    """
    if content.startswith(_OLE):
        raise UnreadableFile(
            "古い形式（.xls）か、パスワード付きのExcelファイルです。パスワードを外し、.xlsx形式で保存してください。"
        )
    if len(content) > MAX_BYTES:
        raise _too_large()
    return _parse_excel(content) if content.startswith(_ZIP) else _parse_csv(content)


def _parse_csv(content: bytes) -> Table:
    text, encoding = _decode(content)
    delimiter = max(_DELIMITERS, key=_first_line(text).count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows, remarks = _limited([_as_meant(cell.strip()) for cell in line[:MAX_COLUMNS]] for line in lines)
    except csv.Error:
        raise UnreadableFile('CSVとして読めません。引用符（"）が閉じているか確かめてください。') from None
    return Table(rows, (f"文字コード {encoding}、区切り {_DELIMITERS[delimiter]} として読みました。", *remarks))


def _decode(content: bytes) -> tuple[str, str]:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for codec, name in [("utf-16", "UTF-16")] if is_utf16 else [("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS")]:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    raise UnreadableFile("文字コードが分かりません。CSV（UTF-8）かExcel（.xlsx）で保存し直してください。")


def _first_line(text: str) -> str:
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    return re.sub(r'"[^"]*"', "", line)


def _parse_excel(content: bytes) -> Table:
    try:
        _check_unpacked_size(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of every feature of Excel it leaves aside
            return _first_sheet(load_workbook(io.BytesIO(content), read_only=True, data_only=True))
    except UnreadableFile:
        raise
    except Exception:
        raise UnreadableFile("Excelファイル（.xlsx）として読めません。Excelで開いて保存し直してください。") from None


def _check_unpacked_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_BYTES:
        raise _too_large()
    if unpacked > MAX_RATIO * len(content):
        raise UnreadableFile(
            f"展開すると元の{MAX_RATIO}倍を超える大きさになるため、読みません。"
            "Excelで必要な表だけを新しいファイルに写し、保存し直してください。"
        )


def _first_sheet(workbook: Workbook) -> Table:
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise UnreadableFile("表示されているシートがありません。")
    remark = f"シート「{sheets[0].title}」を読みました。"
    if len(sheets) > 1:
        remark += f"ほかに{len(sheets) - 1}枚のシートがあります（読みません）。"
    rows = islice(sheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True), EXCEL_ROWS)
    # A single far-off cell makes openpyxl yield every empty row up to it, as wide as the widest: told by count(), which
    # is fast, and not cell by cell.
    found, remarks = _limited([] if row.count(None) == len(row) else [_text(value) for value in row] for row in rows)
    workbook.close()
    return Table(found, (remark, *remarks))


def _limited(lines: Iterable[list[str]]) -> tuple[tuple[TableRow, ...], tuple[str, ...]]:
    """Return the rows that are not empty, and a remark when the end was taken for reached before the file's end.

    Raises UnreadableFile as soon as there are too many of them, or too much text: a spreadsheet writes a text once and
    names it in any number of cells.
    """
    rows: list[TableRow] = []
    last, chars = 0, 0
    for number, line in enumerate(lines, start=1):
        while line and not line[-1]:
            line.pop()
        if not line:
            if number - last > MAX_EMPTY_ROWS:
                return tuple(rows), (f"{MAX_EMPTY_ROWS:,}行を超えて空いた先は読みません。",)
            continue
        chars += sum(map(len, line))
        if len(rows) > MAX_ROWS:
            raise UnreadableFile(f"{MAX_ROWS:,}行を超えています。ファイルを分けてください。")
        if chars > MAX_BYTES:
            raise _too_large()
        rows.append(TableRow(number, tuple(line)))
        last = number
    return tuple(rows), ()


def _text(value: object) -> str:
    """Return what a cell of Excel means as text."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number_text(value)
        case datetime() | date() | time() | timedelta():
            return _moment_text(value)
    return _as_meant(str(value).strip())


def _moment_text(value: date | time | timedelta) -> str:
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, time):
        return value.isoformat("minutes")
    minutes = int(value.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _number_text(value: float) -> str:
    if value != int(value):
        return repr(value)
    digits = str(int(value))
    # 1.23E+13 typed or pasted is kept as 12300000000000: the digits were lost before the file was saved.
    has_lost = len(digits) > EXACT_DIGITS or (len(digits) >= SUSPICIOUS_DIGITS and digits.endswith("0" * 7))
    return f"{Decimal(digits).normalize():E}" if has_lost else digits


def _as_meant(text: str) -> str:
    """Return 1234567.0 as 1234567, and scientific notation written out where no digit is lost."""
    if re.fullmatch(r"[0-9]+\.0+", text):
        return text.partition(".")[0]
    found = SCIENTIFIC.fullmatch(text)
    if found and len(found[2] or "") == int(found[3]):
        return str(int(Decimal(text)))
    return text


def _too_large() -> UnreadableFile:
    return UnreadableFile(f"ファイルが大きすぎます（展開後{MAX_BYTES // 1024 // 1024} MBまで）。分けてください。")
