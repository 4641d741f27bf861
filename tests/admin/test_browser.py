"""The pages in a real browser: the board lives, nothing asks another host, nothing scrolls sideways.

Writes a screenshot of every page in two widths to tests/screenshots/.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from uvicorn.config import LifespanType

from admin.app import create_app
from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.settings import Settings
from genba import virtual_phone_page
from tests import factories
from tests.admin.conftest import LOGIN, NAME, PASSWORD
from tests.admin.world import World, a_morning, at
from tests.ivr.webhook_server import ASK, INNER, client_of, new_server
from tests.support.servers import free_port, wait_for_port

pytestmark = pytest.mark.xdist_group("browser")

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
WIDTHS = {"wide": {"width": 1360, "height": 860}, "narrow": {"width": 390, "height": 844}}


@contextmanager
def serving(app: FastAPI, port: int, lifespan: LifespanType = "off") -> Iterator[uvicorn.Server]:
    """Serve the application from a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan=lifespan, ws="none"))
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_for_port(port)
        yield server
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def morning(world: World, clock: FixedClock) -> World:
    a_morning(world)
    clock.at = at("10:08")
    return world


@pytest.fixture
def page(browser: Browser, port: int) -> Iterator[Page]:
    """A page that fails the test when it asks another host or writes an error to the console."""
    context = browser.new_context(viewport=WIDTHS["wide"], locale="ja-JP", base_url=f"http://127.0.0.1:{port}")
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith(f"http://127.0.0.1:{port}/")] == []
    # A connection that a test cuts on purpose, and pages that answer 4xx on purpose, are no errors of ours.
    assert [
        text for text in errors if "net::ERR_" not in text and "status of 4" not in text and "htmx:" not in text
    ] == []


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("ログインID").fill(LOGIN)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()


def shoot(page: Page, name: str) -> None:
    """Write a screenshot at each width; no page may scroll sideways, not even at twice the size."""
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        assert overflow(page) == 0, f"{name} scrolls sideways at {width}"
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=width == "narrow")
    page.set_viewport_size({"width": 680, "height": 430})  # 1360 x 860 at 200 %
    assert overflow(page) == 0, f"{name} scrolls sideways at 200 %"
    page.set_viewport_size(WIDTHS["wide"])


def overflow(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def test_the_board_lives(app: FastAPI, page: Page, port: int, morning: World, clock: FixedClock) -> None:
    with serving(app, port):
        page.goto("/")
        shoot(page, "sign_in")
        page.get_by_label("ログインID").fill(LOGIN)
        page.get_by_role("button", name="ログイン").click()
        expect(page.locator("#password-error")).to_have_text("パスワードを入力してください。")
        shoot(page, "sign_in_error")

        sign_in(page)
        expect(page.get_by_role("heading", name="現場の今")).to_be_visible()
        expect(page.get_by_text(NAME)).to_be_visible()
        expect(page.locator("#inside")).to_have_text("3人")
        shoot(page, "all_sites")

        page.get_by_label("現場", exact=True).select_option(label="中央ビル")
        page.get_by_role("button", name="表示").click()
        expect(page.locator("#inside")).to_have_text("2人")
        shoot(page, "now")

        page.evaluate("window.isSamePage = true")
        clock.at = at("10:09")
        morning.call("鈴木一郎", clock.at)
        expect(page.locator("#inside")).to_have_text("3人")
        expect(page.locator("#age")).to_have_text("たった今")
        assert page.evaluate("window.isSamePage") is True

        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="On site now")).to_be_visible()
        shoot(page, "now_english")
        page.get_by_role("button", name="日本語").click()

        page.get_by_label("現場", exact=True).select_option("all")
        page.get_by_role("button", name="表示").click()
        expect(page.get_by_role("link", name="港南マンション")).to_be_visible()
        assert page.url.endswith("/?site=all")

        page.goto("/no-such-page")
        shoot(page, "not_found")


def test_a_lost_connection_is_seen_and_its_return_too(app: FastAPI, page: Page, port: int, morning: World) -> None:
    with serving(app, port):
        sign_in(page)
        expect(page.get_by_text("自動更新中")).to_be_visible()
        page.context.set_offline(True)
        expect(page.get_by_role("alert")).to_contain_text("通信が切れています。表示は10:08時点のものです。")
        expect(page.get_by_text("自動更新中")).to_be_hidden()
        shoot(page, "now_lost")
        page.context.set_offline(False)
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.get_by_text("自動更新中")).to_be_visible()


def test_a_session_that_ends_under_an_open_board_leads_to_sign_in(
    app: FastAPI, page: Page, port: int, morning: World, clock: FixedClock
) -> None:
    with serving(app, port):
        sign_in(page)
        expect(page.locator("#inside")).to_have_text("3人")
        page.goto("/?site=all")
        clock.at = at("23:59")
        page.wait_for_url("**/sign-in?next=%2F%3Fsite%3Dall")


