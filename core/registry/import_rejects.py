"""The file of rejected rows: what was sent, with the reason beside each row, to be mended and sent again."""

import csv
import io

from core.registry.import_columns import REASON_HEADING, ROW_NUMBER_HEADING
from core.registry.import_model import RowFate
from core.registry.importing import ImportPreview

_CALCULATED = ("=", "+", "-", "@", "\t", "\r")
_OURS = (ROW_NUMBER_HEADING, REASON_HEADING)


def rejected_csv(previewed: ImportPreview) -> str:
    """Return the rejected rows as CSV: the file's own columns, the row's number in it, and why it was rejected.

    Phone numbers are masked: who mends a row writes its number again. No cell is one that a spreadsheet calculates.
    """
    columns = [index for index, heading in enumerate(previewed.headings) if heading not in _OURS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*(guarded(previewed.headings[index]) for index in columns), *_OURS])
    for row in previewed.rejected:
        cells = [row.cells[index] if index < len(row.cells) else "" for index in columns]
        writer.writerow([*(guarded(cell) for cell in cells), row.number, reason_text(row)])
    return text.getvalue()


def reason_text(row: RowFate) -> str:
    """Return why a row was rejected, in one line."""
    return "／".join(
        f"{problem.column}: {problem.text}" if problem.column else problem.text for problem in row.problems
    )


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is instead of calculating it."""
    return f"'{cell}" if cell.startswith(_CALCULATED) else cell
