"""Signing in and out, and the choice of language, as a browser sees them."""

import re

import pytest
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.db import Database
from tests.admin.conftest import LOGIN, PASSWORD, sign_in

WRONG = "ログインIDまたはパスワードが違います。"


def test_a_page_sends_to_sign_in_and_signing_in_back_to_the_page(client: TestClient) -> None:
    sent = client.get("/?site=all")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2F%3Fsite%3Dall")
    assert '<input type="hidden" name="next" value="/?site=all">' in client.get(sent.headers["location"]).text
    answer = client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD, "next": "/?site=all"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?site=all")
    assert "木村花子" in client.get("/").text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    assert name == "sid"
    assert attributes.partition("; ")[2] == "HttpOnly; Max-Age=43200; Path=/; SameSite=lax"


def test_the_fields_help_password_managers(client: TestClient) -> None:
    html = client.get("/sign-in").text
    assert re.findall(r'<input id="(\w+)".*autocomplete="([\w-]+)"', html) == [
        ("login", "username"),
        ("password", "current-password"),
    ]


def test_an_empty_field_is_explained_beside_it(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"login": " ", "password": ""})
    assert answer.status_code == 422
    assert re.findall(r'<p class="error" id="([\w-]+)">(.+)</p>', answer.text) == [
        ("login-error", "ログインIDを入力してください。"),
        ("password-error", "パスワードを入力してください。"),
    ]
    assert re.findall(r'<input id="(\w+)".* aria-describedby="([\w-]+)"', answer.text) == [
        ("login", "login-error"),
        ("password", "password-error"),
    ]


@pytest.mark.parametrize(("login", "password"), [(LOGIN, "wrong"), ("nobody", PASSWORD), ("x" * 5000, "y" * 5000)])
def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(
    client: TestClient, login: str, password: str
) -> None:
    answer = client.post("/sign-in", data={"login": login, "password": password})
    assert (answer.status_code, WRONG in answer.text, "set-cookie" in answer.headers) == (401, True, False)
    assert f'value="{login}"' in answer.text
    assert password not in answer.text


def test_a_locked_account_gets_the_same_answer_too(client: TestClient) -> None:
    answers = [sign_in(client, "wrong") for _ in range(5)]
    assert [*answers, sign_in(client)] == [401] * 6


def test_what_was_typed_cannot_become_markup(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"login": '"><script>alert(1)</script>', "password": "wrong"})
    assert "<script>alert" not in answer.text


def test_who_is_signed_in_is_not_asked_again(office: TestClient) -> None:
    answer = office.get("/sign-in", params={"next": "/?site=all"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?site=all")


def test_signing_in_changes_the_cookie_and_ends_the_old_session(office: TestClient) -> None:
    old = office.cookies["sid"]
    assert sign_in(office) == 303
    new = office.cookies["sid"]
    office.cookies.clear()
    assert [office.get("/", headers={"Cookie": f"sid={token}"}).status_code for token in (old, new)] == [303, 200]


def test_signing_out_ends_the_session_itself(office: TestClient) -> None:
    token = office.cookies["sid"]
    answer = office.post("/sign-out")
    assert (answer.status_code, answer.headers["location"], "sid" in office.cookies) == (303, "/sign-in", False)
    assert office.get("/", headers={"Cookie": f"sid={token}"}).status_code == 303


def test_a_reset_signs_every_browser_out(office: TestClient, page_database: Database) -> None:
    with page_database.write() as session:
        accounts.reset_password(session, LOGIN, "another fine password")
    assert office.get("/").status_code == 303


def test_the_language_is_chosen_before_and_after_signing_in(client: TestClient) -> None:
    assert '<html lang="ja">' in client.get("/sign-in").text
    answer = client.post("/language", data={"language": "en", "next": "/sign-in?next=%2F"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")
    english = client.get("/sign-in")
    assert ('<html lang="en">' in english.text, english.headers["content-language"]) == (True, "en")
    sign_in(client)
    assert "On site now" in client.get("/").text


def test_a_language_that_is_not_there_changes_nothing(client: TestClient) -> None:
    answer = client.post("/language", data={"language": "xx"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (303, False)
    client.cookies["lang"] = "xx"
    assert '<html lang="ja">' in client.get("/sign-in").text
