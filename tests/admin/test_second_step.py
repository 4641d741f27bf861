"""Signing in with a second factor, one's own account and a forgotten password, as a browser sees them."""

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from admin.app import create_app
from core import mail
from core.accounts import invitations, second_factor, service
from core.accounts.model import Role
from core.audit import store as audit_store
from core.audit.model import Filter
from core.clock import FixedClock
from core.db import Database
from core.mail import Mail
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.settings import Settings
from core.work import service as work
from tests import factories
from tests.accounts.conftest import _quick_passwords  # noqa: F401 - used by every test here
from tests.admin.conftest import LOGIN, PASSWORD, new_client, sign_in

MAIL = "kimura@example.jp"


class Postbox:
    """What was mailed."""

    def __init__(self, database: Database, sealer: PhoneSealer, clock: FixedClock) -> None:
        self.parts = (database, sealer, clock)
        self.got: list[Mail] = []

    def send(self, letter: Mail, _at: object) -> None:
        self.got.append(letter)

    def link(self) -> str:
        """Return the path of the link in the newest mail."""
        database, sealer, clock = self.parts
        with database.write() as session:
            taken = work.take_marks(session, mail.KIND, clock.now())
        mail.send_marked(database, sealer, self, clock, taken)
        (path,) = re.findall(r"https://genba\.test(/\S+)", self.got[-1].body)
        return str(path)


@pytest.fixture
def page_settings(page_settings: Settings) -> Settings:
    return replace(page_settings, smtp_url="smtp://127.0.0.1:9", mail_from="no-reply@genba.test")


@pytest.fixture
def postbox(page_database: Database, sealer: PhoneSealer, clock: FixedClock) -> Postbox:
    with page_database.write() as session:
        account = service.find_account(session, LOGIN)
        assert account is not None
        service.set_email(session, account.account_id, MAIL)
    return Postbox(page_database, sealer, clock)


@pytest.fixture
def totp(page_database: Database, sealer: PhoneSealer, clock: FixedClock) -> pyotp.TOTP:
    """木村花子's app, set up a minute ago."""
    with page_database.write() as session:
        account = service.find_account(session, LOGIN)
        assert account is not None
        made = pyotp.TOTP(second_factor.begin_app(session, sealer, account.account_id, clock.now()))
        second_factor.confirm_app(session, sealer, account.account_id, made.at(clock.now()), clock.now())
    clock.at += timedelta(minutes=1)
    return made


@pytest.fixture
def strict(page_settings: Settings, page_database: Database, clock: FixedClock, postbox: Postbox) -> TestClient:
    """A browser at an installation where the second factor is required."""
    settings = replace(page_settings, second_factor_required=True)
    return new_client(create_app(settings, page_database, clock))


def opens(client: TestClient, path: str = "/account") -> bool:
    return client.get(path).status_code == 200


def secret_on(html: str) -> pyotp.TOTP:
    (secret,) = re.findall(r'id="secret" class="secret">([A-Z2-7 ]+)<', html)
    return pyotp.TOTP(secret.replace(" ", ""))


def codes_on(html: str) -> list[str]:
    return re.findall(r"<li><code>([a-z0-9-]{14})</code></li>", html)


def actions(database: Database) -> list[str]:
    with database.read() as session:
        return [entry.action for entry in audit_store.list_entries(session, EVERYTHING, Filter())][::-1]


def test_between_password_and_code_nothing_opens(client: TestClient, totp: pyotp.TOTP, app: FastAPI) -> None:
    answer = client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD, "next": "/?site=all"})
    assert answer.headers["location"] == "/sign-in/code?next=%2F%3Fsite%3Dall"
    for path in ("/", "/account", "/accounts", "/audit", "/account/second-factor", "/sign-in/enrol"):
        assert client.get(path).status_code == 303
    assert client.get("/sign-in").headers["location"] == "/sign-in/code"
    assert client.get("/sign-in/enrol/qr.svg").status_code == 404


