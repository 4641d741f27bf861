"""The registry's pages: lists that find, forms that say what is wrong, and records that belong to somebody."""

import html
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import records
from core.attendance.model import Verdict
from core.db import Database
from core.ids import WorkerId
from core.registry import store
from core.registry.model import Contractor, LegalForm, LineMode, Site, SkilledWorker
from core.registry.place_list import ContractorFilters, list_contractors
from core.registry.worker_list import WorkerFilters, list_workers
from core.scope import EVERYTHING
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import TODAY, World, at


@pytest.fixture
def site_with_people(world: World) -> World:
    """佐藤工業's 山田 and 鈴木 take part in 中央ビル below 大和建設; 伊藤電設's 高橋 does not."""
    for name, contractor in (("山田太郎", world.sato), ("鈴木一郎", world.sato), ("高橋健", world.ito)):
        world.add(name, contractor)
    with world.database.write() as session:
        factories.participation(session, world.central, world.sato, upper=world.prime)
        factories.assignment(session, world.central, world.workers["山田太郎"])
    return world


def signed_in_as(app: FastAPI, database: Database, role: Role, contractor: Contractor) -> TestClient:
    login = f"{role}-{contractor.contractor_id.hex[-6:]}"
    with database.write() as session:
        account = accounts.create_account(session, login, "事務 次郎", PASSWORD)
        accounts.join(session, account.account_id, role, contractor.contractor_id)
    client = new_client(app)
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def prime(app: FastAPI, site_with_people: World) -> TestClient:
    return signed_in_as(app, site_with_people.database, Role.PRIME_OFFICE, site_with_people.prime)


@pytest.fixture
def sub(app: FastAPI, site_with_people: World) -> TestClient:
    return signed_in_as(app, site_with_people.database, Role.SUBCONTRACTOR_OFFICE, site_with_people.sato)


def names_in(page: str) -> list[str]:
    """Return what the rows of a list are headed by."""
    return [html.unescape(name) for name in re.findall(r'<th scope="row"[^>]*><a href="[^"]+">([^<]+)</a>', page)]


def values_of(page: str) -> dict[str, str]:
    """Return what the fields of a form hold."""
    found = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input [^>]*name="(\w+)" type="(?!checkbox)\w+" value="([^"]*)"', page)
    } | dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def worker_of(world: World, name: str) -> SkilledWorker:
    return world.workers[name]


def stored(world: World, worker: SkilledWorker) -> SkilledWorker:
    with world.database.read() as session:
        found = store.find_worker(session, worker.worker_id)
    assert found is not None
    return found


def test_workers_are_found_however_they_are_typed(office: TestClient, site_with_people: World) -> None:
    with site_with_people.database.write() as session:
        factories.worker(session, site_with_people.sealer, "髙田 優子", name_kana="タカダ ユウコ", phone=None)
    for typed in ("高田", "ﾀｶﾀﾞ", "ゆーこ たかだ"):
        assert names_in(office.get("/workers", params={"q": typed}).text) == ["髙田 優子"]
    assert names_in(office.get("/workers", params={"phone": "none"}).text) == ["髙田 優子"]
    page = office.get("/workers", params={"q": "5600"}).text
    assert names_in(page) == ["山田太郎"]
    assert "090****5600" in page
    assert "条件に合うものはありません" in office.get("/workers", params={"q": "いない人"}).text


