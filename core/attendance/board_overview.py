"""The queries of the board 「現場の今」 over several sites: the open ones, as far as a scope reaches. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from core.attendance.board_latest import latest_punches, newest_at, newest_of_all, waiting
from core.attendance.board_model import Overview, SiteCount
from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.clock import JST, work_date
from core.db import Session, as_model
from core.ids import ContractorId, SiteId
from core.registry.tables import sites
from core.registry.visibility import Condition, site_is_visible
from core.scope import Scope

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that is open on its own today."""

    site_id: SiteId
    name: str
    prime_contractor_id: ContractorId
    day_starts_min: int


def open_sites(session: Session, scope: Scope, now: datetime, only: Collection[SiteId] | None = None) -> list[OpenSite]:
    """Return the open sites that a scope reaches, by kana; only keeps those of a choice."""
    columns = (sites.c.site_id, sites.c.name, sites.c.prime_contractor_id, sites.c.day_starts_min)
    statement = sa.select(*columns).where(_is_open(now), site_is_visible(scope), _is_chosen(only))
    by_kana = statement.order_by(sa.func.coalesce(sa.func.nullif(sites.c.name_kana, ""), sites.c.name), sites.c.site_id)
    return [as_model(OpenSite, row) for row in session.execute(by_kana)]


def read_overview(session: Session, scope: Scope, now: datetime, only: Collection[SiteId] | None = None) -> Overview:
    """Return the overview of the open sites that a scope reaches: where most people are comes first."""
    there = open_sites(session, scope, now, only)
    counted = _counted(session, scope, now, only)
    primes = {site.prime_contractor_id for site in there}
    since = min((work_date(now, timedelta(minutes=site.day_starts_min)) for site in there), default=work_date(now))
    waits = waiting(session, scope, primes, since)
    counts = []
    for site in there:
        inside, left, last_moved_at = counted.get(site.site_id, (0, 0, None))
        counts.append(SiteCount(site.site_id, site.name, inside, left, waits.get(site.site_id, 0), last_moved_at))
    is_all = scope.everything and only is None
    picked = newest_of_all() if is_all else newest_at(scope, [site.site_id for site in there], _dates(now))
    return Overview(
        work_date=work_date(now),
        inside=_people_inside(session, scope, now, only),
        counts=tuple(sorted(counts, key=lambda count: (-count.inside, count.name))),
        placeless=waits.get(None, 0) if only is None else 0,
        latest=latest_punches(session, picked)[0],
    )


def _counted(
    session: Session, scope: Scope, now: datetime, only: Collection[SiteId] | None
) -> dict[SiteId, tuple[int, int, datetime | None]]:
    """Return inside, left and the last movement of each site."""
    day = attendance_days.c
    has_left = sa.and_(day.inside_since.is_(None), day.last_exit_at.is_not(None))
    statement = (
        sa.select(
            day.site_id,
            sa.func.count(day.inside_since),
            sa.func.sum(sa.case((has_left, 1), else_=0)),
            sa.func.max(day.inside_since),
            sa.func.max(day.first_entry_at),
            sa.func.max(day.last_exit_at),
        )
        .join(sites, sites.c.site_id == day.site_id)
        .where(_is_today(now), ~day.is_void, _is_open(now), day_is_visible(scope), _is_chosen(only))
        .group_by(day.site_id)
    )
    return {
        site_id: (inside, left, max((at for at in moved if at is not None), default=None))
        for site_id, inside, left, *moved in session.execute(statement)
    }


def _people_inside(session: Session, scope: Scope, now: datetime, only: Collection[SiteId] | None) -> int:
    """Return how many people are inside; whoever is inside two sites is one."""
    day = attendance_days.c
    statement = (
        sa.select(sa.func.count(sa.distinct(day.worker_id)))
        .join(sites, sites.c.site_id == day.site_id)
        .where(_is_today(now), ~day.is_void, day.inside_since.is_not(None), _is_open(now))
        .where(day_is_visible(scope), _is_chosen(only))
    )
    return session.scalar(statement) or 0


def _is_today(now: datetime) -> Condition:
    """Condition on attendance_days joined with their sites: of the site's today."""
    on = attendance_days.c.work_date
    calendar_day, day_before = _dates(now)
    # The dates alone first: it is them that an index finds.
    return sa.and_(on.in_([calendar_day, day_before]), on == sa.case((_has_begun(now), calendar_day), else_=day_before))


def _is_open(now: datetime) -> Condition:
    """Condition on sites: the site's today lies in its period."""
    calendar_day, day_before = _dates(now)
    today = sa.case((_has_begun(now), calendar_day), else_=day_before)
    return sa.and_(sites.c.starts_on <= today, sa.or_(sites.c.ends_on.is_(None), sites.c.ends_on >= today))


def _has_begun(now: datetime) -> Condition:
    """Condition on sites: the day that began at midnight has begun there too."""
    local = now.astimezone(JST)
    return sites.c.day_starts_min <= local.hour * 60 + local.minute


def _dates(now: datetime) -> tuple[date, date]:
    """Return the work dates that are today somewhere."""
    today = work_date(now)
    return today, today - ONE_DAY


def _is_chosen(only: Collection[SiteId] | None) -> Condition:
    return sa.true() if only is None else sites.c.site_id.in_(only)
