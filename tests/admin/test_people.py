"""Inviting people and looking after them, and the audit page, as a browser sees them."""

import re
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from admin.audit.words import ACTIONS, AREAS
from core.accounts import service
from core.accounts.model import Role
from core.audit import service as audit
from core.clock import FixedClock
from core.db import Database
from core.ids import AccountId
from tests.accounts.conftest import _quick_passwords  # noqa: F401 - used by every test here
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import World


@dataclass
class Browsers:
    """One for each of those who act for somebody."""

    app: FastAPI
    ids: dict[str, AccountId]

    def __getitem__(self, login: str) -> TestClient:
        opened = new_client(self.app)
        assert opened.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
        return opened


@pytest.fixture
def browsers(app: FastAPI, world: World, page_database: Database) -> Browsers:
    ids = {}
    with page_database.write() as session:
        for login, name, role, contractor in (
            ("daiwa", "大和 事務", Role.PRIME_OFFICE, world.prime),
            ("reader", "大和 閲覧", Role.READ_ONLY, world.prime),
            ("sato", "佐藤 事務", Role.SUBCONTRACTOR_OFFICE, world.sato),
        ):
            account = service.create_account(session, login, name, PASSWORD)
            service.join(session, account.account_id, role, contractor.contractor_id)
            ids[login] = account.account_id
    return Browsers(app, ids)


def link_on(html: str) -> str:
    (path,) = re.findall(r"https://genba\.test(/[^\s<]+)", html)
    return str(path)


def invite(client: TestClient, contractor: object, role: Role, **form: object) -> str:
    data = {"contractor": str(contractor), "name": "森一郎", "role": role.value} | form
    answer = client.post("/accounts/invite", data=data)
    assert answer.status_code == 200, answer.text
    return link_on(answer.text)


def test_an_office_invites_a_site_manager_who_joins(browsers: Browsers, world: World) -> None:
    office = browsers["daiwa"]
    form = office.get("/accounts/invite").text
    assert re.findall(r'name="role" type="radio" value="(\w+)"', form) == [
        "prime_office",
        "site_manager",
        "subcontractor_office",
        "read_only",
    ]
    site_id = world.central.site_id
    link = invite(office, world.prime.contractor_id, Role.SITE_MANAGER, site_ids=str(site_id))
    guest = new_client(browsers.app)
    page = guest.get(link).text
    assert ("大和建設 の「現場管理者」" in page, 'value="森一郎"' in page) == (True, True)
    refused = guest.post(link, data={"name": "森一郎", "login": "daiwa", "password": "long enough password"})
    assert (refused.status_code, "すでに使われています" in refused.text) == (422, True)
    joined = guest.post(link, data={"name": "森一郎", "login": "mori", "password": "long enough password"})
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    assert guest.get("/").status_code == 200
    assert new_client(browsers.app).get(link).status_code == 410
    listed = office.get("/accounts").text
    assert ("森一郎" in listed, "佐藤 事務" in listed, "木村花子" in listed) == (True, False, False)


def test_who_calls_himself_as_the_product_does_is_asked_for_his_own_name(browsers: Browsers, world: World) -> None:
    link = invite(browsers["daiwa"], world.prime.contractor_id, Role.READ_ONLY)
    form = {"login": "mori", "name": "System", "password": PASSWORD}
    refused = new_client(browsers.app).post(link, data=form)
    assert (refused.status_code, "この名前はシステムが使っています。" in refused.text) == (422, True)


def test_somebody_with_an_account_joins_a_second_contractor(browsers: Browsers, world: World) -> None:
    link = invite(browsers["daiwa"], world.prime.contractor_id, Role.READ_ONLY)
    sato = browsers["sato"]
    assert "佐藤 事務 として参加する" in sato.get(link).text
    assert sato.post(link, data={"how": "own"}).status_code == 303
    assert "佐藤 事務" in browsers["daiwa"].get("/accounts").text
    page = browsers["daiwa"].get(f"/accounts/{browsers.ids['sato']}").text
    assert ("大和建設" in page, "佐藤工業" in page) == (True, False)  # whom else he works for stays unsaid
    assert "リンクを作る" not in page  # nor can she be handed his account


@pytest.mark.parametrize(
    ("login", "whose", "role"),
    [
        ("daiwa", "prime", Role.ACCOUNTANT),
        ("daiwa", "sato", Role.SUBCONTRACTOR_OFFICE),
        ("sato", "prime", Role.SUBCONTRACTOR_OFFICE),
        ("sato", "sato", Role.READ_ONLY),
        ("daiwa", "operator", Role.OPERATOR),
    ],
)
def test_nobody_invites_beyond_his_own(browsers: Browsers, world: World, login: str, whose: str, role: Role) -> None:
    contractor = "operator" if whose == "operator" else getattr(world, whose).contractor_id
    data = {"contractor": str(contractor), "name": "森一郎", "role": role.value}
    assert browsers[login].post("/accounts/invite", data=data).status_code == 409