def test_the_pages_work_with_the_keyboard_alone(app: FastAPI, page: Page, port: int, morning: World) -> None:
    with serving(app, port):
        page.goto("/")
        expect(page.get_by_label("ログインID")).to_be_focused()
        page.keyboard.type(LOGIN)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="現場の今")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_text("本文へ移動")).to_be_focused()
        page.screenshot(path=SCREENSHOTS / "skip_link-wide.png")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("現場", exact=True)).to_be_focused()


def test_on_a_low_screen_the_pages_entry_and_the_sign_out_are_in_sight(app: FastAPI, page: Page, port: int) -> None:
    with serving(app, port):
        sign_in(page)
        page.set_viewport_size({"width": 1366, "height": 620})
        page.goto("/training")
        entry = page.get_by_role("navigation").get_by_role("link", name="研修").bounding_box()
        end = page.locator(".side-end").bounding_box()
        assert entry
        assert end
        assert 0 < entry["y"] < entry["y"] + entry["height"] <= end["y"]
        expect(page.get_by_role("button", name="ログアウト")).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0


def test_a_call_is_placed_and_answered_with_the_keyboard_alone(
    app: FastAPI, page_settings: Settings, page: Page, port: int, morning: World
) -> None:
    server = new_server(page_settings, voice=ASK, keys='<Say language="ja-JP">記録しました。</Say>')
    app.include_router(virtual_phone_page.router(page_settings, INNER, client=client_of(server)))
    with serving(app, port):
        sign_in(page)
        page.set_viewport_size(WIDTHS["narrow"])
        page.goto("/phone")
        page.get_by_label("かける人の番号").fill("090-1234-5678")
        page.get_by_label("現場の電話番号").fill("050-3123-4567")
        page.keyboard.press("Enter")
        expect(page.locator("#heard .said")).to_have_text("番号を押してください。")
        expect(page.get_by_role("button", name="0", exact=True)).to_be_in_viewport()
        expect(page.get_by_role("button", name="電話を切る")).to_be_focused()
        page.keyboard.type("0427")
        expect(page.locator("#heard .keyed")).to_have_text("0427")
        expect(page.get_by_role("button", name="電話をかける")).to_be_focused()
        expect(page.get_by_label("現場の電話番号")).to_have_value("050-3123-4567")


def test_the_board_prints_as_a_list_for_the_muster_point(app: FastAPI, page: Page, port: int, morning: World) -> None:
    with serving(app, port):
        sign_in(page)
        page.goto(f"/?site={morning.central.site_id}")
        expect(page.locator("#inside")).to_have_text("2人")
        page.emulate_media(media="print")
        expect(page.get_by_text("10:08 現在")).to_be_visible()
        expect(page.get_by_role("columnheader", name="確認")).to_be_visible()
        expect(page.get_by_text("最近の受信")).to_be_hidden()
        expect(page.get_by_role("navigation")).to_be_hidden()
        page.set_viewport_size({"width": 794, "height": 1123})
        page.screenshot(path=SCREENSHOTS / "now_print.png")


def test_a_full_site_and_empty_pages_look_right(
    page_settings: Settings, page_database: Database, clock: FixedClock, page: Page, port: int, sealer: PhoneSealer
) -> None:
    app = create_app(page_settings, page_database, clock, extra_nav=[("/phone", "体験用の電話")])
    with serving(app, port):
        sign_in(page)
        expect(page.get_by_text("現場がまだ登録されていません。")).to_be_visible()
        shoot(page, "no_sites")
        world = World(page_database, sealer)
        page.goto(f"/?site={world.central.site_id}")
        expect(page.get_by_text("050-1234-5678")).to_be_visible()
        shoot(page, "empty_site")
        fill(world)
        clock.at = at("08:30")
        page.goto("/")
        expect(page.locator("#inside")).to_have_text("36人")
        shoot(page, "full_site")


def fill(world: World) -> None:
    surnames = [
        "佐々木",
        "長谷川",
        "五十嵐",
        "グエン・ヴァン・ミン",
        "林",
        "阿部",
        "石川",
        "山下",
        "中島",
        "前田",
        "藤田",
        "小川",
    ]
    with world.database.write() as session:
        long_name = "株式会社東日本総合設備エンジニアリング東京支店"
        crews = [world.sato, world.ito, factories.contractor(session, long_name)]
    for n in range(36):
        name = f"{surnames[n % 12]}{['太郎', '次郎', '三郎'][n // 12]}"
        world.add(name, crews[min(n % 5, 2)])
        world.call(name, at(f"07:{n + 20}"))
