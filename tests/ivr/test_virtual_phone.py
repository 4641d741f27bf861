"""The virtual phone against a small server of our own making: it does what a carrier does, and says what went wrong."""

from functools import partial
from pathlib import Path

import httpx2
import pytest

from core.phone import PhoneSealer
from core.settings import CarrierAccount
from genba.virtual_phone import MAX_WEBHOOKS, Event, Heard, VirtualPhone
from genba.virtual_phone_answers import Gather, Say, read_answer
from tests.conftest import SIGNALWIRE, TWILIO, make_settings
from tests.ivr.webhook_server import (
    ASK,
    ENDED,
    INNER,
    LINE,
    YAMADA,
    OpenServer,
    Server,
    client_of,
    new_server,
    said,
    twiml,
)

# The fields of an inbound call of Twilio's, as seen; StirVerstat comes in North America only.
INBOUND_FIELDS = {"AccountSid", "ApiVersion", "CallSid", "CallStatus", "CallToken", "Direction"} | {
    side + place for side in ("Called", "Caller", "From", "To") for place in ("", "City", "Country", "State", "Zip")
}


@pytest.fixture
def open_server(sealer: PhoneSealer, tmp_path: Path) -> OpenServer:
    return partial(new_server, make_settings("sqlite://", sealer, tmp_path))


def phone_at(server: Server, account: CarrierAccount = TWILIO, public_url: str = "https://genba.test") -> VirtualPhone:
    return VirtualPhone(account, public_url, INNER, client_of(server))


@pytest.mark.parametrize("account", [TWILIO, SIGNALWIRE], ids=lambda account: account.carrier)
def test_a_call_is_signed_for_the_public_address_and_ends_with_its_status(
    open_server: OpenServer, account: CarrierAccount
) -> None:
    server = open_server(voice='<Say language="ja-JP">記録しました。</Say><Hangup/>')
    assert list(phone_at(server, account).call(YAMADA, LINE)) == [said("記録しました。"), ENDED]
    assert [(path, form["CallStatus"]) for path, form in server.forms] == [
        ("/ivr/voice", "ringing"),
        ("/ivr/status", "completed"),
    ]


def test_the_form_has_all_that_twilio_sends_blanks_too(open_server: OpenServer) -> None:
    server = open_server(voice="<Hangup/>")
    list(phone_at(server).call(YAMADA, LINE))
    form = server.forms[0][1]
    assert set(form) == INBOUND_FIELDS
    assert (form["From"], form["To"], form["CallerCity"], form["Direction"]) == (YAMADA, LINE, "", "inbound")
    assert len({form["CallSid"] for _path, form in server.forms}) == 1
    assert len(set(server.tokens)) == len(server.tokens)


def test_each_gather_takes_the_next_keys_and_then_silence(open_server: OpenServer) -> None:
    server = open_server(voice=ASK, keys=lambda form: ASK if form["Digits"] else '<Say language="ja-JP">では。</Say>')
    prompt = said("番号を押してください。")
    assert list(phone_at(server).call(YAMADA, LINE, ["0427", "1#"])) == [
        prompt,
        Heard(Event.KEYED, "0427"),
        prompt,
        Heard(Event.KEYED, "1#"),
        prompt,
        Heard(Event.SILENT),
        said("では。"),
        ENDED,
    ]
    keyed = [(path, form["Digits"], form["FinishedOnKey"]) for path, form in server.forms if "keys" in path]
    assert keyed == [("/ivr/keys?n=1", "0427", ""), ("/ivr/keys?n=1", "1", "#"), ("/ivr/keys?n=1", "", "")]


def test_an_empty_item_among_the_keys_is_silence(open_server: OpenServer) -> None:
    server = open_server(voice=ASK, keys=lambda form: "<Hangup/>" if form["Digits"] else ASK)
    list(phone_at(server).call(YAMADA, LINE, ["", "2"]))
    assert [form["Digits"] for path, form in server.forms if "keys" in path] == ["", "2"]