def test_a_code_goes_on_to_the_page_that_was_asked_for(
    client: TestClient, totp: pyotp.TOTP, clock: FixedClock, page_database: Database
) -> None:
    sign_in(client)
    before = client.cookies["sid"]
    wrong = client.post("/sign-in/code", data={"code": "000000", "next": "/?site=all"})
    assert (wrong.status_code, "コードが違うか" in wrong.text) == (401, True)
    answer = client.post("/sign-in/code", data={"code": totp.at(clock.now()), "next": "/?site=all"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?site=all")
    assert client.cookies["sid"] != before
    assert opens(client)
    assert actions(page_database) == ["account.signed_in"]


def test_after_five_wrong_codes_a_page_says_how_long_and_what_else(
    client: TestClient, totp: pyotp.TOTP, postbox: Postbox
) -> None:
    sign_in(client)
    for _ in range(5):
        answer = client.post("/sign-in/code", data={"code": "000000"})
    assert "続けて5回間違えたため、07:58までコードを使えません。" in answer.text
    client.post("/sign-in/link")
    link = postbox.link()
    assert "続ける" in client.get(link).text
    assert client.post(link).status_code == 303
    assert opens(client)


def test_a_mailed_link_opens_only_the_browser_that_asked(
    client: TestClient, app: FastAPI, totp: pyotp.TOTP, postbox: Postbox
) -> None:
    sign_in(client)
    assert "k***@example.jp" in client.get("/sign-in/code").text
    client.post("/sign-in/link")
    link, thief = postbox.link(), new_client(app)
    sign_in(thief)
    assert [thief.get(link).status_code, thief.post(link).status_code] == [409, 409]
    assert not opens(thief)
    assert client.get(link).status_code == 200  # looking at it uses nothing up
    assert client.post(link).status_code == 303
    assert client.post(link).status_code == 409


def test_who_must_sets_the_second_factor_up_before_anything_opens(
    strict: TestClient, clock: FixedClock, page_database: Database
) -> None:
    answer = strict.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/enrol"
    assert not opens(strict)
    page = strict.get("/sign-in/enrol").text
    picture = strict.get("/sign-in/enrol/qr.svg")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/svg+xml", "no-store")
    assert strict.post("/sign-in/enrol", data={"code": "000000"}).status_code == 422
    done = strict.post("/sign-in/enrol", data={"code": secret_on(page).at(clock.now())})
    assert len(codes_on(done.text)) == 10
    assert opens(strict)
    assert actions(page_database) == ["account.second_factor_added", "account.signed_in"]


def test_mail_can_be_the_second_factor(strict: TestClient, postbox: Postbox, clock: FixedClock) -> None:
    sign_in(strict)
    strict.post("/sign-in/enrol/mail")
    done = strict.post(postbox.link())
    assert len(codes_on(done.text)) == 10
    assert opens(strict)
    strict.post("/sign-out")
    clock.at += timedelta(minutes=2)
    sign_in(strict)
    assert "登録したメールアドレスに、ログイン用のリンクを送ります。" in strict.get("/sign-in/code").text
    strict.post("/sign-in/link")
    assert strict.post(postbox.link()).status_code == 303
    assert opens(strict)


def test_a_recovery_code_signs_in_and_says_that_it_is_used(
    client: TestClient, totp: pyotp.TOTP, page_database: Database
) -> None:
    with page_database.write() as session:
        account = service.find_account(session, LOGIN)
        assert account is not None
        codes = second_factor.new_recovery_codes(session, account.account_id)
    sign_in(client)
    answer = client.post("/sign-in/code", data={"code": codes[0]})
    assert answer.headers["location"] == "/account?done=recovery_used"
    page = client.get(answer.headers["location"]).text
    assert ("リカバリーコードを1つ使いました。" in page, "残り9個" in page) == (True, True)


def test_one_sets_it_up_and_stops_it_with_the_password(office: TestClient, clock: FixedClock) -> None:
    app = secret_on(office.get("/account/second-factor").text)
    assert office.get("/account/second-factor/qr.svg").status_code == 200
    wrong = office.post("/account/second-factor", data={"code": app.at(clock.now()), "password": "wrong"})
    assert (wrong.status_code, "今のパスワードが違います。" in wrong.text) == (422, True)
    done = office.post("/account/second-factor", data={"code": app.at(clock.now()), "password": PASSWORD})
    assert len(codes_on(done.text)) == 10
    renewed = office.post("/account/recovery-codes", data={"password": PASSWORD})
    assert not set(codes_on(renewed.text)) & set(codes_on(done.text))
    assert office.post("/account/second-factor/remove", data={"password": "wrong"}).status_code == 422
    assert office.post("/account/second-factor/remove", data={"password": PASSWORD}).status_code == 303
    assert "まだ設定していません" in office.get("/account").text


def test_who_must_have_it_cannot_stop_it(strict: TestClient, clock: FixedClock) -> None:
    sign_in(strict)
    app = secret_on(strict.get("/sign-in/enrol").text)
    strict.post("/sign-in/enrol", data={"code": app.at(clock.now())})
    assert "2段階認証をやめる" not in strict.get("/account").text
    strict.post("/account/second-factor/remove", data={"password": PASSWORD})
    assert "設定済み" in strict.get("/account").text


def test_who_joins_with_a_role_that_needs_it_sets_it_up_before_anything_more_opens(
    page_settings: Settings, page_database: Database, clock: FixedClock
) -> None:
    with page_database.write() as session:
        prime = factories.contractor(session, "大和建設")
        reader = service.create_account(session, "reader", "森一郎", PASSWORD)
        service.join(session, reader.account_id, Role.READ_ONLY, prime.contractor_id)
        operator = service.find_account(session, LOGIN)
        assert operator is not None
        viewer = service.get_viewer(session, operator.account_id)
        drafted = invitations.draft(viewer, "森一郎", "", Role.PRIME_OFFICE, prime.contractor_id, (), clock.now())
        _, token = invitations.invite(session, viewer, drafted, clock.now())
    app = create_app(replace(page_settings, second_factor_required=True), page_database, clock)
    here, elsewhere = new_client(app), new_client(app)
    for client in (here, elsewhere):
        client.post("/sign-in", data={"login": "reader", "password": PASSWORD})
        assert opens(client)
    joined = here.post(f"/invitation/{token}", data={"how": "own"})
    assert (joined.status_code, joined.headers["location"]) == (303, "/sign-in/enrol")
    assert [opens(client, path) for client in (here, elsewhere) for path in ("/account", "/accounts")] == [False] * 4
    page = here.get("/sign-in/enrol").text
    here.post("/sign-in/enrol", data={"code": secret_on(page).at(clock.now())})
    assert [opens(here, "/accounts"), opens(elsewhere)] == [True, False]


def test_a_changed_password_ends_the_other_sessions(office: TestClient, app: FastAPI) -> None:
    other = new_client(app)
    sign_in(other)
    refused = office.post("/account/password", data={"password": PASSWORD, "new_password": "short"})
    assert (refused.status_code, "15文字以上" in refused.text) == (422, True)
    answer = office.post("/account/password", data={"password": PASSWORD, "new_password": "another fine password"})
    assert answer.status_code == 303
    assert [opens(office), opens(other)] == [True, False]
    assert sign_in(new_client(app), "another fine password") == 303


def test_other_sessions_are_listed_and_ended(office: TestClient, app: FastAPI) -> None:
    others = [new_client(app) for _ in range(2)]
    for other in others:
        other.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
        sign_in(other)
    page = office.get("/account").text
    assert (page.count("Chrome, Windows"), page.count("この端末")) == (2, 1)
    named = re.findall(r'name="which" value="([0-9a-f]{64})"', page)
    assert len(named) == 2
    office.post("/account/sessions/end", data={"which": named[0]})
    assert sorted(opens(other) for other in others) == [False, True]
    office.post("/account/sessions/end", data={"which": "others"})
    assert [opens(client) for client in (office, *others)] == [True, False, False]
    assert office.post("/account/sessions/end", data={"which": "0" * 64}).status_code == 404


def test_a_forgotten_password_is_mended_by_mail_and_nothing_tells_who_has_an_account(
    client: TestClient, postbox: Postbox, page_database: Database
) -> None:
    for _ in range(5):
        sign_in(client, "wrong")
    answers = [client.post("/sign-in/forgotten", data={"login": login}) for login in (LOGIN, "nobody", LOGIN)]
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, "/sign-in/forgotten?sent=true")}
    link = postbox.link()
    assert [letter.to for letter in postbox.got] == [MAIL]  # and not once more within a minute
    assert LOGIN in client.get(link).text
    assert client.post(link, data={"password": "short"}).status_code == 422
    assert client.post(link, data={"password": "another fine password"}).status_code == 303
    assert client.post(link, data={"password": "and once more, please"}).status_code == 409
    assert sign_in(client, "another fine password") == 303
    assert actions(page_database) == ["account.password_reset", "account.signed_in"]


def test_a_mail_address_is_changed_with_the_password(office: TestClient) -> None:
    assert office.post("/account/email", data={"password": PASSWORD, "email": "no"}).status_code == 422
    assert office.post("/account/email", data={"password": "wrong", "email": MAIL}).status_code == 422
    assert office.post("/account/email", data={"password": PASSWORD, "email": MAIL}).status_code == 303
    assert MAIL in office.get("/account").text


def test_an_address_from_which_too_much_failed_waits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.accounts.signing_in.ADDRESS_FAILURES_ALLOWED", 2)
    answers = [client.post("/sign-in", data={"login": "nobody", "password": "wrong"}).status_code for _ in range(3)]
    assert answers == [401, 401, 429]
