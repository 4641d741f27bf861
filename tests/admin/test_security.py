"""Who gets in, where requests may come from, and the headers of every answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from admin.app import app as app_from_env
from admin.app import create_app
from admin.pages import STATIC, local_path, static_url
from admin.security import PUBLIC_PATHS
from core.accounts import sessions
from core.clock import FixedClock
from core.db import Database, open_database
from core.phone import PhoneSealer
from core.settings import Settings
from tests.admin.conftest import LOGIN, sign_in
from tests.admin.conftest import new_client as open_client
from tests.support.environment import environment_of
from tests.support.servers import free_port

extra = APIRouter()


@extra.get("/phone")
def show_phone(request: Request) -> Response:
    return Response(request.state.account.name)


@extra.get("/broken")
def fail() -> Response:
    raise RuntimeError("a bug")


@extra.post("/phone/{number}/calls")
def call_phone(number: str) -> Response:
    return Response(number)


@pytest.fixture
def app(page_settings: Settings, page_database: Database, clock: FixedClock) -> FastAPI:
    """The application with pages from elsewhere, as the demo has them."""
    return create_app(
        page_settings, page_database, clock, extra_routers=[extra], extra_nav=[("/phone", "体験用の電話")]
    )


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Return method and path of every route there is, those from elsewhere too."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            for method in context.methods or ():
                yield method, re.sub(r"\{[^}]+\}", "1", context.path or "")


def test_every_route_but_signing_in_needs_a_session(app: FastAPI, client: TestClient) -> None:
    found, public = set(routes(app)), {re.sub(r"\{[^}]+\}", "1", path) for path in PUBLIC_PATHS}
    answers = {
        (method, path): (answer.status_code, answer.headers.get("location", "").partition("?")[0])
        for method, path in found
        if path not in public
        for answer in [client.request(method, path)]
    }
    assert {("GET", "/"), ("GET", "/now/fragment"), ("POST", "/sign-out"), ("POST", "/phone/1/calls")} <= set(answers)
    assert set(answers.values()) == {(303, "/sign-in")}
    assert {path for _, path in found} & public == public


def test_there_are_no_documentation_pages(office: TestClient) -> None:
    assert [office.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]


def test_pages_from_elsewhere_stand_behind_the_same_session_and_in_the_navigation(office: TestClient) -> None:
    assert office.get("/phone").text == "木村花子"
    assert '<a href="/phone">体験用の電話</a>' in office.get("/").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://genba.test"}, 403),
        ({"Origin": "http://genba.test"}, 303),
        ({"Origin": "https://genba.test"}, 303),
        ({"Origin": "http://192.168.0.5:8000", "Host": "192.168.0.5:8000"}, 303),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_our_own_pages_may_change_something(client: TestClient, headers: dict[str, str], status: int) -> None:
    del client.headers["Sec-Fetch-Site"]
    answer = client.post("/language", data={"language": "en"}, headers=headers)
    assert answer.status_code == status
    assert ("lang=en" in answer.headers.get("set-cookie", "")) == (status == 303)


def test_a_refused_change_is_explained_on_a_page(client: TestClient) -> None:
    answer = client.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"})
    assert "この操作はできません" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/broken", "/static/app.css"])
def test_every_answer_carries_the_security_headers(office: TestClient, path: str) -> None:
    headers = office.get(path).headers
    assert {name: headers.get(name) for name in ("x-content-type-options", "referrer-policy")} == {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    assert (
        headers["content-security-policy"]
        == "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert "strict-transport-security" not in headers


def test_pages_are_never_stored_and_versioned_files_are_kept(office: TestClient) -> None:
    assert [office.get(path).headers["cache-control"] for path in ("/", "/sign-in", "/no-such-page", "/broken")] == [
        "no-store"
    ] * 4
    assert office.get(static_url("app.css")).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert office.get("/static/app.css").headers["cache-control"] == "no-cache"


def test_over_https_the_cookie_is_bound_to_the_host_and_https_is_remembered(
    page_settings: Settings, page_database: Database, clock: FixedClock
) -> None:
    app = create_app(replace(page_settings, secure_cookies=True), page_database, clock)
    client = open_client(app)
    client.base_url = "https://genba.test"
    answer = client.post("/sign-in", data={"login": LOGIN, "password": "correct horse battery"})
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    assert name == "__Host-sid"
    assert attributes.partition("; ")[2] == "HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [("/no-such-page", 404, "ページが見つかりません"), ("/broken", 500, "画面を表示できませんでした")],
)
def test_errors_have_pages_in_both_languages(office: TestClient, path: str, status: int, text: str) -> None:
    answer = office.get(path)
    assert (answer.status_code, text in answer.text, "a bug" in answer.text) == (status, True, False)
    office.post("/language", data={"language": "en"})
    english = office.get(path)
    assert "木村花子" in english.text
    assert ('<html lang="en">' in english.text, text in english.text) == (True, False)


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/invitation/secret-token"])
def test_while_the_database_is_away_pages_say_so_and_the_log_has_a_line_without_traceback(
    page_settings: Settings, clock: FixedClock, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    away = open_database(f"postgresql+psycopg://genba@127.0.0.1:{free_port()}/genba")
    client = open_client(create_app(page_settings, away, clock))
    client.cookies.set("sid", "somebody")
    answer = client.get(path)
    client.cookies.set("lang", "en")
    english = client.get(path)
    away.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "データベースにつながりません" in answer.text
    assert "The database cannot be reached" in english.text
    assert "content-security-policy" in answer.headers
    told = [record for record in caplog.records if record.name == "admin.app"]
    assert [record.exc_info for record in told] == [None, None]
    assert "secret-token" not in "".join(record.getMessage() for record in told)


def test_after_a_bug_the_browser_is_told_that_the_connection_closes(office: TestClient) -> None:
    assert office.get("/broken").headers["connection"] == "close"


def test_a_method_that_is_not_there_is_told_apart(office: TestClient) -> None:
    answer = office.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_refresh_without_a_session_moves_the_whole_page_to_sign_in(client: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://genba.test/?site=all"}
    answer = client.get("/now/fragment?site=all", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2F%3Fsite%3Dall")


def test_a_board_that_refreshes_itself_does_not_keep_a_session_alive(office: TestClient, clock: FixedClock) -> None:
    for _ in range(9):
        clock.at = clock.at.replace(hour=(clock.at.hour + 1) % 24, day=clock.at.day + (clock.at.hour == 23))
        last = office.get("/now/fragment", headers={"HX-Request": "true"})
    assert last.status_code == 401


def test_a_person_at_work_keeps_the_session_alive_for_twelve_hours(office: TestClient, clock: FixedClock) -> None:
    statuses = []
    for _ in range(12):
        clock.at = clock.at.replace(hour=(clock.at.hour + 1) % 24, day=clock.at.day + (clock.at.hour == 23))
        statuses.append(office.get("/").status_code)
    assert statuses == [200] * 11 + [303]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("/?site=all", "/?site=all"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/\t/evil.test", "/"),
        ("https://evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("evil", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
    ],
)
def test_the_way_on_never_leaves_us(client: TestClient, text: str, path: str) -> None:
    assert local_path(text) == path
    assert sign_in(client, next=text) == 303
    assert client.get("/sign-in", params={"next": text}).headers["location"] == path


def test_no_page_asks_another_host_or_carries_a_script_of_its_own(office: TestClient) -> None:
    for path in ("/", "/sign-in", "/no-such-page"):
        html = office.get(path).text
        assert not re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", html)
        assert not re.findall(r"<script(?![^>]* src=)|<style|style=|\son[a-z]+=|javascript:", html)


def test_our_own_style_is_small() -> None:
    sizes = {file.name: file.stat().st_size for file in STATIC.glob("*.css")}
    assert sizes.pop("app.css") < 25_000
    assert {name: size for name, size in sizes.items() if size >= 10_000} == {}


def test_a_changed_or_ended_cookie_opens_nothing(office: TestClient, page_database: Database) -> None:
    token = office.cookies["sid"]
    office.cookies.clear()
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert [office.get("/", headers={"Cookie": f"sid={value}"}).status_code for value in (token, changed)] == [200, 303]
    with page_database.write() as session:
        sessions.end_session(session, token)
    assert office.get("/", headers={"Cookie": f"sid={token}"}).status_code == 303


def test_a_server_can_make_the_application_from_the_environment(
    sqlite_url: str, sealer: PhoneSealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(sqlite_url, sealer, tmp_path).items():
        monkeypatch.setenv(name, value)
    made = app_from_env()
    assert (made.state.settings.database_url, made.state.settings.secure_cookies) == (sqlite_url, True)
    made.state.database.close()
