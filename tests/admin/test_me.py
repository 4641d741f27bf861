"""The worker's own page: signing in without telling anything, his days, what he asks for, the gate, his data."""

import io
import re
from collections.abc import Collection
from datetime import date, timedelta

import openpyxl
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from admin.me.words import WORDS
from admin.security import OWN_PATHS
from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import missed
from core.attendance.counting import Mover, Step
from core.audit import service as audit
from core.audit import store as audit_store
from core.clock import FixedClock
from core.db import open_database
from core.ids import uuid7
from core.phone import PhoneSealer
from core.registry import own_store, qualifying
from core.registry.model import Language
from core.registry.qualification_model import Qualification, QualificationKind
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.conftest import sign_in as sign_in_office
from tests.admin.world import YESTERDAY, World, at

YAMADA, OPEN = "山田太郎", ("/me/sign-in", "/me/code", "/me/birth-date", "/me/link/{token}")


@pytest.fixture
def morning(world: World, clock: FixedClock) -> World:
    """09:00: 山田太郎 came yesterday without leaving, and today at 07:52."""
    clock.at = at("09:00")
    world.add(YAMADA, world.sato)
    world.add("鈴木一郎", world.ito)
    world.call(YAMADA, at("07:40", YESTERDAY))
    world.call(YAMADA, at("07:52"))
    world.call("鈴木一郎", at("08:05"), world.harbour)
    with world.database.write() as session:
        factories.assignment(session, world.central, world.workers[YAMADA])
    return world


def ask_code(world: World, client: TestClient, number: str) -> str:
    """Type a number and return the code that went out for it."""
    assert client.post("/me/sign-in", data={"number": number}).headers["location"] == "/me/code"
    with world.database.read() as session:
        attempt = own_store.newest_attempt(session, world.sealer.seal(number).blind_index)
    assert attempt is not None
    return world.sealer.decrypt(attempt.code_cipher)


def sign_in(world: World, client: TestClient, name: str = YAMADA) -> TestClient:
    code = ask_code(world, client, world.numbers[name])
    assert client.post("/me/code", data={"code": code}).headers["location"] == "/me"
    return client


@pytest.fixture
def yamada(morning: World, client: TestClient) -> TestClient:
    """The browser 山田太郎 is signed in with."""
    return sign_in(morning, client)


def qualify(world: World, name: str, *, expires_on: date | None = None) -> None:
    worker_id = world.workers[name].worker_id
    with world.database.write() as session:
        kind = QualificationKind.SKILLS_TRAINING
        qualifying.add_qualification(session, Qualification(uuid7(), worker_id, kind, "玉掛け", expires_on=expires_on))