def test_silence_goes_on_with_what_follows_a_gather_that_does_not_ask_for_it(
    open_server: OpenServer,
) -> None:
    server = open_server(
        voice='<Gather action="/ivr/keys?n=1"/><Say language="en-US">Nothing.</Say><Redirect>/ivr/keys?n=2</Redirect>',
        keys="<Pause length='2'/><Hangup/><Say>never heard</Say>",
    )
    assert list(phone_at(server).call(YAMADA, LINE)) == [
        Heard(Event.SILENT),
        said("Nothing.", "en-US"),
        Heard(Event.PAUSED, "2"),
        ENDED,
    ]
    assert server.paths() == ["/ivr/voice", "/ivr/keys?n=2", "/ivr/status"]


def test_a_busy_line_is_never_answered(open_server: OpenServer) -> None:
    server = open_server(voice='<Reject reason="busy"/>')
    assert list(phone_at(server).call(YAMADA, LINE)) == [Heard(Event.BUSY, "busy"), ENDED]
    assert (server.forms[-1][1]["CallStatus"], server.forms[-1][1]["CallDuration"]) == ("busy", "0")


@pytest.mark.parametrize(("account", "sent"), [(TWILIO, "+266696687"), (SIGNALWIRE, "anonymous")])
def test_a_withheld_number_is_written_as_the_carrier_does(
    open_server: OpenServer, account: CarrierAccount, sent: str
) -> None:
    server = open_server(voice="<Hangup/>")
    list(phone_at(server, account).call(YAMADA, LINE, withheld=True))
    assert (server.forms[0][1]["From"], server.forms[0][1]["Caller"]) == (sent, sent)


@pytest.mark.parametrize(
    ("answer", "told", "code"),
    [
        (httpx2.Response(500), "HTTP 500", "11200"),
        (httpx2.Response(403), "HTTP 403", "11200"),
        (
            httpx2.Response(200, text="<Response/>", headers={"content-type": "text/html"}),
            "the answer is not declared as XML",
            "12300",
        ),
        (twiml("<Dial/>"), "this phone does not know <Dial>", "12100"),
        (twiml("<Say>"), "no XML: mismatched tag: line 1, column 17", "12100"),
    ],
)
def test_when_a_webhook_fails_the_fallback_is_asked(
    open_server: OpenServer, answer: httpx2.Response, told: str, code: str
) -> None:
    server = open_server(voice=lambda _form: answer, fallback='<Say language="ja-JP">受け付けました。</Say>')
    assert list(phone_at(server).call(YAMADA, LINE)) == [
        Heard(Event.FAILED, f"/ivr/voice: {told}"),
        Heard(Event.FALLBACK),
        said("受け付けました。"),
        ENDED,
    ]
    form = server.forms[1][1]
    assert (form["ErrorCode"], form["ErrorUrl"]) == (code, "https://genba.test/ivr/voice")


def test_when_the_fallback_fails_too_the_call_has_failed(open_server: OpenServer) -> None:
    server = open_server()
    assert list(phone_at(server).call(YAMADA, LINE)) == [
        Heard(Event.FAILED, "/ivr/voice: HTTP 404"),
        Heard(Event.FALLBACK),
        Heard(Event.FAILED, "/ivr/fallback: HTTP 404"),
        ENDED,
    ]
    assert server.forms[-1][1]["CallStatus"] == "failed"


