"""The month calendar, the attendance sheet and the technicians in a real browser, on the screen and on paper."""

from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from core.attendance.calendar_model import Party
from core.attendance.month_checks import check_month, month_seen
from core.attendance.records import close_days
from core.clock import FixedClock
from core.ids import uuid7
from core.registry import qualifying, service
from core.registry.model import Occupation, Position
from core.registry.qualification_model import Qualification, QualificationKind, SiteTask
from tests import factories
from tests.admin.test_browser import SCREENSHOTS, page, port, serving, shoot, sign_in  # noqa: F401 - fixtures
from tests.admin.world import TODAY, World, at

pytestmark = pytest.mark.xdist_group("browser")

FIRST = date(2026, 11, 2)


@pytest.fixture
def month(world: World, clock: FixedClock) -> World:
    """Two weeks of five people at 中央ビル, with a forgotten exit, a second site on one day, and a task with a gap."""
    people = (
        ("山田太郎", world.sato),
        ("鈴木一郎", world.sato),
        ("高橋健", world.ito),
        ("グエン・ヴァン・ミン", world.ito),
    )
    for name, contractor in people:
        world.add(name, contractor)
    for n in range(14):
        on = FIRST + timedelta(days=n)
        if on.weekday() == 6:
            continue
        for name, _ in people[: 2 if on.weekday() == 5 else 4]:
            world.call(name, at("07:52", on))
            if (name, on.day) != ("高橋健", 10):
                world.call(name, at("12:00" if on.weekday() == 5 else "17:10", on))
    world.call("山田太郎", at("17:30", date(2026, 11, 5)), world.harbour)
    world.call("山田太郎", at("19:40", date(2026, 11, 5)), world.harbour)
    clock.at = at("10:00")
    with world.database.write() as session:
        close_days(session, clock.at)
        service.add_occupations(session, [Occupation("0601", "鉄筋工")])
        for name in ("山田太郎", "鈴木一郎"):
            worker = world.workers[name]
            service.set_occupations(session, worker.worker_id, ["0601"])
            factories.assignment(session, world.central, worker, position=Position.FOREMAN)
        task = SiteTask(uuid7(), world.central.site_id, "鉄筋組立", "", ("玉掛け技能講習", "足場の組立て等作業主任者"))
        qualifying.write_task(session, task)
        yamada = world.workers["山田太郎"].worker_id
        qualifying.give_task(session, world.central.site_id, yamada, task.site_task_id, TODAY)
        held = Qualification(uuid7(), yamada, QualificationKind.SKILLS_TRAINING, "玉掛け技能講習", "第1234号")
        qualifying.add_qualification(session, held)
    return world


def test_months_sheet_and_technicians_look_right(app: FastAPI, page: Page, port: int, month: World) -> None:  # noqa: F811
    yamada, site, sato = month.workers["山田太郎"].worker_id, month.central.site_id, month.sato.contractor_id
    with serving(app, port):
        sign_in(page)
        expect(page.get_by_role("heading", name="現場の今")).to_be_visible()
        page.goto(f"/calendar/workers/{yamada}")
        expect(page.get_by_role("heading", name="山田太郎")).to_be_visible()
        shoot(page, "calendar_worker")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**?month=2026-10")
        page.keyboard.press("ArrowRight")
        page.wait_for_url("**?month=2026-11")
        page.goto(f"/calendar/sites/{site}")
        page.get_by_role("link", name="佐藤工業").click()
        page.get_by_role("button", name="元請として確認する").click()
        expect(page.get_by_text("✓ 確認済み")).to_have_count(1)
        shoot(page, "calendar_checks")
        print_page(page, "calendar_site_print")
        page.goto(f"/sheet?site={site}")
        shoot(page, "sheet")
        print_page(page, "sheet_print")
        page.goto(f"/sheet/workers/{month.workers['高橋健'].worker_id}")
        shoot(page, "sheet_person")
        page.get_by_role("link", name="11月10日").click()
        page.get_by_label("人工", exact=True).fill("1.0")
        page.get_by_role("button", name="保存する").click()
        expect(page.get_by_text("修正あり")).to_be_visible()
        page.goto(f"/sites/{site}/contractors/{sato}")
        expect(page.get_by_text("不足：足場の組立て等作業主任者")).to_be_visible()
        shoot(page, "technicians")


def test_a_month_that_changed_after_its_check_leads_from_the_list_to_its_panel(
    app: FastAPI,
    page: Page,  # noqa: F811
    port: int,  # noqa: F811
    month: World,
) -> None:
    place = (month.central.site_id, month.sato.contractor_id)
    with month.database.write() as session:
        for party in Party:
            seen = month_seen(session, *place, FIRST.replace(day=1)).rows_hash
            check_month(session, place, FIRST.replace(day=1), party, seen, (uuid7(), "木村花子"), at("09:00"))
    month.call("山田太郎", at("09:30"))
    month.call("鈴木一郎", at("09:31"))
    with serving(app, port):
        sign_in(page)
        page.goto("/review?kind=month_difference")
        expect(page.get_by_text("月締めの食い違い", exact=True).last).to_be_visible()
        shoot(page, "review_month")
        page.get_by_role("link", name="月締めを確認し直す").click()
        expect(page.get_by_role("heading", name="確認のあとに変わった日")).to_be_visible()
        shoot(page, "calendar_checks_changed")
        page.get_by_role("button", name="もう一度確認する").first.click()
        page.get_by_role("button", name="もう一度確認する").click()
        page.goto("/review?kind=month_difference")
        expect(page.get_by_text("条件に合うものはありません。")).to_be_visible()


def print_page(page: Page, name: str) -> None:  # noqa: F811
    """Write what paper shows: no navigation, nothing cut off."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1510, "height": 1050})  # A3 landscape
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1360, "height": 860})
