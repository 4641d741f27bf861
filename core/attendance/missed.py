"""The queries of requests for missed touches (打刻漏れの申請)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Direction, MissedTouch
from core.attendance.tables import missed_touches
from core.attendance.visibility import missed_touch_is_visible
from core.db import Row, Session, as_model
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.tables import sites, workers
from core.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class MissedTouchLine:
    """A request for a missed touch, with the names of worker and site."""

    missed_touch_id: UUID
    worker_id: WorkerId
    worker: str
    site_id: SiteId
    site: str
    prime_contractor_id: ContractorId
    work_date: date
    direction: str
    occurred_at: datetime
    correction: str
    note: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    punch_id: PunchId | None


def add(session: Session, request: MissedTouch) -> None:
    session.execute(sa.insert(missed_touches), asdict(request))


def find(session: Session, missed_touch_id: UUID) -> MissedTouch | None:
    statement = sa.select(missed_touches).where(missed_touches.c.missed_touch_id == missed_touch_id)
    row = session.execute(statement).first()
    return as_model(MissedTouch, row) if row else None


def decide(session: Session, missed_touch_id: UUID, changes: Row) -> bool:
    """Write a decision; False when somebody else decided first."""
    statement = (
        sa.update(missed_touches)
        .where(missed_touches.c.missed_touch_id == missed_touch_id, missed_touches.c.decided_at.is_(None))
        .values(**changes)
    )
    return session.execute(statement).rowcount == 1


def is_asked_alike(session: Session, request: MissedTouch, *, approved_only: bool = False) -> bool:
    """Whether another request for the same touch waits or was approved; approved_only: or only whether it was."""
    asked = missed_touches.c
    waits = sa.false() if approved_only else asked.decided_at.is_(None)
    statement = (
        sa.select(asked.missed_touch_id)
        .where(asked.worker_id == request.worker_id, asked.site_id == request.site_id)
        .where(asked.direction == request.direction, asked.occurred_at == request.occurred_at)
        .where(asked.missed_touch_id != request.missed_touch_id)
        .where(sa.or_(asked.punch_id.is_not(None), waits))
        .limit(1)
    )
    return session.execute(statement).first() is not None


def count_waiting(session: Session, worker_id: WorkerId) -> int:
    """Return how many requests for a worker's touches wait."""
    asked = missed_touches.c
    waiting = sa.select(sa.func.count()).where(asked.worker_id == worker_id, asked.decided_at.is_(None))
    return session.execute(waiting).scalar_one()


def waiting_of(session: Session, worker_id: WorkerId, since: date) -> set[tuple[SiteId, date, Direction]]:
    """Return which touches of a worker have been asked for since a date, and wait."""
    asked = missed_touches.c
    statement = sa.select(asked.site_id, asked.work_date, asked.direction).where(
        asked.worker_id == worker_id, asked.work_date >= since, asked.decided_at.is_(None)
    )
    return {(SiteId(row.site_id), row.work_date, row.direction) for row in session.execute(statement)}


def list_requests(
    session: Session, scope: Scope = EVERYTHING, *, only_open: bool = True, limit: int | None = None, offset: int = 0
) -> list[MissedTouchLine]:
    """Return the requests a scope reaches, the oldest work date first."""
    statement = (
        sa.select(missed_touches, workers.c.name.label("worker"), sites.c.name.label("site"))
        .join(workers, workers.c.worker_id == missed_touches.c.worker_id)
        .join(sites, sites.c.site_id == missed_touches.c.site_id)
        .where(missed_touch_is_visible(scope))
        .order_by(missed_touches.c.work_date, missed_touches.c.requested_at)
        .limit(limit)
        .offset(offset)
    )
    if only_open:
        statement = statement.where(missed_touches.c.decided_at.is_(None))
    return [as_model(MissedTouchLine, row) for row in session.execute(statement)]
