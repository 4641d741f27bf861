# ruff: noqa: F811 - the fixtures are those of the other browser tests
"""The board's papers and screens in a real browser: the wall lives, the muster list prints, charts are drawn."""

import io
import unicodedata

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from core.attendance.channel_counting import count_channels
from core.clock import FixedClock
from core.phone import PhoneSealer
from tests import factories
from tests.admin.test_browser import SCREENSHOTS, morning, page, port, serving, shoot, sign_in  # noqa: F401 - fixtures
from tests.admin.world import TODAY, World, at

pytestmark = pytest.mark.xdist_group("browser")


def test_the_wall_shows_numbers_that_follow_the_calls(
    app: FastAPI,
    page: Page,
    port: int,
    morning: World,
    clock: FixedClock,
) -> None:
    with serving(app, port):
        sign_in(page)
        expect(page.locator("#inside")).to_have_text("3人")
        page.goto(f"/now/wall?site={morning.central.site_id}")
        expect(page.locator("#inside")).to_have_text("2人")
        expect(page.get_by_role("navigation")).to_have_count(0)
        shoot(page, "wall")
        clock.at = at("10:09")
        morning.call("鈴木一郎", clock.at)
        expect(page.locator("#inside")).to_have_text("3人", timeout=10_000)

        page.goto(f"/now/displays?site={morning.central.site_id}")
        page.get_by_role("button", name="リンクを作る").click()
        shoot(page, "displays")
        page.get_by_role("link", name="暗い画面で開く 1").click()
        expect(page.locator("#inside")).to_have_text("3人")
        page.context.clear_cookies()
        page.reload()
        expect(page.locator("#inside")).to_have_text("3人")
        shoot(page, "wall_dark")


def test_the_muster_list_is_printed_on_a4(
    app: FastAPI,
    page: Page,
    port: int,
    morning: World,
) -> None:
    with serving(app, port):
        sign_in(page)
        page.goto(f"/?site={morning.central.site_id}")
        page.get_by_role("link", name="避難時点呼名簿").click()
        expect(page.get_by_role("heading", name="避難時点呼名簿")).to_be_visible()
        shoot(page, "evacuation")
        page.context.set_offline(True)  # once it is open it needs nothing more
        paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        assert [round(float(side)) for side in paper[0].mediabox[2:]] == [595, 842]
        text = unicodedata.normalize("NFKC", paper[0].extract_text())  # 高 may come back as the radical ⾼
        assert [name for name in ("高橋健", "山田太郎", "中村学", "10:08") if name not in text] == []
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.get_by_role("button", name="印刷")).to_be_hidden()
        page.set_viewport_size({"width": 794, "height": 1123})
        page.screenshot(path=SCREENSHOTS / "evacuation_print.png")


def test_the_use_is_drawn_and_printed(
    app: FastAPI,
    page: Page,
    port: int,
    morning: World,
    sealer: PhoneSealer,
) -> None:
    with morning.database.write() as session:
        count_channels(session, TODAY.replace(day=1))
        factories.site(session, sealer, "橋の工事", prime=morning.prime)
    with serving(app, port):
        sign_in(page)
        page.goto("/statistics")
        expect(page.get_by_role("img", name="月別の就業履歴")).to_be_visible()
        shoot(page, "statistics")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 794, "height": 1123})
        page.screenshot(path=SCREENSHOTS / "statistics_print.png", full_page=True)
