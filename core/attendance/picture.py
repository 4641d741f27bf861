"""What one transaction of the ledger reads and writes: the picture it judges against, and its changes. Values only."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from core.attendance.model import AttendanceDay, Channel, Direction, Judgement, RawPunch
from core.ids import CardId, ContractorId, PhoneId, PunchId, SiteId, WorkerId


@dataclass(frozen=True, slots=True)
class StoredPunch:
    """A punch that is in the ledger already, with its first judgement and the one that holds."""

    punch_id: PunchId
    sender_key: str
    channel: Channel
    occurred_at: datetime
    phone_id: PhoneId | None
    line_e164: str | None
    named_worker_id: WorkerId | None
    named_site_id: SiteId | None
    card_id: CardId | None = None
    typed_ccus_id: str | None = None
    claimed_at: datetime | None = None
    is_clock_uncertain: bool = False
    requested_direction: Direction | None = None
    first: Judgement | None = None
    holds: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What was read: punches by key or id, the judgements that hold for the workers around the dates, their days.

    uncertain are those of the judgements' punches whose time nobody can vouch for.
    """

    punches: tuple[StoredPunch, ...] = ()
    judgements: tuple[tuple[Judgement, Channel], ...] = ()
    days: tuple[AttendanceDay, ...] = ()
    uncertain: frozenset[PunchId] = frozenset()


@dataclass(slots=True)
class Changes:
    """What is to be written, all of it new rows but for days and counters."""

    punches: list[tuple[RawPunch, PhoneId | None, ContractorId | None]] = field(default_factory=list)
    phones: list[tuple[PhoneId, RawPunch]] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    days: dict[tuple[WorkerId, SiteId, date], AttendanceDay] = field(default_factory=dict)
    worker_months: dict[tuple[WorkerId, date], list[int]] = field(default_factory=dict)
    site_months: dict[tuple[SiteId, date], tuple[ContractorId, int]] = field(default_factory=dict)
    conflicts: list[tuple[UUID, str, datetime, str]] = field(default_factory=list)
