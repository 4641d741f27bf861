"""Webhooks: what partners are told without asking. Values only.

A subscription names an address and kinds of events; an event is one changed fact; a delivery is one request with up to
a hundred of them. Events and deliveries of a subscription are sent in their order, one at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId
from core.partners.model import KeyScope


class EventKind(StrEnum):
    """What a partner is told of. Stored, never renamed; the triggers of migration 0029 write these very texts."""

    ATTENDANCE_RECORDED = "attendance.recorded"  # a day is new, or an exit was added
    ATTENDANCE_CORRECTED = "attendance.corrected"  # something that was told of a day is different now
    ATTENDANCE_WITHDRAWN = "attendance.withdrawn"  # the day does not count any more
    TIERS_APPROVED = "tiers.approved"  # a contractor stands below another
    TIERS_ENDED = "tiers.ended"  # and does so no more
    ROSTER_SUBMITTED = "roster.submitted"  # 作業員名簿が提出された
    ROSTER_ACCEPTED = "roster.accepted"  # a worker was entered
    ROSTER_REMOVED = "roster.removed"


# What a key must be able to read for its partner to be told.
READS: Mapping[EventKind, KeyScope] = {
    kind: {
        "attendance": KeyScope.ATTENDANCE_READ,
        "tiers": KeyScope.TIERS_READ,
        "roster": KeyScope.ROSTERS_READ,
    }[kind.partition(".")[0]]
    for kind in EventKind
}


class PauseReason(StrEnum):
    """Why nothing is sent. Stored, never renamed."""

    BY_HAND = "by_hand"
    GONE = "gone"  # the receiver answered 410
    FAILING = "failing"  # it failed for three days
    NO_KEY = "no_key"  # the partner holds no key any more that may read this


class DeliveryState(StrEnum):
    """What became of a delivery. Stored, never renamed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # a test event that did not arrive: it is not tried again
    WITHHELD = "withheld"  # in a demo or a training world nothing leaves


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that is told of events. Secrets are sealed; the old one signs too until old_secret_until.

    is_sandbox: it gets test events only. failures counts since the last answer that was well; retry_at is when the next
    attempt is due after one; taken_until is how long whoever sends has it for himself.
    """

    subscription_id: UUID
    partner_id: UUID
    prime_contractor_id: ContractorId
    url: str
    kinds: frozenset[EventKind]
    is_sandbox: bool
    secret_cipher: str
    made_by: AccountId | None
    made_at: datetime
    old_secret_cipher: str | None = None
    old_secret_until: datetime | None = None
    paused: PauseReason | None = None
    paused_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    taken_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One changed fact, written by the database itself in the transaction that changed it.

    facts is JSON of ids, dates, instants and codes. seq orders the events; event_id is what a receiver knows them by.
    """

    seq: int
    event_id: UUID
    subscription_id: UUID
    kind: EventKind
    facts: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request. message_id is the webhook-id: a repeat and a replay carry the same one."""

    delivery_id: UUID
    subscription_id: UUID
    message_id: str
    body: str
    events: int
    made_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    is_test: bool = False
    is_replay: bool = False
    attempts: int = 0
    last_at: datetime | None = None
    status: int | None = None  # of the last answer; None when there was none
    answer: str = ""  # its first signs, or why there was none


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered: its status, None when nothing came; text is its first signs, or what went wrong."""

    status: int | None
    text: str

    @property
    def is_well(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
