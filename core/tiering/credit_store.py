"""The queries of credit: what days there are, and what holds of their credit."""

from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.db import Session, as_model
from core.ids import SiteId, WorkerId
from core.registry.tables import occupations
from core.registry.visibility import Condition, crew_is_visible
from core.scope import Scope
from core.statements import insert_rows
from core.tiering.roster_model import DayCredit
from core.tiering.roster_tables import day_credits


def newest_at(session: Session, site_id: SiteId) -> list[DayCredit]:
    """Return the newest credit of each day of a site, withdrawn ones among them."""
    statement = sa.select(day_credits).where(day_credits.c.site_id == site_id, _is_newest())
    return [as_model(DayCredit, row) for row in session.execute(statement)]


def held_by(
    session: Session, scope: Scope, worker_ids: Collection[WorkerId], first: date, last: date
) -> list[DayCredit]:
    """Return the credit that holds of workers' days from-until, as far as the scope reaches."""
    credit = day_credits.c
    statement = (
        sa.select(day_credits)
        .where(credit.worker_id.in_(worker_ids), credit.work_date >= first, credit.work_date <= last)
        .where(~credit.is_withdrawn, _is_newest(), _is_visible(scope))
        .order_by(credit.work_date, credit.site_id)
    )
    return [as_model(DayCredit, row) for row in session.execute(statement)]


def days_at(session: Session, site_id: SiteId, worker_ids: Collection[WorkerId]) -> list[tuple[WorkerId, date]]:
    """Return the days of a site on which some of these workers were there."""
    day = attendance_days.c
    statement = sa.select(day.worker_id, day.work_date).where(day.site_id == site_id, ~day.is_void)
    return [(row.worker_id, row.work_date) for row in session.execute(statement) if row.worker_id in worker_ids]


def add(session: Session, credits_: Iterable[DayCredit]) -> None:
    insert_rows(session, {day_credits: list(credits_)})


def _is_newest() -> Condition:
    credit, later = day_credits.c, day_credits.alias("later").c
    newer = (
        sa.exists()
        .where(later.worker_id == credit.worker_id, later.site_id == credit.site_id)
        .where(later.work_date == credit.work_date, later.seq > credit.seq)
    )
    return ~newer.correlate(day_credits)


def _is_visible(scope: Scope) -> Condition:
    """Condition on day_credits, as the day's own. Row-level security says the same on PostgreSQL."""
    if scope.everything:
        return sa.true()
    credit = day_credits.c
    return sa.or_(
        credit.prime_contractor_id.in_(scope.primes),
        credit.site_id.in_(scope.sites),
        crew_is_visible(scope, credit.site_id, credit.contractor_id),
        sa.false() if scope.worker_id is None else credit.worker_id == scope.worker_id,
    )


def occupation_names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Return the names of occupations by their codes."""
    statement = sa.select(occupations).where(occupations.c.occupation_code.in_(codes))
    return {row.occupation_code: row.name for row in session.execute(statement)} if codes else {}
