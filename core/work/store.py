"""The queries of the background work. All of them hold with several processes at once, on both databases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Row, Session, as_model, is_postgresql
from core.statements import insert_rows
from core.work.model import Mark, ScheduleState, Waiting
from core.work.tables import leases, marks, schedules


def add_marks(session: Session, new: Sequence[Row]) -> None:
    insert_rows(session, {marks: new})


def lock_due_marks(session: Session, kind: str, now: datetime, limit: int) -> list[Mark]:
    """Return the marks due longest, without those that another transaction holds."""
    statement = (
        sa.select(marks)
        .where(marks.c.kind == kind, marks.c.due_at <= now)
        .order_by(marks.c.due_at, marks.c.mark_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [as_model(Mark, row) for row in session.execute(statement)]


def begin_attempt(session: Session, mark_ids: Iterable[UUID], until: datetime) -> None:
    """Count an attempt, and keep the marks from others until an instant."""
    statement = sa.update(marks).where(marks.c.mark_id.in_(list(mark_ids)))
    session.execute(statement.values(due_at=until, attempts=marks.c.attempts + 1))


def put_off(session: Session, due_at: dict[UUID, datetime]) -> None:
    statement = sa.update(marks).where(marks.c.mark_id == sa.bindparam("this")).values(due_at=sa.bindparam("then"))
    session.execute(statement, [{"this": mark_id, "then": then} for mark_id, then in due_at.items()])


def bring_marks_back(session: Session, beyond: datetime, due_at: datetime) -> int:
    """Let the marks that fall due only beyond an instant fall due at another; return how many."""
    return int(session.execute(sa.update(marks).where(marks.c.due_at > beyond).values(due_at=due_at)).rowcount)


def delete_marks(session: Session, mark_ids: Iterable[UUID]) -> None:
    session.execute(sa.delete(marks).where(marks.c.mark_id.in_(list(mark_ids))))


def count_waiting(session: Session) -> list[Waiting]:
    statement = (
        sa.select(
            marks.c.kind,
            sa.func.count().label("marks"),
            sa.func.min(marks.c.due_at, type_=marks.c.due_at.type).label("oldest_due_at"),
        )
        .group_by(marks.c.kind)
        .order_by(marks.c.kind)
    )
    return [as_model(Waiting, row) for row in session.execute(statement)]


def list_subjects(session: Session, kind: str) -> set[str]:
    return set(session.scalars(sa.select(marks.c.subject).where(marks.c.kind == kind)))


def add_schedules(session: Session, due_at: dict[str, datetime]) -> None:
    """Add the schedules that are not there yet; the others keep their due time."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    rows = [{"kind": kind, "due_at": due, "last_error": ""} for kind, due in due_at.items()]
    session.execute(insert(schedules).on_conflict_do_nothing(), rows)


def list_schedules(session: Session) -> list[ScheduleState]:
    return [as_model(ScheduleState, row) for row in session.execute(sa.select(schedules).order_by(schedules.c.kind))]


def due_kinds(session: Session, now: datetime) -> list[str]:
    statement = sa.select(schedules.c.kind).where(schedules.c.due_at <= now).order_by(schedules.c.due_at)
    return list(session.execute(statement).scalars())


def claim_schedule(session: Session, kind: str, now: datetime, until: datetime) -> bool:
    """Put a due schedule off until an instant; False when somebody else did first."""
    statement = sa.update(schedules).where(schedules.c.kind == kind, schedules.c.due_at <= now).values(due_at=until)
    return session.execute(statement).rowcount == 1


def settle_schedule(session: Session, kind: str, changes: Row) -> None:
    session.execute(sa.update(schedules).where(schedules.c.kind == kind).values(**changes))


def write_lease(
    session: Session, name: str, holder: str, now: datetime, until: datetime, *, believed_until: datetime
) -> bool:
    """Make the lease the holder's, unless somebody else's has not run out; one beyond believed_until has."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(leases)
    statement = insert.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
        where=(leases.c.holder == insert.excluded.holder) | (leases.c.until <= now) | (leases.c.until > believed_until),
    ).returning(leases.c.name)
    return session.execute(statement, {"name": name, "holder": holder, "until": until}).first() is not None


def delete_lease(session: Session, name: str, holder: str) -> None:
    session.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))
