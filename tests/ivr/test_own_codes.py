"""The message with a worker's code: to whom it goes, in which language, and what becomes of a refusal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.registry import own_sign_in
from core.registry.model import Language
from core.registry.own_model import TEXT
from core.settings import NO_CARRIERS_ACCOUNT, CarrierAccount, Settings
from core.work import service as work
from ivr.carrier_rest import CarrierRefused, MessageSender, sender_of_account
from ivr.own_codes import send_codes
from tests import factories

MOBILE, FIXED, LINE = "+819012345678", "+81345201234", "+815012345678"


class Sender:
    """What would send; refusal is raised instead when there is one."""

    def __init__(self, refusal: CarrierRefused | None = None) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.refusal = refusal

    def __call__(self, account: CarrierAccount) -> "Sender":
        assert account.carrier == "twilio"
        return self

    def send_message(self, *, to: str, from_: str, body: str) -> None:
        if self.refusal:
            raise self.refusal
        self.sent.append((to, from_, body))


def ask(database: Database, sealer: PhoneSealer, clock: FixedClock, number: str) -> str:
    """Let a worker with a number ask for a code, and return the code."""
    with database.write() as session:
        factories.line(session, LINE)
        factories.worker(session, sealer, phone=number, language=Language.VIETNAMESE)
        token = own_sign_in.ask_for_code(session, sealer, number, "", clock.now())
        attempt = own_sign_in.find_attempt(session, token or "", clock.now())
        assert attempt is not None
        return sealer.decrypt(attempt.code_cipher)


def send(
    settings: Settings, database: Database, clock: FixedClock, sender: Callable[[CarrierAccount], MessageSender]
) -> int:
    """Send what is due, and return how many marks are left."""
    with database.write() as session:
        marks = work.take_marks(session, TEXT, clock.now())
    send_codes(settings, database, clock, marks, sender)
    with database.read() as session:
        return sum(waiting.marks for waiting in work.waiting(session) if waiting.kind == TEXT)


def test_the_code_goes_to_the_phone_in_the_workers_language(
    database: Database, settings: Settings, clock: FixedClock
) -> None:
    code, sender = ask(database, settings.sealer, clock, MOBILE), Sender()
    assert send(settings, database, clock, sender) == 0
    [(to, from_, body)] = sender.sent
    assert (to, from_) == (MOBILE, LINE)
    assert code in body
    assert "Genba Call: mã" in body


def test_nothing_goes_to_a_fixed_line(database: Database, settings: Settings, clock: FixedClock) -> None:
    ask(database, settings.sealer, clock, FIXED)
    sender = Sender()
    assert send(settings, database, clock, sender) == 0
    assert sender.sent == []


def test_the_carrier_is_not_asked_to_send_for_an_account_it_has_not(
    database: Database,
    settings: Settings,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[CarrierAccount] = []
    monkeypatch.setattr("ivr.carrier_rest.TwilioRest", asked.append)
    ask(database, settings.sealer, clock, MOBILE)
    inert = replace(settings, carriers=(CarrierAccount("twilio", NO_CARRIERS_ACCOUNT, "secret"),))
    assert send(inert, database, clock, sender_of_account) == 0
    assert asked == []
    assert [record.levelname for record in caplog.records if record.name.startswith("ivr")] in ([], ["INFO"])


def test_what_the_carrier_refuses_for_now_is_tried_again_while_the_code_lasts(
    database: Database, settings: Settings, clock: FixedClock
) -> None:
    ask(database, settings.sealer, clock, MOBILE)
    assert send(settings, database, clock, Sender(CarrierRefused(20429, 429))) == 1
    clock.at += timedelta(minutes=1)
    assert send(settings, database, clock, Sender(CarrierRefused(20429, 429))) == 1
    clock.at += timedelta(minutes=10)
    sender = Sender()
    assert send(settings, database, clock, sender) == 0
    assert sender.sent == []
