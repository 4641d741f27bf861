"""`genba call`: what it prints, and how it ends."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.phone import PhoneSealer
from genba.commands import call as call_command
from tests.conftest import SIGNALWIRE, make_settings
from tests.ivr.webhook_server import ASK, LINE, YAMADA, OpenServer, Server, client_of, new_server

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def open_server(sealer: PhoneSealer, tmp_path: Path) -> OpenServer:
    return partial(new_server, make_settings("sqlite://", sealer, tmp_path))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_(server: Server, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(call_command, "load_settings", lambda: server.settings)
        monkeypatch.setattr(call_command, "open_client", lambda: client_of(server))
        result = CliRunner().invoke(call_command.call, arguments)
        return result.exit_code, result.output

    return run_


def test_the_command_prints_a_call_line_by_line(open_server: OpenServer, run: Run) -> None:
    server = open_server(voice=ASK, keys='<Say language="ja-JP">記録しました。</Say>')
    status, output = run(server, "090-1234-5678", "050-3123-4567", "--keys", "0427")
    assert status == 0
    assert output.splitlines() == [
        "☎  +8190****5678 calls 050-3123-4567",
        "☎  ja-JP  番号を押してください。",
        "⌨  0427",
        "☎  ja-JP  記録しました。",
        "☎  call ended",
    ]
    assert (server.forms[0][1]["From"], server.forms[0][1]["To"]) == (YAMADA, LINE)


def test_the_command_prints_json(open_server: OpenServer, run: Run) -> None:
    server = open_server(voice='<Reject reason="busy"/>')
    status, output = run(server, YAMADA, LINE, "--withheld", "--json")
    assert (status, json.loads(output)) == (
        0,
        {
            "failed": False,
            "heard": [
                {"event": "busy", "text": "busy", "language": ""},
                {"event": "ended", "text": "", "language": ""},
            ],
        },
    )


def test_the_command_fails_when_the_call_does(open_server: OpenServer, run: Run) -> None:
    status, output = run(open_server(fallback="<Hangup/>"), YAMADA, LINE)
    assert status == 1
    assert output.splitlines()[1:] == [
        "✗  /ivr/voice: HTTP 404",
        "↪  the carrier tries /ivr/fallback",
        "☎  call ended",
    ]


def test_the_command_calls_as_the_carrier_it_is_told(open_server: OpenServer, run: Run) -> None:
    server = open_server(voice="<Hangup/>")
    run(server, YAMADA, LINE, "--carrier", "signalwire")
    assert server.forms[0][1]["AccountSid"] == SIGNALWIRE.account


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["0900", LINE], "not a phone number: ****"),
        ([YAMADA, "x"], "not a phone number: ****"),
        ([YAMADA, LINE, "--keys", "1,a"], "keys are 0-9, * and #"),
        ([YAMADA, LINE, "--repeat", "0"], "Invalid value for '--repeat'"),
    ],
)
def test_what_cannot_be_dialled_is_said_before_anything_is_sent(
    open_server: OpenServer, run: Run, arguments: list[str], problem: str
) -> None:
    server = open_server(voice="<Hangup/>")
    status, output = run(server, *arguments)
    assert status == 2
    assert problem in output
    assert server.forms == []
