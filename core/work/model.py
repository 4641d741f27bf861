"""Background work: a mark says that something is stale or owed, a schedule when something falls due. Values only."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from core.clock import instant_on, work_date


@dataclass(frozen=True, slots=True)
class Mark:
    """That something of a kind must be done for a subject; attempts counts how often it was taken."""

    mark_id: UUID
    kind: str
    subject: str
    due_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many marks of a kind there are, and since when the first of them is due."""

    kind: str
    marks: int
    oldest_due_at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a kind of task falls due: every so often, or daily at a time of the Japanese day."""

    kind: str
    every: timedelta | None = None
    at: time | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.at is None):
            raise ValueError(f"schedule {self.kind!r}: either every or at")

    def due_after(self, now: datetime) -> datetime:
        """Return the first instant after now at which the task is due."""
        if self.at is None:
            return now + (self.every or timedelta())
        offset = timedelta(hours=self.at.hour, minutes=self.at.minute, seconds=self.at.second)
        today = instant_on(work_date(now), offset)
        return today if today > now else today + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """What became of a schedule: when it is due, when it last ran well, and what went wrong since ("" = nothing)."""

    kind: str
    due_at: datetime
    last_run_at: datetime | None
    last_error: str
