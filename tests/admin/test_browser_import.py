"""A list with three bad rows, from the file to the registry and back, in a real browser."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from core.clock import FixedClock
from core.db import Database
from core.registry import listing
from core.settings import Settings
from genba.runtime import Runtime
from tests.admin.test_browser import page, port, serving, shoot, sign_in  # noqa: F401 - fixtures
from tests.admin.test_imports import Importer
from tests.admin.world import TODAY, World

pytestmark = pytest.mark.xdist_group("browser")

LIST = """\
協力会社名簿,,,,
氏名,フリガナ,生年月日,携帯電話,所属会社
小林 正,コバヤシ タダシ,1975/3/4,090-5555-0001,佐藤工業
加藤 明,カトウ アキラ,1990/13/2,090-5555-0002,佐藤工業
吉田 勝,ヨシダ マサル,1988/7/8,0905555,伊藤電設
山口 実,ヤマグチ ミノル,S55.5.6,09055550004,無い会社
松本 茂,マツモト シゲル,2000/1/1,９０５５５５０００５,伊藤電設
"""
AXE = Path(__file__).parents[2] / "admin" / "node_modules" / "axe-core" / "axe.min.js"
MENDED = {"1990/13/2": "1990/12/2", "0905555,": "090-5555-0003,", "無い会社": "佐藤工業"}


class Office:
    """Somebody at the browser, and the background work beside him."""

    def __init__(self, page: Page, importer: Importer) -> None:  # noqa: F811
        self.page, self.importer = page, importer

    def press(self, name: str) -> None:
        """Press what asks for background work, see that it is under way, and let it be done."""
        self.page.get_by_role("button", name=name).click()
        expect(self.page.get_by_role("progressbar")).to_be_visible()
        self.importer.work()

    def hand_in(self, name: str, content: bytes) -> None:
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
        self.page.get_by_role("button", name="ファイルを読む").click()


@pytest.fixture
def office_page(
    page: Page,  # noqa: F811
    page_settings: Settings,
    page_database: Database,
    clock: FixedClock,
    world: World,
) -> Office:
    assert world.sato
    return Office(page, Importer(None, Runtime(page_settings, page_database, clock)))  # type: ignore[arg-type]


def look(page: Page, name: str) -> None:  # noqa: F811
    """Keep screenshots of a page on which axe finds nothing."""
    shoot(page, name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def people(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(each.worker.name for each in listing.list_workers(session, TODAY))


def test_a_list_with_three_bad_rows_is_mended_and_taken_back(
    app: FastAPI,
    port: int,  # noqa: F811
    office_page: Office,
    page_database: Database,
    tmp_path: Path,
) -> None:
    browser_page = office_page.page
    with serving(app, port):
        sign_in(browser_page)
        browser_page.goto("/import")
        look(browser_page, "import_begin")
        office_page.hand_in("協力会社名簿.csv", LIST.encode("cp932"))
        expect(browser_page.get_by_label("「携帯電話」の列を登録する項目")).to_have_value("phone")
        look(browser_page, "import_columns")
        browser_page.get_by_role("button", name="内容を確かめる").click()
        expect(browser_page.get_by_role("progressbar")).to_be_visible()
        look(browser_page, "import_progress")
        office_page.importer.work()

        for said in ("暦にない日付です", "電話番号として読めません", "登録のない事業者です"):
            expect(browser_page.get_by_text(said)).to_be_visible()
        look(browser_page, "import_preview")
        office_page.press("2行を書き込む")
        expect(browser_page.get_by_text("2件を書き込み、3件は書き込みませんでした。")).to_be_visible()
        assert people(page_database) == ["小林 正", "松本 茂"]
        look(browser_page, "import_result")

        with browser_page.expect_download() as download:
            browser_page.get_by_role("link", name="CSVで受け取る").click()
        download.value.save_as(tmp_path / "rejected.csv")
        text = (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig")
        assert text.count("090-5555-0002") == 1
        for wrong, right in MENDED.items():
            text = text.replace(wrong, right)
        office_page.hand_in("直した名簿.csv", text.encode("utf-8-sig"))
        browser_page.get_by_role("button", name="内容を確かめる").click()
        expect(browser_page.get_by_role("progressbar")).to_be_visible()
        office_page.importer.work()
        office_page.press("3行を書き込む")
        expect(browser_page.get_by_text("3件を書き込みました。")).to_be_visible()
        assert len(people(page_database)) == 5

        browser_page.goto("/import/batches")
        look(browser_page, "import_batches")
        browser_page.get_by_role("link", name="直した名簿.csv").click()
        browser_page.get_by_role("link", name="この取り込みを取り消す").click()
        look(browser_page, "import_undo")
        office_page.press("3行を取り消す")
        expect(browser_page.get_by_text("3行を取り消しました。")).to_be_visible()
        assert people(page_database) == ["小林 正", "松本 茂"]
        look(browser_page, "import_undone")
