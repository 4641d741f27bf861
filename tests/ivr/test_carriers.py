"""Where carriers differ: signatures by their published vectors, and what any form says in our words."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from twilio.request_validator import RequestValidator

from core.phone import PhoneSealer
from core.settings import CarrierAccount, Settings
from ivr.carriers import Adapter, identify, public_urls_of, read_caller
from ivr.model import CallerId, CallEvent
from tests.conftest import SIGNALWIRE, TWILIO, make_settings

MY_COMPANY = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
DUPLICATES = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]
JAPANESE = [
    ("CallSid", "CA1"),
    ("From", "+819012345678"),
    ("To", "+815031234567"),
    ("CallerCity", ""),
    ("SpeechResult", "にゅうじょう"),
]
BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
SIGNALWIRE_HASH = "69f3cbfc18e386ef8236cb7008cd5a54b7fed637a8cb3373b5a1591d7f0fd5f4"

# The tests of twilio-python and of SignalWire's SDKs; the one with blanks and Japanese is computed with twilio 9.13.
VECTORS = [
    ("12345", MY_COMPANY, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("12345", "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("12345", MY_COMPANY, FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("12345", "http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("12345", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("12345", MY_COMPANY, DUPLICATES, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ("12345", f"{MY_COMPANY}&bodySHA256={BODY_HASH}", [], "a9nBmqA0ju/hNViExpshrM61xv4="),
    ("12345", "https://example.jp/twilio/voice", JAPANESE, "OWl160ljyXTIUWu9R/lN6bUCeeg="),
    (
        "PSKtest1234567890abcdef",
        f"https://example.ngrok.io/webhook?bodySHA256={SIGNALWIRE_HASH}",
        [],
        "dfO9ek8mxyFtn2nMz24plPmPfIY=",
    ),
]
ADAPTERS = [Adapter(TWILIO), Adapter(SIGNALWIRE)]
RIGHT = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.fixture
def settings(sealer: PhoneSealer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings("sqlite://", sealer, tmp_path_factory.mktemp("carriers"))


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.carrier)
@pytest.mark.parametrize(("secret", "url", "form", "signature"), VECTORS)
def test_a_published_signature_is_genuine(
    adapter: Adapter, secret: str, url: str, form: list[tuple[str, str]], signature: str
) -> None:
    assert adapter.is_genuine(secret, url, form, signature) is True


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.carrier)
@pytest.mark.parametrize("signature", [None, "", "x", RIGHT[:-1], RIGHT.lower(), "ﾊﾝｺ", "\ud800", "A" * 10_000])
def test_a_missing_or_garbled_signature_is_not_genuine(adapter: Adapter, signature: str | None) -> None:
    assert adapter.is_genuine("12345", MY_COMPANY, FORM, signature) is False


@pytest.mark.parametrize(
    ("secret", "url", "form"),
    [
        ("12346", MY_COMPANY, FORM),
        ("12345", MY_COMPANY.replace("https", "http"), FORM),
        ("12345", "https://mycompany.com/myapp.php?bar=2&foo=1", FORM),
        ("12345", "https://mycompany.com/myapp.php/?foo=1&bar=2", FORM),
        ("12345", MY_COMPANY, FORM[:-1]),
        ("12345", MY_COMPANY, [*FORM, ("CallerCity", "")]),
        ("12345", MY_COMPANY, [*FORM, ("Digits", "12345")]),
        ("12345", MY_COMPANY, [*FORM, ("Name", "\ud800")]),
        ("12345", "https://[mycompany.com/myapp.php", FORM),
        ("12345", "https://mycompany.com:port/", FORM),
    ],
)
def test_anything_else_than_what_was_signed_is_not_genuine(secret: str, url: str, form: list[tuple[str, str]]) -> None:
    assert Adapter(TWILIO).is_genuine(secret, url, form, RIGHT) is False


def test_a_blank_field_is_signed_too() -> None:
    url, signature = "https://example.jp/twilio/voice", "OWl160ljyXTIUWu9R/lN6bUCeeg="
    without_blank = [pair for pair in JAPANESE if pair[1]]
    assert Adapter(TWILIO).is_genuine("12345", url, without_blank, signature) is False


def test_a_request_of_another_account_is_not_genuine_even_when_its_signature_fits() -> None:
    for account, expected in ((TWILIO.account, True), ("AC" + "9" * 32, False)):
        form = {"AccountSid": account, "CallSid": "CA1"}
        signature = RequestValidator(TWILIO.secret).compute_signature("https://genba.test/ivr/voice", form)
        genuine = Adapter(TWILIO).is_genuine(
            TWILIO.secret, "https://genba.test/ivr/voice", list(form.items()), signature
        )
        assert genuine is expected


def account_of(adapter: Adapter | None) -> CarrierAccount | None:
    return adapter.account if adapter else None


@pytest.mark.parametrize(
    ("headers", "form", "expected"),
    [
        ({"X-Twilio-Signature": "s"}, [], TWILIO),
        ({"X-SignalWire-Signature": "s"}, [], SIGNALWIRE),
        ({"X-SignalWire-Signature": "s", "X-Twilio-Signature": "s"}, [], SIGNALWIRE),
        ({"X-Twilio-Signature": "s"}, [("AccountSid", SIGNALWIRE.account)], SIGNALWIRE),
        ({"X-Twilio-Signature": "s"}, [("AccountSid", "somebody else's")], TWILIO),
        ({"X-Twilio-Signature": ""}, [], None),
        ({}, [("AccountSid", TWILIO.account)], None),
    ],
)
def test_the_header_tells_the_carrier(
    settings: Settings, headers: dict[str, str], form: list[tuple[str, str]], expected: CarrierAccount | None
) -> None:
    assert account_of(identify(Headers(headers), settings, form)) == expected


def test_a_carrier_without_an_account_is_nobody(settings: Settings) -> None:
    both = Headers({"X-SignalWire-Signature": "s", "X-Twilio-Signature": "s"})
    assert identify(both, replace(settings, carriers=(TWILIO,))) is None


def test_the_alias_of_the_header_serves_an_installation_with_signalwire_only(settings: Settings) -> None:
    found = identify(Headers({"X-Twilio-Signature": "sig"}), replace(settings, carriers=(SIGNALWIRE,)))
    assert found == Adapter(SIGNALWIRE, signature="sig")


def test_an_inbound_call_is_read_in_our_words(settings: Settings) -> None:
    headers = Headers({"X-Twilio-Signature": "sig", "I-Twilio-Idempotency-Token": "token-1"})
    adapter = identify(headers, settings)
    assert adapter is not None
    form = [
        ("AccountSid", TWILIO.account),
        ("CallSid", "CA" + "a" * 32),
        ("CallStatus", "In-Progress"),
        ("From", "+819012345678"),
        ("To", "+815031234567"),
        ("CallerCity", ""),
        ("Digits", "12#"),
        ("SequenceNumber", "3"),
        ("CallDuration", "21"),
        ("ErrorCode", "11200"),
        ("ForwardedFrom", "+81312345678"),
    ]
    assert adapter.read(form) == CallEvent(
        carrier="twilio",
        account=TWILIO.account,
        call_key=f"twilio:{TWILIO.account}:CA{'a' * 32}",
        called="+815031234567",
        caller_id=CallerId.GIVEN,
        caller_e164="+819012345678",
        status="in-progress",
        digits="12#",
        attempt_token="token-1",
        sequence=3,
        duration_s=21,
        error_code="11200",
    )


def test_a_call_of_which_little_is_said_is_still_one() -> None:
    assert Adapter(SIGNALWIRE).read([("CallSid", "c1"), ("Digits", "")]) == CallEvent(
        carrier="signalwire",
        account=SIGNALWIRE.account,
        call_key=f"signalwire:{SIGNALWIRE.account}:c1",
        called="",
        caller_id=CallerId.WITHHELD,
        caller_e164=None,
    )


@pytest.mark.parametrize(
    "text",
    [
        *("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"),
        *("266696687", "7378742833", "2562533", "8656696", "86282452253"),
        *("+1266696687", "+17378742833", "+12562533", "+18656696", "+186282452253", "17378742833"),
        *(
            "anonymous",
            "Anonymous",
            "ANONYMOUS",
            "restricted",
            "unknown",
            "private",
            "unavailable",
            "blocked",
            "withheld",
        ),
        *("", " ", "+", "sip:anonymous@anonymous.invalid", "client:Anonymous", "sip:+266696687@carrier.example"),
    ],
)
def test_a_number_kept_back_is_told_in_many_ways(text: str) -> None:
    assert read_caller(text) == (CallerId.WITHHELD, None)


@pytest.mark.parametrize(
    "text",
    [
        *("+811045000", "+464", "0000123456", "+81", "0", "12345", "+8190123456789", "+999123456789"),
        *(
            "client:alice",
            "client:+81901",
            "sip:1001@pbx.example",
            "sip:yamada@pbx.example",
            "x" * 10_000,
            "9" * 10_000,
        ),
        *("+81９０12345678", "\u0000", "+819012345678;DROP TABLE", "18409012345678"),
    ],
)
def test_what_is_no_number_is_odd(text: str) -> None:
    assert read_caller(text) == (CallerId.ODD, None)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+819012345678", "+819012345678"),
        ("819012345678", "+819012345678"),
        (" 819012345678", "+819012345678"),
        ("09012345678", "+819012345678"),
        ("+81 90-1234-5678", "+819012345678"),
        ("+81312345678", "+81312345678"),
        ("+815031234567", "+815031234567"),
        ("+14158675309", "+14158675309"),
        ("+84912345678", "+84912345678"),
        ("sip:+819012345678@carrier.example;user=phone", "+819012345678"),
        ("SIP:09012345678@carrier.example", "+819012345678"),
        ("client:+819012345678", "+819012345678"),
        ("tel:+81-90-1234-5678", "+819012345678"),
    ],
)
def test_a_number_is_given(text: str, e164: str) -> None:
    assert read_caller(text) == (CallerId.GIVEN, e164)


def test_a_withheld_number_that_is_a_valid_one_of_texas_is_still_withheld() -> None:
    event = Adapter(TWILIO).read([("CallSid", "CA1"), ("From", "+17378742833")])
    assert (event.caller_id, event.caller_e164) == (CallerId.WITHHELD, None)


def test_the_first_of_two_values_counts() -> None:
    event = Adapter(TWILIO).read([("CallSid", "CA1"), ("Digits", "1"), ("Digits", "2"), ("CallSid", "CA2")])
    assert (event.call_key, event.digits) == (f"twilio:{TWILIO.account}:CA1", "1")


@pytest.mark.parametrize(
    ("keyed", "digits"),
    [
        ("1", "1"),
        ("0427", "0427"),
        ("*#", "*#"),
        ("", None),
        ("abc", None),
        ("1 2\x003", "123"),
        ("9" * 10_000, "9" * 64),
    ],
)
def test_digits_are_keys_and_nothing_else(keyed: str, digits: str | None) -> None:
    assert Adapter(TWILIO).read([("CallSid", "CA1"), ("Digits", keyed)]).digits == digits


@pytest.mark.parametrize("number", ["-1", "1.5", "９", "9" * 5000, "x", ""])
def test_what_is_no_whole_number_counts_as_none(number: str) -> None:
    event = Adapter(TWILIO).read([("CallSid", "CA1"), ("SequenceNumber", number), ("CallDuration", number)])
    assert (event.sequence, event.duration_s) == (0, None)


def test_a_long_call_id_is_hashed_and_a_missing_one_stands_for_its_form() -> None:
    prefix = f"twilio:{TWILIO.account}:"
    long = "v3:" + "a" * 118
    assert Adapter(TWILIO).read([("CallSid", long)]).call_key == prefix + hashlib.sha256(long.encode()).hexdigest()
    assert Adapter(TWILIO).read([("CallSid", long[:120])]).call_key == prefix + long[:120]
    keys = {Adapter(TWILIO).read([("From", caller)]).call_key for caller in ("1", "2", "1")}
    assert len(keys) == 2


def test_control_characters_and_lone_surrogates_go_no_further() -> None:
    event = Adapter(TWILIO).read(
        [("CallSid", "CA\x00\n1\ud800"), ("To", "\x00sip:ゲート\ud800"), ("CallStatus", "bu\x07sy")]
    )
    assert (event.call_key, event.called, event.status) == (f"twilio:{TWILIO.account}:CA1", "sip:ゲート", "busy")


FIELDS = st.sampled_from(
    ["CallSid", "AccountSid", "From", "To", "CallStatus", "Digits", "SequenceNumber", "CallDuration", "ErrorCode", "x"]
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@given(form=st.lists(st.tuples(FIELDS | ANY_TEXT, ANY_TEXT)), signature=ANY_TEXT)
def test_nothing_raises_whatever_a_form_holds(form: list[tuple[str, str]], signature: str) -> None:
    adapter = Adapter(TWILIO, attempt_token="t")
    event = adapter.read(form)
    assert len(event.call_key) <= 200
    assert len(event.called) <= 64
    event.call_key.encode()
    event.called.encode()
    assert adapter.is_genuine(TWILIO.secret, "https://genba.test/ivr/voice", form, signature) is False


def test_the_signed_address_is_the_public_base_with_path_and_query_as_received(settings: Settings) -> None:
    settings = replace(settings, public_urls=("https://genba.test", "https://old.genba.test/call"))
    assert public_urls_of(settings, b"/ivr/%E5%85%A5%40", b"n=2&b=%27&a=") == [
        "https://genba.test/ivr/%E5%85%A5%40?n=2&b=%27&a=",
        "https://old.genba.test/call/ivr/%E5%85%A5%40?n=2&b=%27&a=",
    ]
    assert public_urls_of(settings, b"/ivr/voice", b"")[0] == "https://genba.test/ivr/voice"
    assert public_urls_of(settings, b"/\xff", b"")[0] == "https://genba.test/\xff"
