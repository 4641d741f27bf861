"""「取り込み」 as a browser meets it: a list goes in, is looked at, written, mended, and taken back."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import FixedClock
from core.db import Database
from core.imports import batches as import_batches
from core.registry.model import Contractor
from core.settings import Settings
from genba import jobs
from genba.runtime import Runtime
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import World

LIST = """\
氏名,携帯,所属会社,生年月日
山田 太郎,090-1234-5678,佐藤工業,1980/5/6
鈴木 次郎,090-2222-3333,佐藤工業,1990/13/2
"""


class Importer:
    """A browser that imports, beside the background work."""

    def __init__(self, client: TestClient, runtime: Runtime) -> None:
        self.client, self.runtime = client, runtime

    def hand_in(self, text: str, **form: str) -> str:
        """Send a list and return where the answer leads to."""
        file = ("名簿.csv", text.encode("cp932"), "text/csv")
        answer = self.client.post("/import", data={"kind": "workers"} | form, files={"file": file})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def look(self, text: str, **form: str) -> str:
        """Send a list, take the columns as they are proposed, and return the address of the preview."""
        page = self.hand_in(text, **form)
        if page.endswith("/columns"):
            page = self.post(page, self.proposed(page))
        self.work()
        return page

    def proposed(self, page: str) -> dict[str, str]:
        selects = re.findall(r'<select id="(column-\d+)".*?</select>', self.client.get(page).text, re.DOTALL)
        found = {}
        for name in selects:
            select = re.search(rf'<select id="{name}".*?</select>', self.client.get(page).text, re.DOTALL)
            chosen = re.search(r'<option value="([^"]*)" selected', select[0]) if select else None
            found[name] = chosen[1] if chosen else ""
        return found

    def post(self, path: str, form: dict[str, str] | None = None) -> str:
        answer = self.client.post(path, data=form or {})
        assert answer.status_code == 303, answer.text
        self.work()
        return str(answer.headers["location"])

    def work(self) -> None:
        for handler in jobs.HANDLERS:
            if handler.kind == import_batches.IMPORT:
                jobs.work_off(self.runtime, handler)


@pytest.fixture
def runtime(page_settings: Settings, page_database: Database, clock: FixedClock) -> Runtime:
    return Runtime(page_settings, page_database, clock)


@pytest.fixture
def importer(office: TestClient, runtime: Runtime, world: World) -> Importer:
    assert world.sato
    return Importer(office, runtime)


def join_as(database: Database, app: FastAPI, role: Role, contractor: Contractor, login: str = "sub") -> TestClient:
    with database.write() as session:
        account = accounts.create_account(session, login, "下請 花子", PASSWORD)
        accounts.join(session, account.account_id, role, contractor.contractor_id)
    client = new_client(app)
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def test_a_list_is_looked_at_row_by_row_before_it_is_written(importer: Importer) -> None:
    page = importer.client.get(importer.look(LIST)).text
    assert "暦にない日付です" in page
    assert "1行を書き込む" in page
    assert "鈴木 次郎" in page
    assert "090-2222-3333" not in page


def test_the_preview_says_how_the_file_was_read_and_which_columns_were_not(importer: Importer) -> None:
    page = importer.look(
        LIST.replace("氏名", "メモ 090-4444-5555,氏名").replace("\n山田", "\n,山田").replace("\n鈴木", "\n,鈴木")
    )
    shown = importer.client.get(page).text
    assert "文字コード Shift_JIS、区切り カンマ として読みました。" in shown
    assert "「メモ ****5555」の列は読みません。" in shown


def test_the_valid_rows_are_written_and_the_others_come_back(importer: Importer) -> None:
    page = importer.look(LIST)
    importer.post(f"{page}/apply", {"mode": "valid"})
    assert "1件を書き込み、1件は書き込みませんでした。" in importer.client.get(page).text
    mended = importer.client.get(f"{page}/rejected.csv")
    assert mended.headers["content-disposition"].startswith("attachment")
    text = mended.content.decode("utf-8-sig").replace("1990/13/2", "1990/12/2")
    assert "090-2222-3333" in text
    again = importer.look(text.encode("utf-8").decode("utf-8"))
    importer.post(f"{again}/apply")
    assert "1件を書き込みました。" in importer.client.get(again).text


def test_all_or_nothing_stays_on_the_page_and_says_why(importer: Importer) -> None:
    page = importer.look(LIST)
    answer = importer.client.post(f"{page}/apply", data={"mode": "all"})
    assert answer.status_code == 422
    assert "書き込みませんでした" in answer.text


def test_an_import_is_undone_after_what_it_does_was_shown(importer: Importer) -> None:
    page = importer.look(LIST)
    importer.post(f"{page}/apply")
    assert "1行を取り消す" in importer.client.get(f"{page}/undo").text
    importer.post(f"{page}/undo")
    assert "1行を取り消しました。" in importer.client.get(page).text
    assert "取り消し済み" in importer.client.get("/import/batches").text


def test_progress_leads_to_the_page_when_the_work_is_over(importer: Importer) -> None:
    page = importer.hand_in(LIST)
    importer.client.post(page, data=importer.proposed(page))
    batch = page.removesuffix("/columns")
    assert 'hx-trigger="every 1s"' in importer.client.get(batch).text
    assert "0%" in importer.client.get(f"{batch}/progress").text
    importer.work()
    assert importer.client.get(f"{batch}/progress").headers["hx-redirect"] == batch


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "ファイルを選んでください"),
        (b"\xd0\xcf\x11\xe0", ".xlsx形式で保存してください"),
        (b"\n", "行がありません"),
    ],
)
def test_what_is_no_list_is_refused_beside_the_field(importer: Importer, content: bytes, says: str) -> None:
    answer = importer.client.post("/import", data={"kind": "workers"}, files={"file": ("x.csv", content)})
    assert answer.status_code == 422
    assert says in answer.text


def test_a_file_that_is_too_large_is_not_even_read(importer: Importer) -> None:
    headers = {"Content-Length": str(21 * 1024 * 1024), "Content-Type": "multipart/form-data; boundary=x"}
    answer = importer.client.post("/import", content=b"x", headers=headers)
    assert answer.status_code == 413
    assert "大きすぎます" in answer.text


def test_others_write_while_a_file_is_read(
    importer: Importer, world: World, page_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def writes_meanwhile(name: str) -> None:
        original = getattr(import_batches, name)

        def reader(*given: Any) -> Any:
            with page_database.write() as session:  # locked, on SQLite, while anybody else writes
                factories.worker(session, world.sealer, f"{name} {len(read)}")
            read.append(name)
            return original(*given)

        monkeypatch.setattr(import_batches, name, reader)

    for name in ("parse_table", "_sealed_table", "read_content", "rejected_lines"):
        writes_meanwhile(name)
    page = importer.look(LIST)
    assert importer.client.get(f"{page}/rejected.csv").status_code == 200
    assert {"parse_table", "_sealed_table", "read_content", "rejected_lines"} == set(read)


def test_choosing_a_column_twice_is_told_beside_it(importer: Importer) -> None:
    page = importer.hand_in(LIST)
    answer = importer.client.post(page, data={"column-0": "name", "column-1": "name"})
    assert answer.status_code == 422
    assert "「氏名」が2つの列で選ばれています。" in answer.text


def test_a_file_is_thrown_away(importer: Importer) -> None:
    page = importer.hand_in(LIST).removesuffix("/columns")
    assert importer.post(f"{page}/discard") == "/import?discarded=1"
    assert importer.client.get(page).status_code == 404


def test_a_subcontractor_sees_workers_alone_and_none_of_the_others_files(
    importer: Importer, app: FastAPI, world: World
) -> None:
    page = importer.look(LIST)
    client = join_as(world.database, app, Role.SUBCONTRACTOR_OFFICE, world.ito)
    begin = client.get("/import").text
    assert 'value="sites"' not in begin
    for path in ("", "/columns", "/progress", "/rejected.csv", "/undo"):
        assert client.get(page + path).status_code == 404, path
    for path in ("/apply", "/discard", "/undo", "/columns"):
        assert client.post(page + path, data={"column-0": "name"}).status_code == 404, path
    assert "名簿.csv" not in client.get("/import/batches").text
    own = Importer(client, importer.runtime).look(LIST)
    assert "「伊藤電設」の分だけを取り込めます" in client.get(own).text


def test_the_rejected_rows_go_back_to_whoever_sent_them(importer: Importer, app: FastAPI, world: World) -> None:
    first = join_as(world.database, app, Role.SUBCONTRACTOR_OFFICE, world.ito)
    page = Importer(first, importer.runtime).look(LIST)
    colleague = join_as(world.database, app, Role.SUBCONTRACTOR_OFFICE, world.ito, "colleague")
    assert colleague.get(page).status_code == 200
    assert colleague.get(f"{page}/rejected.xlsx").status_code == 404
    assert first.get(f"{page}/rejected.xlsx").status_code == 200
