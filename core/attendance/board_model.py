"""What the board 「現場の今」 shows, as values: who is inside, who has left, what came in last."""

from dataclasses import dataclass
from datetime import date, datetime

from core.attendance.model import Channel, Direction, Reason, Verdict
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.model import LineMode, Site


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on one site on one work date: inside, gone, or without an exit."""

    worker_id: WorkerId
    name: str
    contractor_id: ContractorId | None
    contractor_name: str | None
    work_date: date
    first_entry_at: datetime | None
    last_exit_at: datetime | None
    inside_since: datetime | None
    missing_exit: bool


@dataclass(frozen=True, slots=True)
class Crew:
    """Those of one contractor who are inside, in the order they came. The contractor is None while not known."""

    contractor_id: ContractorId | None
    name: str | None
    workers: tuple[Present, ...]


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
    """The board of one site; of all of them when site is None, and then only counts and the latest punches."""

    site: Site | None
    work_date: date
    choices: tuple[tuple[SiteId, str], ...]
    crews: tuple[Crew, ...]
    left: tuple[Present, ...]
    unclosed: tuple[Present, ...]
    counts: tuple[SiteCount, ...]
    unclear: int
    latest: tuple[LatestPunch, ...]
    lines: tuple[CalledLine, ...]

    @property
    def inside(self) -> int:
        """How many people are inside, on this site or on all."""
        return sum(len(crew.workers) for crew in self.crews) + sum(count.inside for count in self.counts)

    @property
    def has_left(self) -> int:
        return len(self.left) + sum(count.left for count in self.counts)

    @property
    def last_received_at(self) -> datetime | None:
        return max((punch.received_at for punch in self.latest), default=None)
