"""What a conversation remembers between two webhooks, what it needs from outside, and what comes back. Values only."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.attendance.model import Direction, Reason, Verdict
from core.ids import ContractorId, PhoneId, PunchId, SiteId, WorkerId
from core.registry.model import Language
from core.values import value
from ivr.model import Verb


class Phase(StrEnum):
    """What was asked last."""

    PERSON = "person"
    SITE = "site"
    DAY_CODE = "day_code"
    MENU = "menu"
    LATE_DIRECTION = "late_direction"
    LANGUAGE = "language"
    CCUS_ID = "ccus_id"
    CREW_OFFER = "crew_offer"
    CREW_CONFIRM = "crew_confirm"
    UPPER = "upper"
    DONE = "done"


@value
class PersonOption:
    """A worker the caller may be. site_ids are the line's sites he is expected at."""

    worker_id: WorkerId
    name: str
    name_kana: str
    language: Language
    site_ids: tuple[SiteId, ...]
    leads_at: tuple[SiteId, ...]  # where he is foreman or crew leader


@value
class PlaceOption:
    """A site the call may be for."""

    site_id: SiteId
    name: str
    name_kana: str
    site_code: str
    day_code_required: bool


@dataclass(frozen=True, slots=True)
class UpperOption:
    """A contractor under whom the caller's may work."""

    contractor_id: ContractorId
    name: str
    name_kana: str


@value
class State:
    """Everything a conversation knows. No phone number is in it.

    asks_at are the sites whose callers may be asked under whom they work; contractor_id is whose people the caller is,
    once he was asked.
    """

    punch_id: PunchId
    occurred_at: datetime
    language: Language
    phone_id: PhoneId | None = None
    phase: Phase = Phase.DONE
    turn: int = 0
    tries: int = 0
    is_menu: bool = False
    people: tuple[PersonOption, ...] = ()
    places: tuple[PlaceOption, ...] = ()
    worker_id: WorkerId | None = None
    site_id: SiteId | None = None
    has_day_code: bool = False
    direction: Direction | None = None
    has_enquired: bool = False
    crew: tuple[WorkerId, ...] = ()
    asks_at: tuple[SiteId, ...] = ()
    contractor_id: ContractorId | None = None
    uppers: tuple[UpperOption, ...] = ()

    @property
    def person(self) -> PersonOption | None:
        return next((person for person in self.people if person.worker_id == self.worker_id), None)

    @property
    def place(self) -> PlaceOption | None:
        return next((place for place in self.places if place.site_id == self.site_id), None)


# What the conversation needs done, each answered by one result.


@dataclass(frozen=True, slots=True)
class Judge:
    """Judge the call's punch by what is known now; unresolved says why the answer is not complete."""

    unresolved: Reason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Keep the CCUS id that an unknown caller keyed."""

    ccus_worker_id: str


@dataclass(frozen=True, slots=True)
class CheckDayCode:
    digits: str


@dataclass(frozen=True, slots=True)
class CountDays:
    """How many days has the caller worked this month?"""


@dataclass(frozen=True, slots=True)
class FindCrew:
    """Who of the caller's contractor may go in or out with him?"""

    direction: Direction


@dataclass(frozen=True, slots=True)
class RecordCrew:
    """Record the crew, each by a punch of his own."""


@dataclass(frozen=True, slots=True)
class FindUppers:
    """Is the caller to be asked under whom he works, and who may it be? judged is what he is to be told first."""

    judged: "Judged"


@dataclass(frozen=True, slots=True)
class KeepUpper:
    """Keep under whom the caller says he works."""

    upper_contractor_id: ContractorId


Effect = Judge | Claim | CheckDayCode | CountDays | FindCrew | RecordCrew | FindUppers | KeepUpper


@dataclass(frozen=True, slots=True)
class Keyed:
    """What the caller keyed; None is silence."""

    digits: str | None


