"""What a person has to look at (要確認), and what became of it. Values only.

An item is a punch, a worker's day at a site, a request for a missed touch, or a month that was checked. Settling one
adds a settlement; what it changes are judgements like any other. A month is settled by checking it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.attendance.calendar_model import MonthDifference
from core.attendance.model import Channel, Direction, Reason, Verdict
from core.ids import CardId, ContractorId, DeviceId, PhoneId, PunchId, SiteId, WorkerId


class ReviewKind(StrEnum):
    """Why somebody has to look. Those of punches have the values of their reasons. Stored, never renamed."""

    UNKNOWN_NUMBER = "unknown_number"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_SITE_CODE = "unknown_site_code"
    OUTSIDE_PERIOD = "outside_period"
    AFFILIATION_EXPIRED = "affiliation_expired"
    TWO_SITES_AT_ONCE = "two_sites_at_once"
    WRONG_DAY_CODE = "wrong_day_code"
    TOO_MANY_WRONG_CODES = "too_many_wrong_codes"
    ENTRY_AFTER_CLOSING = "entry_after_closing"
    HUNG_UP = "hung_up"
    WITHHELD_NUMBER = "withheld_number"
    UNKNOWN_LINE = "unknown_line"
    ENTRY_MISSING = "entry_missing"
    CLOCK_UNCERTAIN = "clock_uncertain"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_ID = "unknown_id"
    CARD_EXPIRED = "card_expired"
    CARD_LOST = "card_lost"
    CARD_REPLACED = "card_replaced"
    CARD_REVOKED = "card_revoked"
    MISSING_EXIT = "missing_exit"  # of a day
    ALSO_ELSEWHERE = "also_elsewhere"  # of a day: the same worker was recorded at somebody else's site
    MISSED_TOUCH = "missed_touch"  # a request that waits for the prime
    MONTH_DIFFERENCE = "month_difference"  # of a month: it changed after it was checked, or was seen differently
    RECORDED = "recorded"  # nothing was unclear: somebody changed a record all the same


class SettleAction(StrEnum):
    """What was done about an item. Stored, never renamed."""

    ATTACHED = "attached"
    REGISTERED = "registered"  # attached, and the number registered
    CARD_REGISTERED = "card_registered"  # attached, and the card issued
    DIRECTION_SET = "direction_set"
    SITE_SET = "site_set"
    ACCEPTED = "accepted"  # left as it is, or recorded as it came
    CANCELLED = "cancelled"
    DISMISSED = "dismissed"
    EXIT_ADDED = "exit_added"  # the entry or exit that a day lacked
    LEFT = "left"  # a day, as it is
    APPROVED = "approved"
    REJECTED = "rejected"


class Dismissal(StrEnum):
    """Why a punch is not to be recorded."""

    WRONG_CALL = "wrong_call"  # 間違い電話
    TEST_CALL = "test_call"  # 試しの電話
    NOT_WORKING = "not_working"  # 作業ではない（見学・搬入など）
    RECORDED_ALREADY = "recorded_already"  # ほかの記録がある
    NOT_IDENTIFIED = "not_identified"  # 本人がわからない
    OTHER = "other"


_REFUSED = frozenset({Reason.WITHHELD_NUMBER, Reason.UNKNOWN_LINE})
_BY_REASON = {reason: ReviewKind(reason.value) for reason in Reason if reason.value in set(ReviewKind)}


def kind_of(verdict: Verdict | None, reason: Reason | None) -> ReviewKind | None:
    """Return why a person should look at a punch judged so; None when nobody needs to."""
    if reason is None:
        return None
    is_worth_it = (
        verdict in (Verdict.NEEDS_REVIEW, Verdict.ACCEPTED)
        if reason not in _REFUSED
        else verdict in (Verdict.NEEDS_REVIEW, Verdict.REFUSED)
    )
    return _BY_REASON.get(reason) if is_worth_it else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items a list shows."""

    site_id: SiteId | None = None
    kind: ReviewKind | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item to review, as lists show it; caller or card by mask only. listed_at is what lists are sorted by.

    A punch has punch_id and seq, a month its difference, a day neither. calls counts what came of one unknown number
    or card at one site and nobody has settled; first_at and last_at are when.
    """

    kind: ReviewKind
    listed_at: datetime
    worker_id: WorkerId | None
    worker: str | None
    site_id: SiteId | None
    site: str | None
    prime_contractor_id: ContractorId | None
    contractor: str | None
    work_date: date | None
    happened_at: datetime | None
    punch_id: PunchId | None = None
    seq: int | None = None
    verdict: Verdict | None = None
    direction: Direction | None = None
    channel: Channel | None = None
    phone_id: PhoneId | None = None
    card_id: CardId | None = None
    device_id: DeviceId | None = None
    typed_ccus_id: str | None = None
    caller: str | None = None
    line: str | None = None
    calls: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None
    contractor_id: ContractorId | None = None  # whose people, where a day says so
    is_asked: bool = False  # the touch that is missing has been asked for, and the prime has not decided
    elsewhere: tuple[str, ...] = ()  # names of the other sites of the date, as far as they may be seen
    difference: MonthDifference | None = None

    @property
    def key(self) -> str:
        """Return what names the item in forms."""
        if self.punch_id is not None:
            return str(self.punch_id)
        if self.difference is not None:
            return f"{self.kind}.{self.site_id}.{self.difference.contractor_id}.{self.difference.month}"
        return f"{self.kind}.{self.worker_id}.{self.site_id}.{self.work_date}"


@dataclass(frozen=True, slots=True)
class Items:
    """A page of items, newest first, and whether there are more."""

    items: Sequence[ReviewItem]
    has_more: bool


@dataclass(frozen=True, slots=True)
class DaySubject:
    """The day that an item is about."""

    kind: ReviewKind
    worker_id: WorkerId
    site_id: SiteId
    work_date: date


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a person settled. seq: the judgement of the punch up to which nobody has to look any more."""

    settlement_id: UUID
    batch_id: UUID
    kind: ReviewKind
    action: SettleAction
    decided_by: str
    decided_at: datetime
    punch_id: PunchId | None = None
    seq: int | None = None
    missed_touch_id: UUID | None = None
    worker_id: WorkerId | None = None
    site_id: SiteId | None = None
    work_date: date | None = None
    prime_contractor_id: ContractorId | None = None
    dismissal: Dismissal | None = None
    note: str = ""
    phone_number_id: UUID | None = None
    card_issue_id: UUID | None = None
    proposal_id: UUID | None = None  # what was proposed to the worker's record with it
    others: int = 0
    undone_by: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Which judgement of a punch held before a settlement (0: none, it added the punch), and which after."""

    punch_id: PunchId
    seq_before: int
    seq_after: int


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A settlement as the history shows it."""

    settlement: Settlement
    worker: str | None
    site: str | None
    caller: str | None
    happened_at: datetime | None


class Hint(StrEnum):
    """Why a worker may be the unknown caller."""

    KEYED_ID = "keyed_id"  # whose CCUS id the caller keyed
    HOLDS_CARD = "holds_card"  # to whom the card was issued
    NO_CARD = "no_card"  # works at the site and holds no card that speaks for him
    SAME_LAST4 = "same_last4"  # has a number that ends alike
    NO_NUMBER = "no_number"  # works at the site and has no number registered
    SHARES_NUMBER = "shares_number"  # is registered under the number that called
    MISSING_TODAY = "missing_today"  # works at the site and has no record on the date


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker whom an unknown caller may be."""

    worker_id: WorkerId
    name: str
    contractor: str | None
    hint: Hint | None = None
