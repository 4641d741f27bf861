"""The queries of newcomers' checks, and of who came to a site for the first time."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.tables import workers
from core.registry.visibility import Condition, crew_is_visible
from core.scope import Scope
from core.statements import insert_rows
from core.tiering.roster_model import ArrivalCheck, ArrivalCheckKind
from core.tiering.roster_tables import arrival_checks


def add_check(session: Session, check: ArrivalCheck) -> None:
    insert_rows(session, {arrival_checks: [check]})


def newest_check(session: Session, site_id: SiteId, worker_id: WorkerId, kind: ArrivalCheckKind) -> ArrivalCheck | None:
    """Return what was last ticked or taken back of a kind for a worker at a site."""
    check = arrival_checks.c
    statement = (
        sa.select(arrival_checks)
        .where(check.site_id == site_id, check.worker_id == worker_id, check.kind == kind)
        .order_by(check.seq.desc())
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(ArrivalCheck, row)


def checks_at(session: Session, scope: Scope, site_id: SiteId) -> dict[WorkerId, list[ArrivalCheck]]:
    """Return the checks of a site that hold, by worker, as far as the scope reaches."""
    check, later = arrival_checks.c, arrival_checks.alias("later").c
    is_older = (
        sa.exists()
        .where(later.site_id == check.site_id, later.worker_id == check.worker_id, later.kind == check.kind)
        .where(later.seq > check.seq)
        .correlate(arrival_checks)
    )
    statement = (
        sa.select(arrival_checks)
        .where(check.site_id == site_id, ~is_older, ~check.is_withdrawn, _is_visible(scope))
        .order_by(check.worker_id, check.kind)
    )
    found: dict[WorkerId, list[ArrivalCheck]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.worker_id].append(as_model(ArrivalCheck, row))
    return found


def first_days(session: Session, scope: Scope, site_id: SiteId) -> dict[WorkerId, tuple[date, ContractorId | None]]:
    """Return when each worker first came to a site, and with whose crew, as far as the scope reaches."""
    day = attendance_days.c
    statement = (
        sa.select(day.worker_id, day.work_date, day.contractor_id)
        .where(day.site_id == site_id, ~day.is_void, day_is_visible(scope))
        .order_by(day.work_date.desc())
    )
    return {row.worker_id: (row.work_date, row.contractor_id) for row in session.execute(statement)}


def people_of(session: Session, worker_ids: Collection[WorkerId]) -> Sequence[sa.Row[Any]]:
    """Return what a list of newcomers shows of workers."""
    columns = (workers.c[name] for name in ("worker_id", "name", "name_kana", "last_health_check_on"))
    return session.execute(sa.select(*columns).where(workers.c.worker_id.in_(worker_ids))).all()


def _is_visible(scope: Scope) -> Condition:
    """Condition on arrival_checks. Row-level security says the same on PostgreSQL."""
    if scope.everything:
        return sa.true()
    check = arrival_checks.c
    return sa.or_(
        check.prime_contractor_id.in_(scope.primes),
        check.site_id.in_(scope.sites),
        crew_is_visible(scope, check.site_id, check.contractor_id),
        sa.false() if scope.worker_id is None else check.worker_id == scope.worker_id,
    )
