"""What the board 「現場の今」 shows, as values: who is inside, who has left, who is awaited, what came in last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from core.attendance.expecting import Absence, Absent
from core.attendance.model import Channel, Direction, Reason, Verdict
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.model import LineMode, Site


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on one site on one work date: inside, gone, or without an exit."""

    worker_id: WorkerId
    name: str
    name_kana: str
    contractor_id: ContractorId | None
    contractor_name: str | None
    work_date: date
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    inside_since: datetime | None
    missing_exit: bool

    @property
    def came_back(self) -> bool:
        """Whether he is inside for the second time today, or more."""
        return None not in (self.first_entry_at, self.inside_since) and self.first_entry_at != self.inside_since


@dataclass(frozen=True, slots=True)
class Crew:
    """Those of one contractor who are inside, in the order they came. The contractor is None while not known."""

    contractor_id: ContractorId | None
    name: str | None
    workers: tuple[Present, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How one contractor stands on a site today, in people.

    planned counts those who are expected, come or not; arrived those who came, expected or not.
    """

    contractor_id: ContractorId | None
    name: str | None
    planned: int
    arrived: int
    inside: int
    not_yet: int
    late: int
    missing: int

    @property
    def left(self) -> int:
        return self.arrived - self.inside

    @property
    def absent(self) -> int:
        return self.not_yet + self.late + self.missing


@dataclass(frozen=True, slots=True)
class LatestPunch:
    """One punch with the judgement that holds; verdict is None while a conversation is still deciding."""

    punch_id: PunchId
    received_at: datetime
    occurred_at: datetime
    channel: Channel
    verdict: Verdict | None
    reason: Reason | None
    direction: Direction | None
    effective_at: datetime | None
    worker_id: WorkerId | None
    worker_name: str | None
    phone_mask: str | None
    site_name: str | None


@dataclass(frozen=True, slots=True)
class SiteCount:
    """How one site stands today. unclear counts the punches that wait for a person."""

    site_id: SiteId
    name: str
    inside: int
    left: int
    unclear: int
    last_moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class CalledLine:
    """A number that workers of the site call."""

    e164: str
    mode: LineMode


@dataclass(frozen=True, slots=True)
class Board:
    """The board of one site, as far as the viewer's scope reaches. is_whole: it reaches everybody there."""

    site: Site
    work_date: date
    is_whole: bool
    tallies: tuple[Tally, ...]
    crews: tuple[Crew, ...]
    absent: tuple[Absent, ...]
    left: tuple[Present, ...]
    unclosed: tuple[Present, ...]
    unclear: int
    latest: tuple[LatestPunch, ...]
    lines: tuple[CalledLine, ...]

    @property
    def inside(self) -> int:
        """How many people are inside."""
        return sum(len(crew.workers) for crew in self.crews)

    @property
    def has_left(self) -> int:
        return len(self.left)

    @property
    def planned(self) -> int:
        return sum(tally.planned for tally in self.tallies)

    @property
    def late(self) -> int:
        """How many are late, or did not come at all."""
        return sum(tally.late + tally.missing for tally in self.tallies)

    @property
    def last_received_at(self) -> datetime | None:
        return _last_received(self.latest)


@dataclass(frozen=True, slots=True)
class Overview:
    """The board of several sites: only counts and the latest punches.

    inside counts whoever is inside two of them once; placeless counts the punches to review of which no site is known.
    """

    work_date: date
    inside: int
    counts: tuple[SiteCount, ...]
    placeless: int
    latest: tuple[LatestPunch, ...]

    @property
    def has_left(self) -> int:
        return sum(count.left for count in self.counts)

    @property
    def unclear(self) -> int:
        return self.placeless + sum(count.unclear for count in self.counts)

    @property
    def last_received_at(self) -> datetime | None:
        return _last_received(self.latest)


def tally(present: Iterable[Present], absent: Iterable[Absent], expected: frozenset[WorkerId]) -> tuple[Tally, ...]:
    """Return the contractors' tallies: the largest first, an unknown contractor last.

    present are today's people; expected are those who were, among them.
    """
    names: dict[ContractorId | None, str | None] = {}
    counted: dict[ContractorId | None, dict[str, int]] = {}

    def count(who: Present | Absent, *what: str) -> None:
        names[who.contractor_id] = who.contractor_name
        mine = counted.setdefault(who.contractor_id, dict.fromkeys(_COUNTED, 0))
        for name in what:
            mine[name] += 1

    for person in present:
        is_inside = ("inside",) if person.inside_since is not None else ()
        is_planned = ("planned",) if person.worker_id in expected else ()
        count(person, "arrived", *is_inside, *is_planned)
    for one in absent:
        count(one, "planned", _ABSENT[one.absence])
    tallies = [Tally(contractor_id, names[contractor_id], **counts) for contractor_id, counts in counted.items()]
    return tuple(sorted(tallies, key=lambda one: (one.name is None, -one.inside, -one.arrived, one.name or "")))


_COUNTED = ("planned", "arrived", "inside", "not_yet", "late", "missing")
_ABSENT = {Absence.NOT_YET: "not_yet", Absence.LATE: "late", Absence.MISSING: "missing"}


def _last_received(latest: Iterable[LatestPunch]) -> datetime | None:
    return max((punch.received_at for punch in latest), default=None)
