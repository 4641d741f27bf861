"""Lists taken out as files: their names, what they hold, what the audit log says of them, and who may."""

import csv
import io
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from openpyxl import load_workbook
from starlette.testclient import TestClient

from admin.access import needs
from admin.app import create_app
from admin.exports import ExportFormat, ExportNote, attachment, export_response, filters_used
from core.accounts.model import Permission
from core.clock import FixedClock
from core.db import Database, Session
from core.documents.sheets import Column, Kind, Row
from core.errors import NotFound
from core.settings import Settings
from tests.admin.conftest import new_client, sign_in

router = APIRouter()
ROWS: list[Row] = [("00012345678901", "=HYPERLINK(1)"), ("00012345678902", "𠮷田")]


@router.get("/test-list", dependencies=[needs(Permission.EXPORT)])
def take_out(request: Request, format: ExportFormat, q: str = "", fail: bool = False) -> Response:  # noqa: A002
    def rows(session: Session) -> Iterator[Row]:
        assert session.scalar(sa.text("select 1")) == 1
        if fail:
            raise NotFound("no such list")
        yield from ROWS
        assert session.scalar(sa.text("select 1")) == 1  # the session is open to the last row

    headings = [Column("技能者ID", Kind.CODE), "氏名"]
    note = ExportNote("worker.exported", ("list", "workers"), filters=filters_used({"q": q, "state": ""}))
    return export_response(request, "技能者一覧", headings, rows, file_format=format, note=note)


@pytest.fixture
def app(page_settings: Settings, page_database: Database, clock: FixedClock) -> FastAPI:
    return create_app(page_settings, page_database, clock, extra_routers=[router])


def entries(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        found = session.execute(sa.text("select action, details from audit_log order by seq"))
        return [(row.action, row.details) for row in found if row.action == "worker.exported"]


def test_a_list_is_saved_as_csv_under_a_japanese_name(office: TestClient) -> None:
    answer = office.get("/test-list?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert unquote(answer.headers["content-disposition"]).endswith("filename*=UTF-8''技能者一覧_20261116.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows == [["技能者ID", "氏名"], ["00012345678901", "'=HYPERLINK(1)"], ["00012345678902", "𠮷田"]]


def test_a_list_is_saved_as_shift_jis_and_as_excel(office: TestClient) -> None:
    assert office.get("/test-list?format=csv-sjis").content.decode("cp932").endswith("00012345678902,〓田\r\n")
    answer = office.get("/test-list?format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.content))["技能者一覧"]
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)] == ROWS
    assert unquote(answer.headers["content-disposition"]).endswith("技能者一覧_20261116.xlsx")


def test_an_export_is_noted_with_counts_and_fields_only(office: TestClient, page_database: Database) -> None:
    office.get("/test-list?format=csv-sjis&q=山田")
    details = '{"filters":["q"],"format":"csv-sjis","replaced_signs":1,"rows":2}'
    assert entries(page_database) == [("worker.exported", details)]


def test_what_goes_wrong_before_the_first_row_is_a_page_and_no_file(
    office: TestClient, page_database: Database
) -> None:
    for file_format in ExportFormat:
        answer = office.get(f"/test-list?fail=1&format={file_format}")
        assert (answer.status_code, "content-disposition" in answer.headers) == (404, False)
    assert entries(page_database) == []


def test_an_unknown_format_is_refused(office: TestClient) -> None:
    assert office.get("/test-list?format=exe").status_code == 422


def test_nothing_is_taken_out_before_signing_in(app: FastAPI) -> None:
    client = new_client(app)
    assert client.get("/test-list?format=csv").status_code == 303
    assert sign_in(client) == 303


def test_old_programs_are_offered_a_plain_name_that_says_what_it_is(office: TestClient) -> None:
    answer = office.get("/test-list?format=csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="worker_20261116.csv";')
    assert attachment("リーフレット.pdf", "leaflet").startswith('attachment; filename="leaflet.pdf";')


def test_a_file_name_has_no_sign_that_windows_refuses() -> None:
    assert unquote(attachment('A/B棟: 1"\r\n期.csv', "sheet")).endswith("''A_B棟_ 1_期.csv")
