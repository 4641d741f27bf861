"""The queries of the board 「現場の今」. Reads only.

A site's "today" is its own work date, which may begin after midnight. Whoever did not check out yesterday is listed
apart and not counted as inside.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from core.attendance.board_model import Board, CalledLine, Crew, LatestPunch, Present, SiteCount
from core.attendance.model import Verdict
from core.attendance.tables import attendance_days, judgements, punches
from core.clock import instant_on, work_date
from core.db import Model, Session, as_model
from core.ids import SiteId
from core.registry.model import Site
from core.registry.tables import contractors, line_sites, lines, phones, sites, workers

LATEST_PUNCHES = 30
ONE_DAY = timedelta(days=1)


def site_of_latest_punch(session: Session) -> SiteId | None:
    """Return the site that last received a punch; None when none ever did."""
    # Punch ids are ordered by time: walking them backwards ends at the first row and needs no other index.
    site_id: SiteId | None = session.scalar(
        sa.select(judgements.c.site_id)
        .join(punches, punches.c.punch_id == judgements.c.punch_id)
        .where(judgements.c.site_id.is_not(None))
        .order_by(punches.c.punch_id.desc(), judgements.c.seq.desc())
        .limit(1)
    )
    return site_id


def read_board(session: Session, now: datetime, site_id: SiteId | None) -> Board:
    """Return the board of a site, or of all of them when site_id is None or names none that is there."""
    known = sorted(_read(session, Site, sa.select(sites)), key=lambda site: (site.name_kana or site.name, site.site_id))
    choices = tuple((site.site_id, site.name) for site in known if _is_open(site, now) or site.site_id == site_id)
    site = next((site for site in known if site.site_id == site_id), None)
    if site is None:
        return _overview(session, now, [site for site in known if _is_open(site, now)], choices)
    return _site_board(session, now, site, choices)


def _is_open(site: Site, now: datetime) -> bool:
    today = work_date(now, site.day_starts)
    return site.starts_on <= today and (site.ends_on is None or today <= site.ends_on)


def _site_board(session: Session, now: datetime, site: Site, choices: tuple[tuple[SiteId, str], ...]) -> Board:
    today = work_date(now, site.day_starts)
    present = _present(session, site.site_id, today)
    latest, unclear = _latest(session, _punches_at(site, today))
    inside = [person for person in present if person.work_date == today and person.inside_since is not None]
    return Board(
        site=site,
        work_date=today,
        choices=choices,
        crews=_crews(inside),
        left=tuple(sorted((person for person in present if _has_left(person, today)), key=_by_exit, reverse=True)),
        unclosed=tuple(person for person in present if person.work_date != today),
        counts=(),
        unclear=unclear,
        latest=latest,
        lines=_lines(session, site.site_id),
    )


def _present(session: Session, site_id: SiteId, today: date) -> list[Present]:
    day = attendance_days.c
    statement = (
        sa.select(
            *(day[name] for name in ("worker_id", "contractor_id", "work_date", "first_entry_at")),
            *(day[name] for name in ("last_exit_at", "inside_since", "missing_exit")),
            workers.c.name,
            contractors.c.name.label("contractor_name"),
        )
        .join(workers, workers.c.worker_id == day.worker_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
        .where(day.site_id == site_id, day.work_date.in_([today, today - ONE_DAY]), ~day.is_void)
        .where(sa.or_(day.work_date == today, day.inside_since.is_not(None), day.missing_exit))
        .order_by(sa.func.coalesce(day.inside_since, day.first_entry_at, day.last_exit_at), workers.c.name)
    )
    return _read(session, Present, statement)


def _crews(inside: Iterable[Present]) -> tuple[Crew, ...]:
    by_contractor = sorted(inside, key=lambda person: str(person.contractor_id or ""))  # keeps the order within
    crews = (
        Crew(people[0].contractor_id, people[0].contractor_name, tuple(people))
        for people in (list(group) for _, group in groupby(by_contractor, key=lambda person: person.contractor_id))
    )
    return tuple(sorted(crews, key=lambda crew: (crew.name is None, -len(crew.workers), crew.name or "")))


def _has_left(person: Present, today: date) -> bool:
    return person.work_date == today and person.inside_since is None and person.last_exit_at is not None


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
    return tuple(_read(session, CalledLine, statement))


def _overview(
    session: Session, now: datetime, open_sites: Sequence[Site], choices: tuple[tuple[SiteId, str], ...]
) -> Board:
    today = {site.site_id: work_date(now, site.day_starts) for site in open_sites}
    counted = _counted(session, set(today.values()))
    waiting = _waiting(session, open_sites, min(today.values(), default=work_date(now)))
    latest, _ = _latest(session, _newest_punches())
    counts = []
    for site in open_sites:
        inside, left, last_moved_at = counted.get((site.site_id, today[site.site_id]), (0, 0, None))
        unclear = waiting.get(site.site_id, 0)
        counts.append(SiteCount(site.site_id, site.name, inside, left, unclear, last_moved_at))
    return Board(
        site=None,
        work_date=work_date(now),
        choices=choices,
        crews=(),
        left=(),
        unclosed=(),
        counts=tuple(sorted(counts, key=lambda count: (-count.inside, count.name))),
        unclear=sum(waiting.values()),
        latest=latest,
        lines=(),
    )


def _counted(session: Session, dates: Iterable[date]) -> dict[tuple[SiteId, date], tuple[int, int, datetime | None]]:
    """Return inside, left and the last movement of each site and work date."""
    day = attendance_days.c
    has_left = sa.and_(day.inside_since.is_(None), day.last_exit_at.is_not(None))
    statement = (
        sa.select(
            day.site_id,
            day.work_date,
            sa.func.count(day.inside_since),
            sa.func.sum(sa.case((has_left, 1), else_=0)),
            sa.func.max(day.inside_since),
            sa.func.max(day.first_entry_at),
            sa.func.max(day.last_exit_at),
        )
        .where(day.work_date.in_(sorted(dates)), ~day.is_void)
        .group_by(day.site_id, day.work_date)
    )
    return {
        (site_id, on): (inside, left, max((at for at in moved if at is not None), default=None))
        for site_id, on, inside, left, *moved in session.execute(statement)
    }


# What ix_judgements_unsettled holds, word for word: only so do both databases use it.
_UNSETTLED = sa.text("(judgements.verdict in ('needs_review', 'refused') or judgements.reason is not null)")


def _holds() -> sa.ColumnElement[bool]:
    """Whether a judgement is the newest of its punch."""
    later = judgements.alias("later")
    newer = sa.select(later.c.seq).where(later.c.punch_id == judgements.c.punch_id, later.c.seq > judgements.c.seq)
    return ~newer.correlate(judgements).exists()


def _waiting(session: Session, open_sites: Sequence[Site], since: date) -> dict[SiteId | None, int]:
    """Return how many punches wait for a person by site, judged since that date began; None: no site is known."""
    primes = sorted({site.prime_contractor_id for site in open_sites})
    judged = judgements.c
    statement = (
        sa.select(judged.site_id, sa.func.count().label("waiting"))
        .where(sa.or_(judged.prime_contractor_id.in_(primes), judged.prime_contractor_id.is_(None)))
        .where(judged.judged_at >= instant_on(since, timedelta(0)), _UNSETTLED)
        .where(judged.verdict == Verdict.NEEDS_REVIEW, _holds())
        .group_by(judged.site_id)
    )
    return {row.site_id: row.waiting for row in session.execute(statement)}


def _newest_punches() -> sa.Subquery:
    # Punch ids are ordered by time, so the primary key gives the newest without a sort.
    newest = sa.select(punches.c.punch_id).order_by(punches.c.punch_id.desc()).limit(LATEST_PUNCHES)
    return newest.add_columns(sa.literal(0).label("unclear")).subquery("picked")


def _punches_at(site: Site, today: date) -> sa.Subquery:
    """Return the site's newest punches of today, each with how many of all of them wait for a person."""
    since = instant_on(today, site.day_starts)
    found = sa.union_all(_placed_at(site, today, since), _placeless_at(site, since)).subquery("found")
    waits = sa.case((found.c.verdict == Verdict.NEEDS_REVIEW, 1), else_=0)
    return (
        sa.select(found.c.punch_id, sa.func.sum(waits).over().label("unclear"))
        .order_by(found.c.received_at.desc(), found.c.punch_id.desc())
        .limit(LATEST_PUNCHES)
        .subquery("picked")
    )


