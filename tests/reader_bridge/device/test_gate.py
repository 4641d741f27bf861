"""The gate page's server: to this machine alone, and only its own page may change anything."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from reader_bridge.device import gate
from reader_bridge.device.readers import Seen
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from tests.reader_bridge.device.makers import TurnedMachine, card


@pytest.fixture
def station(tmp_path: Path, spool: Spool, machine: TurnedMachine) -> Station:
    return Station(Parts(tmp_path, spool, machine, None, None, list))


@pytest.fixture
def page(station: Station) -> Iterator[httpx2.Client]:
    with gate.serving(station, 0) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def _origin(page: httpx2.Client) -> dict[str, str]:
    return {"Origin": str(page.base_url).rstrip("/")}


def test_the_page_and_its_files_come_from_here_and_name_nobody_else(page: httpx2.Client) -> None:
    for name in ("", *(f"static/{each}" for each in gate.FILES)):
        answer = page.get(f"/{name}")
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", ""), name


@pytest.mark.parametrize("path", ["/static/", "/static/../gate.py", "/static/gate.html/", "/gate.html", "/etc/passwd"])
def test_nothing_else_is_served(page: httpx2.Client, path: str) -> None:
    assert page.request("GET", path).status_code == 404


def test_what_is_typed_at_the_page_is_kept(page: httpx2.Client, spool: Spool) -> None:
    answer = page.post("/typed", json={"text": "12345678901234"}, headers=_origin(page))
    assert answer.json() == {"known": True}
    assert spool.unsent().waiting == 1
    assert page.post("/typed", json={"text": "x"}, headers=_origin(page)).json() == {"known": False}


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://localhost:1"])
def test_another_sites_page_changes_nothing(page: httpx2.Client, spool: Spool, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for path in ("/typed", "/send"):
        assert page.post(path, json={"text": "12345678901234"}, headers=headers).status_code == 403
    assert spool.unsent().waiting == 0


def test_who_calls_this_machine_by_another_name_sees_nothing(page: httpx2.Client) -> None:
    for path in ("/", "/state", "/events"):
        assert page.get(path, headers={"Host": "evil.example:8787"}).status_code == 421


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"'])
def test_what_is_no_message_is_refused(page: httpx2.Client, body: bytes) -> None:
    assert page.post("/typed", content=body, headers=_origin(page)).status_code == 400
    assert page.post("/typed", content=b"x" * 1500, headers=_origin(page)).status_code == 413


def test_the_button_sends_at_once(page: httpx2.Client, station: Station) -> None:
    pressed: list[bool] = []
    station.send_now = lambda: pressed.append(True)
    assert page.post("/send", json={}, headers=_origin(page)).json() == {"sending": True}
    assert pressed == [True]


def test_a_touch_is_pushed_to_the_page_with_the_state_after_it(page: httpx2.Client, station: Station) -> None:
    with page.stream("GET", "/events") as events:
        lines = (line for line in events.iter_lines() if line)
        assert next(lines) == "event: state"
        assert json.loads(next(lines).removeprefix("data: "))["refusal"] == "not_enrolled"
        station.seen(Seen("A reader", card(1)))
        assert next(lines) == "event: touch"
        assert json.loads(next(lines).removeprefix("data: "))["tone"] == "attention"
        assert next(lines) == "event: state"
        assert json.loads(next(lines).removeprefix("data: "))["people"] == 1
