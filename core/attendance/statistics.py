"""The queries of 利用状況. Records come from the counters of months, so that ten million punches cost nothing here."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from core.attendance.statistics_model import (
    ChannelUse,
    People,
    Registered,
    SiteUse,
    Use,
    months_of,
    next_month,
    use_by_month,
    use_by_year,
)
from core.attendance.tables import channel_months, site_months
from core.clock import instant_on
from core.db import Session, as_model
from core.registry.model import LegalForm
from core.registry.tables import affiliations, contractors, sites, workers
from core.registry.visibility import Condition, contractor_is_visible, worker_is_visible
from core.scope import Scope

_UUID7_TIME_BITS = 80  # what stands behind the milliseconds


def read_use(session: Session, scope: Scope, today: date, year: int) -> Use:
    """Return the use in a fiscal year, of the sites and people that a scope reaches."""
    counted = _counted(session, scope)
    months = months_of(year)
    return Use(
        year=year,
        people=_people(session, scope, today),
        sites=_active_sites(session, scope, months),
        months=use_by_month(year, counted),
        years=use_by_year(counted, year),
        registered=tuple(_registered(session, scope, [month for month in months if month <= today])),
        channels=tuple(_channels(session, scope, months)),
    )


def sites_used(session: Session, scope: Scope, year: int, limit: int | None = None, offset: int = 0) -> list[SiteUse]:
    """Return the sites with records, the most used of the fiscal year first."""
    months = months_of(year)
    in_year = sa.case((site_months.c.month.between(months[0], months[-1]), site_months.c.records), else_=0)
    statement = (
        sa.select(
            sites.c.site_id,
            sites.c.name,
            sa.func.sum(in_year).label("records"),
            sa.func.sum(site_months.c.records).label("cumulative"),
        )
        .join(sites, sites.c.site_id == site_months.c.site_id)
        .where(_is_counted(scope, site_months), site_months.c.month <= months[-1])
        .group_by(sites.c.site_id, sites.c.name)
        .having(sa.func.sum(site_months.c.records) > 0)
        .order_by(sa.desc("records"), sites.c.name, sites.c.site_id)
    )
    page = statement if limit is None else statement.limit(limit).offset(offset)
    return [as_model(SiteUse, row) for row in session.execute(page)]


def count_sites_used(session: Session, scope: Scope, year: int) -> int:
    """Return how many sites sites_used() would list."""
    until = months_of(year)[-1]
    statement = sa.select(sa.func.count(sa.distinct(site_months.c.site_id)))
    used = statement.where(_is_counted(scope, site_months), site_months.c.month <= until, site_months.c.records > 0)
    return session.scalar(used) or 0


def _is_counted(scope: Scope, table: sa.Table) -> Condition:
    """Condition on a table of counters: of a site that is seen whole."""
    if scope.everything:
        return sa.true()
    return sa.or_(table.c.prime_contractor_id.in_(scope.primes), table.c.site_id.in_(scope.sites))


def _counted(session: Session, scope: Scope) -> list[tuple[date, int, int]]:
    """Return month, records and sites with records, of every month."""
    month = site_months.c
    is_used = sa.case((month.records > 0, 1), else_=0)
    statement = (
        sa.select(month.month, sa.func.sum(month.records), sa.func.sum(is_used))
        .where(_is_counted(scope, site_months))
        .group_by(month.month)
        .order_by(month.month)
    )
    return [(on, int(records), int(used)) for on, records, used in session.execute(statement)]


def _active_sites(session: Session, scope: Scope, months: Sequence[date]) -> int:
    statement = sa.select(sa.func.count(sa.distinct(site_months.c.site_id))).where(
        _is_counted(scope, site_months), site_months.c.month.between(months[0], months[-1]), site_months.c.records > 0
    )
    return session.scalar(statement) or 0


def _people(session: Session, scope: Scope, today: date) -> People:
    alone = (
        sa.select(affiliations.c.worker_id)
        .join(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(contractors.c.legal_form == LegalForm.ONE_PERSON, affiliations.c.valid_from <= today)
        .where(sa.or_(affiliations.c.valid_until.is_(None), affiliations.c.valid_until >= today))
    )
    counted = sa.select(sa.func.count()).select_from(workers).where(worker_is_visible(scope))
    forms = sa.select(contractors.c.legal_form, sa.func.count()).where(contractor_is_visible(scope))
    by_form: dict[LegalForm, int] = dict(session.execute(forms.group_by(contractors.c.legal_form)).all())
    return People(
        workers=session.scalar(counted) or 0,
        one_person_workers=session.scalar(counted.where(workers.c.worker_id.in_(alone))) or 0,
        corporations=by_form.get(LegalForm.CORPORATION, 0),
        sole_proprietors=by_form.get(LegalForm.SOLE_PROPRIETOR, 0),
        one_person=by_form.get(LegalForm.ONE_PERSON, 0),
    )


def _registered(session: Session, scope: Scope, months: Sequence[date]) -> Iterator[Registered]:
    """Yield how many were registered at the end of each month: an id of ours tells when it was made (UUIDv7)."""
    if not months:
        return
    ends = [_first_id_of(next_month(month)) for month in months]
    is_one_person = contractors.c.legal_form == LegalForm.ONE_PERSON
    of_workers = [_how_many(workers.c.worker_id < end) for end in ends]
    of_contractors = [_how_many(contractors.c.contractor_id < end, ~is_one_person) for end in ends]
    of_one_person = [_how_many(contractors.c.contractor_id < end, is_one_person) for end in ends]
    found = session.execute(sa.select(*of_workers).where(worker_is_visible(scope))).one()
    others = session.execute(sa.select(*of_contractors, *of_one_person).where(contractor_is_visible(scope))).one()
    for n, month in enumerate(months):
        yield Registered(month, found[n], others[n], others[len(months) + n])


def _how_many(*conditions: Condition) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((sa.and_(*conditions), 1)))


def _first_id_of(month: date) -> UUID:
    """Return the least id that can have been made in a month, of Japan."""
    began: datetime = instant_on(month, timedelta(0))
    return UUID(int=int(began.timestamp() * 1000) << _UUID7_TIME_BITS)


def _channels(session: Session, scope: Scope, months: Sequence[date]) -> Iterator[ChannelUse]:
    counted = channel_months.c
    statement = (
        sa.select(counted.month, counted.channel, sa.func.sum(counted.records).label("records"))
        .where(counted.month.between(months[0], months[-1]), _is_counted(scope, channel_months))
        .group_by(counted.month, counted.channel)
        .order_by(counted.month, counted.channel)
    )
    for month, channel, records in session.execute(statement):
        yield ChannelUse(month, channel, int(records))
