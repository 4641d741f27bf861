"""The virtual phone's page: what its buttons send, and that it never signs for another address."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.phone import PhoneSealer
from genba.virtual_phone_page import router
from tests.conftest import make_settings
from tests.ivr.webhook_server import ASK, INNER, LINE, YAMADA, OpenServer, Server, client_of, new_server

OpenPage = Callable[[Server], TestClient]


@pytest.fixture
def open_server(sealer: PhoneSealer, tmp_path: Path) -> OpenServer:
    return partial(new_server, make_settings("sqlite://", sealer, tmp_path))


@pytest.fixture
def open_page() -> Iterator[OpenPage]:
    clients: list[TestClient] = []

    def open_(server: Server) -> TestClient:
        app = FastAPI()
        app.state.nav = ()
        samples = {"callers": [("090-1234-5678", "山田太郎")], "lines": [("050-3123-4567", "中央ビル")]}
        app.include_router(router(server.settings, INNER, client=client_of(server), **samples))
        clients.append(TestClient(app))
        return clients[-1]

    yield open_
    for client in clients:
        client.close()


DIALLED = {"caller": "090-1234-5678", "called": "０５０－３１２３－４５６７"}


def test_the_page_plays_a_call_key_by_key(open_server: OpenServer, open_page: OpenPage) -> None:
    server = open_server(voice=ASK, keys='<Say language="ja-JP">記録しました。</Say>')
    page = open_page(server)
    begun = page.post("/phone/call", json=DIALLED).json()
    url = "https://genba.test/ivr/keys?n=1"
    assert begun["heard"] == [{"event": "said", "text": "番号を押してください。", "language": "ja-JP"}]
    assert begun["gather"] == {"url": url, "digits": 4, "finish_on_key": "#", "timeout_s": 6}
    assert (begun["call"]["caller"], begun["call"]["called"], begun["call"]["webhooks"]) == (YAMADA, LINE, 1)

    ended = page.post("/phone/keys", json={"call": begun["call"], "url": url, "keys": "0427"}).json()
    assert [line["event"] for line in ended["heard"]] == ["keyed", "said", "ended"]
    assert ended["gather"] is None
    assert server.paths() == ["/ivr/voice", "/ivr/keys?n=1", "/ivr/status"]
    assert len({form["CallSid"] for _path, form in server.forms}) == 1


def test_hanging_up_on_the_page_ends_the_call(open_server: OpenServer, open_page: OpenPage) -> None:
    server = open_server(voice=ASK)
    page = open_page(server)
    begun = page.post("/phone/call", json=DIALLED | {"withheld": True}).json()
    ended = page.post("/phone/hang-up", json={"call": begun["call"]}).json()
    assert ended == {"heard": [{"event": "ended", "text": "", "language": ""}], "gather": None}
    assert [(path, form["CallStatus"], form["From"]) for path, form in server.forms] == [
        ("/ivr/voice", "ringing", "+266696687"),
        ("/ivr/status", "completed", "+266696687"),
    ]


@pytest.mark.parametrize(("dialled", "wrong"), [({"caller": "12"}, "caller"), ({"called": "x"}, "called")])
def test_the_page_says_which_number_is_wrong(
    open_server: OpenServer, open_page: OpenPage, dialled: dict[str, str], wrong: str
) -> None:
    server = open_server(voice="<Hangup/>")
    answer = open_page(server).post("/phone/call", json=DIALLED | dialled)
    assert (answer.status_code, answer.json(), server.forms) == (422, {"field": wrong}, [])


@pytest.mark.parametrize("url", ["https://genba.test/sign-in", "https://other.test/ivr/keys", "file:///etc/passwd"])
def test_the_page_never_signs_for_another_address(open_server: OpenServer, open_page: OpenPage, url: str) -> None:
    server = open_server(voice=ASK, fallback="<Hangup/>")
    page = open_page(server)
    begun = page.post("/phone/call", json=DIALLED).json()
    page.post("/phone/keys", json={"call": begun["call"], "url": url, "keys": "1"})
    assert server.paths() == ["/ivr/voice", "/ivr/fallback", "/ivr/status"]


@pytest.mark.parametrize(("kind", "media_type"), [("js", "text/javascript"), ("css", "text/css")])
def test_script_and_style_are_files(open_server: OpenServer, open_page: OpenPage, kind: str, media_type: str) -> None:
    answer = open_page(open_server()).get(f"/phone/virtual_phone.{kind}")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, media_type)


def test_other_files_are_not_given(open_server: OpenServer, open_page: OpenPage) -> None:
    assert open_page(open_server()).get("/phone/virtual_phone.py").status_code == 404


def test_without_a_carrier_account_there_is_no_page(open_server: OpenServer) -> None:
    with pytest.raises(ValueError, match="carrier account"):
        router(replace(open_server().settings, carriers=()), INNER)


def test_the_page_has_fields_keys_and_nothing_inline(
    open_server: OpenServer, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.pages._content_version", lambda _path: "1")
    html = open_page(open_server()).get("/phone").text
    assert [html.count(f'data-key="{key}"') for key in "1234567890*#"] == [1] * 12
    assert '<option value="090-1234-5678">山田太郎　090-1234-5678</option>' in html
    assert '<option value="050-3123-4567">中央ビル　050-3123-4567</option>' in html
    assert ' style="' not in html
    assert '<script src="/phone/virtual_phone.js" defer></script>' in html
    assert html.count("<script") == 1
