"""施工体制 in a real browser: calls become a proposal, a link is corrected, the rest accepted, and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core.phone import PhoneSealer
from tests.admin.conftest import LOGIN, PASSWORD
from tests.admin.large_structure import add_large_site
from tests.admin.test_browser import WIDTHS, serving, shoot
from tests.admin.tiers_world import PageTiers
from tests.support.servers import free_port
from tests.tiering.world import MONTH

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parents[2] / "admin" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"


@pytest.fixture
def base(app: FastAPI, tiers: PageTiers) -> Iterator[str]:
    port = free_port()
    with serving(app, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDTHS["wide"], locale="ja-JP", base_url=base, bypass_csp=True)
    context.add_init_script(path=AXE)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(opened)
    yield opened
    context.close()
    assert errors == []


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("#login", LOGIN)
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_selector("nav#menu", state="attached")


def violations(page: Page) -> list[str]:
    found = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found]


def test_calls_become_a_structure_that_is_corrected_accepted_and_taken_back(page: Page, tiers: PageTiers) -> None:
    calendar = f"/calendar/workers/{tiers.worker_ids['高橋一']}?month={MONTH:%Y-%m}"
    page.goto(calendar)
    expect(page.get_by_text("施工体制の承認待ちです").first).to_be_visible()
    page.get_by_role("link", name="施工体制の確認").first.click()
    page.get_by_role("link", name="中央ビル").click()
    expect(page.get_by_role("heading", name="確認が必要な会社")).to_be_visible()
    assert violations(page) == []
    shoot(page, "tiers_proposed")

    # One link is corrected: 高橋塗装 works below 佐藤工業. Only the part of the page is put in anew.
    page.evaluate("window.isSamePage = true")
    expect(page.locator("tr, .decision", has_text="高橋塗装").first).to_be_visible()
    mend(page, "高橋塗装", "佐藤工業")
    expect(page.get_by_role("status")).to_contain_text("上位会社を決めて承認しました。")
    assert page.evaluate("window.isSamePage") is True

    # The rest is right as it is.
    for name in ("佐藤工業", "伊藤設備"):
        accept(page, name)
    expect(page.locator(".summary")).to_contain_text("承認済み 3件")
    assert tiers.uppers() == {
        "佐藤工業": "大和建設 1 accepted",
        "高橋塗装": "佐藤工業 2 accepted",
        "伊藤設備": "佐藤工業 2 accepted",
    }
    shoot(page, "tiers_accepted")

    page.goto(f"/sites/{tiers.site.site_id}/contractors/{tiers.takahashi.contractor_id}/roster")
    expect(page.get_by_role("rowheader", name="高橋一")).to_be_visible()
    expect(page.get_by_role("heading", name="名簿に載っている人")).to_be_visible()
    assert violations(page) == []
    shoot(page, "tiers_roster")
    page.goto(calendar)
    expect(page.get_by_text("施工体制の承認待ちです")).to_have_count(0)

    # From the history the correction is taken back, the newest first.
    page.goto(f"{tiers.path}/history")
    shoot(page, "tiers_history")
    page.get_by_role("row", name="高橋塗装").get_by_role("button", name="元に戻す").click()
    expect(page.get_by_role("status")).to_contain_text("元に戻しました。")
    expect(page.get_by_role("status")).to_contain_text("が未確定に戻りました。")
    page.goto(calendar)
    expect(page.get_by_text("施工体制の承認待ちです").first).to_be_visible()


def mend(page: Page, name: str, upper: str) -> None:
    """Choose another upper contractor in the panel of a contractor, as a line or a card offers it."""
    place = page.locator("tr, .decision", has=page.get_by_role("link", name=name, exact=True)).first
    place.get_by_role("link", name="変更").or_(place.get_by_role("link", name="ほかの操作")).click()
    page.get_by_label("上位会社を変える").fill(upper)
    page.get_by_role("button", name="この会社の下に移して承認").click()


def accept(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"承認 {name}", exact=True).click()
    expect(page.get_by_role("button", name=f"承認 {name}", exact=True)).to_have_count(0)


def test_the_toast_takes_back_what_was_just_done(page: Page, tiers: PageTiers) -> None:
    page.goto(tiers.path)
    accept(page, "伊藤設備")
    assert tiers.uppers()["伊藤設備"].endswith("accepted")
    page.get_by_role("status").get_by_role("button", name="元に戻す").click()
    expect(page.get_by_role("status")).to_contain_text("元に戻しました。")
    assert tiers.uppers()["伊藤設備"].endswith("proposed")


def test_who_was_second_sees_why_and_what_holds_now(page: Page, browser: Browser, base: str, tiers: PageTiers) -> None:
    other = browser.new_context(locale="ja-JP", base_url=base, java_script_enabled=False)
    second = other.new_page()
    sign_in(second)
    second.goto(tiers.path)
    page.goto(tiers.path)
    accept(page, "伊藤設備")
    second.get_by_role("button", name="承認 伊藤設備", exact=True).click()
    expect(second.get_by_text("ほかの方が先にこの会社の位置を変えたため")).to_be_visible()
    expect(second.locator(".summary")).to_contain_text("承認済み 1件")
    other.close()


def test_newcomers_are_ticked_on_a_tablet(page: Page, tiers: PageTiers) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"/sites/{tiers.site.site_id}/arrivals")
    button = page.get_by_role("button", name="受入教育 伊藤一")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 88
    assert violations(page) == []
    shoot(page, "tiers_arrivals")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_page_works_with_the_keyboard_and_on_paper(page: Page, tiers: PageTiers) -> None:
    page.goto(tiers.path)
    page.get_by_role("button", name="承認 伊藤設備", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("承認しました。")
    assert page.evaluate("document.activeElement !== document.body")
    page.emulate_media(media="print")
    expect(page.locator(".tree svg").first).to_be_visible()
    expect(page.get_by_role("button", name="承認 佐藤工業", exact=True)).to_be_hidden()


def test_a_card_far_down_is_loaded_when_it_is_reached_and_decides_like_the_first(
    page: Page, tiers: PageTiers, sealer: PhoneSealer
) -> None:
    with tiers.database.write() as session:
        site = add_large_site(session, sealer, tiers.prime, has_history=False)
    page.goto(f"/sites/{site.site_id}/tiers")
    last = page.locator(".decision").last
    expect(last.get_by_role("button")).to_have_count(0)
    last.scroll_into_view_if_needed()
    last.get_by_role("button", name="この推定は違う").click()
    expect(page.get_by_role("status")).to_contain_text("推定を却下しました。")
    page.locator(".decision").first.get_by_role("button", name="承認", exact=False).first.click()
    expect(page.locator(".summary")).to_contain_text("承認済み 1件")


def test_the_focus_stays_on_a_card_that_still_asks_and_what_was_refused_stays_typed(
    page: Page, tiers: PageTiers
) -> None:
    page.goto(tiers.path)
    anchor = page.locator(".decision").last.get_attribute("id")
    card = page.locator(f"#{anchor}")
    card.get_by_role("button", name="この推定は違う").click()
    expect(page.get_by_role("status")).to_contain_text("推定を却下しました。")
    expect(card).to_be_focused()
    card.locator("input[name=upper]").fill("なし組")
    card.get_by_role("button", name="この会社の下で承認").click()
    expect(page.get_by_role("alert")).to_contain_text("その名前の会社が見つかりません。")
    expect(card.locator("input[name=upper]")).to_have_value("なし組")
    card.get_by_role("link", name="ほかの操作").click()
    expect(card.locator(".ways")).to_be_visible()
    card.get_by_role("link", name="ほかの操作").click()
    expect(card.locator(".ways")).to_have_count(0)
