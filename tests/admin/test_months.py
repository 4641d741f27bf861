"""月別カレンダー and 月締め確認 as pages."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import unquote

import openpyxl
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import visits
from core.attendance.records import close_days
from core.attendance.sheet import set_terms
from core.attendance.sheet_model import SheetTerms
from core.audit.tables import audit_log
from core.clock import FixedClock
from core.ids import uuid7
from core.registry.model import Contractor
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import TODAY, YESTERDAY, World, at

MONTH = "2026-11"
SignedIn = Callable[[Role, Contractor], TestClient]


@pytest.fixture
def days(world: World, clock: FixedClock) -> World:
    """山田 and 鈴木 of 佐藤工業 worked at 中央ビル; 高橋 of 伊藤電設 forgot to leave."""
    for name, contractor in (("山田太郎", world.sato), ("鈴木一郎", world.sato), ("高橋健", world.ito)):
        world.add(name, contractor)
        world.call(name, at("08:00", YESTERDAY))
    for name in ("山田太郎", "鈴木一郎"):
        world.call(name, at("18:31", YESTERDAY))
    clock.at = at("09:00")
    with world.database.write() as session:  # as the background work does
        close_days(session, clock.at)
        visits.rebuild(session, TODAY)
    return world


@pytest.fixture
def signed_in(app: FastAPI, days: World) -> SignedIn:
    """Sign somebody in who acts for a contractor."""

    def sign_in(role: Role, contractor: Contractor) -> TestClient:
        login = f"{role}-{contractor.contractor_id.hex[-6:]}"
        with days.database.write() as session:
            account = accounts.create_account(session, login, "佐藤事務", PASSWORD)
            accounts.join(session, account.account_id, role, contractor.contractor_id)
        client = new_client(app)
        assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
        return client

    return sign_in


def test_a_worker_has_a_calendar_with_totals_and_what_is_missing(office: TestClient, days: World) -> None:
    page = office.get(f"/calendar/workers/{days.workers['高橋健'].worker_id}", params={"month": MONTH}).text
    assert "高橋健" in page
    assert "2026年11月" in page
    assert "退場の記録がありません" in page
    assert "技能者IDが未登録です" in page
    assert "所属会社が対応" in page
    assert "?month=2026-10" in page
    assert "?month=2026-12" in page
    assert len(page) < 100_000


def test_whose_move_a_missing_exit_is_finds_the_way_to_mend_it(signed_in: SignedIn, days: World) -> None:
    worker, site = days.workers["高橋健"].worker_id, days.central.site_id
    path = f"/calendar/workers/{worker}?month={MONTH}"
    ask = f"/review/request-missed?worker={worker}&amp;site={site}&amp;on={YESTERDAY}&amp;direction=exit"
    settle = f"/review/days/missing_exit/{worker}/{site}/{YESTERDAY}"
    employer, prime = signed_in(Role.SUBCONTRACTOR_OFFICE, days.ito), signed_in(Role.PRIME_OFFICE, days.prime)
    reader = signed_in(Role.READ_ONLY, days.prime)
    found = [(ask in page, settle in page) for page in (one.get(path).text for one in (employer, prime, reader))]
    assert found == [(True, False), (False, True), (False, False)]
    form = {"worker_id": str(worker), "site_id": str(site), "date": str(YESTERDAY), "direction": "exit"}
    assert employer.post("/review/request-missed", data=form | {"time": "17:00"}).status_code == 303
    asked = employer.get(path).text
    assert (ask in asked, "申請済み（元請の承認待ち）" in asked) == (False, True)


def test_columns_that_nobody_has_filled_are_left_out(office: TestClient, days: World) -> None:
    page = office.get(f"/calendar/workers/{days.workers['高橋健'].worker_id}", params={"month": MONTH}).text
    for heading in ("立場", "作業内容", "有害物質"):
        assert f">{heading}</th>" not in page


def test_a_site_has_a_matrix_of_its_workers(office: TestClient, days: World) -> None:
    page = office.get(f"/calendar/sites/{days.central.site_id}", params={"month": MONTH}).text
    for text in ("山田太郎", "鈴木一郎", "高橋健", "佐藤工業", "未確認", "△"):
        assert text in page
    assert len(page) < 100_000


def test_a_contractor_sees_its_own_people_and_nobody_elses(signed_in: SignedIn, days: World) -> None:
    client = signed_in(Role.SUBCONTRACTOR_OFFICE, days.sato)
    page = client.get(f"/calendar/sites/{days.central.site_id}", params={"month": MONTH}).text
    assert "山田太郎" in page
    assert "高橋健" not in page
    unreached = [
        f"/calendar/workers/{days.workers['高橋健'].worker_id}",
        f"/calendar/contractors/{days.ito.contractor_id}",
        f"/sheet/workers/{days.workers['高橋健'].worker_id}",
        f"/sheet?contractor={days.ito.contractor_id}",
        f"/sheet/export?format=csv&contractor={days.ito.contractor_id}",
        f"/calendar/export?format=csv&worker={days.workers['高橋健'].worker_id}",
        f"/sheet/terms/{days.ito.contractor_id}",
        f"/sites/{days.central.site_id}/contractors/{days.ito.contractor_id}",
        f"/workers/{days.workers['高橋健'].worker_id}/qualifications",
    ]
    assert [client.get(path).status_code for path in unreached] == [404] * len(unreached)


def seen_in(page: str) -> str:
    """Return the hash that the page's form says it has shown."""
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


