"""Counts the records of each site, month and channel anew: by a job, as no call shall wait for it.

A record's channel is that of its first punch that counts, so a corrected record may change it. The months still open to
approval are counted at every run; one that is older is counted when it never was.
"""

from datetime import date, timedelta

import sqlalchemy as sa

from core.attendance.model import Verdict
from core.attendance.statistics_model import next_month
from core.attendance.tables import channel_months, judgements, punches, site_months
from core.db import Session, is_postgresql
from core.registry.tables import sites

ONE_DAY = timedelta(days=1)
TIME_LIMIT = sa.text("set local statement_timeout = '10min'")  # a nation's month takes longer than a page may


def months_to_count(session: Session, today: date) -> list[date]:
    """Return the months that are to be counted: this one, the one before, and those that never were."""
    this = today.replace(day=1)
    recent = [(this - ONE_DAY).replace(day=1), this]
    counted = sa.select(channel_months.c.month)
    never = session.scalars(
        sa.select(site_months.c.month).where(site_months.c.records > 0, site_months.c.month.not_in(counted)).distinct()
    )
    return sorted({*never, *recent})


def count_channels(session: Session, month: date) -> None:
    """Count the records of a month by site and channel, in place of what was counted before."""
    if is_postgresql(session):
        session.execute(TIME_LIMIT)
    session.execute(sa.delete(channel_months).where(channel_months.c.month == month))
    first = _first_punches(month).subquery("first")
    counted = (
        sa.select(
            first.c.site_id,
            sa.literal(month, sa.Date).label("month"),
            first.c.channel,
            sites.c.prime_contractor_id,
            sa.func.count().label("records"),
        )
        .join(sites, sites.c.site_id == first.c.site_id)
        .where(first.c.n == 1)
        .group_by(first.c.site_id, first.c.channel, sites.c.prime_contractor_id)
    )
    columns = ["site_id", "month", "channel", "prime_contractor_id", "records"]
    session.execute(sa.insert(channel_months).from_select(columns, counted))


def _first_punches(month: date) -> sa.Select[tuple[object, ...]]:
    """Return the punches that count in a month; n is 1 for the first one of a record."""
    judged = judgements.c
    later = judgements.alias("later")
    newer = sa.exists().where(later.c.punch_id == judged.punch_id, later.c.seq > judged.seq)
    number = sa.func.row_number().over(
        partition_by=(judged.worker_id, judged.site_id, judged.work_date),
        order_by=(judged.effective_at, judged.punch_id),
    )
    return (
        sa.select(judged.site_id, punches.c.channel, number.label("n"))
        .join(punches, punches.c.punch_id == judged.punch_id)
        .where(judged.work_date >= month, judged.work_date < next_month(month))
        .where(judged.verdict == Verdict.ACCEPTED, judged.direction.is_not(None), ~newer)
        .where(judged.worker_id.is_not(None), judged.site_id.is_not(None))
    )
