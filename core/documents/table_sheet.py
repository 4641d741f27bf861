"""A list as a PDF: for the file, the wall and the inspector. Columns and cells as in sheets."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from core.clock import JST
from core.documents.model import Paper
from core.documents.printing import print_pdf
from core.documents.sheets import Cell, Column, Kind, Row, hours_and_minutes

_NUMBERS = (Kind.NUMBER, Kind.DECIMAL, Kind.DURATION)
_SHARES = {
    Kind.TEXT: 1.4,
    Kind.LONG_TEXT: 2.6,
    Kind.CODE: 1.5,
    Kind.NUMBER: 0.8,
    Kind.DECIMAL: 0.8,
    Kind.DURATION: 0.8,
    Kind.DATE: 1.0,
    Kind.TIME: 0.7,
    Kind.INSTANT: 1.5,
}


def table_pdf(
    title: str,
    headings: Sequence[Column | str],
    rows: Iterable[Row],
    paper: Paper | str = Paper.A3,
    *,
    landscape: bool = True,
    note: str = "",
    printed_at: datetime | None = None,
) -> bytes:
    """Return a list as PDF: headings on every page, pages counted, and the day it was printed.

    note stands at the right above the table: whose list it is, or by what it is filtered.
    """
    columns = [Column(heading) if isinstance(heading, str) else heading for heading in headings]
    data = {
        "title": title,
        "note": note,
        "paper": Paper(paper).value,
        "landscape": landscape,
        "printed": f"印刷 {printed_at.astimezone(JST):%Y年%-m月%-d日 %H:%M}" if printed_at else "",
        "columns": [
            {"heading": column.heading, "share": _SHARES[column.kind], "is_number": column.kind in _NUMBERS}
            for column in columns
        ],
        "weight": sum(_SHARES[column.kind] for column in columns),
        "rows": [[_shown(value) for value in row] for row in rows],
    }
    return print_pdf("table", data)


def _shown(value: Cell) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(JST) if value.tzinfo else value:%Y/%m/%d %H:%M}"
    if isinstance(value, (date, time)):
        return f"{value:%Y/%m/%d}" if isinstance(value, date) else f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return hours_and_minutes(value)
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)
