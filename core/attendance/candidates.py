"""Whom an unknown caller may be, and what else a person chooses from: workers and sites within the viewer's reach."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance.review_model import Candidate, Hint, ReviewItem
from core.attendance.tables import attendance_days
from core.clock import work_date
from core.db import Session, as_model
from core.ids import PhoneId, SiteId, WorkerId
from core.phone import PhoneSealer
from core.registry.card_tables import card_issues
from core.registry.model import Site
from core.registry.search import words_of, worker_matches
from core.registry.tables import affiliations, contractors, phone_numbers, phones, site_assignments, sites, workers
from core.registry.visibility import site_is_visible, site_is_whole, worker_is_visible
from core.scope import Scope

MOST = 8
MOST_FOUND = 20
CREW_DAYS = 14  # whoever came within these belongs to the site's people


def candidates_for(session: Session, scope: Scope, item: ReviewItem) -> list[Candidate]:
    """Return whom the caller may be, the likeliest first.

    Whose id was keyed, a number that ends alike, no number, no record that day.
    """
    on = item.work_date or (work_date(item.happened_at) if item.happened_at else None)
    if on is None:
        return []
    found = []
    if item.worker_id is not None:
        own = sa.select(workers.c.worker_id).where(workers.c.worker_id == item.worker_id)
        found += _select(session, scope, own, on, Hint.HOLDS_CARD if item.card_id is not None else Hint.KEYED_ID)
    if item.phone_id is not None:
        found += _select(session, scope, _with_number(item.phone_id, on), on, Hint.SHARES_NUMBER)
        found += _select(session, scope, _with_alike_number(item.phone_id), on, Hint.SAME_LAST4)
    if item.site_id is not None:
        crew = _crew(item.site_id, on)
        if item.card_id is not None:
            found += _select(session, scope, crew.where(~_has_card(on)), on, Hint.NO_CARD)
        else:
            found += _select(session, scope, crew.where(~_has_number(on)), on, Hint.NO_NUMBER)
        found += _select(session, scope, crew.where(~_is_recorded(item.site_id, on)), on, Hint.MISSING_TODAY)
    likeliest: dict[WorkerId, Candidate] = {}
    for candidate in found:
        likeliest.setdefault(candidate.worker_id, candidate)
    return list(likeliest.values())[:MOST]


def find_workers(session: Session, scope: Scope, text: str, on: date, sealer: PhoneSealer) -> list[Candidate]:
    """Return the workers whom a text names: in any spelling, by CCUS id or last four digits; none without a word."""
    if not words_of(text):
        return []
    return _select(session, scope, sa.select(workers.c.worker_id).where(worker_matches(text, sealer)), on, None)


def find_person(session: Session, scope: Scope, worker_id: WorkerId, on: date) -> Candidate | None:
    """Return a worker by id; None when the scope does not reach him."""
    own = sa.select(workers.c.worker_id).where(workers.c.worker_id == worker_id)
    return next(iter(_select(session, scope, own, on, None)), None)


def list_people(session: Session, scope: Scope, on: date, limit: int) -> list[Candidate]:
    """Return the workers a scope reaches, by kana, as far as the limit."""
    return _select(session, scope, sa.select(workers.c.worker_id), on, None, limit)


def _select(
    session: Session, scope: Scope, ids: sa.Select[Any], on: date, hint: Hint | None, limit: int | None = None
) -> list[Candidate]:
    belongs = sa.and_(affiliations.c.worker_id == workers.c.worker_id, _holds_on(affiliations, on))
    statement = (
        sa.select(workers.c.worker_id, workers.c.name, sa.func.min(contractors.c.name).label("contractor"))
        .outerjoin(affiliations, belongs)
        .outerjoin(contractors, contractors.c.contractor_id == affiliations.c.contractor_id)
        .where(workers.c.worker_id.in_(ids), worker_is_visible(scope))
        .group_by(workers.c.worker_id, workers.c.name, workers.c.name_kana)
        .order_by(workers.c.name_kana, workers.c.name)
        .limit(limit or (MOST if hint else MOST_FOUND))
    )
    return [Candidate(WorkerId(row.worker_id), row.name, row.contractor, hint) for row in session.execute(statement)]


def _crew(site_id: SiteId, on: date) -> sa.Select[Any]:
    """Return the query of those expected at a site on a day, and of those who came in the days before."""
    expected = sa.select(site_assignments.c.worker_id).where(
        site_assignments.c.site_id == site_id, _holds_on(site_assignments, on)
    )
    came = sa.select(attendance_days.c.worker_id).where(
        attendance_days.c.site_id == site_id,
        attendance_days.c.work_date.between(on - timedelta(days=CREW_DAYS), on),
        ~attendance_days.c.is_void,
    )
    crew = sa.union(expected, came).subquery("crew")
    return sa.select(crew.c.worker_id)


def _with_number(phone_id: PhoneId, on: date) -> sa.Select[Any]:
    held = sa.select(phone_numbers.c.worker_id).where(phone_numbers.c.phone_id == phone_id)
    return held.where(_holds_on(phone_numbers, on))


def _with_alike_number(phone_id: PhoneId) -> sa.Select[Any]:
    called = phones.alias("called")
    ending = sa.select(called.c.last4_index).where(called.c.phone_id == phone_id).scalar_subquery()
    return (
        sa.select(phone_numbers.c.worker_id)
        .join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
        .where(phones.c.last4_index == ending, phones.c.phone_id != phone_id)
    )


def _has_number(on: date) -> sa.ColumnElement[bool]:
    held = sa.exists().where(phone_numbers.c.worker_id == sa.literal_column("crew.worker_id"))
    return held.where(_holds_on(phone_numbers, on))


def _has_card(on: date) -> sa.ColumnElement[bool]:
    issue = card_issues.c
    held = sa.exists().where(issue.worker_id == sa.literal_column("crew.worker_id"), issue.issued_on <= on)
    return held.where(
        sa.or_(issue.expires_on.is_(None), issue.expires_on >= on),
        sa.or_(issue.ended_on.is_(None), issue.ended_on > on),
    )


def _is_recorded(site_id: SiteId, on: date) -> sa.ColumnElement[bool]:
    day = attendance_days.c
    came = sa.exists().where(day.worker_id == sa.literal_column("crew.worker_id"))
    return came.where(day.work_date == on, ~day.is_void)


def _holds_on(table: sa.Table, on: date) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.valid_from <= on, sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= on))


def list_sites(session: Session, scope: Scope, *, whole: bool, limit: int = 200) -> list[tuple[SiteId, str]]:
    """Return sites by kana: those seen whole, or all whose facts a scope reaches."""
    condition = site_is_whole(scope) if whole else site_is_visible(scope)
    statement = sa.select(sites.c.site_id, sites.c.name).where(condition).order_by(sites.c.name_kana, sites.c.name)
    return [(SiteId(row.site_id), row.name) for row in session.execute(statement.limit(limit))]


def find_site(session: Session, scope: Scope, site_id: SiteId, *, whole: bool) -> Site | None:
    """Return a site by id; None when the scope does not reach it."""
    condition = site_is_whole(scope) if whole else site_is_visible(scope)
    row = session.execute(sa.select(sites).where(sites.c.site_id == site_id, condition)).first()
    return as_model(Site, row) if row else None
