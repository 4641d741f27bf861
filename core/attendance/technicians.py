"""技能者一覧: the workers of a contractor at a site, with what their tasks need and what they hold. Reads only.

Who is listed: those of the contractor who are expected at the site, and those who came with it in the last weeks.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.registry import qualification_store as store
from core.registry.qualification_model import SiteTask, Technician
from core.registry.qualification_rules import gaps_of
from core.registry.tables import affiliations, occupations, site_assignments, worker_occupations, workers
from core.registry.visibility import worker_is_visible
from core.scope import Scope

CAME_WITHIN = timedelta(days=31)


def technicians_of(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId, today: date
) -> list[Technician]:
    """Return a contractor's workers at a site that the scope reaches, by kana and name."""
    came = _came(session, scope, site_id, contractor_id, today)
    expected = _expected(session, scope, site_id, contractor_id, today)
    ids = came.keys() | expected.keys()
    if not ids:
        return []
    people = session.execute(
        sa.select(workers.c.worker_id, workers.c.name, workers.c.name_kana, workers.c.ccus_worker_id)
        .where(workers.c.worker_id.in_(ids))
        .order_by(workers.c.name_kana, workers.c.name, workers.c.worker_id)
    ).all()
    trades = _occupations(session, ids)
    held = store.qualifications_of(session, ids)
    tasks = {task.site_task_id: task for task in store.tasks_of(session, site_id)}
    given = store.tasks_by_assignment(session, site_id)
    found = []
    for person in people:
        assignment = expected.get(person.worker_id)
        task = _task(assignment, given, tasks)
        qualifications = tuple(held.get(person.worker_id, ()))
        found.append(
            Technician(
                worker_id=person.worker_id,
                name=person.name,
                name_kana=person.name_kana,
                ccus_worker_id=person.ccus_worker_id,
                occupations=tuple(trades.get(person.worker_id, ())),
                position=assignment.position if assignment else None,
                assignment_id=assignment.assignment_id if assignment else None,
                task=task,
                qualifications=qualifications,
                gaps=gaps_of(task.needs if task else (), qualifications, today),
                last_came_on=came.get(person.worker_id),
            )
        )
    return found


def _task(assignment: Any, given: Mapping[UUID, UUID], tasks: Mapping[UUID, SiteTask]) -> SiteTask | None:
    task_id = given.get(assignment.assignment_id) if assignment else None
    return tasks[task_id] if task_id else None


def _came(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId, today: date
) -> dict[WorkerId, date]:
    """Return who came with the contractor lately, and when last."""
    day = attendance_days.c
    statement = (
        sa.select(day.worker_id, sa.func.max(day.work_date).label("last"))
        .where(day.site_id == site_id, day.contractor_id == contractor_id, ~day.is_void, day_is_visible(scope))
        .where(day.work_date > today - CAME_WITHIN, day.work_date <= today)
        .group_by(day.worker_id)
    )
    return {row.worker_id: row.last for row in session.execute(statement)}


def _expected(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId, today: date
) -> dict[WorkerId, Any]:
    """Return the assignments of today of those who belong to the contractor."""
    given, belongs = site_assignments.c, affiliations.c
    statement = (
        sa.select(given.worker_id, given.assignment_id, given.position)
        .join(affiliations, belongs.worker_id == given.worker_id)
        .join(workers, workers.c.worker_id == given.worker_id)
        .where(given.site_id == site_id, belongs.contractor_id == contractor_id, worker_is_visible(scope))
    )
    for dated in (given, belongs):
        statement = statement.where(dated.valid_from <= today)
        statement = statement.where(sa.or_(dated.valid_until.is_(None), dated.valid_until >= today))
    return {row.worker_id: row for row in session.execute(statement)}


def _occupations(session: Session, ids: Collection[WorkerId]) -> dict[WorkerId, list[str]]:
    statement = (
        sa.select(worker_occupations.c.worker_id, occupations.c.name)
        .join(occupations, occupations.c.occupation_code == worker_occupations.c.occupation_code)
        .where(worker_occupations.c.worker_id.in_(ids))
        .order_by(worker_occupations.c.rank)
    )
    found: dict[WorkerId, list[str]] = {}
    for row in session.execute(statement):
        found.setdefault(row.worker_id, []).append(row.name)
    return found
