"""The short message with a worker's code for his own page: sent from background work, to mobile numbers only.

A code is of use for ten minutes: what the carrier refuses is tried again while it lasts, and then forgotten.
"""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from core import texts
from core.clock import Clock
from core.db import Database
from core.registry.own_model import OwnMessage
from core.registry.own_store import find_message, line_of
from core.settings import CarrierAccount, Settings
from core.work import service as work
from core.work.model import Mark
from ivr.carrier_rest import CarrierRefused, MessageSender, sender_of_account
from ivr.receipts import is_mobile

log = logging.getLogger(__name__)

CARRIER = "twilio"  # the one whose messages we send
BATCH = 5  # each may take the carrier's whole timeout


def send_codes(
    settings: Settings,
    database: Database,
    clock: Clock,
    marks: Sequence[Mark],
    sender_of: Callable[[CarrierAccount], MessageSender] = sender_of_account,
) -> None:
    """Send the code each mark asks for, and finish the mark; what the carrier refuses for now is postponed."""
    for mark in marks:
        is_done = _send(settings, database, clock, UUID(mark.subject), sender_of)
        with database.write() as session:
            if is_done:
                work.finish(session, [mark])
            else:
                work.postpone(session, [mark], clock.now())


def _send(
    settings: Settings,
    database: Database,
    clock: Clock,
    attempt_id: UUID,
    sender_of: Callable[[CarrierAccount], MessageSender],
) -> bool:
    """Send the code of an attempt; False when it is worth trying again."""
    with database.read() as session:
        message, line = find_message(session, attempt_id), line_of(session, CARRIER)
    if message is None or clock.now() >= message.expires_at:
        return True
    account = settings.carrier_account(CARRIER)
    to = settings.sealer.decrypt(message.cipher)
    if account is None or line is None or not is_mobile(to):
        log.info("no code to %s: %s", message.mask, "no line sends messages" if is_mobile(to) else "not a mobile")
        return True
    try:
        sender_of(account).send_message(to=to, from_=line, body=_text_of(settings, message))
    except CarrierRefused as refused:
        log.warning("the code to %s was not sent: %s", message.mask, refused)
        return refused.is_final
    return True


def _text_of(settings: Settings, message: OwnMessage) -> str:
    return texts.sentence(message.language, "sms_own_code", code=settings.sealer.decrypt(message.code_cipher))