def test_both_parties_tick_a_month_and_a_later_day_is_a_difference(signed_in: SignedIn, days: World) -> None:
    office, sub = signed_in(Role.PRIME_OFFICE, days.prime), signed_in(Role.SUBCONTRACTOR_OFFICE, days.sato)
    address = f"/calendar/sites/{days.central.site_id}?month={MONTH}&contractor={days.sato.contractor_id}"
    path = f"/calendar/sites/{days.central.site_id}/contractors/{days.sato.contractor_id}"
    form = {"month": MONTH, "seen": seen_in(office.get(address).text)}
    assert office.post(f"{path}/check/prime", data=form).status_code == 303
    assert sub.post(f"{path}/check/subcontractor", data=form).status_code == 303
    page = office.get(address).text
    assert page.count("✓ 確認済み") == 2
    assert "元請として確認する" not in page
    days.call("山田太郎", at("10:00"))
    assert "確認したあとに変わっています" in office.get(address).text
    for client in (office, sub):
        overview = client.get("/calendar").text
        assert "もう一度確認する月" in overview
        assert "中央ビル・佐藤工業" in overview
    stale = office.post(f"{path}/check/prime", data=form)
    assert stale.status_code == 409
    assert "内容が変わりました" in stale.text
    form["seen"] = seen_in(office.get(address).text)
    assert office.post(f"{path}/check/prime", data=form).status_code == 303
    assert office.post(f"{path}/uncheck/prime", data=form).status_code == 303
    assert "取り消し" in office.get(address).text
    with days.database.read() as session:
        actions = list(session.scalars(sa.select(audit_log.c.action).where(audit_log.c.action.like("month.%"))))
    assert actions == ["month.checked"] * 3 + ["month.unchecked"]


def test_a_month_that_changed_after_its_check_is_to_review_for_both_parties(signed_in: SignedIn, days: World) -> None:
    office, sub = signed_in(Role.PRIME_OFFICE, days.prime), signed_in(Role.SUBCONTRACTOR_OFFICE, days.sato)
    others = signed_in(Role.SUBCONTRACTOR_OFFICE, days.ito)
    address = f"/calendar/sites/{days.central.site_id}?month={MONTH}&contractor={days.sato.contractor_id}"
    path = f"/calendar/sites/{days.central.site_id}/contractors/{days.sato.contractor_id}"
    form = {"month": MONTH, "seen": seen_in(office.get(address).text)}
    assert office.post(f"{path}/check/prime", data=form).status_code == 303
    assert sub.post(f"{path}/check/subcontractor", data=form).status_code == 303
    counts = [client.get("/review/count").text for client in (office, sub, others)]
    days.call("山田太郎", at("10:00"))
    for client in (office, sub):
        for query in ("", "?kind=month_difference", f"?site={days.central.site_id}", f"?on={TODAY}"):
            page = client.get(f"/review{query}").text
            assert "月締めの食い違い</span>" in page
            assert "山田太郎" in page
            assert "追加（10:00～退場なし）" in page
            assert f'href="{address.replace("&", "&amp;")}#checks"' in page
        for query in (f"?site={days.harbour.site_id}", f"?on={YESTERDAY}", "?kind=missing_exit"):
            assert "月締めの食い違い</span>" not in client.get(f"/review{query}").text
        assert "追加（10:00～退場なし）" in client.get(address).text
    assert "月締めの食い違い</span>" not in others.get("/review").text
    assert counts == ["1", "", "1"]  # a missing exit of the others' own people is there all the time
    assert [client.get("/review/count").text for client in (office, sub, others)] == ["2", "1", "1"]