def test_the_sites_of_another_are_not_given(browsers: Browsers, world: World) -> None:
    data = {"contractor": str(world.sato.contractor_id), "name": "森", "role": "site_manager"}
    answer = browsers["kimura"].post("/accounts/invite", data=data | {"site_ids": str(world.central.site_id)})
    assert (answer.status_code, "担当する現場を1つ以上" in answer.text) == (422, True)


def test_an_operator_looks_a_contractor_up_first(office: TestClient, world: World) -> None:
    assert "運営として招待する" in office.get("/accounts/invite").text
    found = office.get("/accounts/invite", params={"q": "佐藤"}).text
    assert (f"contractor={world.sato.contractor_id}" in found, "伊藤電設" in found) == (True, False)


def test_what_was_typed_is_kept_beside_what_is_wrong(browsers: Browsers, world: World) -> None:
    data = {"contractor": str(world.prime.contractor_id), "name": "", "email": "x@", "role": "read_only"}
    answer = browsers["daiwa"].post("/accounts/invite", data=data)
    assert (answer.status_code, 'value="x@"' in answer.text, "氏名を入力してください。" in answer.text) == (
        422,
        True,
        True,
    )


def test_an_invitation_is_renewed_and_taken_back(browsers: Browsers, world: World) -> None:
    office = browsers["daiwa"]
    old = invite(office, world.prime.contractor_id, Role.READ_ONLY)
    (invitation_id,) = re.findall(r"/accounts/invitations/([0-9a-f-]+)/revoke", office.get("/accounts").text)
    assert browsers["sato"].post(f"/accounts/invitations/{invitation_id}/renew").status_code == 404
    new = link_on(office.post(f"/accounts/invitations/{invitation_id}/renew").text)
    guest = new_client(browsers.app)
    assert [guest.get(link).status_code for link in (old, new)] == [410, 200]
    assert office.post(f"/accounts/invitations/{invitation_id}/revoke").status_code == 303
    assert guest.get(new).status_code == 410


def test_another_contractor_s_people_are_out_of_reach(browsers: Browsers) -> None:
    sato, reader = browsers["sato"], browsers.ids["reader"]
    assert sato.get(f"/accounts/{reader}").status_code == 404
    for action in ("unlock", "reset", "second-factor/remove", "leave"):
        answer = sato.post(f"/accounts/{reader}/{action}", data={"membership_id": str(reader)})
        assert answer.status_code == 404
    assert browsers["daiwa"].post(f"/accounts/{reader}/disable").status_code == 403
    assert browsers["reader"].get("/accounts").status_code == 403


def test_an_administrator_hands_over_a_link_for_a_new_password(browsers: Browsers) -> None:
    reader = browsers.ids["reader"]
    link = link_on(browsers["daiwa"].post(f"/accounts/{reader}/reset", data={"how": "link"}).text)
    guest = new_client(browsers.app)
    assert guest.post(link, data={"password": "another fine password"}).status_code == 303
    assert guest.post("/sign-in", data={"login": "reader", "password": "another fine password"}).status_code == 303


def test_an_administrator_lifts_a_lock(browsers: Browsers) -> None:
    guest = new_client(browsers.app)
    for _ in range(5):
        answer = guest.post("/sign-in", data={"login": "reader", "password": "wrong"})
    assert "続けて5回間違えたため、07:57までログインできません。" in answer.text
    office, reader = browsers["daiwa"], browsers.ids["reader"]
    assert "ロック中" in office.get(f"/accounts/{reader}").text
    assert office.post(f"/accounts/{reader}/unlock").status_code == 303
    assert guest.post("/sign-in", data={"login": "reader", "password": PASSWORD}).status_code == 303


def test_a_role_that_ends_opens_nothing_any_more(browsers: Browsers) -> None:
    office, reader = browsers["daiwa"], browsers["reader"]
    person = f"/accounts/{browsers.ids['reader']}"
    (membership_id,) = re.findall(r'name="membership_id" value="([0-9a-f-]+)"', office.get(person).text)
    answer = office.post(f"{person}/leave", data={"membership_id": membership_id})
    assert answer.headers["location"] == "/accounts?done=ended"
    assert reader.get("/").status_code == 403


