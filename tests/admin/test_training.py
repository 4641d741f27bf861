"""「研修」 as a browser meets it: the operator makes a date, companies sign people up, and see their own alone."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts.model import Role
from core.clock import FixedClock
from tests.admin.test_imports import join_as
from tests.admin.world import World

FORM = {"day": "2026-12-01", "starts": "13:30", "ends": "15:30", "place": "本社 3階", "capacity": "2"}


def new_date(office: TestClient, **form: str) -> str:
    answer = office.post("/training/new", data=FORM | form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


@pytest.fixture
def company(app: FastAPI, world: World, office: TestClient) -> TestClient:
    assert office
    return join_as(world.database, app, Role.SUBCONTRACTOR_OFFICE, world.ito)


def test_a_date_is_made_and_seen_by_everybody(office: TestClient, company: TestClient) -> None:
    new_date(office, remarks="筆記用具")
    assert "12月1日（火） 13:30～15:30" in company.get("/training").text
    assert "残り2席" in company.get("/training").text
    assert company.get("/training/new").status_code == 403


def test_people_are_signed_up_and_told_their_login(office: TestClient, company: TestClient) -> None:
    path = new_date(office)
    answer = company.post(f"{path}/sign-up", data={"people": "高橋 健\n渡辺 誠\n中村 学"})
    assert answer.headers["location"].endswith("done=signed_up_waiting")
    page = company.get(path).text
    assert re.findall("<code>(.*?)</code>", page) == ["kenshu01", "kenshu02"]
    assert "キャンセル待ち" in page
    assert "伊藤電設" in page


def test_a_seat_is_given_up_and_the_next_one_moves_up(office: TestClient, company: TestClient) -> None:
    path = new_date(office, capacity="1")
    company.post(f"{path}/sign-up", data={"people": "高橋 健\n渡辺 誠"})
    seat = re.search(r"/training/seats/[^/]+/give-up", company.get(path).text)
    assert seat is not None
    assert company.post(seat[0]).status_code == 303
    page = company.get(path).text
    assert "高橋" not in page
    assert "kenshu01" in page


def test_another_company_sees_neither_names_nor_seats(
    office: TestClient, company: TestClient, app: FastAPI, world: World
) -> None:
    path = new_date(office)
    company.post(f"{path}/sign-up", data={"people": "高橋 健"})
    seat = re.search(r"/training/seats/[^/]+/give-up", company.get(path).text)
    other = join_as(world.database, app, Role.READ_ONLY, world.sato, "other")
    assert "高橋" not in other.get(path).text
    assert "残り1席" in other.get(path).text
    assert seat is not None
    assert other.post(seat[0]).status_code == 404
    assert other.get(f"{path}/roster").status_code == 403


def test_a_site_manager_sees_the_seats_of_his_company(office: TestClient, app: FastAPI, world: World) -> None:
    path = new_date(office)
    company = join_as(world.database, app, Role.PRIME_OFFICE, world.prime)
    company.post(f"{path}/sign-up", data={"people": "所長 一郎"})
    assert "所長 一郎" in company.get(path).text


def test_the_operator_signs_up_others_and_takes_the_list_out(office: TestClient) -> None:
    path = new_date(office)
    missing = office.post(f"{path}/sign-up", data={"people": "来賓 一郎", "company": ""})
    assert (missing.status_code, "会社名を書いてください" in missing.text) == (422, True)
    office.post(f"{path}/sign-up", data={"people": "来賓 一郎", "company": "見学の会社"})
    assert "見学の会社" in office.get(f"{path}/roster").text
    exported = office.get(f"{path}/roster/export?format=csv").content.decode("utf-8-sig")
    assert "kenshu01" in exported
    assert "来賓 一郎" in exported


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"day": ""}, "日を書いてください"),
        ({"ends": "12:00"}, "開始より後"),
        ({"capacity": "99"}, "1人から60人まで"),
        ({"place": ""}, "どちらかを書いてください"),
        ({"online_url": "ftp://x"}, "https:// で始まる"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_the_rest_is_kept(
    office: TestClient, form: dict[str, str], says: str
) -> None:
    answer = office.post("/training/new", data=FORM | {"remarks": "筆記用具"} | form)
    assert answer.status_code == 422
    assert says in answer.text
    assert "筆記用具" in answer.text


def test_a_date_with_people_is_changed_but_not_below_them(office: TestClient) -> None:
    path = new_date(office)
    office.post(f"{path}/sign-up", data={"people": "山田\n鈴木", "company": "見学の会社"})
    assert "すでに申し込んでいる人より少ない" in office.post(f"{path}/edit", data=FORM | {"capacity": "1"}).text
    assert office.post(f"{path}/edit", data=FORM | {"place": "支店"}).status_code == 303
    page = office.get(path).text
    assert "支店" in page
    assert "2人" in page


def test_what_was_called_off_or_is_over_takes_nobody(
    office: TestClient, company: TestClient, clock: FixedClock
) -> None:
    path, later = new_date(office), new_date(office, day="2026-11-16", starts="09:00", ends="10:00")
    office.post(f"{path}/call-off")
    assert "中止になりました" in company.get(path).text
    assert company.post(f"{path}/sign-up", data={"people": "高橋"}).status_code == 409
    clock.at += timedelta(hours=4)
    assert "受け付けは終わりました" in company.get(later).text


@pytest.mark.parametrize(
    ("people", "says"), [("", "氏名を書いてください"), ("\n".join("あ" * 11), "10人まで"), ("あ" * 61, "長すぎます")]
)
def test_names_that_cannot_be_taken_are_told(office: TestClient, company: TestClient, people: str, says: str) -> None:
    answer = company.post(f"{new_date(office)}/sign-up", data={"people": people})
    assert answer.status_code == 422
    assert says in answer.text
