"""The queries of month checks: what the parties checked, and what a month holds."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.calendar_model import MonthCheck, next_month
from core.attendance.tables import attendance_days, judgements, month_checks
from core.db import Session, as_model
from core.ids import ContractorId, SiteId
from core.registry.tables import contractors, sites
from core.registry.visibility import Condition, crew_is_visible
from core.scope import Scope
from core.statements import insert_rows

CHECKS_LOOKED_AT = 5_000  # far more than one viewer's months that can still be corrected


def check_is_visible(scope: Scope) -> Condition:
    """Condition on month_checks: of a site seen whole, or of a contractor whose crew is seen there."""
    checked = month_checks.c
    if scope.everything:
        return sa.true()
    return sa.or_(
        checked.prime_contractor_id.in_(scope.primes),
        checked.site_id.in_(scope.sites),
        crew_is_visible(scope, checked.site_id, checked.contractor_id),
    )


def history_of(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId, month: date
) -> list[MonthCheck]:
    """Return every check and what took it back, the newest first."""
    checked = month_checks.c
    statement = (
        sa.select(month_checks)
        .where(checked.site_id == site_id, checked.contractor_id == contractor_id, checked.month == month)
        .where(check_is_visible(scope))
        .order_by(checked.at.desc(), checked.seq.desc())
    )
    return [as_model(MonthCheck, row) for row in session.execute(statement)]


def checked_contractors(session: Session, scope: Scope, site_id: SiteId, month: date) -> list[MonthCheck]:
    """Return the checks that hold at a site in a month."""
    checked = month_checks.c
    statement = sa.select(month_checks).where(checked.site_id == site_id, checked.month == month)
    found = session.execute(statement.where(check_is_visible(scope), _holds(), checked.is_checked))
    return [as_model(MonthCheck, row) for row in found]


def add(session: Session, check: MonthCheck) -> None:
    insert_rows(session, {month_checks: [check]})


def rows_of(session: Session, site_id: SiteId, contractor_id: ContractorId, month: date) -> list[tuple[Any, ...]]:
    """Return worker, date, first entry and last exit of a contractor's days at a site in a month."""
    day = attendance_days.c
    statement = (
        sa.select(day.worker_id, day.work_date, day.first_entry_at, day.last_exit_at)
        .where(day.site_id == site_id, day.contractor_id == contractor_id, ~day.is_void)
        .where(day.work_date >= month, day.work_date < next_month(month))
    )
    return [tuple(row) for row in session.execute(statement)]


def touched_checks(session: Session, scope: Scope, since: date) -> list[tuple[MonthCheck, bool, str, str]]:
    """Return the checks that hold for months since a date, with the names of site and contractor.

    The boolean is whether anything was judged in that site's month after the check: only then can the month have
    changed, and only then need its rows be read.
    """
    months = list(session.scalars(sa.select(month_checks.c.month).where(month_checks.c.month >= since).distinct()))
    if not months:
        return []
    seen = sa.and_(month_checks.c.month.in_(months), check_is_visible(scope), _holds(), month_checks.c.is_checked)
    latest = _last_judged(months, sa.select(month_checks.c.site_id).where(seen))
    is_touched = sa.func.coalesce(latest.c.judged_at > month_checks.c.at, sa.false())
    statement = (
        sa.select(month_checks, is_touched, sites.c.name, contractors.c.name)
        .join(sites, sites.c.site_id == month_checks.c.site_id)
        .join(contractors, contractors.c.contractor_id == month_checks.c.contractor_id)
        .outerjoin(latest, sa.and_(latest.c.site_id == month_checks.c.site_id, latest.c.month == month_checks.c.month))
        .where(seen)
        .order_by(month_checks.c.month.desc(), month_checks.c.site_id)
        .limit(CHECKS_LOOKED_AT)
    )
    return [(as_model(MonthCheck, row), bool(row[-3]), row[-2], row[-1]) for row in session.execute(statement)]


def _last_judged(months: list[date], site_ids: sa.Select[tuple[UUID]]) -> sa.Subquery:
    """Return when anything of a site's month was last judged: found once for each site, not for each of its checks."""
    judged = judgements.c
    return sa.union_all(
        *(
            sa.select(
                judged.site_id,
                sa.literal(month, sa.Date).label("month"),
                sa.func.max(judged.judged_at).label("judged_at"),
            )
            .where(judged.site_id.in_(site_ids.where(month_checks.c.month == month)))
            .where(judged.work_date >= month, judged.work_date < next_month(month))
            .group_by(judged.site_id)
            for month in months
        )
    ).subquery()


def _holds() -> sa.ColumnElement[bool]:
    """Whether a row is the newest of its party."""
    later, checked = month_checks.alias("later"), month_checks.c
    same = [later.c[name] == checked[name] for name in ("site_id", "contractor_id", "month", "party")]
    newer = sa.select(later.c.seq).where(*same, later.c.seq > checked.seq)
    return ~newer.correlate(month_checks).exists()


def moment(at: datetime | None) -> str:
    """Return an instant as the text that goes into the hash of a month's rows."""
    return at.isoformat() if at else ""
