"""What printed papers are made from: a site and its lines as they stand on paper. Values only."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Paper(StrEnum):
    """Sheet sizes; the values are typst's names in short."""

    A3 = "a3"
    A4 = "a4"


class Way(StrEnum):
    """What a call to a line means on paper."""

    ENTRY = "entry"
    EXIT = "exit"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One number to call. Which keys a caller is asked for decides what step 2 says."""

    e164: str
    way: Way = Way.EITHER
    is_ring_only: bool = False
    is_menu: bool = False  # asks whether one comes or goes
    asks_site_code: bool = False  # it serves several sites


@dataclass(frozen=True, slots=True)
class DayCode:
    """The code at the gate: on a given day, or a box to write it into."""

    code: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class SitePaper:
    """A site as papers show it. Hours count in minutes from midnight in Japan."""

    site_name: str
    prime_name: str
    site_code: str
    lines: tuple[PaperLine, ...] = ()
    day_code_required: bool = False
    ccus_site_id: str | None = None
    address: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    day_starts_min: int = 4 * 60
    closes_min: int | None = 20 * 60  # None: it does not close
    minimum_stay_min: int = 30
