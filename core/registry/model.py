"""Who and where: contractors, workers, phone numbers, affiliations, sites, lines. Values only, nothing that decides."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from core.ids import ContractorId, LineId, PhoneId, SiteId, WorkerId

MINUTES_A_DAY = 24 * 60
MAX_OCCUPATIONS = 4  # a worker registers at most four trades at once (gyousei-nagara, syokusyu)


class LegalForm(StrEnum):
    """法人, 個人事業主, 一人親方: three forms with different fees."""

    CORPORATION = "corporation"
    SOLE_PROPRIETOR = "sole_proprietor"
    ONE_PERSON = "one_person"


class InsuranceStatus(StrEnum):
    """加入, 未加入, 適用除外."""

    JOINED = "joined"
    NOT_JOINED = "not_joined"
    EXEMPT = "exempt"


class Language(StrEnum):
    """The languages a worker may choose (ISO 639-1; Tagalog as the carriers' fil)."""

    JAPANESE = "ja"
    ENGLISH = "en"
    VIETNAMESE = "vi"
    CHINESE = "zh"
    INDONESIAN = "id"
    TAGALOG = "tl"
    PORTUGUESE = "pt"


class Position(StrEnum):
    """立場 of a worker on a site."""

    FOREMAN = "foreman"
    CREW_LEADER = "crew_leader"
    OTHER = "other"


class SiteKind(StrEnum):
    """A building site, civil works, a house, or a workshop (加工場) that prepares for sites."""

    BUILDING = "building"
    CIVIL = "civil"
    HOUSE = "house"
    WORKSHOP = "workshop"


class LineMode(StrEnum):
    """How a line answers: not at all, with one sentence, or with a menu."""

    RING_ONLY = "ring_only"
    SENTENCE = "sentence"
    MENU = "menu"


class LineDirection(StrEnum):
    """What a call to the line means; EITHER leaves it to the ledger."""

    ENTRY = "entry"
    EXIT = "exit"
    EITHER = "either"


class GrantKind(StrEnum):
    """What a contractor, or who manages a single site, may see of a subject."""

    SITE = "site"  # the facts of a site its people work on; not the days of others there
    CONTRACTOR = "contractor"  # the record of one that takes part in its site, works below it, or that it works for
    EMPLOYEE = "employee"  # the record of a worker it employs
    VISITOR = "visitor"  # the record of a worker who came, or is expected, where it may see the crew


@dataclass(frozen=True, slots=True)
class Contractor:
    """事業者, a one-person one too. capital_yen is None where it is not known."""

    contractor_id: ContractorId
    name: str
    legal_form: LegalForm
    name_kana: str = ""
    ccus_contractor_id: str | None = None
    capital_yen: int | None = None
    licence: str = ""
    health_insurance: InsuranceStatus | None = None
    pension_insurance: InsuranceStatus | None = None
    employment_insurance: InsuranceStatus | None = None
    mutual_aid: bool | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class SkilledWorker:
    """技能者. Without a CCUS id the worker is provisional, and may call all the same."""

    worker_id: WorkerId
    name: str
    name_kana: str = ""
    ccus_worker_id: str | None = None
    birth_date: date | None = None
    address: str = ""
    emergency_name: str = ""
    emergency_phone_id: PhoneId | None = None
    hired_on: date | None = None
    experience_years: int | None = None
    last_health_check_on: date | None = None
    language: Language = Language.JAPANESE

    @property
    def is_provisional(self) -> bool:
        return self.ccus_worker_id is None


@dataclass(frozen=True, slots=True)
class Occupation:
    """職種 by its CCUS code: two digits of the major and two of the minor class."""

    occupation_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as it is kept: nothing here shows it whole."""

    phone_id: PhoneId
    blind_index: str
    last4_index: str
    cipher: str
    mask: str


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """That a worker is reached under a phone, and is known by it, from-until (both days included)."""

    phone_number_id: UUID
    phone_id: PhoneId
    worker_id: WorkerId
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Affiliation:
    """所属: a worker belongs to a contractor, from-until (both days included)."""

    affiliation_id: UUID
    worker_id: WorkerId
    contractor_id: ContractorId
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """現場. Minutes count from midnight JST; day_code_key is sealed under the data key."""

    site_id: SiteId
    name: str
    prime_contractor_id: ContractorId
    starts_on: date
    ends_on: date | None = None
    name_kana: str = ""
    ccus_site_id: str | None = None
    address: str = ""
    kind: SiteKind = SiteKind.BUILDING
    site_code: str = "0000"
    day_starts_min: int = 4 * 60
    closes_min: int = 20 * 60
    minimum_stay_min: int = 30
    day_code_required: bool = False
    day_code_key: str = ""
    sms_receipt: bool = False

    @property
    def has_closing_hour(self) -> bool:
        """Whether the site closes at all before its next day begins."""
        return (self.closes_min - self.day_starts_min) % MINUTES_A_DAY < MINUTES_A_DAY - 1

    @property
    def day_starts(self) -> timedelta:
        return timedelta(minutes=self.day_starts_min)


@dataclass(frozen=True, slots=True)
class Line:
    """A phone number of ours that workers call. One line may serve many sites."""

    line_id: LineId
    e164: str
    carrier: str
    name: str = ""
    mode: LineMode = LineMode.SENTENCE
    direction: LineDirection = LineDirection.EITHER
    language: Language = Language.JAPANESE
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SiteAssignment:
    """That a worker is expected at a site, from-until, and with which position."""

    assignment_id: UUID
    site_id: SiteId
    worker_id: WorkerId
    valid_from: date
    valid_until: date | None = None
    position: Position = Position.OTHER


@dataclass(frozen=True, slots=True)
class Participation:
    """A contractor takes part in a site; the upper contractor is the declared one, None while unknown."""

    participation_id: UUID
    site_id: SiteId
    contractor_id: ContractorId
    valid_from: date
    valid_until: date | None = None
    upper_contractor_id: ContractorId | None = None


Registered: TypeAlias = (
    Contractor
    | Phone
    | SkilledWorker
    | Occupation
    | PhoneNumber
    | Affiliation
    | Site
    | Line
    | SiteAssignment
    | Participation
)
"""What the registry keeps a row of."""
