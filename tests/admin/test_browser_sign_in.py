"""Somebody who was invited comes in for the first time, and again: with an app, and with a recovery code."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from admin.app import create_app
from core.accounts import invitations, service
from core.accounts.model import Role
from core.clock import FixedClock
from core.db import Database
from core.settings import Settings
from tests.admin.conftest import LOGIN
from tests.admin.test_browser import WIDTHS, serving, shoot
from tests.admin.world import World
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")

PASSWORD = "four words in a row"


@pytest.fixture
def strict(page_settings: Settings, page_database: Database, clock: FixedClock) -> FastAPI:
    """The pages of an installation where the second factor is required."""
    return create_app(replace(page_settings, second_factor_required=True), page_database, clock)


@pytest.fixture
def link(world: World, page_database: Database, clock: FixedClock) -> str:
    """The path of an invitation to 大和建設's office."""
    with page_database.write() as session:
        account = service.find_account(session, LOGIN)
        assert account is not None
        viewer = service.find_viewer(session, account)
        whose = world.prime.contractor_id
        drafted = invitations.draft(viewer, "森一郎", "", Role.PRIME_OFFICE, whose, (), clock.now())
        _, token = invitations.invite(session, viewer, drafted, clock.now())
    return f"/invitation/{token}"


@contextmanager
def browsing(browser: Browser, base: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDTHS["wide"], locale="ja-JP", base_url=base)
    yield context.new_page()
    context.close()


def give_password(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("ログインID").fill("mori")
    page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="ログイン", exact=True).click()


def give_code(page: Page, code: str) -> None:
    page.get_by_label(re.compile("^確認コード")).fill(code)
    page.get_by_role("button", name="ログイン", exact=True).click()


def test_an_invited_person_comes_in_and_comes_back(
    browser: Browser, strict: FastAPI, link: str, clock: FixedClock
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with serving(strict, port), browsing(browser, base) as page, browsing(browser, base) as other:
        page.goto(link)
        expect(page.get_by_text("大和建設 の「元請の事務」")).to_be_visible()
        page.get_by_label("ログインID").fill("mori")
        page.get_by_label("パスワード").fill("short")
        page.get_by_role("button", name="登録する").click()
        expect(page.locator("#password-error")).to_contain_text("15文字以上")
        shoot(page, "invitation")
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="登録する").click()

        expect(page.get_by_role("heading", name="2段階認証の設定")).to_be_visible()
        page.locator(".qr").evaluate("image => image.decode()")  # waits for it, and under our CSP as well
        assert page.locator(".qr").evaluate("image => image.naturalWidth") > 100
        shoot(page, "second_factor")
        page.get_by_text("読み取れないときは").click()
        app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
        page.get_by_label(re.compile("^アプリに表示された")).fill(app.at(clock.now()))
        page.get_by_role("button", name="設定する").click()

        expect(page.get_by_role("heading", name="リカバリーコード")).to_be_visible()
        codes = page.locator(".codes code").all_inner_texts()
        assert len(codes) == 10
        shoot(page, "recovery_codes")
        page.get_by_role("link", name="保管しました").click()
        expect(page.get_by_role("heading", name="現場の今")).to_be_visible()
        page.get_by_role("button", name="ログアウト").click()

        clock.at += timedelta(minutes=1)
        give_password(page)
        shoot(page, "sign_in_code")
        give_code(page, app.at(clock.now() - timedelta(minutes=10)))
        expect(page.locator("#code-error")).to_be_visible()
        give_code(page, app.at(clock.now()))
        expect(page.get_by_role("heading", name="現場の今")).to_be_visible()

        give_password(other)
        give_code(other, codes[0])
        expect(other.get_by_text("リカバリーコードを1つ使いました。")).to_be_visible()
        expect(other.get_by_text("残り9個")).to_be_visible()
        expect(other.locator("table tbody tr")).to_have_count(2)
        shoot(other, "account")
        other.get_by_role("button", name="終了する", exact=True).click()
        expect(other.locator("table tbody tr")).to_have_count(1)
        page.goto("/")
        expect(page.get_by_role("heading", name="ログイン", exact=True)).to_be_visible()
