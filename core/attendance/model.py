"""The ledger's words: a punch is what happened, a judgement what we make of it, a day what follows. Values only.

A punch never changes. A judgement is added to a punch; the one with the highest number holds. A day is derived from the
judgements that hold, and is rebuilt whenever one is added.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.errors import InvalidInput
from core.ids import CardId, ContractorId, DeviceId, PunchId, SiteId, WorkerId
from core.values import value


class Channel(StrEnum):
    """How a punch reached us. DIRECT is the entry of a missed touch (直接入力), shown apart everywhere."""

    PHONE = "phone"
    CREW = "crew"  # by a foreman's call, for his crew
    CARD = "card"
    KEYPAD = "keypad"  # the CCUS id, typed at the gate
    FACE = "face"
    QR = "qr"
    PARTNER = "partner"
    LOGGER = "logger"
    DIRECT = "direct"


class Direction(StrEnum):
    ENTRY = "entry"
    EXIT = "exit"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    NEEDS_REVIEW = "needs_review"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a punch was not simply accepted: the one closed list, spoken, shown and stored. Values are never renamed."""

    WITHHELD_NUMBER = "withheld_number"  # refused: the caller hid the number
    UNKNOWN_NUMBER = "unknown_number"  # review: nobody is registered under it
    UNKNOWN_LINE = "unknown_line"  # refused: the called number serves no site
    UNKNOWN_SITE_CODE = "unknown_site_code"  # review: several sites, and no code that fits was keyed
    UNKNOWN_PERSON = "unknown_person"  # review: a shared phone, and nobody was chosen
    OUTSIDE_PERIOD = "outside_period"  # review: the site is not open yet, or no longer
    AFFILIATION_EXPIRED = "affiliation_expired"  # review: no employer on that day
    TWO_SITES_AT_ONCE = "two_sites_at_once"  # review when impossible, else a remark: still inside elsewhere
    WRONG_DAY_CODE = "wrong_day_code"  # review: the code at the gate was not given
    TOO_MANY_WRONG_CODES = "too_many_wrong_codes"  # review: after so many wrong ones that day no code is taken
    ENTRY_AFTER_CLOSING = "entry_after_closing"  # review: a first call late in the day, likely a forgotten entry
    HUNG_UP = "hung_up"  # review: the call ended before the question was answered
    ENQUIRY = "enquiry"  # refused: the caller only asked for his days
    REPEATED = "repeated"  # duplicate: within a minute, or already recorded in that direction
    TOO_SOON = "too_soon"  # duplicate: before the minimum stay, a redial
    ENTRY_MISSING = "entry_missing"  # remark on an accepted exit without entry
    CLOCK_UNCERTAIN = "clock_uncertain"  # remark: the device's clock was wrong
    UNKNOWN_CARD = "unknown_card"  # review: the card was issued to nobody
    UNKNOWN_ID = "unknown_id"  # review: nobody is registered under the CCUS id that was typed
    CARD_EXPIRED = "card_expired"  # review
    CARD_LOST = "card_lost"  # review: it was reported lost, whoever holds it now
    CARD_REPLACED = "card_replaced"  # review: a newer card was issued, or this one was damaged
    CARD_REVOKED = "card_revoked"  # review
    CANCELLED = "cancelled"  # refused: taken back by a person, with a reason code


class Ask(StrEnum):
    """What must still be asked before a punch can be judged, in the order it is asked."""

    PERSON = "person"
    SITE = "site"
    DAY_CODE = "day_code"
    DIRECTION = "direction"


class CorrectionCode(StrEnum):
    """Why a person added, moved or cancelled a record."""

    FORGOTTEN = "forgotten"  # 打刻忘れ
    DEVICE_FAULT = "device_fault"  # 機器・通信の故障
    WRONG_SITE = "wrong_site"
    WRONG_DIRECTION = "wrong_direction"
    WRONG_PERSON = "wrong_person"
    WRONG_TIME = "wrong_time"
    NOT_PRESENT = "not_present"
    UNKNOWN_CALLER_IDENTIFIED = "unknown_caller_identified"
    CONFIRMED = "confirmed"  # 確認済み: somebody has asked, and it was so
    OTHER = "other"


