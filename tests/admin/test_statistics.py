"""The page 利用状況: numbers with charts that say the same, for those who may see the use."""

import io
import re

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from starlette.testclient import TestClient

from admin.statistics.charts import Bar, lying, standing
from core.accounts.model import Role
from core.attendance.channel_counting import count_channels
from core.clock import FixedClock
from tests.admin.test_now import rows_of, text_of, visitor
from tests.admin.world import TODAY, World, a_morning, at


@pytest.fixture
def morning(world: World, clock: FixedClock) -> World:
    a_morning(world)
    clock.at = at("10:08")
    with world.database.write() as session:
        count_channels(session, TODAY.replace(day=1))
    return world


def test_bars_are_as_high_as_their_values() -> None:
    chart = standing([("4月", 0), ("5月", 50), ("6月", 100)])
    assert chart.bars == (
        Bar("4月", 0, 10, 208, 36, 0),
        Bar("5月", 50, 66, 118, 36, 90),
        Bar("6月", 100, 122, 28, 36, 180),
    )
    assert [bar.width for bar in lying([("電話", 1000), ("カード", 1), ("顔認証", 0)]).bars] == [420, 2, 0]
    assert standing([]).bars == lying([]).bars == ()


def test_the_use_of_the_year_is_told_in_numbers_and_charts(office: TestClient, morning: World) -> None:
    page = office.get("/statistics").text
    assert "利用状況 2026年度" in text_of(page)
    assert "就業履歴（2026年度） 5 件 累計 5件 稼働した現場 2 現場" in text_of(page)
    by_month = rows_of(page, "月別の就業履歴")
    assert (len(by_month), by_month[8], by_month[9]) == (14, "2026年11月 5 2 5", "2026年12月 － － －")
    assert rows_of(page, "方法別の就業履歴")[1:] == ["電話 5 100.0%"]
    assert rows_of(page, "年度別の就業履歴")[1:] == ["2026年度 5 5"]
    assert rows_of(page, "現場別の就業履歴")[1:] == ["中央ビル 4 4", "港南マンション 1 1"]
    assert page.count('<svg class="chart" role="img"') == page.count("<desc") == 3
    assert re.findall(r"<(?:rect|text|svg)[^>]* style=", page) == []


def test_a_year_without_records_says_so(office: TestClient, morning: World) -> None:
    page = text_of(office.get("/statistics?year=2025").text)
    assert "この年度の就業履歴はまだありません。" in page
    assert "方法別の集計はまだありません。" in page
    assert office.get("/statistics?year=17").status_code == 422


def test_a_prime_sees_its_own_use_and_a_subcontractor_none(app: FastAPI, morning: World) -> None:
    prime = visitor(app, morning, Role.PRIME_OFFICE, contractor_id=morning.prime.contractor_id)
    assert "就業履歴（2026年度） 5 件" in text_of(prime.get("/statistics").text)
    accountant = visitor(app, morning, Role.ACCOUNTANT, contractor_id=morning.ito.contractor_id)
    page = accountant.get("/statistics").text
    assert ("就業履歴（2026年度） 0 件" in text_of(page), "中央ビル" in page) == (True, False)
    crew = visitor(app, morning, Role.SUBCONTRACTOR_OFFICE, contractor_id=morning.sato.contractor_id)
    assert [crew.get(path).status_code for path in ("/statistics", "/statistics/export?format=csv")] == [403, 403]


def test_the_use_is_taken_out_as_a_list_of_all_that_the_page_shows(office: TestClient, morning: World) -> None:
    answer = office.get("/statistics/export?format=xlsx&year=2026")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("区分", "項目", "期間", "数", "稼働した現場", "累計")
    assert rows[1:7] == [
        ("登録数", "技能者", "2026年11月16日現在", 6, None, None),
        ("登録数", "技能者のうち一人親方", "2026年11月16日現在", 0, None, None),
        ("登録数", "事業者（一人親方を除く）", "2026年11月16日現在", 3, None, None),
        ("登録数", "事業者のうち法人", "2026年11月16日現在", 3, None, None),
        ("登録数", "事業者のうち個人事業主", "2026年11月16日現在", 0, None, None),
        ("登録数", "一人親方", "2026年11月16日現在", 0, None, None),
    ]
    for row in (
        ("月別の就業履歴", "就業履歴", "2026年11月", 5, 2, 5),
        ("月別の就業履歴", "年度計", "2026年度", 5, 2, 5),
        ("方法別の就業履歴", "電話", "2026年度", 5, None, None),
        ("年度別の就業履歴", "就業履歴", "2026年度", 5, None, 5),
        ("現場別の就業履歴", "中央ビル", "2026年度", 4, None, 4),
    ):
        assert row in rows
    assert [row[1] for row in rows if row[0] == "登録数（月末）"][:3] == [
        "技能者",
        "事業者（一人親方を除く）",
        "一人親方",
    ]
    assert not [row for row in rows if row[2] == "2026年12月"]  # lies ahead