def test_nobody_ticks_in_anothers_name(signed_in: SignedIn, days: World) -> None:
    sub = signed_in(Role.SUBCONTRACTOR_OFFICE, days.sato)
    form = {"month": MONTH, "seen": "0" * 64}
    of_ito = f"/calendar/sites/{days.central.site_id}/contractors/{days.ito.contractor_id}"
    own = f"/calendar/sites/{days.central.site_id}/contractors/{days.sato.contractor_id}"
    assert sub.post(f"{of_ito}/check/subcontractor", data=form).status_code == 404
    assert sub.post(f"{own}/check/prime", data=form).status_code == 403


def test_a_month_is_taken_out_as_a_file(office: TestClient, days: World) -> None:
    answer = office.get("/calendar/export", params={"format": "csv", "month": MONTH, "site": str(days.central.site_id)})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["就業日", "氏名", "所属", "現場"]
    assert [(row[0], row[1]) for row in rows[1:]] == [
        ("2026-11-15", "山田太郎"),
        ("2026-11-15", "鈴木一郎"),
        ("2026-11-15", "高橋健"),
    ]


def test_the_sheet_shows_what_is_recorded_beside_what_is_corrected(office: TestClient, days: World) -> None:
    worker = days.workers["高橋健"].worker_id
    path = f"/sheet/days/{worker}/{days.central.site_id}/{YESTERDAY}"
    assert "退場の記録なし" in office.get(path).text
    wrong = office.post(path, data={"tenths": "9", "note": "電話で確認"})
    assert wrong.status_code == 422
    assert "人工は0から3.0まで" in wrong.text
    assert "電話で確認" in wrong.text
    form = {"tenths": "１．０", "night": "1", "extra": "1:30", "note": "電話で確認"}
    assert office.post(path, data=form).status_code == 303
    person = office.get(f"/sheet/workers/{worker}", params={"month": MONTH}).text
    for text in ("修正あり", "電話で確認", "1:30", "夜間"):
        assert text in person
    sheet = office.get("/sheet", params={"month": MONTH, "site": str(days.central.site_id)}).text
    assert "1.0夜" in sheet
    assert "佐藤工業 計" in sheet
    assert office.post(f"{path}/withdraw").status_code == 303
    assert "記録どおりに戻しました" in office.get(path).text


def test_a_prime_reads_a_subcontractors_sheet_and_does_not_write_it(signed_in: SignedIn, days: World) -> None:
    prime = signed_in(Role.PRIME_OFFICE, days.prime)
    path = f"/sheet/days/{days.workers['山田太郎'].worker_id}/{days.central.site_id}/{YESTERDAY}"
    page = prime.get(path)
    assert page.status_code == 200
    assert 'name="tenths"' not in page.text
    assert prime.post(path, data={"tenths": "1"}).status_code == 404


def test_the_sheet_is_taken_out_as_excel_and_shift_jis(office: TestClient, days: World) -> None:
    query = {"month": MONTH, "site": str(days.central.site_id)}
    excel = office.get("/sheet/export", params=query | {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(excel.content)).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0][:5] == ["年月", "現場", "会社", "氏名", "1"]
    assert {(row[0], row[1]) for row in rows[1:]} == {("2026-11", "中央ビル")}
    assert [(row[2], row[3], row[34], row[37]) for row in rows[1:]] == [
        ("伊藤電設", "高橋健", 0, timedelta(0)),
        ("伊藤電設 計", None, 0, timedelta(0)),
        ("佐藤工業", "山田太郎", 1, timedelta(minutes=90)),
        ("佐藤工業", "鈴木一郎", 1, timedelta(minutes=90)),
        ("佐藤工業 計", None, 2, timedelta(minutes=180)),
        ("合計", None, 2, timedelta(minutes=180)),
    ]
    details = office.get("/sheet/export", params=query | {"format": "csv-sjis", "rows": "days"}).content.decode("cp932")
    assert "山田太郎,中央ビル,2026-11-15 08:00,2026-11-15 18:31,1.0,1.0,,1:30" in details


def test_extra_hours_and_man_days_are_numbers_that_excel_sums_and_shows_in_full(
    office: TestClient, days: World
) -> None:
    query = {"month": MONTH, "site": str(days.central.site_id), "format": "xlsx"}
    for rows, man_days, extra in (("month", 35, 38), ("days", 8, 10)):
        answer = office.get("/sheet/export", params=query | {"rows": rows})
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        (row,) = [row for row in sheet.iter_rows(min_row=2) if "山田太郎" in [cell.value for cell in row]]
        cells = (row[man_days - 1], row[extra - 1])
        assert [(cell.value, cell.number_format) for cell in cells] == [
            (1, "#,##0.0"),
            (timedelta(minutes=90), "[h]:mm"),
        ]
        assert all(cell.data_type != "s" for cell in cells)