def test_a_whole_number_that_is_searched_for_leaves_the_address(office: TestClient, site_with_people: World) -> None:
    answer = office.get("/workers", params={"q": "090-1234-5600"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/workers?q=5600")
    assert names_in(office.get("/workers?q=5600").text) == ["山田太郎"]
    assert site_with_people.numbers["山田太郎"] == "+819012345600"


def test_a_workers_page_leads_to_his_qualifications_and_they_lead_back(
    office: TestClient, site_with_people: World
) -> None:
    page = f"/workers/{site_with_people.workers['山田太郎'].worker_id}"
    assert f'<a class="button" href="{page}/qualifications">資格</a>' in office.get(page).text
    assert f'<a href="{page}">山田太郎</a>' in office.get(f"{page}/qualifications").text


def test_a_list_keeps_its_filters_from_page_to_page(office: TestClient, world: World) -> None:
    with world.database.write() as session:
        for number in range(51):
            factories.worker(session, world.sealer, f"職人 {number:02}", phone=None, contractor=world.sato)
    page = office.get("/workers", params={"q": "職人", "employed": "yes"}).text
    (following,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert "51件中 1～50件目" in page
    assert names_in(office.get(html.unescape(following)).text) == ["職人 50"]
    assert len(page) < 100_000


def test_a_list_is_taken_out_as_it_is_filtered(office: TestClient, site_with_people: World) -> None:
    assert site_with_people.numbers
    rows = office.get("/workers/export", params={"q": "山田", "format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "090****5600" in rows[1]
    for path in ("/sites", "/contractors", "/lines"):
        assert office.get(f"{path}/export?format=csv").content.decode("utf-8-sig").count("\r\n") >= 2


def test_a_worker_is_added_with_number_and_employer(office: TestClient, world: World) -> None:
    form = {
        "name": "新井　一",
        "name_kana": "あらい はじめ",
        "contractor": str(world.sato.contractor_id),
        "valid_from": "2026-11-16",
        "phone": "０９０－７７７７－８８８８",
        "language": "vi",
        "occupation_1": "0101",
    }
    answer = office.post("/workers/new", data=form)
    assert answer.status_code == 303
    page = office.get(answer.headers["location"]).text
    for shown in (
        "新井 一",
        "アライ ハジメ",
        "090****8888",
        "佐藤工業",
        "ベトナム語",
        "仮登録",
        "技能者を登録しました",
    ):
        assert shown in page
    assert "7777" not in page
    assert "登録しました" in page


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(office: TestClient, world: World) -> None:
    assert world.sato
    answer = office.post(
        "/workers/new", data={"name": "", "ccus_worker_id": "12a", "phone": "123", "valid_from": "きのう"}
    )
    assert answer.status_code == 422
    for name in ("name", "ccus_worker_id", "phone", "valid_from"):
        assert f'id="{name}-error"' in answer.text
    assert 'value="12a"' in answer.text


def test_a_ccus_id_that_somebody_has_is_said_so_beside_its_field(office: TestClient, world: World) -> None:
    with world.database.write() as session:
        factories.worker(session, world.sealer, "先の人", phone=None, ccus_worker_id="1" * 14)
    answer = office.post(
        "/workers/new", data={"name": "次の人", "ccus_worker_id": "1" * 14, "valid_from": "2026-11-16"}
    )
    assert answer.status_code == 422
    assert "この技能者IDは、ほかの方に登録されています" in answer.text


def test_two_who_edit_at_once_are_both_shown(office: TestClient, site_with_people: World) -> None:
    worker = worker_of(site_with_people, "山田太郎")
    address = f"/workers/{worker.worker_id}/edit"
    mine, theirs = values_of(office.get(address).text), values_of(office.get(address).text)
    assert office.post(address, data=theirs | {"name_kana": "ヤマダ タロウ"}).status_code == 303
    answer = office.post(address, data=mine | {"name_kana": "ヤマタ タロウ", "phone": ""})
    assert answer.status_code == 409
    assert "ほかの方がこの記録を変えました" in answer.text
    assert "ヤマダ タロウ" in answer.text
    assert "ヤマタ タロウ" in answer.text
    assert stored(site_with_people, worker).name_kana == "ヤマダ タロウ"
    again = values_of(answer.text)
    assert office.post(address, data=again).status_code == 303
    assert stored(site_with_people, worker).name_kana == "ヤマタ タロウ"


def test_a_number_that_another_has_needs_a_tick(office: TestClient, site_with_people: World) -> None:
    worker = worker_of(site_with_people, "鈴木一郎")
    address, form = f"/workers/{worker.worker_id}/propose/phone", {"phone": "090-1234-5600", "valid_from": "2026-11-16"}
    answer = office.post(address, data=form)
    assert answer.status_code == 422
    assert "すでにほかの方の番号です" in answer.text
    assert office.post(address, data=form | {"is_shared": "1"}).status_code == 303
    assert "ほか1人と共用" in office.get(f"/workers/{worker.worker_id}").text


def test_registering_a_number_settles_the_earlier_calls_from_it(office: TestClient, site_with_people: World) -> None:
    world = site_with_people
    world.call("+819055556666", at("07:45"))
    worker = worker_of(world, "山田太郎")
    form = {"phone": "090-5555-6666", "valid_from": "2026-11-16"}
    assert office.post(f"/workers/{worker.worker_id}/propose/phone", data=form).status_code == 303
    with world.database.read() as session:
        (line,) = [line for line in records.list_punches(session) if line.worker == "山田太郎"]
    assert line.verdict is Verdict.ACCEPTED


def test_a_change_of_employer_ends_the_former_the_day_before(office: TestClient, site_with_people: World) -> None:
    worker = worker_of(site_with_people, "山田太郎")
    address = f"/workers/{worker.worker_id}/propose/affiliation"
    wrong = office.post(address, data={"affiliation": "ない会社", "valid_from": "2026-12-01"})
    assert wrong.status_code == 422
    assert "会社が見つかりません" in wrong.text
    assert office.post(address, data={"affiliation": "伊藤電設", "valid_from": "2026-12-01"}).status_code == 303
    page = office.get(f"/workers/{worker.worker_id}").text
    assert "2026/11/30" in page
    assert "2026/12/01" in page


def test_what_was_ended_by_mistake_goes_on(sub: TestClient, office: TestClient, site_with_people: World) -> None:
    worker_id = worker_of(site_with_people, "山田太郎").worker_id
    page = sub.get(f"/workers/{worker_id}").text
    (phone,) = re.findall(r'action="(/workers/[^"]+/phones/[^"]+/end)"', page)
    (employment,) = re.findall(r'action="(/workers/[^"]+/affiliations/[^"]+/end)"', page)
    assert sub.post(phone, data={"last_day": "2026-11-16"}).headers["location"].endswith("?done=phone_ended")
    assert "電話番号の終了を取り消しました。" in sub.get(sub.post(phone, data={"reopen": "1"}).headers["location"]).text
    left = sub.get(sub.post(employment, data={"last_day": "2026-11-16"}).headers["location"])
    assert f'action="{employment}"><button class="small" name="reopen" value="1">' in left.text
    back = sub.post(employment, data={"reopen": "1"}).headers["location"]
    assert back == f"/workers/{worker_id}?done=affiliation_reopened"
    told = office.get(f"/workers/{worker_id}").text
    assert "所属の終了を取り消しました。" in told


def test_whoever_has_left_is_brought_back_from_the_list(sub: TestClient, site_with_people: World) -> None:
    worker_id = worker_of(site_with_people, "山田太郎").worker_id
    (employment,) = re.findall(
        r'action="(/workers/[^"]+/affiliations/[^"]+/end)"', sub.get(f"/workers/{worker_id}").text
    )
    left = sub.post(employment, data={"last_day": "2026-11-15"}).headers["location"]
    assert left.startswith("/workers?")
    assert f'action="{employment}"><input type="hidden" name="reopen" value="1">' in sub.get(left).text
    back = sub.post(employment, data={"reopen": "1"}).headers["location"]
    assert "所属の終了を取り消しました。" in sub.get(back).text


def test_a_prime_proposes_and_the_employer_accepts(prime: TestClient, sub: TestClient, site_with_people: World) -> None:
    worker = worker_of(site_with_people, "山田太郎")
    page = prime.get(f"/workers/{worker.worker_id}").text
    assert "この記録は 佐藤工業 が管理しています" in page
    assert f"/workers/{worker.worker_id}/edit" not in page
    assert prime.get(f"/workers/{worker.worker_id}/edit").status_code == 404
    form = {"phone": "090-8888-9999", "valid_from": "2026-11-16"}
    assert prime.post(f"/workers/{worker.worker_id}/propose/phone", data=form).status_code == 303
    assert "佐藤工業 の回答待ち" in prime.get("/proposals").text
    assert (prime.get("/proposals/count").text, sub.get("/proposals/count").text) == ("", "1")
    mine = sub.get("/proposals").text
    assert "090****9999" in mine
    (accept,) = re.findall(r'action="(/proposals/[^"]+/accept)"', mine)
    assert prime.post(accept).status_code == 404
    assert sub.post(accept).status_code == 303
    assert sub.get("/proposals/count").text == ""
    assert "090****9999" in sub.get(f"/workers/{worker.worker_id}").text
    assert "反映済み" in prime.get("/proposals").text


def test_a_declined_proposal_needs_a_reason_that_the_other_side_sees(
    prime: TestClient, sub: TestClient, site_with_people: World
) -> None:
    worker = worker_of(site_with_people, "山田太郎")
    address = f"/workers/{worker.worker_id}/propose/name_kana"
    assert prime.post(address, data={"name_kana": "やまた"}).status_code == 303
    (decline,) = re.findall(r'action="(/proposals/[^"]+/decline)"', sub.get("/proposals").text)
    assert sub.post(decline, data={"reason": ""}).status_code == 422
    assert sub.post(decline, data={"reason": "本人に確かめました"}).status_code == 303
    assert "本人に確かめました" in prime.get("/proposals").text
    assert stored(site_with_people, worker).name_kana == ""


def test_a_subcontractor_edits_its_own_people_alone(sub: TestClient, site_with_people: World) -> None:
    own, other = worker_of(site_with_people, "山田太郎"), worker_of(site_with_people, "高橋健")
    assert names_in(sub.get("/workers").text) == ["山田太郎", "鈴木一郎"]
    assert "編集する" in sub.get(f"/workers/{own.worker_id}").text
    assert sub.get(f"/workers/{other.worker_id}").status_code == 404
    assert sub.post(f"/workers/{other.worker_id}/edit", data={"name": "x"}).status_code == 404
    address = f"/sites/{site_with_people.central.site_id}"
    assert sub.get(address).status_code == 200
    assert sub.get(f"{address}/edit").status_code == 403
    assert sub.get(f"/sites/{site_with_people.harbour.site_id}").status_code == 404
    form = {"worker": [str(own.worker_id), str(other.worker_id)], "valid_from": "2026-11-16"}
    assert sub.post(f"{address}/assign", data=form).status_code == 404


def test_who_only_reads_sees_no_buttons(app: FastAPI, site_with_people: World) -> None:
    reader = signed_in_as(app, site_with_people.database, Role.READ_ONLY, site_with_people.prime)
    worker = worker_of(site_with_people, "山田太郎")
    for address in ("/workers", "/sites", "/contractors", "/lines", f"/workers/{worker.worker_id}"):
        page = reader.get(address).text
        assert 'class="button primary"' not in page
        assert "/export" not in page
    assert reader.get("/proposals").status_code == 403
    assert reader.get("/workers/new").status_code == 403


def test_a_prime_makes_a_site_of_its_own_and_no_other(prime: TestClient, site_with_people: World) -> None:
    world = site_with_people
    form = {
        "name": "駅前ビル",
        "prime": str(world.prime.contractor_id),
        "starts_on": "2026-12-01",
        "kind": "building",
        "day_starts_min": "04:00",
        "closes_min": "20:00",
        "minimum_stay_min": "30",
        "day_code_required": "1",
    }
    answer = prime.post("/sites/new", data=form)
    assert answer.status_code == 303
    page = prime.get(answer.headers["location"]).text
    assert "今日の番号" in page
    assert re.search(r'<strong class="big-number">[0-9]{4}</strong>', page)
    assert prime.post("/sites/new", data=form | {"prime": str(world.sato.contractor_id)}).status_code == 404
    wrong = prime.post("/sites/new", data=form | {"ends_on": "2026-11-01", "closes_min": "25時"})
    assert wrong.status_code == 422
    assert 'id="closes_min-error"' in wrong.text
    late = prime.post("/sites/new", data=form | {"ends_on": "2026-11-01"})
    assert 'id="ends_on-error"' in late.text


def test_several_workers_are_assigned_at_once(prime: TestClient, site_with_people: World) -> None:
    world = site_with_people
    address = f"/sites/{world.harbour.site_id}"
    nobody = prime.post(f"{address}/assign", data={"valid_from": "2026-11-16"})
    assert (nobody.status_code, "1人以上選んでください" in nobody.text) == (422, True)
    form = {"worker": [str(worker_of(world, "山田太郎").worker_id)], "valid_from": "2026-11-16", "position": "foreman"}
    assert prime.post(f"{address}/assign", data=form).status_code == 303
    page = prime.get(address).text
    assert "山田太郎" in page
    assert "職長" in page
    (end,) = re.findall(r'action="(/sites/[^"]+/assignments/[^"]+/end)"', page)
    assert prime.post(end, data={"last_day": "2026-11-20"}).status_code == 303
    assert "2026/11/20" in prime.get(address).text


def test_a_contractor_takes_part_below_another(prime: TestClient, site_with_people: World) -> None:
    world = site_with_people
    address = f"/sites/{world.central.site_id}/parts/new"
    form = {"contractor": "新星設備", "upper": "佐藤工業", "valid_from": "2026-11-16"}
    unknown = prime.post(address, data=form)
    assert (unknown.status_code, 'name="is_new"' in unknown.text) == (422, True)
    assert prime.post(address, data=form | {"is_new": "1", "legal_form": "one_person"}).status_code == 303
    page = prime.get(f"/sites/{world.central.site_id}").text
    assert "新星設備" in page
    assert "佐藤工業 の下" in page
    with world.database.read() as session:
        (row,) = list_contractors(session, EVERYTHING, ContractorFilters("新星"), TODAY).rows
    assert row.contractor.legal_form is LegalForm.ONE_PERSON
    loop = prime.post(address, data={"contractor": "佐藤工業", "upper": "新星設備", "valid_from": "2026-11-16"})
    assert (loop.status_code, 'id="upper-error"' in loop.text) == (422, True)


def test_the_operator_keeps_contractors_and_lines(office: TestClient, world: World) -> None:
    form = {
        "name": "（株）山本組",
        "legal_form": "corporation",
        "capital_yen": "5,000,000",
        "health_insurance": "joined",
    }
    made = office.post("/contractors/new", data=form)
    page = office.get(made.headers["location"]).text
    for shown in ("株式会社山本組", "5,000,000円", "加入"):
        assert shown in page
    line = {"e164": "050-1111-2222", "carrier": "twilio", "mode": "ring_only", "direction": "either", "language": "ja"}
    added = office.post("/lines/new", data=line).headers["location"].partition("?")[0]
    assert "すでに回線として登録されています" in office.post("/lines/new", data=line).text
    put = {"site": str(world.central.site_id), "q": "中央"}
    assert office.post(f"{added}/sites", data=put).status_code == 303
    assert "050-1111-2222" in office.get(f"/sites/{world.central.site_id}").text
    clash = factories_site_with_code(world, world.central.site_code)
    refused = office.post(f"{added}/sites", data={"site": str(clash.site_id), "q": "同番"})
    assert (refused.status_code, "同じ現場番号の現場" in refused.text) == (422, True)
    assert office.post(f"{added}/retire").status_code == 303
    assert LineMode.RING_ONLY in office.get(f"{added}/edit").text
    assert "廃止" in office.get(added).text


def test_lines_are_taken_out_as_they_are_dialled(office: TestClient, world: World) -> None:
    with world.database.write() as session:
        factories.line(session, "+815010000001", sites=[world.central])
    lines = office.get("/lines/export?format=csv").content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in lines[1:]] == ["050-1000-0001", "050-1234-5678", "050-1234-5679"]
    sites = office.get("/sites/export?format=csv").content.decode("utf-8-sig")
    assert "050-1000-0001・050-1234-5678" in sites
    assert "+81" not in sites


def factories_site_with_code(world: World, site_code: str) -> Site:
    with world.database.write() as session:
        return factories.site(session, world.sealer, "同番ビル", prime=world.prime, site_code=site_code)


def test_a_number_is_nowhere_in_clear(office: TestClient, site_with_people: World) -> None:
    worker = worker_of(site_with_people, "山田太郎")
    assert office.post(
        f"/workers/{worker.worker_id}/propose/phone", data={"phone": "090-4321-8765", "valid_from": "2026-11-16"}
    ).headers["location"]
    pages = [f"/workers/{worker.worker_id}", "/workers", f"/workers/{worker.worker_id}/edit", "/proposals", "/audit"]
    assert [path for path in pages if "43218765" in office.get(path).text.replace("-", "")] == []
    with site_with_people.database.read() as session:
        rows = list_workers(session, EVERYTHING, WorkerFilters(q="8765"), TODAY, site_with_people.sealer).rows
    assert [row.worker_id for row in rows] == [WorkerId(worker.worker_id)]
