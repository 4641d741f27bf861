"""The queries of what was settled: adding it, finding it, undoing it, and its history."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Judgement, Verdict
from core.attendance.review_model import DaySubject, ReviewKind, SettleAction, SettledLine, Settlement, Step
from core.attendance.review_rows import Condition, holds
from core.attendance.senders import Came, came_of
from core.attendance.tables import judgements, missed_touches, punches, review_items, settlement_steps, settlements
from core.db import Session, as_model
from core.ids import PunchId, WorkerId
from core.registry.card_tables import cards
from core.registry.model import GrantKind
from core.registry.tables import phones, sites, workers
from core.registry.visibility import granted
from core.scope import Scope
from core.statements import insert_rows

PAGE_ROWS = 50


def add(session: Session, settlement: Settlement, steps: Sequence[Step] = ()) -> None:
    """Store a settlement with what it changed."""
    session.execute(sa.insert(settlements), asdict(settlement))
    if settlement.punch_id is not None:
        _open(session, settlement, is_open=False)
    if steps:
        rows = [{"settlement_id": settlement.settlement_id, **asdict(step)} for step in steps]
        insert_rows(session, {settlement_steps: rows})


def reopen(session: Session, settlement: Settlement) -> None:
    """Let somebody look again at the punch of a settlement that is undone."""
    if settlement.punch_id is not None:
        _open(session, settlement, is_open=True)


def _open(session: Session, settlement: Settlement, *, is_open: bool) -> None:
    """Open or close the punch's item, unless it has been judged anew since."""
    item = review_items.c
    session.execute(
        sa.update(review_items)
        .where(item.punch_id == settlement.punch_id, item.seq <= settlement.seq, item.kind != ReviewKind.RECORDED)
        .values(is_open=is_open)
    )


def find(session: Session, settlement_id: UUID) -> Settlement | None:
    row = session.execute(sa.select(settlements).where(settlements.c.settlement_id == settlement_id)).first()
    return as_model(Settlement, row) if row else None


def is_day_settled(session: Session, subject: DaySubject, actions: Collection[SettleAction]) -> bool:
    """Whether one of these acts has settled a day and was not undone."""
    mine = settlements.c
    statement = (
        sa.select(mine.settlement_id)
        .where(mine.worker_id == subject.worker_id, mine.work_date == subject.work_date)
        .where(mine.site_id == subject.site_id, mine.kind == subject.kind)
        .where(mine.action.in_(actions), mine.undone_at.is_(None))
        .limit(1)
    )
    return session.execute(statement).first() is not None


def of_batch(session: Session, batch_id: UUID) -> list[Settlement]:
    """Return what was settled together."""
    rows = session.execute(sa.select(settlements).where(settlements.c.batch_id == batch_id))
    return [as_model(Settlement, row) for row in rows]


def is_visible(scope: Scope) -> Condition:
    """Condition on settlements: at a site seen whole, or of an own employee."""
    if scope.everything:
        return sa.true()
    mine = settlements.c
    own = mine.worker_id.in_(granted(scope.employers, GrantKind.EMPLOYEE)) if scope.employers else sa.false()
    return sa.or_(mine.prime_contractor_id.in_(scope.primes), mine.site_id.in_(scope.sites), own)


def list_settled(
    session: Session,
    scope: Scope,
    *,
    punch_id: PunchId | None = None,
    batch_id: UUID | None = None,
    offset: int = 0,
) -> list[SettledLine]:
    """Return one row more than a page of what was settled, newest first; of one punch, of one batch, or of all."""
    mine = settlements.c
    statement = (
        sa.select(
            settlements,
            workers.c.name.label("worker"),
            sites.c.name.label("site"),
            sa.func.coalesce(phones.c.mask, cards.c.mask).label("caller"),
            sa.func.coalesce(punches.c.occurred_at, missed_touches.c.occurred_at).label("happened_at"),
        )
        .outerjoin(workers, workers.c.worker_id == mine.worker_id)
        .outerjoin(sites, sites.c.site_id == mine.site_id)
        .outerjoin(punches, punches.c.punch_id == mine.punch_id)
        .outerjoin(phones, phones.c.phone_id == punches.c.phone_id)
        .outerjoin(cards, cards.c.card_id == punches.c.card_id)
        .outerjoin(missed_touches, missed_touches.c.missed_touch_id == mine.missed_touch_id)
        .where(is_visible(scope))
        .order_by(mine.decided_at.desc(), mine.settlement_id.desc())
        .limit(PAGE_ROWS + 1)
        .offset(offset)
    )
    if batch_id is not None:
        statement = statement.where(mine.batch_id == batch_id)
    if punch_id is not None:
        changed = sa.select(settlement_steps.c.settlement_id).where(settlement_steps.c.punch_id == punch_id)
        statement = statement.where(sa.or_(mine.punch_id == punch_id, mine.settlement_id.in_(changed)))
    return [_line(row) for row in session.execute(statement)]


def _line(row: sa.Row[Any]) -> SettledLine:
    return SettledLine(as_model(Settlement, row), row.worker, row.site, row.caller, row.happened_at)


def steps_of(session: Session, settlement_id: UUID) -> list[Step]:
    """Return what a settlement changed, the oldest punch first."""
    steps = settlement_steps.c
    rows = session.execute(
        sa.select(settlement_steps).where(steps.settlement_id == settlement_id).order_by(steps.punch_id)
    )
    return [as_model(Step, row) for row in rows]


def judgement_numbered(session: Session, punch_id: PunchId, seq: int) -> Judgement:
    """Return one judgement of a punch."""
    statement = sa.select(judgements).where(judgements.c.punch_id == punch_id, judgements.c.seq == seq)
    return as_model(Judgement, session.execute(statement).one())


def mark_undone(session: Session, settlement_id: UUID, by: str, at: datetime) -> bool:
    """Write that a settlement was undone; False when somebody else did so first."""
    statement = (
        sa.update(settlements)
        .where(settlements.c.settlement_id == settlement_id, settlements.c.undone_at.is_(None))
        .values(undone_by=by, undone_at=at)
    )
    return session.execute(statement).rowcount == 1


def has_later_records(session: Session, came: Came, worker_id: WorkerId, settlement_id: UUID) -> bool:
    """Whether punches from a phone or by a card count for a worker that the settlement itself did not change."""
    own = sa.select(settlement_steps.c.punch_id).where(settlement_steps.c.settlement_id == settlement_id)
    statement = (
        sa.select(punches.c.punch_id)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .where(came_of(came), judgements.c.worker_id == worker_id, holds())
        .where(judgements.c.verdict.in_([Verdict.ACCEPTED, Verdict.DUPLICATE]), punches.c.punch_id.not_in(own))
    )
    return session.execute(statement.limit(1)).first() is not None


def reopen_missed_touch(session: Session, missed_touch_id: UUID) -> None:
    """Let a request wait again."""
    session.execute(
        sa.update(missed_touches)
        .where(missed_touches.c.missed_touch_id == missed_touch_id)
        .values(decided_by=None, decided_at=None, punch_id=None)
    )
