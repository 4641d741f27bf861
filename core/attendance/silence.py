"""Lines that were busy the working day before and have been silent today, found for all sites at once."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Verdict
from core.attendance.tables import judgements, punches
from core.clock import instant_on, work_date
from core.db import Session
from core.notices.model import MORNING_MIN, Fact, NoticeKind
from core.notices.rules import NOON_MIN, minute_of
from core.registry.tables import line_sites, lines, sites

BUSY_PEOPLE = 5  # so many by the same hour of the working day before: then a line's silence is worth a word
MONDAY, SUNDAY = 0, 6


def silent_lines(session: Session, now: datetime) -> list[Fact]:
    """Return the lines by which people had come to a site by this hour of the working day before, and none calls today.

    The count is that of the site's people: of others nothing is told. Any call is a sign that the line works, also one
    that was refused or whose caller nobody knows. Nobody is told of a Sunday, nor of an afternoon.
    """
    today = work_date(now)
    if today.weekday() == SUNDAY or not MORNING_MIN <= minute_of(now) < NOON_MIN:
        return []
    busy = session.execute(_busy(today, now)).all()
    heard = _heard(session, {row.line_id for row in busy}, today)
    return [
        Fact(NoticeKind.LINE_SILENT, row.people, row.site_id, row.prime_contractor_id, line_id=row.line_id)
        for row in busy
        if row.line_id not in heard
    ]


def _busy(today: date, now: datetime) -> sa.Select[Any]:
    before = today - timedelta(days=2 if today.weekday() == MONDAY else 1)
    until = instant_on(before, now - instant_on(today, timedelta()))
    judged, people = judgements.c, sa.func.count(judgements.c.worker_id.distinct())
    return (
        sa.select(lines.c.line_id, sites.c.site_id, sites.c.prime_contractor_id, people.label("people"))
        .select_from(lines)
        .join(line_sites, line_sites.c.line_id == lines.c.line_id)
        .join(sites, sites.c.site_id == line_sites.c.site_id)
        .join(judgements, sa.and_(judged.site_id == sites.c.site_id, judged.work_date == before))
        .join(punches, sa.and_(punches.c.punch_id == judged.punch_id, punches.c.line_e164 == lines.c.e164))
        .where(lines.c.retired_at.is_(None))
        .where(sa.or_(sites.c.ends_on.is_(None), sites.c.ends_on >= today))
        .where(judged.verdict == Verdict.ACCEPTED, punches.c.occurred_at <= until)
        .group_by(lines.c.line_id, sites.c.site_id, sites.c.prime_contractor_id)
        .having(people >= BUSY_PEOPLE)
    )


def _heard(session: Session, line_ids: Collection[UUID], today: date) -> set[UUID]:
    """Return those of the lines that anybody called today, for a site or without one."""
    if not line_ids:
        return set()
    judged = judgements.c
    called = (
        sa.select(lines.c.line_id)
        .select_from(judgements)
        .join(punches, punches.c.punch_id == judged.punch_id)
        .join(lines, lines.c.e164 == punches.c.line_e164)
        .where(lines.c.line_id.in_(line_ids))
    )
    served = sa.select(line_sites.c.site_id).where(line_sites.c.line_id.in_(line_ids))
    at_sites = called.where(judged.site_id.in_(served), judged.work_date == today)
    # Written out, so that the index of just these is used on both databases.
    is_unsettled = sa.text("(judgements.verdict in ('needs_review', 'refused') or judgements.reason is not null)")
    without_site = called.where(
        is_unsettled, judged.prime_contractor_id.is_(None), judged.judged_at >= instant_on(today, timedelta())
    )
    return set(session.scalars(at_sites.union(without_site)))
