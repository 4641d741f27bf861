"""What a scope reaches of the ledger, as conditions for queries. Row-level security says the same on PostgreSQL."""

import sqlalchemy as sa

from core.attendance.tables import attendance_days, judgements, missed_touches, punches
from core.registry.model import GrantKind
from core.registry.visibility import Condition, crew_is_visible, granted
from core.scope import Scope


def day_is_visible(scope: Scope) -> Condition:
    """Condition on attendance_days."""
    day = attendance_days.c
    return sa.or_(
        _is_whole(scope, day.prime_contractor_id, day.site_id),
        crew_is_visible(scope, day.site_id, day.contractor_id),
        _is_own(scope, day.worker_id),
    )


def judgement_is_visible(scope: Scope) -> Condition:
    """Condition on judgements: at a site seen whole, or of a worker's day that is seen, or of an own employee."""
    judged = judgements.c
    of_day = (
        sa.exists()
        .where(attendance_days.c.worker_id == judged.worker_id)
        .where(attendance_days.c.site_id == judged.site_id)
        .where(attendance_days.c.work_date == judged.work_date)
        .where(crew_is_visible(scope, attendance_days.c.site_id, attendance_days.c.contractor_id))
    )
    return sa.or_(
        _is_whole(scope, judged.prime_contractor_id, judged.site_id),
        sa.false() if not scope.employers else of_day,
        judged.worker_id.in_(granted(scope.employers, GrantKind.EMPLOYEE)) if scope.employers else sa.false(),
        _is_own(scope, judged.worker_id),
    )


def punch_is_visible(scope: Scope) -> Condition:
    """Condition on punches: one of its judgements is seen, or it is still open at a site seen whole.

    Those of unknown lines belong to no prime contractor: they are the operator's.
    """
    if scope.everything:
        return sa.true()
    judged = sa.exists().where(judgements.c.punch_id == punches.c.punch_id).where(judgement_is_visible(scope))
    return sa.or_(punches.c.prime_contractor_id.in_(scope.primes), judged)


def missed_touch_is_visible(scope: Scope) -> Condition:
    """Condition on missed_touches."""
    asked = missed_touches.c
    return sa.or_(
        _is_whole(scope, asked.prime_contractor_id, asked.site_id),
        asked.worker_id.in_(granted(scope.employers, GrantKind.EMPLOYEE)) if scope.employers else sa.false(),
        _is_own(scope, asked.worker_id),
    )


def _is_whole(scope: Scope, prime: sa.ColumnElement[object], site: sa.ColumnElement[object]) -> Condition:
    if scope.everything:
        return sa.true()
    return sa.or_(prime.in_(scope.primes), site.in_(scope.sites))


def _is_own(scope: Scope, worker: sa.ColumnElement[object]) -> Condition:
    return sa.false() if scope.worker_id is None else worker == scope.worker_id
