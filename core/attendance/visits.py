"""Tells the registry who came where: from the ledger's days to the visits that grants follow from.

A call writes nothing of this: the newest days are looked at every few seconds, all of them once a day. What a person
changes is told at once. A visit also makes the site's tiers stale, which is marked beside it.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance import store
from core.attendance.picture import Changes
from core.attendance.tables import attendance_days
from core.db import Session, as_model, is_postgresql
from core.registry import grants
from core.registry.grant_queries import NOBODY
from core.registry.grants import Visit
from core.registry.tables import site_visits
from core.work.service import mark

TIERS = "tiers"  # that who works under whom on a site has to be thought about again
NEWEST = timedelta(days=2)  # what comes later than that, from a device that was offline, waits for the daily round
_days = attendance_days.c


def find_newest(session: Session, today: date) -> list[Visit]:
    """Return the visits that the newest days tell of and that are not noted: note() takes them."""
    return _unnoted(session, _days.work_date >= today - NEWEST)


def note(session: Session, visits: Iterable[Visit], now: datetime) -> None:
    """Note who came where for the first time: grants follow, and the sites' tiers are stale."""
    new = list(visits)
    grants.add_visits(session, new)
    mark(session, TIERS, sorted({visit.site_id for visit in new}), now)


def mark_sites_of(session: Session, since: date, now: datetime, within: timedelta = timedelta(0)) -> None:
    """Mark the tiers of every site stale at which somebody was since a day, due one after another within some time."""
    site_ids = sorted(session.scalars(sa.select(_days.site_id).where(_days.work_date >= since).distinct()))
    for n, site_id in enumerate(site_ids):
        mark(session, TIERS, [site_id], now + within * n / len(site_ids))


def save(session: Session, changes: Changes) -> None:
    """Write what a person changed in the ledger, and what follows of visits and grants, however old the days are."""
    store.save(session, changes)
    workers = {day.worker_id for day in changes.days.values()}
    dates = {day.work_date for day in changes.days.values()}
    if workers:
        grants.add_visits(session, _unnoted(session, _days.worker_id.in_(workers) & _days.work_date.in_(dates)))
        now = max(judgement.judged_at for judgement in changes.judgements)
        mark(session, TIERS, sorted({day.site_id for day in changes.days.values()}), now)


def rebuild(session: Session, today: date) -> None:
    """Make all visits and grants anew. A visit goes with the last day that told of it."""
    if is_postgresql(session):
        session.exec_driver_sql("set local statement_timeout = 0")
    grants.keep_visits(session, _visits())
    grants.rebuild(session, today)


def _unnoted(session: Session, condition: sa.ColumnElement[bool]) -> list[Visit]:
    told = _visits().where(condition).subquery()
    is_noted = (
        sa.exists()
        .where(site_visits.c.site_id == told.c.site_id)
        .where(site_visits.c.worker_id == told.c.worker_id)
        .where(site_visits.c.contractor_id == told.c.contractor_id)
    )
    return [as_model(Visit, row) for row in session.execute(sa.select(told).where(~is_noted))]


def _visits() -> sa.Select[Any]:
    contractor = sa.func.coalesce(_days.contractor_id, NOBODY).label("contractor_id")
    return sa.select(_days.site_id, _days.worker_id, contractor).where(_days.is_void.is_(False)).distinct()