def pass_of(app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the path that the QR on a worker's page leads to."""
    found: list[str] = []
    monkeypatch.setattr("admin.me.gate.qr_picture", lambda address: found.append(address) or "")
    assert client.get("/me/qualifications").status_code == 200
    return found[0].removeprefix(app.state.settings.public_url)


def test_no_page_of_a_worker_opens_without_his_session(app: FastAPI, morning: World, client: TestClient) -> None:
    sign_in_office(client)  # the office's does not count
    own = {
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        if route.path and (route.path == "/me" or route.path.startswith("/me/"))
        for method in route.methods or ()
    }
    assert {path for _, path in own} == OWN_PATHS
    closed = [(method, path) for method, path in own if path not in OPEN]
    answers = {client.request(method, path).headers.get("location", "")[:11] for method, path in closed}
    assert answers == {"/me/sign-in"}


def test_a_worker_opens_no_page_of_the_office(yamada: TestClient) -> None:
    assert yamada.get("/workers").headers["location"].startswith("/sign-in")


def test_an_unknown_number_is_answered_as_a_known_one(morning: World, client: TestClient, app: FastAPI) -> None:
    other = new_client(app)
    for number, browser in ((morning.numbers[YAMADA], client), ("090-9999-0001", other)):
        answer = browser.post("/me/sign-in", data={"number": number})
        assert (answer.status_code, answer.headers["location"]) == (303, "/me/code")
    assert client.get("/me/code").text == other.get("/me/code").text
    wrong = [browser.post("/me/code", data={"code": "x"}) for browser in (client, other)]
    assert wrong[0].status_code == 422
    assert wrong[0].text == wrong[1].text


def test_a_wrong_number_and_too_many_codes_are_said(morning: World, client: TestClient) -> None:
    assert "電話番号を確かめて" in client.post("/me/sign-in", data={"number": "12"}).text
    for _ in range(5):
        ask_code(morning, client, morning.numbers[YAMADA])
    held_back = client.post("/me/sign-in", data={"number": morning.numbers[YAMADA]})
    assert held_back.status_code == 429
    assert "1時間たってから" in held_back.text


def test_without_a_way_to_send_messages_the_page_says_so(morning: World, client: TestClient, app: FastAPI) -> None:
    assert "いまはSMSを送れません" not in client.get("/me/sign-in").text
    with morning.database.write() as session:
        for line in own_lines(morning):
            factories.places.retire_line(session, line, at("09:00"))
    assert "いまはSMSを送れません" in client.get("/me/sign-in").text


def own_lines(world: World) -> list[object]:
    with world.database.read() as session:
        found = [factories.places.store.find_line_by_number(session, e164) for e164 in world.lines.values()]
    return [line.line_id for line in found if line]


def test_a_shared_phone_asks_for_the_birth_date(morning: World, client: TestClient) -> None:
    number = "+819012349999"
    with morning.database.write() as session:
        for name, born in (("佐藤一", date(1980, 5, 17)), ("佐藤二", date(2004, 4, 1))):
            factories.worker(session, morning.sealer, name, phone=number, birth_date=born)
    code = ask_code(morning, client, number)
    assert client.post("/me/code", data={"code": code}).headers["location"] == "/me/code"
    asked = client.get("/me/code").text
    assert "生まれた日" in asked
    assert "佐藤" not in asked
    assert client.post("/me/birth-date", data={"born": "1999-01-01"}).status_code == 422
    assert client.post("/me/birth-date", data={"born": "昭和55年5月17日"}).headers["location"] == "/me"
    assert "佐藤一" in client.get("/me").text


def test_the_page_shows_today_the_month_and_whose_move_it_is(yamada: TestClient) -> None:
    page = yamada.get("/me").text
    for text in (
        "07:52 入場　記録しました",
        "2026年11月",
        "中央ビル",
        "11月15日（日）",
        "技能者ID（CCUSの番号）がありません",
    ):
        assert text in page
    assert "会社の人に言ってください" in page
    assert "鈴木" not in page
    assert "港南マンション" not in page
    assert yamada.get("/me?month=2026-10").text.count("この月の記録はありません") == 1
    assert "2026年11月" in yamada.get("/me?month=2031-01").text


def test_what_is_missing_is_asked_for_with_the_form_filled_in(
    morning: World, yamada: TestClient, clock: FixedClock
) -> None:
    site = morning.central.site_id
    link = f"/me/missed/new?site={site}&amp;on=2026-11-15&amp;direction=exit"
    assert link in yamada.get("/me").text
    form = yamada.get(link.replace("&amp;", "&")).text
    assert 'value="2026-11-15"' in form
    asked = {"site_id": str(site), "date": "2026-11-15", "direction": "exit", "time": "17:05", "correction": "other"}
    assert yamada.post("/me/missed/new", data=asked).headers["location"] == "/me/missed?done=asked"
    again = yamada.post("/me/missed/new", data=asked)
    assert (again.status_code, "同じ日時をもう申請しています。" in again.text) == (422, True)
    with morning.database.read() as session:
        [line] = missed.list_requests(session)
        assert audit.verify(session) is None
    assert (line.worker, line.requested_by, line.occurred_at) == (YAMADA, YAMADA, at("17:05", YESTERDAY))
    assert "返事を待っています（12/31まで）" in yamada.get("/me/missed").text
    clock.at += timedelta(days=60)
    assert "期限（12/31）を過ぎました" in sign_in(morning, yamada).get("/me/missed").text


def test_nothing_is_asked_for_ahead_of_time_or_for_a_strange_site(morning: World, yamada: TestClient) -> None:
    asked = {"site_id": str(morning.central.site_id), "date": "2026-11-16", "direction": "exit", "time": "17:05"}
    ahead = yamada.post("/me/missed/new", data=asked | {"note": "早退"})
    assert ahead.status_code == 422
    assert "まだ来ていない時間です" in ahead.text
    assert "早退" in ahead.text
    strange = {"site_id": str(morning.harbour.site_id)}
    assert yamada.post("/me/missed/new", data=asked | strange).status_code == 404
    for name, told in (("site_id", "現場を選んで"), ("direction", "入場か退場を選んで"), ("date", "日を入れて")):
        answer = yamada.post("/me/missed/new", data=asked | {name: ""})
        assert (answer.status_code, told in answer.text) == (422, True)


def test_the_gate_reads_who_he_is_and_what_he_may_do(
    morning: World, yamada: TestClient, app: FastAPI, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    qualify(morning, YAMADA, expires_on=date(2026, 11, 1))
    path = pass_of(app, yamada, monkeypatch)
    assert "期限切れ" in yamada.get("/me/qualifications").text
    gate = new_client(app)
    assert gate.get(path).headers["location"].startswith("/sign-in?next=")
    sign_in_office(gate)
    read = gate.get(path).text
    for text in (YAMADA, "佐藤工業", "玉掛け", "期限切れ", "原本を確認", "61条3項"):
        assert text in read
    clock.at += timedelta(minutes=10)
    over = gate.get(path)
    assert over.status_code == 410
    assert YAMADA not in over.text
    assert gate.get(path[:-2]).status_code == 404


def test_the_gate_reads_nobody_beyond_its_readers_reach(
    morning: World, yamada: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    with morning.database.write() as session:
        account = accounts.create_account(session, "ito", "伊藤", PASSWORD)
        accounts.join(session, account.account_id, Role.SUBCONTRACTOR_OFFICE, morning.ito.contractor_id)
    stranger = new_client(app)
    stranger.post("/sign-in", data={"login": "ito", "password": PASSWORD})
    assert stranger.get(pass_of(app, yamada, monkeypatch)).status_code == 404


def test_he_takes_his_own_data_and_nobody_elses(morning: World, yamada: TestClient) -> None:
    qualify(morning, YAMADA)
    everything = yamada.get("/me/export/all.json")
    facts = everything.json()
    assert facts["worker"]["name"] == YAMADA
    assert [day["work_date"] for day in facts["days"]] == ["2026-11-16", "2026-11-15"]
    assert facts["qualifications"][0]["name"] == "玉掛け"
    assert morning.numbers[YAMADA] not in everything.text
    assert "鈴木" not in everything.text
    lines = yamada.get("/me/export/days.csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "中央ビル" in lines[1]
    sheet = openpyxl.load_workbook(io.BytesIO(yamada.get("/me/export/days.xlsx").content)).active
    assert sheet is not None
    assert sheet.max_row == 3
    assert actions(morning)[-3:] == ["worker.own_exported"] * 3


def actions(world: World) -> list[str]:
    with world.database.read() as session, audit_store.streaming(session) as entries:
        return [entry.action for entry in entries]


def test_the_office_hands_over_a_link_that_works_once(
    morning: World, app: FastAPI, office: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr("admin.me.links.qr_picture", lambda address: found.append(address) or "")
    worker_id = morning.workers[YAMADA].worker_id
    assert YAMADA in office.post(f"/workers/{worker_id}/own-page-link").text
    path, phone = found[0].removeprefix(app.state.settings.public_url), new_client(app)
    assert "はじめる" in phone.get(path).text  # looking at it uses nothing up
    assert phone.post(path).headers["location"] == "/me"
    assert YAMADA in phone.get("/me").text
    again = new_client(app)
    assert [again.get(path).status_code, again.post(path).status_code] == [410, 410]
    assert actions(morning)[-2:] == ["worker.link_made", "worker.signed_in"]


def test_whoever_owns_the_record_finds_the_button_for_the_link_on_his_page(morning: World, app: FastAPI) -> None:
    worker_id, button = morning.workers[YAMADA].worker_id, "own-page-link"
    with morning.database.write() as session:
        for login, role, contractor in (
            ("owner", Role.SUBCONTRACTOR_OFFICE, morning.sato),
            ("prime", Role.PRIME_OFFICE, morning.prime),
            ("reader", Role.READ_ONLY, morning.sato),
        ):
            account = accounts.create_account(session, login, login, PASSWORD)
            accounts.join(session, account.account_id, role, contractor.contractor_id)
    shown = {}
    for login in ("owner", "prime", "reader"):
        browser = new_client(app)
        assert browser.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
        page = browser.get(f"/workers/{worker_id}")
        made = browser.post(f"/workers/{worker_id}/own-page-link").status_code
        shown[login] = (page.status_code, button in page.text, made)
    assert shown == {"owner": (200, True, 200), "prime": (200, False, 404), "reader": (200, False, 403)}


def test_signing_out_ends_it(morning: World, yamada: TestClient) -> None:
    cookies = dict(yamada.cookies)
    assert yamada.post("/me/sign-out").headers["location"] == "/me/sign-in"
    yamada.cookies.update(cookies)
    assert yamada.get("/me").headers["location"] == "/me/sign-in"


@pytest.mark.parametrize(
    ("language", "title"), [(Language.ENGLISH, "Day by day"), (Language.VIETNAMESE, "日ごとの記録")]
)
def test_the_page_speaks_english_or_easy_japanese(
    morning: World, client: TestClient, language: Language, title: str
) -> None:
    with morning.database.write() as session:
        added = factories.worker(session, morning.sealer, "Nguyen", phone="+819012347777", language=language)
    morning.numbers[added.name] = "+819012347777"
    assert title in sign_in(morning, client, "Nguyen").get("/me").text


def test_every_step_and_every_mover_has_easy_words() -> None:
    assert missing_words("me.step", Step) == set()
    assert missing_words("me.mover", Mover) == set()


def missing_words(prefix: str, values: Collection[str]) -> set[str]:
    return {value for value in values if f"{prefix}.{value}" not in WORDS}


def test_every_page_works_under_the_databases_own_protection(
    sealer: PhoneSealer, postgresql_url: str, clock: FixedClock, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, where a worker's session is shown his own rows only."""
    from admin.app import create_app  # noqa: PLC0415
    from tests.conftest import make_settings  # noqa: PLC0415

    database = open_database(postgresql_url)
    app = create_app(make_settings(postgresql_url, sealer, tmp_path), database, clock)  # type: ignore[arg-type]
    world, client = World(database, sealer), new_client(app)
    clock.at = at("09:00")
    world.add(YAMADA, world.sato)
    world.call(YAMADA, at("07:52"))
    with database.write() as session:
        factories.assignment(session, world.central, world.workers[YAMADA])
    qualify(world, YAMADA)
    sign_in(world, client)
    pages = {path: client.get(path) for path in OWN_PATHS if re.fullmatch(r"/me(/(missed|qual|export)[^{]*)?", path)}
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert "07:52 入場" in pages["/me"].text
    assert "中央ビル" in pages["/me/missed/new"].text
    assert "玉掛け" in pages["/me/qualifications"].text
    assert len(pages["/me/export/all.json"].json()["days"]) == 1
    database.close()
