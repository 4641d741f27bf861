"""The short messages that reach the virtual phone: kept in this process for a while, and sent nowhere.

For the demo and the training world, whose background work runs in the process that serves the page.
"""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.clock import Clock
from core.registry import own_model
from core.settings import CarrierAccount
from core.work.model import Mark
from genba.jobs import HANDLERS, Handler
from genba.runtime import Runtime
from ivr import own_codes, receipts

KEPT = 500
KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A short message as it reached a phone, numbers in E.164."""

    to: str
    from_: str
    body: str
    at: datetime


class Inbox:
    """Takes what would go to a carrier, whatever the account, and keeps it in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def send_message(self, *, to: str, from_: str, body: str) -> None:
        with self._lock:
            self._kept.append(Message(to, from_, body, self._clock.now()))

    def messages_to(self, e164: str) -> list[Message]:
        """Return what reached a number within KEPT_FOR, the newest first."""
        since = self._clock.now() - KEPT_FOR
        with self._lock:
            return [message for message in reversed(self._kept) if message.to == e164 and message.at >= since]

    def empty(self) -> None:
        with self._lock:
            self._kept.clear()

    def handlers(self) -> tuple[Handler, ...]:
        """Return the background work with every short message sent here."""

        def send_receipts(runtime: Runtime, marks: list[Mark]) -> None:
            receipts.send_receipts(runtime.settings, runtime.database, runtime.clock, marks, self._sender_of)

        def send_codes(runtime: Runtime, marks: list[Mark]) -> None:
            own_codes.send_codes(runtime.settings, runtime.database, runtime.clock, marks, self._sender_of)

        runs = {receipts.RECEIPT: send_receipts, own_model.TEXT: send_codes}
        return tuple(replace(each, run=runs.get(each.kind, each.run)) for each in HANDLERS)

    def _sender_of(self, _account: CarrierAccount) -> "Inbox":
        return self
