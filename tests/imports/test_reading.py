"""Files as people have them: encodings, delimiters, what Excel does to numbers and dates, and what is no table."""

import io
import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from core.imports import reading
from core.imports.reading import Table, TableRow, UnreadableFile, parse_table, read_table
from core.registry import mending

TEXT = "氏名,番号\n髙橋 一郎,0012\n"
ROWS = (TableRow(1, ("氏名", "番号")), TableRow(2, ("髙橋 一郎", "0012")))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("cp932"), "Shift_JIS"),
        (TEXT.encode("utf-16"), "UTF-16"),
    ],
)
def test_the_encoding_is_found_out(content: bytes, encoding: str) -> None:
    assert parse_table(content) == Table(ROWS, (f"文字コード {encoding}、区切り カンマ として読みました。",))


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found_out_where_quoted_cells_hold_others(delimiter: str) -> None:
    other = "," if delimiter != "," else ";"
    text = delimiter.join(['"a, b; c\td"', "x", "y"]) + "\n" + delimiter.join([f'"1{other}2"', '"line\nbreak"', ""])
    assert parse_table(text.encode()).rows == (
        TableRow(1, ("a, b; c\td", "x", "y")),
        TableRow(2, (f"1{other}2", "line\nbreak")),
    )


def test_empty_rows_are_left_out_and_numbers_stay_those_of_the_sheet() -> None:
    assert [row.number for row in parse_table(b"a,b\n\n,,\n1,2\n").rows] == [1, 4]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1234567.0, "1234567"),
        (9012345678, "9012345678"),
        (12345678901234, "12345678901234"),
        (1.2345678901234e13, "12345678901234"),
        (1.23e13, "1.23E+13"),
        (1234567890123456, "1.234567890123456E+15"),
        (81_447_000_000, "81447000000"),
        (12.5, "12.5"),
        (datetime(2024, 4, 1), "2024-04-01"),  # noqa: DTZ001 - as Excel has it
        (datetime(2024, 4, 1, 8, 30), "2024-04-01 08:30"),  # noqa: DTZ001
        (time(20, 0), "20:00"),
        (timedelta(hours=4, minutes=30), "04:30"),
        (True, "TRUE"),
        ("  氏名 ", "氏名"),
        ("1.2345678901234E+13", "12345678901234"),
        ("1.23E+13", "1.23E+13"),
    ],
)
def test_what_excel_keeps_becomes_the_text_that_was_meant(cell: Any, text: str) -> None:
    assert parse_table(workbook([["値"], [cell]])).rows[1] == TableRow(2, (text,))


def test_csv_has_the_same_numbers_as_excel() -> None:
    rows = parse_table(b"a\n1234567.0\n1.2345678901234E+13\n1.23E+13\n090.1234.5678\n").rows
    assert [row.cells[0] for row in rows] == ["a", "1234567", "12345678901234", "1.23E+13", "090.1234.5678"]
    assert [mending.was_rounded(row.cells[0]) for row in rows] == [False, False, False, True, False]


def test_the_first_visible_sheet_is_read_and_the_others_are_told() -> None:
    book = Workbook()
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("名簿").append(["氏名"])
    book.create_sheet("メモ").append(["x"])
    table = parse_table(saved(book))
    assert table.rows == (TableRow(1, ("氏名",)),)
    assert table.remarks == ("シート「名簿」を読みました。ほかに1枚のシートがあります（読みません）。",)


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (reading.MAX_BYTES + 1))
    assert len(packed.getvalue()) < 100_000
    with pytest.raises(UnreadableFile, match="大きすぎ"):
        parse_table(packed.getvalue())


def test_a_file_that_unpacks_to_a_hundred_times_its_size_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (reading.MAX_BYTES // 10))
    with pytest.raises(UnreadableFile, match="100倍を超える"):
        parse_table(packed.getvalue())


def test_a_text_that_a_spreadsheet_names_again_and_again_is_counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook([["備" * 200] * 50] * 10)
    assert len(parse_table(content).rows) == 10
    monkeypatch.setattr(reading, "MAX_BYTES", 60_000)
    with pytest.raises(UnreadableFile, match="大きすぎ"):
        parse_table(content)


def test_a_stray_cell_at_the_end_of_the_sheet_is_not_walked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []
    monkeypatch.setattr(reading, "_text", lambda value: walked.append(1) or str(value or ""))
    book = Workbook()
    book.worksheets[0].append(["氏名"])
    book.worksheets[0].append(["髙橋 一郎"])
    book.worksheets[0].cell(reading.EXCEL_ROWS, 1, "x")
    book.worksheets[0].cell(1, 500, "x")
    table = parse_table(saved(book))
    assert table.rows == (TableRow(1, ("氏名",)), TableRow(2, ("髙橋 一郎",)))
    assert table.remarks[1:] == ("10,000行を超えて空いた先は読みません。",)
    assert len(walked) <= 2 * reading.MAX_COLUMNS


@pytest.mark.parametrize(("empty", "found"), [(3, 2), (4, 1)])
def test_a_list_goes_on_after_a_gap_and_ends_with_a_long_one(
    monkeypatch: pytest.MonkeyPatch, empty: int, found: int
) -> None:
    monkeypatch.setattr(reading, "MAX_EMPTY_ROWS", 3)
    assert len(parse_table(b"a\n" + b",\n" * empty + b"b\n").rows) == found
    assert len(parse_table(workbook([["a"], *[[None]] * empty, ["b"]])).rows) == found


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    assert len(parse_table(b"a\n1\n2\n3\n").rows) == 4
    with pytest.raises(UnreadableFile, match="3行を超えて"):
        parse_table(b"a\n1\n2\n3\n4\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0 old or locked", "パスワード"),
        (b"PK\x03\x04 damaged", "Excelファイル"),
        (b"\xff\xff\xff\x00", "文字コード"),
        (b"\x00\x01\x02\x03", "文字コード"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words_that_help(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        parse_table(content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="開けません"):
        read_table(tmp_path / "nothing.csv")


def workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
