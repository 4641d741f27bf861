"""Who is expected at a site today, and what it means that somebody is not there yet. Pure: everything is handed in.

Expected is who is assigned to the site today, and who came on the last days. Somebody is late against the time he
usually comes at, and missing once the site has closed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median_low

from core.clock import instant_on
from core.ids import ContractorId, WorkerId

WORKING_DAYS = 5  # how many of the site's last working days are looked at
REGULAR_DAYS = 2  # who came on that many of them is expected again
LATE_AFTER = timedelta(minutes=30)


class Absence(StrEnum):
    """How somebody stands who is expected and has not come: まだ, 遅れ, 未入場."""

    NOT_YET = "not_yet"
    LATE = "late"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Habit:
    """What is known of one worker at one site: assigned today, and how he came on the last working days.

    entries say when, as the time after midnight (JST) of the work date; one may be missing for a day he came on.
    """

    worker_id: WorkerId
    name: str
    contractor_id: ContractorId | None
    contractor_name: str | None
    is_assigned: bool = False
    days: int = 0
    entries: tuple[timedelta, ...] = ()

    @property
    def is_expected(self) -> bool:
        return self.is_assigned or self.days >= REGULAR_DAYS


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody who is expected and has not come today; usual_at is None where nothing tells when he would."""

    worker_id: WorkerId
    name: str
    contractor_id: ContractorId | None
    contractor_name: str | None
    usual_at: datetime | None
    absence: Absence


def usual_entry(entries: Iterable[timedelta]) -> timedelta | None:
    """Return the middle one of the times somebody came at; None when there is none."""
    known = sorted(entries)
    return median_low(known) if known else None


def usual_entries(habits: Collection[Habit]) -> dict[WorkerId, timedelta | None]:
    """Return when each usually comes: by his own days, else by his crew's, else by everybody's at the site."""
    crews: dict[ContractorId | None, list[timedelta]] = {}
    for habit in habits:
        crews.setdefault(habit.contractor_id, []).extend(habit.entries)
    of_crew = {contractor_id: usual_entry(entries) for contractor_id, entries in crews.items()}
    of_site = usual_entry(entry for entries in crews.values() for entry in entries)
    usual: dict[WorkerId, timedelta | None] = {}
    for habit in habits:
        own, crew = usual_entry(habit.entries), of_crew[habit.contractor_id]
        usual[habit.worker_id] = own if own is not None else crew if crew is not None else of_site
    return usual


def absence_of(now: datetime, usual_at: datetime | None, closes_at: datetime, *, is_working: bool) -> Absence:
    """Return how somebody stands who has not come. is_working: others have come today, so it is no day off."""
    if not is_working:
        return Absence.NOT_YET
    if now >= closes_at:
        return Absence.MISSING
    is_late = usual_at is not None and now >= usual_at + LATE_AFTER
    return Absence.LATE if is_late else Absence.NOT_YET


def absent_of(
    habits: Collection[Habit], came: Collection[WorkerId], today: date, now: datetime, closes_at: datetime
) -> list[Absent]:
    """Return those who are expected and have not come: the gravest first, then by the time they usually come."""
    usual = usual_entries(habits)
    found = []
    for habit in habits:
        if habit.is_expected and habit.worker_id not in came:
            usual_at = _at(today, usual[habit.worker_id])
            absence = absence_of(now, usual_at, closes_at, is_working=bool(came))
            who = (habit.worker_id, habit.name, habit.contractor_id, habit.contractor_name)
            found.append(Absent(*who, usual_at, absence))
    return sorted(found, key=lambda absent: (_RANK[absent.absence], absent.usual_at or closes_at, absent.name))


_RANK: Mapping[Absence, int] = {Absence.MISSING: 0, Absence.LATE: 1, Absence.NOT_YET: 2}


def _at(today: date, usual: timedelta | None) -> datetime | None:
    return None if usual is None else instant_on(today, usual)