def test_an_operator_disables_and_enables_but_not_himself(browsers: Browsers, office: TestClient) -> None:
    person = f"/accounts/{browsers.ids['reader']}"
    reader = browsers["reader"]
    assert office.post(f"{person}/disable").status_code == 303
    assert reader.get("/").status_code == 303
    assert "停止中" in office.get("/accounts?state=disabled").text
    assert office.post(f"{person}/enable").status_code == 303
    (own,) = re.findall(r'<a href="/accounts/([0-9a-f-]+)">木村花子</a>', office.get("/accounts").text)
    assert office.post(f"/accounts/{own}/disable").status_code == 409


# The story


def note(database: Database, clock: FixedClock, action: str, subject: tuple[str, object], **values: object) -> None:
    with database.write() as session:
        audit.record(session, at=clock.now(), action=action, subject=subject, **({"by": None} | values))  # type: ignore[arg-type]


def story(html: str) -> list[str]:
    found = re.findall(r"<li><p>(.*?)</p><time[^>]*>([\d:]+)</time></li>", html, re.DOTALL)
    return [" ".join((re.sub(r"<[^>]+>", "", text) + f" {at}").split()) for text, at in found]


def test_the_log_reads_like_a_story(
    browsers: Browsers, office: TestClient, world: World, page_database: Database, clock: FixedClock
) -> None:
    world.add("佐藤太郎", world.sato)
    worker_id, by = world.workers["佐藤太郎"].worker_id, browsers.ids["sato"]
    subject, whose = ("worker", worker_id), world.sato.contractor_id
    note(page_database, clock, "worker.phone_changed", subject, by=by, contractor_id=whose)
    fields = {"fields": ["name", "birth_date"], "count": 1200}
    note(page_database, clock, "worker.changed", subject, contractor_id=whose, details=fields)
    note(page_database, clock, "nobody.knows", ("thing", "x"))
    details = {"worker": str(worker_id), "site": str(world.central.site_id), "on": "2026-11-16"}
    note(page_database, clock, "review.exit_added", ("settlement", worker_id), by=by, details=details)
    note(page_database, clock, "review.dismissed", ("settlement", worker_id), details={"on": "2026-11-16"})
    told = office.get("/audit").text
    assert story(told)[:5] == [
        "システムが登録のない方（11月16日（月））の打刻を記録しないことにしました。 07:52",
        "佐藤 事務さんが佐藤太郎さん（中央ビル、11月16日（月））の足りない入退場を補いました。 07:52",
        "システムが記録を操作しました（nobody.knows）。 07:52",
        "システムが佐藤太郎さんの記録を変更しました。 変更した項目：氏名・名称、生年月日／1,200件 07:52",
        "佐藤 事務さんが佐藤太郎さんの電話番号を登録しました。 07:52",
    ]
    assert f'<a href="/workers/{worker_id}">佐藤太郎さん</a>' in told
    assert "11月16日（月）" in told
    own = story(browsers["sato"].get("/audit").text)
    assert (len(own), own[0]) == (3, "佐藤 事務さんがログインしました。 07:52")
    assert browsers["reader"].get("/audit").status_code == 403


def test_the_story_is_filtered_and_paged_by_its_address(
    browsers: Browsers, office: TestClient, world: World, page_database: Database, clock: FixedClock
) -> None:
    with page_database.write() as session:
        for number in range(60):
            subject, by = ("site", world.central.site_id), browsers.ids["daiwa"]
            action = "site.changed" if number % 2 else "line.added"
            audit.record(session, at=clock.now(), by=by, action=action, subject=subject)
    assert len(story(office.get("/audit?area=site").text)) == 30
    assert len(story(office.get(f"/audit?who={browsers.ids['reader']}").text)) == 0
    assert len(story(office.get("/audit?until=2026-11-15").text)) == 0
    by_subject = f"/audit?kind=site&subject={world.central.site_id}"
    first = office.get(by_subject).text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert (len(story(first)), len(story(office.get(older.replace("&amp;", "&")).text))) == (50, 10)
    assert "中央ビル</a> についての記録だけ" in first
    assert office.get("/audit?who=x&since=y&area=z&before=1").status_code == 200


def test_every_action_has_a_sentence_and_every_area_a_name() -> None:
    assert {action.partition(".")[0] for action in ACTIONS if action != "other"} == set(AREAS)
    wrong = [
        (action, lang)
        for action, texts in ACTIONS.items()
        for lang in ("ja", "en")
        if set(re.findall(r"{(\w+)}", texts[lang])) - {"who", "what", "action"}
    ]
    assert wrong == []