# With these a person says who it was and where; in or out stays with the order of events unless he says it too.
IDENTIFYING = frozenset({CorrectionCode.UNKNOWN_CALLER_IDENTIFIED, CorrectionCode.CONFIRMED})

SYSTEM = "system"  # who judged, where no person did


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a call came from, as far as the carrier said: indexes of the number, or why there is none.

    blind_indexes has one entry for each index key in use, the current one first; empty when the number was withheld or
    is no number.
    """

    blind_indexes: tuple[str, ...] = ()
    last4_index: str = ""
    cipher: str = ""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class RawPunch:
    """What a sender hands over: the facts, before anybody has looked anything up.

    Who is a caller, a named worker, a card or a typed CCUS id; where is a called line or a named site. sender_key is
    unique for ever. claimed_at is what a device's own clock showed; occurred_at is what we make of it.
    """

    punch_id: PunchId
    sender_key: str
    channel: Channel
    occurred_at: datetime
    received_at: datetime
    caller: Caller | None = None
    line_e164: str | None = None
    named_worker_id: WorkerId | None = None
    named_site_id: SiteId | None = None
    requested_direction: Direction | None = None
    entered_by: str | None = None
    can_ask: bool = False  # a conversation is open: what is unclear is asked, and judged when the keys come
    card_id: CardId | None = None
    typed_ccus_id: str | None = None
    device_id: DeviceId | None = None
    claimed_at: datetime | None = None
    is_clock_uncertain: bool = False  # nobody can say how far claimed_at was off


@value
class Judgement:
    """What we make of a punch. effective_at is the instant the punch counts for; a person may move it."""

    punch_id: PunchId
    seq: int
    verdict: Verdict
    reason: Reason | None
    worker_id: WorkerId | None
    site_id: SiteId | None
    prime_contractor_id: ContractorId | None
    direction: Direction | None
    work_date: date | None
    effective_at: datetime
    decided_by: str
    judged_at: datetime
    requested_direction: Direction | None = None  # by line, key, device, person; None: the order decides
    correction: CorrectionCode | None = None
    note: str = ""

    @property
    def is_by_person(self) -> bool:
        return self.decided_by != SYSTEM

    @property
    def leaves_order_open(self) -> bool:
        """Whether the order of events may still change it: it is ours, or a person said who and where only."""
        return not self.is_by_person or (self.correction in IDENTIFYING and self.requested_direction is None)


@value
class AttendanceDay:
    """就業履歴: one worker at one site on one work date. Times may be missing; none is ever invented."""

    worker_id: WorkerId
    site_id: SiteId
    work_date: date
    prime_contractor_id: ContractorId
    contractor_id: ContractorId | None
    contractor_origin: str
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    inside_since: datetime | None
    missing_exit: bool  # the day ended without one; set by policy, never with an invented time
    is_direct: bool  # nothing but approved missed touches (直接入力)
    is_void: bool  # nothing accepted is left


@dataclass(frozen=True, slots=True)
class MissedTouch:
    """A touch or call that was forgotten: asked for by the worker or his contractor, decided by the prime.

    decided_at is None while it waits; punch_id is set when it was approved, and None when it was rejected.
    """

    missed_touch_id: UUID
    worker_id: WorkerId
    site_id: SiteId
    prime_contractor_id: ContractorId
    work_date: date
    direction: Direction
    occurred_at: datetime
    correction: CorrectionCode
    note: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    punch_id: PunchId | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who corrects: the name that is kept with it, and whether it is the operator, who alone may after the deadline."""

    name: str
    is_operator: bool = False

    def __post_init__(self) -> None:
        if self.name.strip().casefold() in ("", SYSTEM):
            raise InvalidInput("a correction carries the name of a person", field="name")
