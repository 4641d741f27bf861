"""What the month calendar shows, as values: days with everything known of them, and what a party has checked."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.attendance.counting import MissingStep
from core.clock import parse_day
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Position

_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})")  # as addresses have it: strptime() takes digits of other scripts too


class Party(StrEnum):
    """Who checks a month: the prime contractor of the site, or the contractor whose people came."""

    PRIME = "prime"
    SUBCONTRACTOR = "subcontractor"


@dataclass(frozen=True, slots=True)
class MonthQuery:
    """Whose days of which month: of a worker, a site, a contractor, or several of them at once."""

    month: date
    worker_id: WorkerId | None = None
    site_id: SiteId | None = None
    contractor_id: ContractorId | None = None


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One worker at one site on one work date, as the calendar shows it.

    is_recorded is False where only punches that wait for a person are there. Task, hazardous substances and position
    are those of the worker's assignment on that date, and empty while there is none.
    """

    worker_id: WorkerId
    worker_name: str
    work_date: date
    site_id: SiteId
    site_name: str
    prime_name: str
    contractor_id: ContractorId | None
    contractor_name: str | None
    has_mutual_aid: bool | None
    occupation: str
    position: Position | None
    task: str
    hazardous_substances: str
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    is_direct: bool
    is_recorded: bool
    missing: tuple[MissingStep, ...] = ()
    prime_contractor_id: ContractorId | None = None

    @property
    def counts(self) -> bool:
        return self.is_recorded and not any(step.hinders for step in self.missing)

    @property
    def has_hole(self) -> bool:
        """Whether a time is missing on a day that is over, or punches wait for a person."""
        return any(not step.hinders or step.is_review for step in self.missing)


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """What a month adds up to: two sites on a date are two records and one day worked."""

    records: int
    days_worked: int
    counting_days: int
    mutual_aid_days: int
    holes: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One worker's month: the days by their date, and the totals."""

    worker_id: WorkerId
    worker_name: str
    contractor_names: tuple[str, ...]
    days: dict[date, tuple[CalendarDay, ...]]
    totals: MonthTotals


@dataclass(frozen=True, slots=True)
class Matrix:
    """The month of the workers of one page; totals are those of all workers."""

    rows: tuple[MatrixRow, ...]
    workers: int
    records: int
    days_worked: int  # the sum of every worker's days


@dataclass(frozen=True, slots=True)
class MonthCheck:
    """That a party took a contractor's month at a site as checked, with what it saw; or that it took that back."""

    site_id: SiteId
    contractor_id: ContractorId
    month: date
    party: Party
    seq: int
    prime_contractor_id: ContractorId
    is_checked: bool
    records: int
    rows_hash: str
    by_account: UUID
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MonthSeen:
    """What a contractor's month at a site holds: how many records, and the hash of its rows."""

    records: int
    rows_hash: str


class DifferenceKind(StrEnum):
    """Why a month that was checked needs a person again."""

    CHANGED_SINCE = "changed_since"  # days came, went or moved after a party had checked
    SEEN_DIFFERENTLY = "seen_differently"  # the two parties checked different days


@dataclass(frozen=True, slots=True)
class DayTimes:
    """The first entry and the last exit of a day that counts."""

    entry_at: datetime | None
    exit_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayChange:
    """What became of one worker's day after a party had checked the month; None: there was, or is, no such day."""

    worker_id: WorkerId
    worker_name: str | None
    work_date: date
    changed_at: datetime
    before: DayTimes | None
    after: DayTimes | None


@dataclass(frozen=True, slots=True)
class MonthDifference:
    """A checked month that needs a person again; of the parties those that have checked.

    since is when the oldest check was made that the month no longer fits; changes are the days that changed after it.
    """

    site_id: SiteId
    site_name: str
    contractor_id: ContractorId
    contractor_name: str
    prime_contractor_id: ContractorId
    month: date
    kind: DifferenceKind
    records_now: int
    prime: MonthCheck | None
    subcontractor: MonthCheck | None
    since: datetime
    changes: tuple[DayChange, ...] = ()

    @property
    def path(self) -> str:
        """The page on which the parties look at the month again."""
        return f"/calendar/sites/{self.site_id}?month={self.month:%Y-%m}&contractor={self.contractor_id}#checks"


def month_of(text: str, today: date) -> date:
    """Return the first day of a month given as 2026-11; of the present one when the text is none, or out of reach."""
    found = _MONTH.fullmatch(text)
    month = parse_day(f"{found[1]}-{found[2]:0>2}-01") if found else None
    return month or today.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def previous_month(month: date) -> date:
    """Return the first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def dates_of(month: date) -> list[date]:
    """Return the dates of a month, given by its first day."""
    return [month + timedelta(days=n) for n in range((next_month(month) - month).days)]
