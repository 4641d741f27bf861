"""The queries of the board 「現場の今」 for one site. Reads only, and only what a scope reaches.

A site's "today" is its own work date, which may begin after midnight. Whoever did not check out yesterday is listed
apart and not counted as inside.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from core.attendance.board_expected import read_habits
from core.attendance.board_latest import latest_punches, punches_at
from core.attendance.board_model import Board, CalledLine, Crew, Present, tally
from core.attendance.expecting import absent_of
from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.clock import work_date
from core.db import Session, as_model
from core.ids import SiteId
from core.registry.model import Site
from core.registry.site_terms import SiteTerms
from core.registry.tables import contractors, line_sites, lines, sites, workers
from core.registry.visibility import site_is_visible
from core.scope import Scope

ONE_DAY = timedelta(days=1)


def find_site(session: Session, scope: Scope, site_id: SiteId) -> Site | None:
    """Return a site that the scope reaches; None for any other, as for one that is not there."""
    row = session.execute(sa.select(sites).where(sites.c.site_id == site_id, site_is_visible(scope))).one_or_none()
    return None if row is None else as_model(Site, row)


def read_board(session: Session, scope: Scope, now: datetime, site: Site) -> Board:
    """Return the board of a site that find_site() gave: of those people there whom the scope reaches."""
    today = work_date(now, site.day_starts)
    present = _present(session, scope, site.site_id, today)
    habits = read_habits(session, scope, site, today)
    came = [person for person in present if person.work_date == today]
    absent = absent_of(habits, {person.worker_id for person in came}, today, now, _closing(site, today))
    latest, unclear = latest_punches(session, punches_at(scope, site, today))
    return Board(
        site=site,
        work_date=today,
        is_whole=scope.everything or site.prime_contractor_id in scope.primes or site.site_id in scope.sites,
        tallies=tally(came, absent, frozenset(habit.worker_id for habit in habits if habit.is_expected)),
        crews=crews_of(person for person in came if person.inside_since is not None),
        absent=tuple(absent),
        left=tuple(sorted((person for person in came if _has_left(person)), key=_by_exit, reverse=True)),
        unclosed=tuple(person for person in present if person.work_date != today),
        unclear=unclear,
        latest=latest,
        lines=_lines(session, site.site_id),
    )


def crews_of(people: Iterable[Present]) -> tuple[Crew, ...]:
    """Return people by contractor: the largest crew first, an unknown contractor last, the order within kept."""
    by_contractor = sorted(people, key=lambda person: str(person.contractor_id or ""))
    crews = (
        Crew(members[0].contractor_id, members[0].contractor_name, tuple(members))
        for members in (list(group) for _, group in groupby(by_contractor, key=lambda person: person.contractor_id))
    )
    return tuple(sorted(crews, key=lambda crew: (crew.name is None, -len(crew.workers), crew.name or "")))


def _closing(site: Site, today: date) -> datetime:
    closes, stay = timedelta(minutes=site.closes_min), timedelta(minutes=site.minimum_stay_min)
    return SiteTerms(site.day_starts, closes, stay).closing(today)


def _present(session: Session, scope: Scope, site_id: SiteId, today: date) -> list[Present]:
    day = attendance_days.c
    statement = (
        sa.select(
            *(day[name] for name in ("worker_id", "contractor_id", "work_date", "first_entry_at")),
            *(day[name] for name in ("last_exit_at", "inside_since", "missing_exit")),
            workers.c.name,
            workers.c.name_kana,
            contractors.c.name.label("contractor_name"),
        )
        .join(workers, workers.c.worker_id == day.worker_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
        .where(day.site_id == site_id, day.work_date.in_([today, today - ONE_DAY]), ~day.is_void)
        .where(sa.or_(day.work_date == today, day.inside_since.is_not(None), day.missing_exit), day_is_visible(scope))
        .order_by(sa.func.coalesce(day.inside_since, day.first_entry_at, day.last_exit_at), workers.c.name)
    )
    return [as_model(Present, row) for row in session.execute(statement)]


def _has_left(person: Present) -> bool:
    return person.inside_since is None and person.last_exit_at is not None


def _by_exit(person: Present) -> datetime:
    assert person.last_exit_at is not None
    return person.last_exit_at


def _lines(session: Session, site_id: SiteId) -> tuple[CalledLine, ...]:
    statement = (
        sa.select(lines.c.e164, lines.c.mode)
        .join(line_sites, line_sites.c.line_id == lines.c.line_id)
        .where(line_sites.c.site_id == site_id, lines.c.retired_at.is_(None))
        .order_by(lines.c.e164)
    )
    return tuple(as_model(CalledLine, row) for row in session.execute(statement))
