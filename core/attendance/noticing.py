"""What is worth telling people now, found for all sites at once: a few queries, whatever the number of readers."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Reason, Verdict
from core.attendance.month_checks import open_differences
from core.attendance.silence import silent_lines
from core.attendance.tables import attendance_days, judgements, missed_touches
from core.clock import instant_on, work_date
from core.db import Session
from core.ids import ContractorId, SiteId
from core.notices.model import Fact, NoticeKind
from core.phone import national
from core.registry.proposal_store import waiting_by_owner
from core.registry.tables import line_sites, lines, sites
from core.registry.visibility import site_is_whole
from core.scope import EVERYTHING, Scope

_Row = tuple[SiteId, ContractorId, int]


def find_facts(session: Session, now: datetime) -> list[Fact]:
    """Return what is worth telling at this moment."""
    today = work_date(now)
    facts = [
        *_at_sites(NoticeKind.MISSING_EXITS, _still_inside(session, today)),
        *_to_employers(NoticeKind.MISSING_EXITS, _own_still_inside(session, today)),
        *_at_sites(NoticeKind.UNKNOWN_CALLERS, _unknown_callers(session, today)),
        *silent_lines(session, now),
        *_at_sites(NoticeKind.MISSED_TOUCHES, _missed_touches(session)),
    ]
    facts += [
        Fact(NoticeKind.PROPOSALS, count, owner_id=owner_id)
        for owner_id, count in waiting_by_owner(session, today).items()
        if owner_id is not None
    ]
    for difference in open_differences(session, EVERYTHING, now):
        site = (difference.site_id, difference.prime_contractor_id)
        facts.append(Fact(NoticeKind.MONTH_DIFFERENCES, 1, *site, owner_id=difference.contractor_id))
    return facts


def subject_names(session: Session) -> dict[UUID, str]:
    """Return the name of every site, and of every line: its number, with its site where it serves but one."""
    names: dict[UUID, str] = {
        row.site_id: row.name for row in session.execute(sa.select(sites.c.site_id, sites.c.name))
    }
    served: dict[UUID, list[UUID]] = defaultdict(list)
    for line_id, site_id in session.execute(sa.select(line_sites.c.line_id, line_sites.c.site_id)):
        served[line_id].append(site_id)
    for line in session.execute(sa.select(lines.c.line_id, lines.c.e164, lines.c.name)).all():
        own = served[line.line_id]
        name = names.get(own[0], "") if len(own) == 1 else line.name
        names[line.line_id] = f"{name} {national(line.e164)}".strip()
    return names


def sites_told_of(session: Session, scope: Scope, limit: int) -> list[tuple[SiteId, str]]:
    """Return the sites that somebody is told of, with their names, in the order of their names."""
    statement = (
        sa.select(sites.c.site_id, sites.c.name)
        .where(site_is_whole(scope))
        .order_by(sites.c.name_kana, sites.c.name, sites.c.site_id)
        .limit(limit)
    )
    return [(row.site_id, row.name) for row in session.execute(statement)]


def _at_sites(kind: NoticeKind, rows: list[_Row]) -> Iterator[Fact]:
    return (Fact(kind, count, site_id, prime_id) for site_id, prime_id, count in rows)


def _to_employers(kind: NoticeKind, rows: list[_Row]) -> Iterator[Fact]:
    return (Fact(kind, count, site_id, owner_id=employer_id) for site_id, employer_id, count in rows)


def _still_inside(session: Session, today: date) -> list[_Row]:
    return _rows(session, _inside(attendance_days.c.prime_contractor_id, today))


def _own_still_inside(session: Session, today: date) -> list[_Row]:
    """Return the same by whose people they are; the prime contractor's own are told of with the site."""
    day = attendance_days.c
    own = _inside(day.contractor_id, today).where(day.contractor_id != day.prime_contractor_id)
    return _rows(session, own)


def _inside(whose: sa.ColumnElement[UUID], today: date) -> sa.Select[Any]:
    day = attendance_days.c
    return (
        sa.select(day.site_id, whose, sa.func.count())
        .where(day.work_date == today)
        .where(day.inside_since.is_not(None))
        .where(~day.is_void)
        .group_by(day.site_id, whose)
    )


def _unknown_callers(session: Session, today: date) -> list[_Row]:
    judged, later = judgements.c, judgements.alias("later").c
    is_newest = ~sa.exists().where(later.punch_id == judged.punch_id).where(later.seq > judged.seq)
    return _rows(
        session,
        sa.select(judged.site_id, judged.prime_contractor_id, sa.func.count())
        .where(judged.verdict == Verdict.NEEDS_REVIEW)
        .where(judged.reason == Reason.UNKNOWN_NUMBER)
        .where(judged.judged_at >= instant_on(today, timedelta()))
        .where(judged.site_id.is_not(None))
        .where(is_newest)
        .group_by(judged.site_id, judged.prime_contractor_id),
    )


def _missed_touches(session: Session) -> list[_Row]:
    asked = missed_touches.c
    return _rows(
        session,
        sa.select(asked.site_id, asked.prime_contractor_id, sa.func.count())
        .where(asked.decided_at.is_(None))
        .group_by(asked.site_id, asked.prime_contractor_id),
    )


def _rows(session: Session, statement: sa.Select[Any]) -> list[_Row]:
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]
