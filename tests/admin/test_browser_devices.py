"""Devices and cards in a real browser, in both widths: a list that refreshes itself, a code, a touched card."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core.clock import FixedClock
from tests import factories
from tests.admin.conftest import LOGIN, PASSWORD
from tests.admin.test_browser import SCREENSHOTS, WIDTHS, serving
from tests.admin.test_cards import Gate
from tests.admin.world import YESTERDAY, World, at
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")


def shot(page: Page, name: str, width: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"devices-{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def a_gate(world: World) -> Gate:
    """A gate that is well, a device that is silent, and an unknown card that was touched twice."""
    gate = Gate(world)
    with world.database.write() as session:
        factories.report(session, gate.device, at("07:51"))
        tablet = factories.device(session, world.sealer, world.harbour, "北口", at=at("05:00"))
        factories.report(session, tablet, at("07:40"), waiting=3, oldest_waiting_at=at("07:20"), skew_ms=-95_000)
    gate.touch(at("07:30", YESTERDAY))
    gate.touch(at("07:40"))
    return gate


@pytest.mark.parametrize("width", WIDTHS)
def test_devices_and_cards_are_seen_to(
    browser: Browser, app: FastAPI, world: World, clock: FixedClock, width: str
) -> None:
    gate, port = a_gate(world), free_port()
    context = browser.new_context(viewport=WIDTHS[width], locale="ja-JP", base_url=f"http://127.0.0.1:{port}")
    with serving(app, port):
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("#login", LOGIN)
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        page.goto("/devices")
        expect(page.locator(".device-state")).to_have_text(["■ 通信なし", "● 正常"])
        clock.at += timedelta(minutes=5)
        page.evaluate("htmx.trigger('#board', 'refresh')")
        expect(page.locator(".device-state")).to_have_text(["■ 通信なし", "■ 通信なし"])
        shot(page, "list", width)
        page.goto("/devices/new")
        page.select_option("#site", label="中央ビル")
        page.fill("#name", "西門")
        page.click("button.primary")
        expect(page.locator(".device-code")).to_be_visible()
        shot(page, "code", width)
        page.goto("/devices")
        shot(page, "codes", width)
        page.goto(f"{gate.page}/cards/new")
        shot(page, "card-new", width)
        page.goto("/review")
        shot(page, "review", width)
        page.get_by_role("link", name="だれか選ぶ").click()
        expect(page.get_by_label("このカードを登録する")).to_be_checked()
        shot(page, "who", width)
        page.get_by_role("button", name="鈴木 一郎さんの記録にする").click()
        expect(page.get_by_text("鈴木 一郎のカードとして登録しました。")).to_be_visible()
        page.goto(gate.page)
        shot(page, "worker", width)
        page.goto("/review/history")
        shot(page, "history", width)
    context.close()
