"""Forms as Excel files in their usual look: labelled boxes, landscape, one page wide, ready to be filled in further."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from core.documents.sheets import sheet_title

_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_LABEL = PatternFill("solid", fgColor="F3F5F9")
_CONTROL_SIGNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
PAPERS = {"a3": 8, "a4": 9}  # Excel's numbers of paper sizes
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a form: a heading and its labelled boxes; a box without text is filled in by hand."""

    heading: str
    boxes: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet of a file: halves beside each other, or facts above a table, or boxes placed in a grid."""

    name: str
    title: str
    facts: Sequence[Pair] = ()
    halves: Sequence[Half] = ()
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    grid: Sequence[tuple[int, int, str]] = ()  # row, column, text
    widths: Sequence[float] = field(default=())


def form_book(sheets: Sequence[FormSheet], paper: str = "a3") -> bytes:
    """Return an Excel file with the sheets. Text stays text: nothing in it becomes a formula."""
    book = Workbook()
    del book[book.sheetnames[0]]
    used: set[str] = set()
    for form in sheets:
        sheet: Any = book.create_sheet(_free_name(form.name, used))
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = PAPERS[paper]
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        _fill(sheet, form)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Any, form: FormSheet) -> None:
    _put(sheet, 1, 1, form.title).font = Font(bold=True, size=16)
    row = 3
    for number, (label, text) in enumerate(form.facts):
        at = row + number // 3
        column = 1 + 2 * (number % 3)
        _label(_put(sheet, at, column, label))
        _put(sheet, at, column + 1, text).border = _BOX
    row += (len(form.facts) + 2) // 3 + (1 if form.facts else 0)
    for number, half in enumerate(form.halves):
        _half(sheet, row, 1 + 3 * number, half)
    if form.headings:
        for column, heading in enumerate(form.headings, start=1):
            _label(_put(sheet, row, column, heading))
        sheet.print_title_rows = f"{row}:{row}"
        for at, values in enumerate(form.rows, start=row + 1):
            for column, text in enumerate(values, start=1):
                _put(sheet, at, column, text).border = _BOX
    for at, column, text in form.grid:
        cell = _put(sheet, row + at, 1 + column, text)
        cell.border = _BOX
    for number, width in enumerate(form.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def _half(sheet: Any, row: int, column: int, half: Half) -> None:
    _put(sheet, row, column, half.heading).font = Font(bold=True, size=12)
    for number, (label, text) in enumerate(half.boxes, start=1):
        _label(_put(sheet, row + number, column, label))
        _put(sheet, row + number, column + 1, text).border = _BOX


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    cell = sheet.cell(row, column)
    cell.value = _CONTROL_SIGNS.sub("", text)
    if text:
        cell.data_type = "s"
        cell.quotePrefix = True
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _label(cell: Any) -> None:
    cell.border, cell.fill, cell.font = _BOX, _LABEL, Font(size=9)


def _free_name(name: str, used: set[str]) -> str:
    """Return a name that no other sheet of the file has."""
    plain = sheet_title(name)
    found, number = plain, 2
    while found in used:
        found, number = f"{plain[:27]} {number}", number + 1
    used.add(found)
    return found
