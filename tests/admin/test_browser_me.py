"""A worker on his phone, 390 px wide: signs in, looks at his days, asks for what is missing, shows the gate his QR."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core.attendance import records
from core.clock import FixedClock
from core.ids import uuid7
from core.registry import own_store, qualifying
from core.registry.qualification_model import Qualification, QualificationKind
from tests import factories
from tests.admin.test_browser import WIDTHS, serving, shoot
from tests.admin.world import YESTERDAY, World, at
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parents[2] / "admin" / "node_modules" / "axe-core" / "axe.min.js"
NUMBER = "+819012348888"


@pytest.fixture
def served(app: FastAPI, world: World, clock: FixedClock) -> Iterator[str]:
    """山田太郎 came yesterday and did not leave, and came today; he holds two qualifications."""
    clock.at = at("09:00")
    with world.database.write() as session:
        made = factories.worker(
            session,
            world.sealer,
            "山田太郎",
            phone=NUMBER,
            contractor=world.sato,
            ccus_worker_id="12345678901234",
        )
        factories.assignment(session, world.central, made)
        for kind, name, ends in (
            (QualificationKind.SKILLS_TRAINING, "玉掛け技能講習", None),
            (QualificationKind.SPECIAL_EDUCATION, "足場の組立て等特別教育", date(2026, 12, 1)),
        ):
            held = Qualification(uuid7(), made.worker_id, kind, name, expires_on=ends)
            qualifying.add_qualification(session, held)
    world.call(NUMBER, at("07:40", YESTERDAY))
    with world.database.write() as session:
        records.close_days(session, at("06:00"))
    world.call(NUMBER, at("07:52"))
    port = free_port()
    with serving(app, port):
        yield f"http://127.0.0.1:{port}"


def seen(page: Page, name: str) -> None:
    """Keep screenshots of a page on which axe finds nothing and nothing leaves the screen sideways."""
    shoot(page, name)
    page.set_viewport_size(WIDTHS["narrow"])
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_worker_sees_and_asks_on_his_phone(served: str, browser: Browser, world: World) -> None:
    context = browser.new_context(viewport=WIDTHS["narrow"], locale="ja-JP", base_url=served, bypass_csp=True)
    page = context.new_page()
    page.goto("/me")
    seen(page, "me_sign_in")
    page.get_by_label("携帯電話の番号").fill("０９０－１２３４－８８８８")
    page.get_by_role("button", name="番号を送ってもらう").click()
    seen(page, "me_code")
    with world.database.read() as session:
        attempt = own_store.newest_attempt(session, world.sealer.seal(NUMBER).blind_index)
    assert attempt is not None
    page.get_by_label("6けたの番号").fill(world.sealer.decrypt(attempt.code_cipher))
    page.get_by_role("button", name="次へ").click()
    expect(page.get_by_text("07:52 入場　記録しました")).to_be_visible()
    seen(page, "me_month")
    page.get_by_role("link", name="申し込む").first.click()
    expect(page.get_by_label("退場")).to_be_checked()
    page.get_by_label("時間").fill("17:05")
    seen(page, "me_ask")
    page.get_by_role("button", name="申し込む").click()
    expect(page.get_by_text("返事を待っています")).to_be_visible()
    seen(page, "me_asked")
    page.get_by_role("link", name="資格").click()
    expect(page.get_by_role("img", name="ゲートで見せるQRコード")).to_be_visible()
    seen(page, "me_qualifications")
    page.get_by_role("link", name="データ").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="働いた日（Excel）").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    seen(page, "me_export")
    page.get_by_role("button", name="ログアウト").click()
    expect(page.get_by_role("heading", name="自分の記録を見る")).to_be_visible()
    context.close()
