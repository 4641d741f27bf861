"""Receipts by short message: who gets one, what it says, and what happens when the carrier refuses."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.attendance.model import Caller, Channel, RawPunch
from core.attendance.service import record_punches
from core.clock import FixedClock
from core.db import Database, Session
from core.ids import PunchId, uuid7
from core.registry.model import Language, LineMode
from core.settings import CarrierAccount, Settings
from core.work import service as work
from ivr.carrier_rest import TwilioRest
from ivr.receipts import RECEIPT, send_receipts
from tests import factories
from tests.support.fake_twilio import Asked, FakeTwilio

WORKER, LINE = "+819012345678", "+815012345678"


@pytest.fixture
def twilio() -> FakeTwilio:
    return FakeTwilio()


def arrange(
    settings: Settings,
    database: Database,
    clock: FixedClock,
    *,
    phone: str = WORKER,
    language: Language = Language.JAPANESE,
    carrier: str = "twilio",
    sms_receipt: bool = True,
    punches: int = 1,
) -> None:
    """Let a worker call a line that only rings, and mark his punches for a receipt."""
    with database.write() as session:
        site = factories.site(session, settings.sealer, sms_receipt=sms_receipt)
        employer = factories.contractor(session)
        factories.worker(session, settings.sealer, phone=phone, contractor=employer, language=language)
        factories.line(session, LINE, sites=[site], carrier=carrier, mode=LineMode.RING_ONLY)
        for number in range(punches):
            clock.at += timedelta(hours=5 * number)
            work.mark(session, RECEIPT, [_call(settings, session, phone, clock)], clock.now())


def _call(settings: Settings, session: Session, phone: str, clock: FixedClock) -> PunchId:
    sealed = settings.sealer.seal(phone)
    caller = Caller(settings.sealer.blind_indexes(phone), sealed.last4_index, sealed.cipher, sealed.mask)
    punch = RawPunch(PunchId(uuid7()), str(uuid7()), Channel.PHONE, clock.now(), clock.now(), caller, LINE)
    record_punches(session, [punch], clock.now())
    return punch.punch_id


def send(settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio) -> None:
    with database.write() as session:
        marks = work.take_marks(session, RECEIPT, clock.now())

    def sender(account: CarrierAccount) -> TwilioRest:
        return TwilioRest(account, twilio)

    send_receipts(settings, database, clock, marks, sender)


def bodies(asked: Sequence[Asked]) -> list[str]:
    return [each.sent["Body"] for each in asked]


def marks_left(database: Database) -> int:
    with database.read() as session:
        return sum(waiting.marks for waiting in work.waiting(session))


def test_entry_and_exit_are_confirmed_from_the_line_to_the_caller(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    arrange(settings, database, clock, punches=2)
    send(settings, database, clock, twilio.answer(sid="SM1").answer(sid="SM2"))
    assert twilio.asked == [
        Asked("POST", "Messages.json", {"To": WORKER, "From": LINE, "Body": body})
        for body in (
            "現場コール: 山田 太郎さん、中央ビル、入場 7時52分、記録しました。",
            "現場コール: 山田 太郎さん、中央ビル、退場 12時52分、記録しました。",
        )
    ]
    assert marks_left(database) == 0


def test_the_message_is_in_the_workers_language(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    arrange(settings, database, clock, language=Language.ENGLISH)
    send(settings, database, clock, twilio.answer(sid="SM1"))
    assert bodies(twilio.asked) == ["Genba Call: 山田 太郎, 中央ビル, entry 7:52, recorded."]


@pytest.mark.parametrize(
    "circumstance",
    [{"phone": "+81312345678"}, {"carrier": "signalwire"}, {"sms_receipt": False}],
    ids=["a landline called", "the line's carrier sends no messages", "the site wants none"],
)
def test_nobody_is_written_to_when(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio, circumstance: dict[str, object]
) -> None:
    arrange(settings, database, clock, **circumstance)  # type: ignore[arg-type]
    send(settings, database, clock, twilio)
    assert (twilio.asked, marks_left(database)) == ([], 0)


def test_a_receipt_that_comes_too_late_is_not_sent(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    arrange(settings, database, clock)
    clock.at += timedelta(hours=7)
    send(settings, database, clock, twilio)
    assert (twilio.asked, marks_left(database)) == ([], 0)


def test_a_refusal_is_tried_again_four_times_and_then_given_up_without_the_number_in_the_log(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    arrange(settings, database, clock)
    for left in (1, 1, 1, 1, 0):
        send(settings, database, clock, twilio.refuse(20429, 429))
        assert marks_left(database) == left
        clock.at += timedelta(minutes=5)
    assert len(twilio.asked) == 5
    assert caplog.messages[-1] == "gave up the receipt to +8190****5678 after 5 attempt(s): error 20429"
    assert "12345678" not in caplog.text


def test_a_number_that_takes_no_messages_is_given_up_at_once(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    arrange(settings, database, clock)
    send(settings, database, clock, twilio.refuse(21614))
    assert (len(twilio.asked), marks_left(database)) == (1, 0)


def test_a_broken_connection_is_tried_again(
    settings: Settings, database: Database, clock: FixedClock, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    arrange(settings, database, clock)
    send(settings, database, clock, twilio.break_off())
    assert (marks_left(database), caplog.messages) == (
        1,
        ["the receipt to +8190****5678 waits: the carrier could not be reached"],
    )
