"""Keeps the grant tables current: who may see which site, worker, contractor, and the days of which crew.

What the registry's store writes is followed in the same transaction: added() and changed() are called there and nowhere
else, so that no use case can forget it. What the ledger writes is not (a call must cost nothing more): the background
work tells add_visits() of it. rebuild() makes everything anew, and finds what the other two could have missed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.clock import instant_on
from core.db import Session, is_postgresql
from core.ids import ContractorId, SiteId, WorkerId
from core.registry import grant_queries
from core.registry.grant_queries import EVERYWHERE, NOBODY, Around, Rows
from core.registry.model import Affiliation, GrantKind, Participation, Registered, Site, SiteAssignment
from core.registry.tables import affiliations, crew_grants, grants, participations, site_visits, sites
from core.work.service import mark

MARK = "grants"  # that a worker's affiliation is over, due on the day after it
CHUNK = 1_000  # ids in one statement


@dataclass(frozen=True, slots=True)
class Visit:
    """That a worker came to a site with a contractor's crew; None where nobody knows whose people he is."""

    site_id: SiteId
    worker_id: WorkerId
    contractor_id: ContractorId | None


def refresh_site(session: Session, site_id: SiteId, today: date) -> None:
    """Grant what follows from a site, and take away what no longer does."""
    refresh(session, today, site_ids=[site_id])


def refresh_worker(session: Session, worker_id: WorkerId, today: date) -> None:
    """Grant what follows from a worker, and take away what no longer does."""
    refresh(session, today, worker_ids=[worker_id])


def refresh(
    session: Session, today: date, *, site_ids: Iterable[SiteId] = (), worker_ids: Iterable[WorkerId] = ()
) -> None:
    """Grant what follows from sites and workers on a day, and take away what no longer does."""
    changed = tuple(worker_ids)
    for part in _chunks(changed):
        employee = GrantKind.EMPLOYEE
        _replace(session, grant_queries.employees(Around(workers=part), today), _of(employee, part))
    _refresh_dateless(session, set(site_ids), set(changed))


def rebuild(session: Session, today: date) -> None:
    """Make all grants anew from what the registry holds, the visits among it; what is right already is not touched."""
    if is_postgresql(session):
        session.exec_driver_sql("set local statement_timeout = 0")
    _replace_crews(session, EVERYWHERE)
    _replace(session, grant_queries.employees(EVERYWHERE, today), grants.c.kind == GrantKind.EMPLOYEE)
    _replace(session, grant_queries.seen_sites(), grants.c.kind == GrantKind.SITE)
    _replace(session, grant_queries.visitors(), grants.c.kind == GrantKind.VISITOR)
    _replace(session, grant_queries.seen_contractors(), grants.c.kind == GrantKind.CONTRACTOR)


def added(session: Session, models: Iterable[Registered]) -> None:
    """Grant what follows from models that were just inserted: nothing can have to be taken away."""
    models = list(models)
    employed = [model for model in models if isinstance(model, Affiliation)]
    _grant_employees(session, employed)
    _mark_ends(session, employed)
    site_ids = {model.site_id for model in models if isinstance(model, Participation | Site)}
    joined = {model.site_id for model in models if isinstance(model, Participation)}
    worker_ids = {model.worker_id for model in models if isinstance(model, Affiliation | SiteAssignment)}
    for part in _chunks(joined):
        _insert(session, crew_grants, grant_queries.crews(Around(sites=part)))
    for part in _chunks(site_ids):
        _grant(session, Around(sites=part))
    for part in _chunks(worker_ids):
        _grant(session, Around(workers=part))


def changing(session: Session, models: Iterable[Registered]) -> list[SiteId]:
    """Return, before models are updated, the sites that will have another prime contractor."""
    primes = {model.site_id: model.prime_contractor_id for model in models if isinstance(model, Site)}
    known = sa.select(sites.c.site_id, sites.c.prime_contractor_id)
    return [
        SiteId(row.site_id)
        for part in _chunks(primes)
        for row in session.execute(known.where(sites.c.site_id.in_(part)))
        if primes[row.site_id] != row.prime_contractor_id
    ]


def changed(session: Session, models: Iterable[Registered], moved: Iterable[SiteId]) -> None:
    """Grant what follows from models that were just updated, and take away what does not; moved is of changing()."""
    models = list(models)
    employed = [model for model in models if isinstance(model, Affiliation)]
    _grant_employees(session, employed)
    _mark_ends(session, employed)
    worker_ids = {model.worker_id for model in models if isinstance(model, Affiliation | SiteAssignment)}
    site_ids = {model.site_id for model in models if isinstance(model, Participation)}
    _refresh_dateless(session, {*site_ids, *moved}, worker_ids)


def add_visits(session: Session, visits: Iterable[Visit]) -> None:
    """Note who came where, and grant what follows from it."""
    rows = [(visit.site_id, visit.worker_id, visit.contractor_id or NOBODY) for visit in visits]
    if not rows:
        return
    columns = ("site_id", "worker_id", "contractor_id")
    for start in range(0, len(rows), CHUNK):
        values = [dict(zip(columns, row, strict=True)) for row in rows[start : start + CHUNK]]
        session.execute(_upsert(session, site_visits).values(values))
    for part in _chunks(row[1] for row in rows):
        _grant(session, Around(workers=part))


def keep_visits(session: Session, visits: Rows) -> None:
    """Let the visits be just those of a query of (site_id, worker_id, contractor_id); refresh or rebuild afterwards."""
    _delete_beyond(session, site_visits, visits, sa.true())
    _insert(session, site_visits, visits)


