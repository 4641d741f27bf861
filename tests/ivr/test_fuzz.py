"""Whatever comes to the webhooks: signed by the carrier it gets an answer that speaks, unsigned a plain refusal."""

import logging
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.settings import Settings
from ivr.carriers import Adapter
from tests.conftest import TWILIO
from tests.ivr.carrier_hand import BASE
from tests.ivr.stage import CODED, MENU, RING, SATO, SENTENCE, SHARED, STRANGER, TANAKAS, YAMADA, Stage, build_world
from tests.support.signed import FORM_TYPE, signature_of

PATHS = ("/ivr/voice", "/ivr/keys", "/ivr/status", "/ivr/fallback")
FIELDS = (
    *("CallSid", "From", "To", "Caller", "Called", "CallStatus", "Digits", "ForwardedFrom", "SequenceNumber"),
    *("CallDuration", "ErrorCode", "ErrorUrl", "Direction", "SpeechResult", "Timestamp", "bodySHA256", ""),
)
NUMBERS = (YAMADA, SATO, TANAKAS, STRANGER, SENTENCE, MENU, RING, SHARED, CODED, "+266696687", "anonymous", "")
ODD = (
    *(
        "\0",
        "\ud800",
        "\U0010ffff",
        "\u202e",
        "\r\nX: y",
        "'; drop table punches; --",
        "<Say>&amp;]]>",
        "%00%",
        "９" * 90,
    ),
    *(
        "9" * 5000,
        "-1",
        "1e9",
        "nan",
        "client:山田",
        "sip:a@b:99999999",
        "tel:+81;x=1",
        "+" + "8" * 400,
        "٣٣٣",
        "１００１",
    ),
)
ENCODINGS = ("utf-8", "shift_jis", "euc_jp", "utf-16", "utf-7")
PATIENT = examples(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

texts = st.one_of(st.sampled_from(ODD), st.text(max_size=40), st.text("0123456789*#+", max_size=40))
contents = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda text, coding: text.encode(coding, "replace"), texts, st.sampled_from(ENCODINGS)),
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
)
likely = st.fixed_dictionaries(
    {},
    optional={
        "CallSid": st.sampled_from(["CA1", "CA2", "CA3"]),
        "From": st.sampled_from(NUMBERS),
        "To": st.sampled_from(NUMBERS),
        "Digits": st.sampled_from(["1", "2", "3", "4", "8", "9", "1001", "1003", "00001234567890", "#", "*"]),
        "CallStatus": st.sampled_from(["ringing", "in-progress", "completed", "busy"]),
    },
).map(lambda fields: [(name.encode(), value.encode()) for name, value in fields.items()])
names = st.one_of(st.sampled_from(FIELDS).map(str.encode), contents)
forms = st.builds(
    lambda sure, odd, order: sure + odd if order else odd + sure,
    likely,
    st.lists(st.tuples(names, contents), max_size=5),
    st.booleans(),
)
turns = st.one_of(st.just(""), st.integers(0, 9).map(lambda n: f"?n={n}"), st.binary(max_size=12).map(quote_from_bytes))


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    stage = Stage(settings, database, clock)
    yield stage
    stage.close()


def post(stage: Stage, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    answer = stage.client.post(target, content=body, headers={"Content-Type": FORM_TYPE, **headers})
    return answer.status_code, answer.text


def post_signed(stage: Stage, target: str, body: bytes) -> tuple[int, str]:
    """Post a body with the signature of what it says, as our server must read it."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return post(stage, target, body, {"X-Twilio-Signature": signature_of(TWILIO, BASE + target, pairs)})


def is_spoken(path: str, status: int, text: str) -> bool:
    """Whether an answer is one a carrier can use: a document that parses, or nothing after the end of a call."""
    if status == 204:
        return path == "/ivr/status" and not text
    return status == 200 and ET.fromstring(text).tag == "Response"


def test_whatever_is_signed_gets_an_answer_that_speaks(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    @PATIENT
    @given(path=st.sampled_from(PATHS), turn=turns, form=forms, is_raw=st.booleans())
    def try_it(path: str, turn: str, form: list[tuple[bytes, bytes]], is_raw: bool) -> None:
        ours = (b"AccountSid", TWILIO.account.encode())
        call = (b"CallSid", b"CA" + b"f" * 32)
        write = bytes if is_raw else (lambda content: quote_from_bytes(content).encode())
        body = b"&".join(write(name) + b"=" + write(value) for name, value in (ours, call, *form))
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        target = path + (turn if turn.startswith("?") or not turn else f"?{turn}")
        status, text = post_signed(stage, target, body)
        if Adapter(TWILIO).is_well_formed(pairs):
            assert is_spoken(path, status, text), (status, text)
        else:
            assert status == 403

    with caplog.at_level(logging.ERROR):
        try_it()
    assert [record.getMessage() for record in caplog.records] == []


def test_whatever_is_not_signed_is_refused_and_leaves_no_row(stage: Stage) -> None:
    types = st.sampled_from([FORM_TYPE, "multipart/form-data; boundary=x", "application/json", "text/xml", ";;", ""])
    tokens = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)

    @PATIENT
    @given(path=st.sampled_from(PATHS), body=st.binary(max_size=300), kind=types, signature=tokens, token=tokens)
    def try_it(path: str, body: bytes, kind: str, signature: str, token: str) -> None:
        headers = {"Content-Type": kind, "X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": token}
        assert post(stage, path, body, headers)[0] == 403

    try_it()
    assert stage.held() == []


LARGE = [b"x" * 1_000_000, b"&" * 1_000_000, b"%" * 1_000_000, b"\xff" * 1_000_000, b"Digits=" + b"9" * 1_000_000]


@pytest.mark.parametrize("body", LARGE, ids=lambda body: repr(body[:4]))
def test_a_body_of_a_megabyte_is_refused_unread(stage: Stage, body: bytes) -> None:
    answers = {post(stage, path, body, {"X-Twilio-Signature": "x"})[0] for path in PATHS}
    assert answers == {413}


def test_as_large_as_a_form_may_be_it_is_answered(stage: Stage) -> None:
    start = f"AccountSid={TWILIO.account}&CallSid=CA{1:032x}&To=%2B815011110001&From="
    bodies = [
        (start + "%2B819012345678&Digits=" + "9" * 60_000).encode(),
        (start + "9" * 60_000).encode(),
        (start + "&" + "Extra=1&" * 400).encode(),
    ]
    for body in bodies:
        for path in ("/ivr/voice", "/ivr/keys?n=1", "/ivr/fallback"):
            assert is_spoken(path, *post_signed(stage, path, body))


def test_a_form_of_thousands_of_fields_is_refused(stage: Stage) -> None:
    assert post_signed(stage, "/ivr/voice", b"AccountSid=x&" + b"a=b&" * 10_000)[0] == 403
