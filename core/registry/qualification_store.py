"""The queries of qualifications and tasks."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import SiteId, WorkerId
from core.registry.model import GrantKind
from core.registry.qualification_model import Qualification, SiteTask
from core.registry.tables import (
    assignment_tasks,
    site_assignments,
    site_task_qualifications,
    site_tasks,
    worker_qualifications,
    workers,
)
from core.registry.visibility import granted
from core.scope import Scope
from core.statements import insert_rows


def is_employee(session: Session, scope: Scope, worker_id: WorkerId) -> bool:
    """Whether the worker's record belongs to somebody the scope looks for: the employer, or the operator."""
    if scope.everything:
        return session.scalar(sa.select(workers.c.worker_id).where(workers.c.worker_id == worker_id)) is not None
    own = granted(scope.employers, GrantKind.EMPLOYEE).subquery()
    return session.scalar(sa.select(own.c.subject_id).where(own.c.subject_id == worker_id)) is not None


def qualifications_of(session: Session, worker_ids: Collection[WorkerId]) -> dict[WorkerId, list[Qualification]]:
    """Return the qualifications of workers, by kind and name."""
    held = worker_qualifications.c
    statement = sa.select(worker_qualifications).where(held.worker_id.in_(worker_ids)).order_by(held.kind, held.name)
    found: dict[WorkerId, list[Qualification]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.worker_id].append(as_model(Qualification, row))
    return found


def add_qualification(session: Session, qualification: Qualification) -> None:
    insert_rows(session, {worker_qualifications: [qualification]})


def update_qualification(session: Session, qualification: Qualification) -> None:
    values = asdict(qualification)
    key = worker_qualifications.c.qualification_id == values.pop("qualification_id")
    session.execute(sa.update(worker_qualifications).where(key).values(values))


def delete_qualification(session: Session, qualification_id: UUID) -> None:
    held = worker_qualifications.c
    session.execute(sa.delete(worker_qualifications).where(held.qualification_id == qualification_id))


def tasks_of(session: Session, site_id: SiteId) -> list[SiteTask]:
    """Return the tasks of a site by name, with what they need."""
    needs: dict[UUID, list[str]] = defaultdict(list)
    needed = site_task_qualifications.c
    statement = (
        sa.select(needed.site_task_id, needed.name)
        .join(site_tasks, site_tasks.c.site_task_id == needed.site_task_id)
        .where(site_tasks.c.site_id == site_id)
        .order_by(needed.name)
    )
    for row in session.execute(statement):
        needs[row.site_task_id].append(row.name)
    rows = session.execute(sa.select(site_tasks).where(site_tasks.c.site_id == site_id).order_by(site_tasks.c.name))
    return [
        SiteTask(row.site_task_id, row.site_id, row.name, row.hazardous_substances, tuple(needs[row.site_task_id]))
        for row in rows
    ]


def write_task(session: Session, task: SiteTask) -> None:
    """Store a task, new or changed, with what it needs."""
    values = {"name": task.name, "hazardous_substances": task.hazardous_substances}
    key = site_tasks.c.site_task_id == task.site_task_id
    if not session.execute(sa.update(site_tasks).where(key).values(values)).rowcount:
        insert_rows(session, {site_tasks: [{"site_task_id": task.site_task_id, "site_id": task.site_id, **values}]})
    _delete_needs(session, task.site_task_id)
    rows = [{"site_task_id": task.site_task_id, "name": name} for name in task.needs]
    insert_rows(session, {site_task_qualifications: rows})


def delete_task(session: Session, site_task_id: UUID) -> None:
    """Take a task out; nobody is assigned to it afterwards."""
    _delete_needs(session, site_task_id)
    session.execute(sa.delete(assignment_tasks).where(assignment_tasks.c.site_task_id == site_task_id))
    session.execute(sa.delete(site_tasks).where(site_tasks.c.site_task_id == site_task_id))


def tasks_by_assignment(session: Session, site_id: SiteId) -> dict[UUID, UUID]:
    """Return which task each assignment of a site has."""
    given = assignment_tasks.c
    statement = (
        sa.select(given.assignment_id, given.site_task_id)
        .join(site_assignments, site_assignments.c.assignment_id == given.assignment_id)
        .where(site_assignments.c.site_id == site_id)
    )
    return {row.assignment_id: row.site_task_id for row in session.execute(statement)}


def write_assignment_task(session: Session, assignment_id: UUID, site_task_id: UUID | None) -> None:
    """Give an assignment a task in place of the one it had; None takes it away."""
    session.execute(sa.delete(assignment_tasks).where(assignment_tasks.c.assignment_id == assignment_id))
    if site_task_id is not None:
        insert_rows(session, {assignment_tasks: [{"assignment_id": assignment_id, "site_task_id": site_task_id}]})


def assignment_on(session: Session, site_id: SiteId, worker_id: WorkerId, day: date) -> UUID | None:
    """Return the assignment of a worker to a site that holds on a day."""
    expected = site_assignments.c
    found: UUID | None = session.scalar(
        sa.select(expected.assignment_id)
        .where(expected.site_id == site_id, expected.worker_id == worker_id, expected.valid_from <= day)
        .where(sa.or_(expected.valid_until.is_(None), expected.valid_until >= day))
    )
    return found


def _delete_needs(session: Session, site_task_id: UUID) -> None:
    session.execute(sa.delete(site_task_qualifications).where(site_task_qualifications.c.site_task_id == site_task_id))


def later_assignments(session: Session, site_id: SiteId, worker_id: WorkerId, day: date) -> list[date]:
    """Return from when on a worker is expected at a site again, after a day."""
    expected = site_assignments.c
    return list(
        session.scalars(
            sa.select(expected.valid_from).where(
                expected.site_id == site_id, expected.worker_id == worker_id, expected.valid_from > day
            )
        )
    )
