"""The short message after a call that was only let ring: the caller hears nothing, so the site may confirm in writing.

Sent from background work, by the account the line belongs to, to the number that called and to mobile numbers only. A
refusal of the carrier is tried again four times; then the message is given up, the record stands all the same.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import phonenumbers

from core import texts
from core.attendance.model import Direction
from core.attendance.receipts import Receipt, find_receipt
from core.clock import JST, Clock
from core.db import Database
from core.ids import PunchId
from core.settings import CarrierAccount, Settings
from core.work import service as work
from core.work.model import Mark
from ivr.carrier_rest import CarrierRefused, MessageSender, sender_of_account

log = logging.getLogger(__name__)

RECEIPT = "sms_receipt"
"""The kind of mark; its subject is a punch id."""
BATCH = 5  # each may take the carrier's whole timeout
ATTEMPTS = 5
WORTH_SENDING_FOR = timedelta(hours=6)

_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def send_receipts(
    settings: Settings,
    database: Database,
    clock: Clock,
    marks: Sequence[Mark],
    sender_of: Callable[[CarrierAccount], MessageSender] = sender_of_account,
) -> None:
    """Send the message each mark asks for, and finish the mark; what the carrier refuses for now is postponed."""
    for punch_id in dict.fromkeys(mark.subject for mark in marks):
        same = [mark for mark in marks if mark.subject == punch_id]
        is_done = _send(settings, database, clock, PunchId(UUID(punch_id)), same[0].attempts, sender_of)
        with database.write() as session:
            if is_done:
                work.finish(session, same)
            else:
                work.postpone(session, same, clock.now())


def _send(
    settings: Settings,
    database: Database,
    clock: Clock,
    punch_id: PunchId,
    attempt: int,
    sender_of: Callable[[CarrierAccount], MessageSender],
) -> bool:
    """Send a punch's receipt; False when it is worth another attempt."""
    with database.read() as session:
        receipt = find_receipt(session, punch_id)
    if receipt is None or clock.now() - receipt.received_at > WORTH_SENDING_FOR:
        return True
    account = settings.carrier_account(receipt.carrier) if receipt.carrier == "twilio" else None
    to = settings.sealer.decrypt(receipt.cipher)
    if account is None or not is_mobile(to):
        log.info(
            "no receipt to %s: %s", receipt.mask, "not a mobile number" if account else "no account sends messages"
        )
        return True
    try:
        sender_of(account).send_message(to=to, from_=receipt.line_e164, body=text_of(receipt))
    except CarrierRefused as refused:
        if refused.is_final or attempt >= ATTEMPTS:
            log.warning("gave up the receipt to %s after %d attempt(s): %s", receipt.mask, attempt, refused)
            return True
        log.info("the receipt to %s waits: %s", receipt.mask, refused)
        return False
    return True


def text_of(receipt: Receipt) -> str:
    """Return the message in the worker's language, with the time in Japan."""
    at = receipt.effective_at.astimezone(JST)
    key = "sms_entry" if receipt.direction is Direction.ENTRY else "sms_exit"
    time = texts.spoken_time(receipt.language, at.hour, at.minute)
    return texts.sentence(receipt.language, key, name=receipt.name, site=receipt.site, time=time)


def is_mobile(e164: str) -> bool:
    """Whether short messages reach a number."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _MOBILE
