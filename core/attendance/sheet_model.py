"""出面表: man-days (人工) as records propose them and as a person wrote them. Values only, in whole numbers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.ids import ContractorId, SiteId, WorkerId

# The figures a sheet begins with. No law says them: every contractor has its own, and enters them.
DEFAULT_FULL_DAY_MIN = 6 * 60  # on site from here on: 1.0
DEFAULT_HALF_DAY_MIN = 2 * 60  # on site from here on: 0.5
DEFAULT_REGULAR_MIN = 9 * 60  # on site without extra hours: eight hours of work and one of rest
DEFAULT_EXTRA_STEP_MIN = 30  # extra hours are counted in whole steps
DEFAULT_NIGHT_FROM_MIN = 22 * 60  # 労働基準法37条4項: from ten at night
DEFAULT_NIGHT_UNTIL_MIN = 5 * 60  # until five in the morning
DEFAULT_NIGHT_AT_LEAST_MIN = 3 * 60  # so long within that window makes it a night


@dataclass(frozen=True, slots=True)
class SheetTerms:
    """How a contractor counts man-days from a day on; of one site, or of all where site_id is None. All in minutes."""

    terms_id: UUID
    contractor_id: ContractorId
    valid_from: date
    site_id: SiteId | None = None
    full_day_min: int = DEFAULT_FULL_DAY_MIN
    half_day_min: int = DEFAULT_HALF_DAY_MIN
    regular_min: int = DEFAULT_REGULAR_MIN
    extra_step_min: int = DEFAULT_EXTRA_STEP_MIN
    night_from_min: int = DEFAULT_NIGHT_FROM_MIN
    night_until_min: int = DEFAULT_NIGHT_UNTIL_MIN
    night_at_least_min: int = DEFAULT_NIGHT_AT_LEAST_MIN


class Undecided(StrEnum):
    """Why no man-day is proposed: a person decides."""

    NO_ENTRY = "no_entry"
    NO_EXIT = "no_exit"
    STILL_INSIDE = "still_inside"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class ManDay:
    """What a day is worth: tenths of a man-day (None: not decided), whether it was a night, extra minutes on site."""

    tenths: int | None = None
    is_night: bool = False
    extra_min: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the recorded times propose."""

    man_day: ManDay
    undecided: Undecided | None = None


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """What a person wrote for a day, or that it was withdrawn; never changes the recorded day."""

    worker_id: WorkerId
    site_id: SiteId
    work_date: date
    seq: int
    prime_contractor_id: ContractorId
    contractor_id: ContractorId | None
    is_withdrawn: bool
    tenths: int | None
    is_night: bool
    extra_min: int
    note: str
    by_account: UUID
    by_name: str
    at: datetime

    @property
    def man_day(self) -> ManDay:
        return ManDay(self.tenths, self.is_night, self.extra_min)


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """A day of the ledger as the sheet needs it."""

    worker_id: WorkerId
    worker_name: str
    site_id: SiteId
    site_name: str
    prime_contractor_id: ContractorId
    contractor_id: ContractorId | None
    contractor_name: str | None
    work_date: date
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    missing_exit: bool
    is_inside: bool


@dataclass(frozen=True, slots=True)
class SheetDay:
    """A recorded day, what it proposes, and what a person wrote instead."""

    recorded: RecordedDay
    proposal: Proposal
    entry: SheetEntry | None

    @property
    def man_day(self) -> ManDay:
        """What holds: a person's word, else the proposal."""
        return self.entry.man_day if self.entry else self.proposal.man_day

    @property
    def is_open(self) -> bool:
        """Whether a person still has to decide."""
        return self.man_day.tenths is None


@dataclass(frozen=True, slots=True)
class SheetTotals:
    """Sums of what holds, and beside it the sum of what the records propose."""

    days: int
    tenths: int
    proposed_tenths: int
    nights: int
    extra_min: int
    corrected: int
    open: int


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One person's month for one contractor."""

    worker_id: WorkerId
    worker_name: str
    days: dict[date, tuple[SheetDay, ...]]
    totals: SheetTotals


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """One contractor's people; the contractor is None while not known."""

    contractor_id: ContractorId | None
    contractor_name: str | None
    rows: tuple[SheetRow, ...]
    totals: SheetTotals


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month's sheet; people is how many there are on all pages, totals are those of all of them."""

    groups: tuple[SheetGroup, ...]
    people: int
    totals: SheetTotals
