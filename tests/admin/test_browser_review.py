"""要確認 in a real browser: an unknown call is attached, registered and undone; a missed touch is approved."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import records
from core.clock import FixedClock
from tests import factories
from tests.admin.conftest import LOGIN, PASSWORD
from tests.admin.test_browser import WIDTHS, serving, shoot
from tests.admin.test_review import STRANGER, held
from tests.admin.world import YESTERDAY, World, at
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def served(app: FastAPI, world: World, clock: FixedClock) -> Iterator[str]:
    """A morning with everything that is to review, served."""
    clock.at = at("10:00")
    for name in ("山田太郎", "鈴木一郎", "高橋健"):
        world.add(name, world.sato)
    world.call("山田太郎", at("07:40", YESTERDAY))
    with world.database.write() as session:
        records.close_days(session, at("06:00"))
        factories.participation(session, world.central, world.sato)
        new = factories.worker(session, world.sealer, "新人次郎", phone=None, contractor=world.sato)
        factories.assignment(session, world.central, new)
        sub = accounts.create_account(session, "sub", "佐藤花子", PASSWORD)
        accounts.join(session, sub.account_id, Role.SUBCONTRACTOR_OFFICE, world.sato.contractor_id)
        prime = accounts.create_account(session, "prime", "大和次郎", PASSWORD)
        accounts.join(session, prime.account_id, Role.PRIME_OFFICE, world.prime.contractor_id)
    world.call("山田太郎", at("07:52"))
    world.call(STRANGER, at("07:55"))
    world.call(STRANGER, at("08:10"))
    world.call("", at("08:12"))
    world.call("鈴木一郎", at("08:20"))
    world.call("鈴木一郎", at("08:25"), world.harbour)
    port = free_port()
    with serving(app, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def opened(browser: Browser, base: str, login: str, width: str = "wide") -> Iterator[Page]:
    """Give a page somebody has signed in on; it fails when a script does."""
    context = browser.new_context(viewport=WIDTHS[width], locale="ja-JP", base_url=base)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/")
    page.get_by_label("ログインID").fill(login)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield page
    context.close()
    assert errors == []


def test_a_worker_is_chosen_on_the_page_of_a_call_too(browser: Browser, served: str) -> None:
    with opened(browser, served, LOGIN) as page:
        page.goto("/review")
        page.get_by_role("link", name="090****0001").click()
        page.get_by_label("氏名・フリガナ").fill("鈴木")
        page.get_by_role("button", name="探す").click()
        page.get_by_role("button", name="鈴木一郎さんの記録にする").click()
        expect(page.get_by_text("鈴木一郎の番号として登録しました。")).to_be_visible()


def test_an_unknown_call_is_attached_registered_and_undone(browser: Browser, served: str, world: World) -> None:
    with opened(browser, served, LOGIN) as page:
        page.goto("/review")
        expect(page.locator("a[href='/review'] .nav-count")).to_have_text("4")
        shoot(page, "review")
        card = page.locator("[data-item]", has_text="090****0001")
        expect(card).to_contain_text("2回（07:55～08:10）")
        card.get_by_role("link", name="だれの電話か選ぶ").click()
        expect(card.get_by_text("番号の登録がない")).to_be_visible()
        shoot(page, "review_who")
        card.get_by_role("button", name="新人次郎さんの記録にする").click()
        line = page.locator(".item.done")
        expect(line).to_contain_text("新人次郎の番号として登録しました。 ほかの1件も記録しました。")
        expect(page.locator("a[href='/review'] .nav-count")).to_have_text("3")
        assert [told for told in held(world) if "新人次郎" in told] == [
            "accepted 新人次郎 entry",
            "duplicate 新人次郎 entry",
        ]
        line.get_by_role("button", name="元に戻す").click()
        expect(page.locator(".item.done")).to_contain_text("元に戻しました。")
        expect(page.locator("a[href='/review'] .nav-count")).to_have_text("4")
        assert [told for told in held(world) if "needs_review - -" in told] == ["needs_review - -"] * 2
        page.goto("/review/history")
        shoot(page, "review_history")
        expect(page.get_by_text("木村花子が元に戻しました")).to_be_visible()


def test_a_phone_settles_in_two_taps(browser: Browser, served: str, world: World) -> None:
    with opened(browser, served, "prime", "narrow") as page:
        page.goto("/review")
        card = page.locator("[data-item]", has_text="番号非通知").first
        card.get_by_role("button", name="記録しない").click()
        expect(page.locator(".item.done")).to_contain_text("記録しないことにしました。")
        page.get_by_role("link", name="退場の時刻を入れる").click()
        shoot(page, "review_day")
        page.set_viewport_size(WIDTHS["narrow"])
        page.get_by_label("時刻").fill("17:05")
        page.get_by_role("button", name="この時刻で記録する").click()
        expect(page.get_by_role("status").first).to_contain_text("時刻を記録しました。")
        with world.database.read() as session:
            day = records.find_day(session, world.workers["山田太郎"].worker_id, world.central.site_id, YESTERDAY)
        assert day is not None
        assert (day.missing_exit, day.last_exit_at) == (False, at("17:05", YESTERDAY))


def test_a_missed_touch_is_asked_for_and_approved(browser: Browser, served: str, world: World) -> None:
    with opened(browser, served, "sub") as page:
        page.goto("/review/request-missed")
        page.get_by_label("技能者").select_option(label="高橋健（佐藤工業）")
        page.get_by_label("現場").select_option(label="中央ビル")
        page.get_by_label("時刻").fill("07:50")
        page.get_by_label("入場").check()
        shoot(page, "review_ask")
        page.get_by_role("button", name="申請する").click()
        expect(page.get_by_text("元請の承認待ち")).to_be_visible()
    with opened(browser, served, "prime") as page:
        page.goto("/review")
        page.get_by_role("link", name="打刻漏れの申請").click()
        shoot(page, "review_requests")
        page.get_by_role("button", name="承認する").click()
        expect(page.get_by_role("status")).to_contain_text("申請を承認しました。")
        page.get_by_role("link", name="要確認").first.click()
    assert "accepted 高橋健 entry" in list(held(world))
    with opened(browser, served, LOGIN) as page:
        page.goto("/review/history")
        page.get_by_role("link", name="高橋健").click()
        shoot(page, "review_punch")
