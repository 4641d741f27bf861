"""The file of rejected rows: what was sent, with the reason beside each row, to be mended and sent again."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from core.imports.batch_model import BatchRow
from core.imports.cards import CardsPreview
from core.imports.columns import REASON_HEADING, ROW_NUMBER_HEADING, Layout
from core.imports.model import RowFate
from core.imports.previewing import ImportPreview

_CALCULATED = ("=", "+", "-", "@", "\t", "\r")
_OURS = (ROW_NUMBER_HEADING, REASON_HEADING)


def rejected_csv(previewed: ImportPreview | CardsPreview) -> str:
    """Return the rejected rows as CSV: the file's own columns, the row's number in it, and why it was rejected.

    Phone numbers and UIDs are masked: who mends a row writes them again. No cell is one that a spreadsheet calculates.
    """
    columns = _theirs(previewed.headings)
    rows = [(row.cells, row.number, reason_text(row)) for row in previewed.rejected]
    return as_csv(_lines(previewed.headings, columns, rows))


def rejected_lines(layout: Layout, rejected: Iterable[BatchRow]) -> list[list[str]]:
    """Return the rejected rows as they were sent, numbers in clear, with the row's number and the reason beside them.

    For whoever sent the file, and nobody else.
    """
    cells: Mapping[int, Sequence[str]] = {row.number: row.cells for row in layout.rows}
    rows = [(cells.get(row.number, ()), row.number, reason_text(row)) for row in rejected]
    return _lines(layout.headings, _theirs(layout.headings), rows)


def as_csv(lines: Iterable[Sequence[str]]) -> str:
    """Return lines as CSV in which no cell is one that a spreadsheet calculates."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in line] for line in lines)
    return text.getvalue()


def as_excel(lines: Iterable[Sequence[str]]) -> bytes:
    """Return lines as a workbook in which every cell is text: no zero is dropped, and nothing calculated."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("直す行")
    for line in lines:
        cells = [WriteOnlyCell(sheet, value=value) for value in line]
        for cell in cells:
            cell.data_type, cell.number_format = "s", "@"
        sheet.append(cells)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def reason_text(row: RowFate | BatchRow) -> str:
    """Return why a row was rejected, in one line."""
    return "／".join(
        f"{problem.column}: {problem.text}" if problem.column else problem.text for problem in row.problems
    )


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is instead of calculating it."""
    return f"'{cell}" if cell.startswith(_CALCULATED) else cell


def _theirs(headings: Sequence[str]) -> list[int]:
    return [index for index, heading in enumerate(headings) if heading not in _OURS]


def _lines(
    headings: Sequence[str], columns: Sequence[int], rows: Iterable[tuple[Sequence[str], int, str]]
) -> list[list[str]]:
    lines = [[*(headings[index] for index in columns), *_OURS]]
    for cells, number, reason in rows:
        lines.append([*(cells[index] if index < len(cells) else "" for index in columns), str(number), reason])
    return lines