def test_a_sheets_file_is_named_after_its_site_and_contractor(office: TestClient, days: World) -> None:
    query = {"month": MONTH, "site": str(days.central.site_id), "contractor": str(days.sato.contractor_id)}
    header = office.get("/sheet/export", params=query | {"format": "csv"}).headers["content-disposition"]
    assert unquote(header).endswith("''出面表_中央ビル_佐藤工業_202611_20261116.csv")
    assert 'filename="sheet_20261116.csv"' in header


def test_a_contractor_enters_how_it_counts(office: TestClient, days: World) -> None:
    path = f"/sheet/terms/{days.sato.contractor_id}"
    assert "初期値" in office.get(path).text
    form = {
        "valid_from": "2026-11-01",
        "site_id": "",
        "full_day_min": "11:00",
        "half_day_min": "2:00",
        "regular_min": "9:00",
        "night_from_min": "22:00",
        "night_until_min": "5:00",
        "night_at_least_min": "3:00",
        "extra_step_min": "30",
    }
    wrong = office.post(path, data=form | {"half_day_min": "12:00"})
    assert wrong.status_code == 422
    assert "半日は1日より短い時間" in wrong.text
    assert office.post(path, data=form).status_code == 303
    person = office.get(f"/sheet/workers/{days.workers['山田太郎'].worker_id}", params={"month": MONTH}).text
    assert "<strong>0.5</strong>" in person


def test_how_a_contractor_counts_is_its_own_and_its_primes_matter(
    office: TestClient, signed_in: SignedIn, days: World
) -> None:
    with days.database.write() as session:
        factories.participation(session, days.central, days.sato)
        visits.rebuild(session, TODAY)
        terms = SheetTerms(uuid7(), days.sato.contractor_id, TODAY, full_day_min=7 * 60)
        set_terms(session, terms)
    prime, sub = signed_in(Role.PRIME_OFFICE, days.prime), signed_in(Role.SUBCONTRACTOR_OFFICE, days.sato)
    of_prime, of_sato = (f"/sheet/terms/{one.contractor_id}" for one in (days.prime, days.sato))
    assert sub.get(f"/contractors/{days.prime.contractor_id}").status_code == 200  # known, and yet not its terms
    assert [client.get(of_prime).status_code for client in (office, prime, sub)] == [200, 200, 404]
    assert [client.get(of_sato).status_code for client in (office, prime, sub)] == [200, 200, 200]
    assert ">7:00</td>" in prime.get(of_sato).text


def test_gaps_between_task_and_qualifications_are_said_in_words(office: TestClient, days: World) -> None:
    worker = days.workers["山田太郎"].worker_id
    site = f"/sites/{days.central.site_id}"
    of_sato = f"{site}/contractors/{days.sato.contractor_id}"
    task = {"name": "鉄骨建方", "needs": "玉掛け技能講習\n足場の組立て等", "hazardous_substances": "石綿"}
    assert office.post(f"{site}/tasks", data=task).status_code == 303
    assert office.post(f"{site}/tasks", data=task).status_code == 422
    page = office.get(of_sato).text
    task_id = page.split('<option value="')[2].split('"')[0]
    assert office.post(f"{of_sato}/task", data={"worker_id": str(worker), "site_task_id": task_id}).status_code == 303
    held = {"kind": "skills_training", "name": "玉掛け 技能講習", "obtained_on": "2020-04-01"}
    qualifications = f"/workers/{worker}/qualifications"
    assert office.post(qualifications, data=held).status_code == 303
    assert office.post(qualifications, data=held | {"expires_on": "2019-01-01"}).status_code == 422
    page = office.get(of_sato).text
    assert "不足：足場の組立て等" in page
    assert "不足：玉掛け技能講習" not in page
    calendar = office.get(f"/calendar/workers/{worker}", params={"month": "2026-11"}).text
    assert "作業内容" not in calendar  # the task begins today, the day was yesterday
    pdf = office.get(f"{of_sato}/pdf")
    assert pdf.content.startswith(b"%PDF")
    table = office.get(f"{of_sato}/export", params={"format": "csv"}).content.decode("utf-8-sig")
    assert "足場の組立て等（なし）" in table


def test_a_strangers_month_is_not_a_date(office: TestClient, days: World) -> None:
    page = office.get(f"/calendar/sites/{days.central.site_id}", params={"month": "2026-99"}).text
    assert f"{date(2026, 11, 1):%Y}年11月" in page