@value
class Judged:
    """What became of the punch. at is the instant to be spoken: the event's, or that of what it repeats.

    on is the work date it counts for, None where there is no site. is_anothers: a person has settled the punch
    meanwhile, for another worker or site than the caller says.
    """

    verdict: Verdict
    reason: Reason | None
    direction: Direction | None
    at: datetime
    on: date | None
    is_anothers: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    pass


@dataclass(frozen=True, slots=True)
class DayCodeChecked:
    """is_last: the phone gave so many wrong codes that day that no other is taken, were it right."""

    is_right: bool
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class DaysCounted:
    days: int


@dataclass(frozen=True, slots=True)
class CrewFound:
    crew: tuple[WorkerId, ...]


@dataclass(frozen=True, slots=True)
class CrewRecorded:
    count: int


@dataclass(frozen=True, slots=True)
class UppersFound:
    """Who may be above the caller's contractor; none where he is not to be asked."""

    judged: Judged
    contractor_id: ContractorId | None = None
    uppers: tuple[UpperOption, ...] = ()


@dataclass(frozen=True, slots=True)
class UpperKept:
    pass


Input = Keyed | Judged | Claimed | DayCodeChecked | DaysCounted | CrewFound | CrewRecorded | UppersFound | UpperKept


@dataclass(frozen=True, slots=True)
class Need:
    """The conversation goes on once this is done: hand its result to step()."""

    state: State
    effect: Effect


@value
class Turn:
    """What is said now. The call is over when the state's phase is DONE."""

    state: State
    verbs: tuple[Verb, ...]

    @property
    def is_open(self) -> bool:
        return self.state.phase is not Phase.DONE


def dump_state(state: State) -> str:
    """Return the state as JSON text."""
    return json.dumps(asdict(state), default=str)


def load_state(text: str) -> State:
    """Return the state that dump_state() wrote; what an earlier version did not write yet is as in a new state.

    Raises KeyError, TypeError or ValueError when it is no state of ours.
    """
    raw = json.loads(text)
    names = ("phone_id", "worker_id", "site_id", "contractor_id", "direction")
    phone_id, worker_id, site_id, contractor_id, direction = (raw.get(name) for name in names)
    return State(
        punch_id=PunchId(UUID(raw["punch_id"])),
        occurred_at=datetime.fromisoformat(raw["occurred_at"]),
        language=Language(raw["language"]),
        phone_id=PhoneId(UUID(phone_id)) if phone_id else None,
        phase=Phase(raw["phase"]),
        turn=raw["turn"],
        tries=raw.get("tries", 0),
        is_menu=raw.get("is_menu", False),
        people=tuple(_person(person) for person in raw.get("people", ())),
        places=tuple(replace(PlaceOption(**place), site_id=_site(place["site_id"])) for place in raw.get("places", ())),
        worker_id=WorkerId(UUID(worker_id)) if worker_id else None,
        site_id=_site(site_id) if site_id else None,
        has_day_code=raw.get("has_day_code", False),
        direction=Direction(direction) if direction else None,
        has_enquired=raw.get("has_enquired", False),
        crew=tuple(WorkerId(UUID(worker_id)) for worker_id in raw.get("crew", ())),
        asks_at=tuple(_site(site_id) for site_id in raw.get("asks_at", ())),
        contractor_id=_contractor(contractor_id) if contractor_id else None,
        uppers=tuple(_upper(upper) for upper in raw.get("uppers", ())),
    )


def _person(raw: dict[str, Any]) -> PersonOption:
    return PersonOption(
        worker_id=WorkerId(UUID(raw["worker_id"])),
        name=raw["name"],
        name_kana=raw["name_kana"],
        language=Language(raw["language"]),
        site_ids=tuple(_site(site_id) for site_id in raw.get("site_ids", ())),
        leads_at=tuple(_site(site_id) for site_id in raw.get("leads_at", ())),
    )


def _upper(raw: dict[str, Any]) -> UpperOption:
    return UpperOption(_contractor(raw["contractor_id"]), raw["name"], raw["name_kana"])


def _site(text: str) -> SiteId:
    return SiteId(UUID(text))


def _contractor(text: str) -> ContractorId:
    return ContractorId(UUID(text))
