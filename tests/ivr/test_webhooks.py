"""The webhooks as carriers use and misuse them: whose request it is, repeats, codes and languages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.registry import naming, places
from core.registry.model import Language, LineMode
from core.registry.store import find_line_by_number
from core.settings import Settings
from core.work import service as work
from ivr.receipts import RECEIPT
from tests import factories
from tests.conftest import SIGNALWIRE, TWILIO
from tests.ivr.carrier_hand import ASK_SITE, BASE, ENTRY, NOTED, key, ring, rows, send
from tests.ivr.stage import MENU, NGUYEN, SENTENCE, SHARED, STRANGER, TANAKAS, YAMADA, Stage, build_world
from tests.support.signed import signature_of

SECOND_BASE = "https://second.test"
DAY = date(2026, 11, 16)
ENGLISH_MENU = (
    "For entry, press 1. For exit, 2. For your days this month, 3. To hear this again, 9. "
    "To change the language, press 8."
)


@pytest.fixture
def stage(settings: Settings, database: Database, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Stage]:
    build_world(database, sealer)
    stage = Stage(replace(settings, public_urls=(BASE, SECOND_BASE)), database, clock)
    yield stage
    stage.close()


# Whose request it is


@pytest.mark.parametrize("signature", [None, "", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "\x7f\t;,=", "0" * 8000])
def test_without_a_signature_that_fits_nothing_is_said_and_nothing_kept(stage: Stage, signature: str | None) -> None:
    before = rows(stage)
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    answer = stage.client.post("/ivr/voice", data=stage.form("CA" + "1" * 32, YAMADA, SENTENCE), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert rows(stage) == before


def test_a_signature_of_bytes_that_are_no_text_is_refused(stage: Stage) -> None:
    answer = stage.client.post("/ivr/voice", content=b"CallSid=CA1", headers=[(b"X-Twilio-Signature", b"\xff\xfe\x80")])
    assert answer.status_code == 403


def test_a_form_altered_after_signing_is_refused(stage: Stage) -> None:
    form = stage.form("CA" + "1" * 32, YAMADA, SENTENCE)
    signature = signature_of(TWILIO, f"{BASE}/ivr/voice", form.items())
    assert stage.post("/ivr/voice", {**form, "From": TANAKAS}, signature=signature).status == 403
    assert stage.post("/ivr/voice", {**form, "Extra": ""}, signature=signature).status == 403
    assert stage.post("/ivr/voice", form, signature=signature).says == [ENTRY]


def test_each_of_our_public_addresses_may_be_signed_and_no_other(stage: Stage) -> None:
    form = list(stage.form("CA" + "1" * 32, YAMADA, SENTENCE).items())
    addresses = (SECOND_BASE, BASE, "https://else.test", "http://genba.test", "http://inner-host:8000")
    heard = [send(stage, "/ivr/voice", form, signed_url=f"{base}/ivr/voice").status for base in addresses]
    assert heard == [200, 200, 403, 403, 403]


def test_what_another_account_sends_is_refused_though_our_secret_signed_it(stage: Stage) -> None:
    form = stage.form("CA" + "1" * 32, YAMADA, SENTENCE, AccountSid="AC" + "9" * 32)
    assert stage.post("/ivr/voice", form).status == 403
    assert stage.held() == []


def test_the_address_counts_as_it_was_sent(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    keyed = list({**form, "Digits": "1001"}.items())
    odd = "/ivr/keys?b=%27%40x&n=1&a=%7e+z&b=&%E7%8F%BE"
    reordered = "/ivr/keys?n=1&b=%27%40x&a=%7e+z&b=&%E7%8F%BE"
    decoded = "/ivr/keys?b='@x&n=1&a=~+z&b=&%E7%8F%BE"
    assert heard.action == "/ivr/keys?n=1"
    assert [send(stage, odd, keyed, signed_url=BASE + other).status for other in (reordered, decoded)] == [403, 403]
    assert send(stage, odd, keyed).says == [ENTRY]


def test_a_site_named_in_the_address_counts_for_nothing(stage: Stage) -> None:
    form = list(stage.form("CA" + "1" * 32, YAMADA, SENTENCE).items())
    assert send(stage, "/ivr/voice?To=%2B815011110005&site=1002&site_code=1002", form).says == [ENTRY]


def test_signalwire_signs_in_its_own_header_and_is_told_an_absolute_address_for_the_keys(stage: Stage) -> None:
    form = list(
        stage.form("11111111-aaaa-4bbb-8ccc-222222222222", YAMADA, SHARED, AccountSid=SIGNALWIRE.account).items()
    )
    heard = send(stage, "/ivr/voice", form, account=SIGNALWIRE)
    assert (heard.status, heard.says, heard.action) == (200, [ASK_SITE], f"{BASE}/ivr/keys?n=1")
    assert send(stage, "/ivr/keys?n=1", [*form, ("Digits", "1001")], account=SIGNALWIRE).says == [ENTRY]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_posts_are_webhooks(stage: Stage, method: str) -> None:
    paths = ("voice", "keys", "status", "fallback")
    assert [stage.client.request(method, f"/ivr/{path}").status_code for path in paths] == [405] * 4


def test_a_body_no_carrier_sends_is_refused_unread(stage: Stage) -> None:
    form = list(stage.form("CA" + "1" * 32, YAMADA, SENTENCE, Extra="x" * 1_000_000).items())
    assert send(stage, "/ivr/voice", form).status == 413


# Repeats


def test_a_repeated_webhook_gets_the_same_document_and_adds_no_row(stage: Stage) -> None:
    for line in (SENTENCE, SHARED):
        form, first = ring(stage, YAMADA, line)
        before = rows(stage)
        stage.at("08:05")
        assert [stage.post("/ivr/voice", form).body for _ in range(3)] == [first.body] * 3
        assert rows(stage) == before


def test_repeated_keys_get_the_same_document_and_add_no_row(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    asked = key(stage, form, heard, "9999")
    assert key(stage, form, heard, "9999").body == asked.body
    told = key(stage, form, asked, "1001")
    before = rows(stage)
    assert [key(stage, form, asked, digits).body for digits in ("1001", "1002")] == [told.body] * 2
    assert (told.says, rows(stage), stage.held()) == ([ENTRY], before, ["山田太郎 entry accepted"])


def test_a_repeated_voice_webhook_in_mid_call_gets_the_last_question(stage: Stage) -> None:
    form, heard = ring(stage, YAMADA, SHARED)
    asked = key(stage, form, heard, "9999")
    assert stage.post("/ivr/voice", form).body == asked.body


def test_the_fallback_after_a_webhook_whose_answer_was_lost_says_the_same_and_leaves_one_punch(stage: Stage) -> None:
    form, first = ring(stage, YAMADA, SENTENCE)
    failed = {"ErrorCode": "11205", "ErrorUrl": f"{BASE}/ivr/voice"}
    assert stage.post("/ivr/fallback", {**form, **failed}).body == first.body
    assert stage.held() == ["山田太郎 entry accepted"]


def test_a_fallback_for_a_webhook_that_never_arrived_records_the_call(stage: Stage) -> None:
    form = stage.form("CA" + "1" * 32, YAMADA, SENTENCE, ErrorCode="11205", ErrorUrl=f"{BASE}/ivr/voice")
    assert stage.post("/ivr/fallback", form).says == [ENTRY]
    assert stage.held() == ["山田太郎 entry accepted"]


def test_a_line_that_only_rings_asks_for_one_receipt_however_often_the_webhook_comes(stage: Stage) -> None:
    line = "+815011110009"
    with stage.database.write() as session:
        prime = factories.contractor(session, "南建設")
        site = factories.site(session, stage.settings.sealer, "南ビル", prime=prime, sms_receipt=True)
        factories.line(session, line, sites=[site], mode=LineMode.RING_ONLY)
    form, heard = ring(stage, YAMADA, line)
    stage.post("/ivr/voice", form)
    stage.at("07:57")
    ring(stage, YAMADA, line)
    with stage.database.read() as session:
        marks = [(waiting.kind, waiting.marks) for waiting in work.waiting(session)]
    assert (heard.verbs, marks) == (["Reject"], [(RECEIPT, 1)])


def test_a_call_id_that_comes_again_with_another_caller_is_left_to_a_person(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SENTENCE)
    before = rows(stage)
    others = [stage.post("/ivr/voice", {**form, "From": caller}).says for caller in (NGUYEN, STRANGER)]
    assert others == [[NOTED], [NOTED]]
    assert (rows(stage), stage.held()) == (
        {**before, "punch_conflicts": 2},
        ["山田太郎 entry accepted"],
    )


def test_a_repeated_call_whose_site_is_not_certain_any_more_is_not_told_a_site(stage: Stage) -> None:
    form, _ = ring(stage, YAMADA, SENTENCE)
    with stage.database.write() as session:
        line = find_line_by_number(session, SENTENCE)
        assert line is not None
        places.put_site_on_line(session, line.line_id, naming.site_named(session, "東ビル"))
    before = rows(stage)
    assert (stage.post("/ivr/voice", form).says, rows(stage)) == ([NOTED], before)


# Languages


@pytest.mark.parametrize(
    ("language", "menu", "told"),
    [
        (
            Language.ENGLISH,
            ENGLISH_MENU,
            "Jonsumisu, Chuuoubiru, entry at 7:52. Recorded. Stay safe.",
        ),
        (
            Language.VIETNAMESE,
            "Vào bấm 1, ra bấm 2, số ngày tháng này bấm 3, nghe lại bấm 9. Để đổi ngôn ngữ, bấm 8.",
            "Jonsumisu, Chuuoubiru, vào lúc 7 giờ 52 phút. Đã ghi nhận. Chúc bạn làm việc an toàn.",
        ),
    ],
)
def test_the_menu_speaks_the_workers_language(stage: Stage, language: Language, menu: str, told: str) -> None:
    phone = "+819077778888"
    with stage.database.write() as session:
        employer = factories.contractor(session, "北工業")
        factories.worker(
            session,
            stage.settings.sealer,
            "ジョン・スミス",
            phone=phone,
            contractor=employer,
            name_kana="ジョンスミス",
            language=language,
        )
    form, heard = ring(stage, phone, MENU)
    assert (heard.says, key(stage, form, heard, "1").says) == ([menu], [told])


def test_a_captured_request_whose_boundaries_are_moved_is_no_other_call(stage: Stage) -> None:
    """The signature covers names and values without separators, so these are signed as well."""
    form = stage.form("CA" + "1" * 32, YAMADA, SENTENCE)
    signature = signature_of(TWILIO, f"{BASE}/ivr/voice", form.items())
    assert stage.post("/ivr/voice", form, signature=signature).says == [ENTRY]
    without = {name: value for name, value in form.items() if name not in ("CallSid", "CallStatus", "ApiVersion")}
    glued = {**without, "ApiVersion": "2010-04-01", "CallSid": form["CallSid"] + "CallStatusringing"}
    hidden = {**without, "ApiVersion": "2010-04-01CallSid" + form["CallSid"], "CallStatus": "ringing"}
    for moved in (glued, hidden):
        assert signature_of(TWILIO, f"{BASE}/ivr/voice", moved.items()) == signature
        assert stage.post("/ivr/voice", moved, signature=signature).status == 403
    assert len(stage.held()) == 1