def _refresh_dateless(session: Session, site_ids: set[SiteId], worker_ids: set[WorkerId]) -> None:
    """Refresh all that does not depend on the day: everything but who is employed."""
    if not site_ids and not worker_ids:
        return
    touched: set[UUID] = {*site_ids, *_sites_of(session, worker_ids)}
    people: set[UUID] = {*worker_ids, *_subjects(session, GrantKind.VISITOR, site_ids)}
    firms: set[UUID] = set(_subjects(session, GrantKind.CONTRACTOR, touched))
    for part in _chunks(site_ids):
        _replace_crews(session, Around(sites=part))
        people |= set(session.scalars(sa.select(grant_queries.presence(Around(sites=part)).c.worker_id)))
    for part in _chunks(touched):
        firms |= set(session.scalars(_firms_at(Around(sites=part))))
        _replace(session, grant_queries.seen_sites(Around(sites=part)), _of(GrantKind.SITE, part))
    for part in _chunks(people):
        _replace(session, grant_queries.visitors(Around(workers=part)), _of(GrantKind.VISITOR, part))
    for part in _chunks(firms):
        _replace(session, grant_queries.seen_contractors(Around(contractors=part)), _of(GrantKind.CONTRACTOR, part))


def _firms_at(around: Around) -> sa.Select[Any]:
    """Query of the contractors that have to do with sites."""
    uppers = sa.select(participations.c.upper_contractor_id).where(participations.c.upper_contractor_id.is_not(None))
    return sa.select(
        sa.union(
            sa.select(grant_queries.parts(around).c.contractor_id),
            uppers.where(around.limit(participations.c.site_id)),
            sa.select(sites.c.prime_contractor_id).where(around.limit(sites.c.site_id)),
        ).subquery()
    )


def _sites_of(session: Session, worker_ids: set[WorkerId]) -> Iterator[UUID]:
    """Yield where workers are or were: by the grants that stood until now, and by what holds."""
    for part in _chunks(worker_ids):
        granted = sa.select(grants.c.viewer_id).where(_of(GrantKind.VISITOR, part))
        yield from session.scalars(sa.select(sites.c.site_id).where(sites.c.site_id.in_(granted)))
        yield from session.scalars(sa.select(grant_queries.presence(Around(workers=part)).c.site_id))


def _subjects(session: Session, kind: GrantKind, viewers: Iterable[UUID]) -> Iterator[UUID]:
    for part in _chunks(viewers):
        statement = sa.select(grants.c.subject_id).where(grants.c.viewer_id.in_(part), grants.c.kind == kind)
        yield from session.scalars(statement)


def _grant(session: Session, around: Around) -> None:
    for query in (grant_queries.seen_sites, grant_queries.visitors, grant_queries.seen_contractors):
        _insert(session, grants, query(around))


def _grant_employees(session: Session, employed: Sequence[Affiliation]) -> None:
    """Let employers see their people, those whose last day is known too: it ends by the mark, however long ago."""
    for part in _chunks(affiliation.affiliation_id for affiliation in employed):
        rows = sa.select(
            affiliations.c.contractor_id,
            sa.literal(GrantKind.EMPLOYEE, grants.c.kind.type),
            affiliations.c.worker_id,
        ).where(affiliations.c.affiliation_id.in_(part))
        _insert(session, grants, rows)


def _mark_ends(session: Session, employed: Iterable[Affiliation]) -> None:
    """Have the worker looked at when an affiliation ends; one that has ended is due at once, whatever the day."""
    ends: dict[date, list[WorkerId]] = {}
    for affiliation in employed:
        if affiliation.valid_until is not None:
            ends.setdefault(affiliation.valid_until + timedelta(days=1), []).append(affiliation.worker_id)
    for day, worker_ids in ends.items():
        mark(session, MARK, worker_ids, instant_on(day, timedelta(0)))


def _replace_crews(session: Session, around: Around) -> None:
    _delete_beyond(session, crew_grants, grant_queries.crews(around), around.limit(crew_grants.c.site_id))
    _insert(session, crew_grants, grant_queries.crews(around))


def _replace(session: Session, wanted: Rows, among: sa.ColumnElement[bool]) -> None:
    """Let those of the grants that a condition is true of be just the rows of a query."""
    _delete_beyond(session, grants, wanted, among)
    _insert(session, grants, wanted)


def _delete_beyond(session: Session, table: sa.Table, wanted: Rows, among: sa.ColumnElement[bool]) -> None:
    """Delete those rows of a table, which is all key, that a condition is true of and a query does not have."""
    beyond = sa.except_(sa.select(table).where(among), sa.select(*wanted.subquery().c)).subquery()
    session.execute(sa.delete(table).where(sa.tuple_(*table.c).in_(sa.select(*beyond.c))))


def _insert(session: Session, table: sa.Table, rows: Rows) -> None:
    columns = [column.name for column in table.c]
    # SQLite takes the ON of "on conflict" for a join's unless a condition stands before it.
    session.execute(_upsert(session, table).from_select(columns, sa.select(*rows.subquery().c).where(sa.true())))


def _upsert(session: Session, table: sa.Table) -> Any:
    """Return the insert that leaves rows alone that are there."""
    return (postgresql.insert if is_postgresql(session) else sqlite.insert)(table).on_conflict_do_nothing()


def _of(kind: GrantKind, subjects: tuple[UUID, ...]) -> sa.ColumnElement[bool]:
    return sa.and_(grants.c.kind == kind, grants.c.subject_id.in_(subjects))


def _chunks(ids: Iterable[UUID]) -> Iterator[tuple[UUID, ...]]:
    ordered = sorted(set(ids))  # in one order, so that two transactions never wait for each other in a circle
    for start in range(0, len(ordered), CHUNK):
        yield tuple(ordered[start : start + CHUNK])
