"""Lists as files: what is written is read back as it was meant, and nothing becomes a formula."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.documents.sheets import Column, CsvEncoding, Kind, Row, Tally, sheet_title, write_csv, write_xlsx
from core.imports.reading import parse_table

HEADINGS = [Column("技能者ID", Kind.CODE), "氏名", Column("日付", Kind.DATE), Column("人工", Kind.NUMBER)]
ROWS: list[Row] = [("00012345678901", "髙﨑 太郎", date(2026, 11, 16), Decimal("1.5")), (None, "李", None, -2)]
SIGNS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
DANGEROUS = st.builds("{}{}".format, st.sampled_from(["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"]), SIGNS)


def csv_rows(rows: list[Row], encoding: CsvEncoding = "utf-8-sig", tally: Tally | None = None) -> list[list[str]]:
    content = b"".join(write_csv(HEADINGS, rows, encoding, tally))
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def sheet_of(rows: list[Row]) -> Worksheet:
    with write_xlsx("一覧", HEADINGS, rows) as file:
        sheet = load_workbook(file).active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_a_csv_file_is_read_back_as_it_was_meant() -> None:
    assert csv_rows(ROWS) == [
        ["技能者ID", "氏名", "日付", "人工"],
        ["00012345678901", "髙﨑 太郎", "2026-11-16", "1.5"],
        ["", "李", "", "-2"],
    ]


def test_a_csv_file_begins_with_the_mark_excel_needs_and_ends_its_lines_as_windows_does() -> None:
    content = b"".join(write_csv(["氏名"], [("山田",)]))
    assert content == b"\xef\xbb\xbf" + "氏名\r\n山田\r\n".encode()


def test_a_long_list_leaves_in_pieces_before_its_end_is_known() -> None:
    def endless() -> object:
        while True:
            yield ("山田",)

    pieces = write_csv(["氏名"], endless())  # type: ignore[arg-type]
    assert [len(next(pieces)) > 0 for _ in range(4)] == [True] * 4


def test_shift_jis_has_the_names_of_people_and_shows_what_it_lacks() -> None:
    tally = Tally()
    rows = csv_rows([("", "髙﨑 ①㈱〜−", None, None), ("", "𠮷田 Nguyễn Văn", None, None)], "cp932", tally)
    assert [row[1] for row in rows[1:]] == ["髙﨑 ①㈱～－", "〓田 Nguy〓n V〓n"]
    assert tally == Tally(rows=2, replaced=3)


def test_an_excel_file_is_read_back_as_it_was_meant() -> None:
    sheet = sheet_of(ROWS)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows == [["00012345678901", "髙﨑 太郎", datetime(2026, 11, 16), 1.5], [None, "李", None, -2]]  # noqa: DTZ001
    assert sheet["A2"].data_type == "s"
    assert sheet["C2"].number_format == "yyyy/mm/dd"
    assert (sheet.freeze_panes, sheet["A1"].font.bold, sheet.auto_filter.ref) == ("A2", True, "A1:D3")


def test_moments_are_written_in_japan_time() -> None:
    moment = datetime(2026, 11, 15, 22, 52, 30, tzinfo=UTC)
    row: Row = (None, None, moment, time(7, 52))
    assert csv_rows([row])[1][2:] == ["2026-11-16 07:52", "07:52"]
    assert [cell.value for cell in sheet_of([row])[2][2:]] == [datetime(2026, 11, 16, 7, 52), time(7, 52)]  # noqa: DTZ001


def test_counts_man_days_and_lengths_of_time_are_shown_in_full() -> None:
    row: Row = (1200, Decimal("1.0"), timedelta(hours=120, minutes=30), None)
    assert csv_rows([row])[1] == ["1200", "1.0", "120:30", ""]
    assert [cell.number_format for cell in sheet_of([row])[2][:3]] == ["#,##0", "#,##0.0", "[h]:mm"]
    assert sheet_of([row])["C2"].value == timedelta(hours=120, minutes=30)


@given(st.lists(DANGEROUS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_text_becomes_a_formula_in_csv(texts: list[str]) -> None:
    for encoding in ("utf-8-sig", "cp932"):
        for row in csv_rows([(text, text, None, None) for text in texts], encoding)[1:]:  # type: ignore[arg-type]
            assert all(cell.startswith("'") for cell in row[:2])


@given(st.lists(DANGEROUS, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_text_becomes_a_formula_in_excel(texts: list[str]) -> None:
    sheet = sheet_of([(text, None, None, None) for text in texts])
    assert {row[0].data_type for row in sheet.iter_rows(min_row=2)} <= {"s", "inlineStr"}


@pytest.mark.parametrize("text", ["=1+1", "#N/A", "+819012345678", "TRUE", "0123", "1E5"])
def test_text_in_excel_stays_the_text_it_was(text: str) -> None:
    cell = sheet_of([(text, None, None, None)])["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


@given(SIGNS.filter(lambda text: text.strip() == text))
@settings(max_examples=60, deadline=None)
def test_what_we_write_our_own_import_reads(text: str) -> None:
    rows = parse_table(b"".join(write_csv(["見出し", "氏名"], [("x", f"山{text}川")]))).rows
    kept = "".join(sign for sign in text if (sign >= " " and sign not in "\x7f\ufffe\uffff") or sign in "\t\r\n")
    assert rows[1].cells == ("x", f"山{kept}川")


def test_a_sheet_may_be_called_anything() -> None:
    assert sheet_title("中央ビル[A/B]: 11月") == "中央ビル A B 11月"
    assert sheet_title("あ" * 40) == "あ" * 31
    assert sheet_title("***") == "一覧"