def test_a_server_that_does_not_answer_fails_the_call() -> None:
    def refuse(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    client = httpx2.Client(transport=httpx2.MockTransport(refuse))
    heard = list(VirtualPhone(TWILIO, "https://genba.test", INNER, client).call(YAMADA, LINE))
    assert [line.event for line in heard] == [Event.FAILED, Event.FALLBACK, Event.FAILED, Event.FAILED, Event.ENDED]
    assert heard[0].text == f"/ivr/voice: nothing listens at {INNER}: is `genba demo` or `genba serve` running?"


def test_a_wrong_public_address_is_refused_as_by_a_carrier(open_server: OpenServer) -> None:
    server = open_server(voice="<Hangup/>")
    heard = list(phone_at(server, public_url="https://elsewhere.test").call(YAMADA, LINE))
    assert heard[0] == Heard(Event.FAILED, "/ivr/voice: HTTP 403")
    assert server.forms == []


@pytest.mark.parametrize("target", ["https://other.test/ivr/keys", "/sign-in", "//other.test/ivr/"])
def test_an_answer_that_leads_away_is_not_followed(open_server: OpenServer, target: str) -> None:
    server = open_server(voice=f"<Redirect>{target}</Redirect>", fallback="<Hangup/>")
    heard = list(phone_at(server).call(YAMADA, LINE))
    assert [line.event for line in heard] == [Event.FAILED, Event.FALLBACK, Event.ENDED]
    assert server.paths() == ["/ivr/voice", "/ivr/fallback", "/ivr/status"]


def test_whole_addresses_of_our_own_are_followed(open_server: OpenServer) -> None:
    server = open_server(voice="<Redirect>https://genba.test/ivr/keys?n=1</Redirect>", keys="<Hangup/>")
    assert list(phone_at(server).call(YAMADA, LINE)) == [ENDED]
    assert server.paths() == ["/ivr/voice", "/ivr/keys?n=1", "/ivr/status"]


def test_an_endless_answer_comes_to_an_end(open_server: OpenServer) -> None:
    server = open_server(voice="<Redirect>/ivr/voice</Redirect>")
    heard = list(phone_at(server).call(YAMADA, LINE))
    assert heard == [Heard(Event.FAILED, f"more than {MAX_WEBHOOKS} webhooks"), ENDED]


def test_a_repeated_webhook_is_the_same_request_many_times(open_server: OpenServer) -> None:
    server = open_server(voice='<Say language="ja-JP">記録しました。</Say>')
    assert list(phone_at(server).call(YAMADA, LINE, times=120)) == [
        Heard(Event.REPEATED, "120 x 記録しました。"),
        said("記録しました。"),
        ENDED,
    ]
    first = server.forms[0]
    assert server.forms[:-1] == [first] * 120
    assert (len(set(server.tokens[:-1])), server.paths()[-1]) == (1, "/ivr/status")


def test_answers_to_a_repeated_webhook_that_differ_are_told_apart(open_server: OpenServer) -> None:
    answers = iter(["<Say>once</Say>", *["<Say>again</Say>"] * 3, httpx2.Response(500)])
    server = open_server(voice=lambda _form: next(answers))
    heard = list(phone_at(server).call(YAMADA, LINE, times=5))
    assert {line.text for line in heard if line.event is Event.REPEATED} == {"3 x again", "1 x once", "1 x HTTP 500"}
    assert heard[-2:] == [said("again", "en-US"), ENDED]


@pytest.mark.parametrize(
    ("keys", "digits", "taken"),
    [
        ("1234", 4, ("1234", "")),
        ("12345", 4, ("1234", "")),
        ("12#", 4, ("12", "#")),
        ("1234#", 4, ("1234", "")),
        ("#", 1, ("", "#")),
        ("12345678901234#9", None, ("12345678901234", "#")),
        ("", 1, ("", "")),
    ],
)
def test_a_gather_takes_keys_as_a_carrier_does(keys: str, digits: int | None, taken: tuple[str, str]) -> None:
    assert Gather("https://genba.test/ivr/keys", digits=digits).take(keys) == taken


def test_readings_are_not_what_is_written() -> None:
    document = '<Response><Say language="ja-JP"><sub alias="やまだ">山田</sub>さん</Say></Response>'
    assert read_answer(document, "https://genba.test/ivr/voice") == [Say("山田さん", "ja-JP")]


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with <html>"):
        read_answer("<html/>", "https://genba.test/ivr/voice")