def _placed_at(site: Site, today: date, since: datetime) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(punches.c.punch_id, punches.c.received_at, judgements.c.verdict)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .where(judgements.c.site_id == site.site_id, judgements.c.work_date.in_([today, today - ONE_DAY]))
        .where(punches.c.received_at >= since, _holds())
    )


def _placeless_at(site: Site, since: datetime) -> sa.Select[tuple[object, ...]]:
    """Punches without a site that came over a line which serves this one."""
    own_lines = (
        sa.select(lines.c.e164)
        .join(line_sites, line_sites.c.line_id == lines.c.line_id)
        .where(line_sites.c.site_id == site.site_id)
    )
    prime = judgements.c.prime_contractor_id
    return (
        sa.select(punches.c.punch_id, punches.c.received_at, judgements.c.verdict)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .where(sa.or_(prime == site.prime_contractor_id, prime.is_(None)), judgements.c.judged_at >= since)
        .where(_UNSETTLED, judgements.c.site_id.is_(None), punches.c.line_e164.in_(own_lines), _holds())
    )


def _latest(session: Session, picked: sa.Subquery) -> tuple[tuple[LatestPunch, ...], int]:
    """Return the picked punches, newest first, and how many wait for a person where that was counted."""
    judged, punch = judgements.c, punches.c
    statement = (
        sa.select(
            *(punch[name] for name in ("punch_id", "received_at", "occurred_at", "channel")),
            *(judged[name] for name in ("verdict", "reason", "direction", "effective_at")),
            workers.c.name.label("worker_name"),
            phones.c.mask.label("phone_mask"),
            sites.c.name.label("site_name"),
            picked.c.unclear,
        )
        .select_from(picked)
        .join(punches, punch.punch_id == picked.c.punch_id)
        .outerjoin(judgements, sa.and_(judged.punch_id == punch.punch_id, _holds()))
        .outerjoin(workers, workers.c.worker_id == sa.func.coalesce(judged.worker_id, punch.named_worker_id))
        .outerjoin(phones, phones.c.phone_id == punch.phone_id)
        .outerjoin(sites, sites.c.site_id == sa.func.coalesce(judged.site_id, punch.named_site_id))
        .order_by(punch.received_at.desc(), punch.punch_id.desc())
    )
    rows = _rows(session, statement)
    return tuple(as_model(LatestPunch, row) for row in rows), rows[0].unclear if rows else 0


def _read(session: Session, model: type[Model], statement: sa.Executable) -> list[Model]:
    return [as_model(model, row) for row in _rows(session, statement)]


def _rows(session: Session, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
    return session.execute(statement).all()
