"""The queries of what came in last, and of what waits for a person, on a site or on all that a scope reaches."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance.board_model import LatestPunch
from core.attendance.model import Reason, Verdict
from core.attendance.tables import judgements, punches
from core.attendance.visibility import judgement_is_visible
from core.clock import instant_on
from core.db import Session, as_model
from core.ids import ContractorId, SiteId
from core.registry.model import Site
from core.registry.tables import line_sites, lines, phones, sites, workers
from core.registry.visibility import Condition
from core.scope import Scope

LATEST_PUNCHES = 30
MOST_UNCLEAR = 500
ONE_DAY = timedelta(days=1)
# What ix_judgements_unsettled holds, word for word: only so do both databases use it.
_UNSETTLED = sa.text("(judgements.verdict in ('needs_review', 'refused') or judgements.reason is not null)")


def latest_punches(session: Session, picked: sa.Subquery) -> tuple[tuple[LatestPunch, ...], int]:
    """Return the picked punches, newest first, and how many wait for a person where that was counted."""
    judged, punch = judgements.c, punches.c
    statement = (
        sa.select(
            *(punch[name] for name in ("punch_id", "received_at", "occurred_at", "channel")),
            *(judged[name] for name in ("verdict", "reason", "direction", "effective_at")),
            workers.c.worker_id,
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
    rows: Sequence[Any] = session.execute(statement).all()
    return tuple(as_model(LatestPunch, row) for row in rows), rows[0].unclear if rows else 0


def newest_of_all() -> sa.Subquery:
    """Return the newest punches wherever they came in."""
    # Punch ids are ordered by time, so the primary key gives the newest without a sort.
    newest = sa.select(punches.c.punch_id).order_by(punches.c.punch_id.desc()).limit(LATEST_PUNCHES)
    return newest.add_columns(sa.literal(0).label("unclear")).subquery("picked")


def newest_at(scope: Scope, site_ids: Collection[SiteId], dates: Collection[date]) -> sa.Subquery:
    """Return the newest punches on the dates at sites that a scope reaches."""
    newest = (
        sa.select(judgements.c.punch_id)
        .where(judgements.c.site_id.in_(site_ids), judgements.c.work_date.in_(dates))
        .where(judgement_is_visible(scope), _holds())
        .order_by(judgements.c.punch_id.desc())
        .limit(LATEST_PUNCHES)
    )
    return newest.add_columns(sa.literal(0).label("unclear")).subquery("picked")


def punches_at(scope: Scope, site: Site, today: date) -> sa.Subquery:
    """Return the site's newest punches of today, each with how many of all of them wait for a person."""
    since = instant_on(today, site.day_starts)
    found = sa.union_all(_placed_at(scope, site, today, since), _placeless_at(scope, site, since)).subquery("found")
    waits = sa.case((found.c.verdict == Verdict.NEEDS_REVIEW, 1), else_=0)
    return (
        sa.select(found.c.punch_id, sa.func.sum(waits).over().label("unclear"))
        .order_by(found.c.received_at.desc(), found.c.punch_id.desc())
        .limit(LATEST_PUNCHES)
        .subquery("picked")
    )


def unclear_callers(session: Session, scope: Scope, site: Site, today: date) -> list[LatestPunch]:
    """Return who called today and may be there although it is not recorded: the last call of each, the oldest first.

    A hidden number cannot be told from another: each of its calls is one.
    """
    since = instant_on(today, site.day_starts)
    found = sa.union_all(_placed_at(scope, site, today, since), _placeless_at(scope, site, since)).subquery("found")
    picked = (
        sa.select(found.c.punch_id, sa.literal(0).label("unclear"))
        .where(sa.or_(found.c.verdict == Verdict.NEEDS_REVIEW, found.c.reason == Reason.WITHHELD_NUMBER))
        .order_by(found.c.received_at.desc())
        .limit(MOST_UNCLEAR)
        .subquery("picked")
    )
    newest_first, _ = latest_punches(session, picked)
    callers: dict[object, LatestPunch] = {}
    for punch in newest_first:
        callers.setdefault(punch.worker_id or punch.phone_mask or punch.punch_id, punch)
    return list(reversed(callers.values()))


def waiting(session: Session, scope: Scope, primes: Collection[ContractorId], since: date) -> dict[SiteId | None, int]:
    """Return how many punches of that date and after wait for a person, by site; None: no site is known."""
    judged, begin = judgements.c, instant_on(since, timedelta(0))
    unowned = judged.prime_contractor_id.is_(None) if scope.everything else sa.false()
    statement = (
        sa.select(judged.site_id, sa.func.count().label("waiting"))
        .where(sa.or_(judged.prime_contractor_id.in_(primes), unowned))
        .where(judged.judged_at >= begin, _UNSETTLED, judged.effective_at >= begin)
        .where(judged.verdict == Verdict.NEEDS_REVIEW, _holds(), judgement_is_visible(scope))
        .group_by(judged.site_id)
    )
    return {row.site_id: row.waiting for row in session.execute(statement)}


def _holds() -> Condition:
    """Whether a judgement is the newest of its punch."""
    later = judgements.alias("later")
    newer = sa.select(later.c.seq).where(later.c.punch_id == judgements.c.punch_id, later.c.seq > judgements.c.seq)
    return ~newer.correlate(judgements).exists()


def _placed_at(scope: Scope, site: Site, today: date, since: datetime) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(punches.c.punch_id, punches.c.received_at, judgements.c.verdict, judgements.c.reason)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .where(judgements.c.site_id == site.site_id, judgements.c.work_date.in_([today, today - ONE_DAY]))
        .where(punches.c.received_at >= since, _holds(), judgement_is_visible(scope))
    )


def _placeless_at(scope: Scope, site: Site, since: datetime) -> sa.Select[tuple[object, ...]]:
    """Punches without a site that came over a line which serves this one."""
    own_lines = (
        sa.select(lines.c.e164)
        .join(line_sites, line_sites.c.line_id == lines.c.line_id)
        .where(line_sites.c.site_id == site.site_id)
    )
    prime = judgements.c.prime_contractor_id
    return (
        sa.select(punches.c.punch_id, punches.c.received_at, judgements.c.verdict, judgements.c.reason)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .where(sa.or_(prime == site.prime_contractor_id, prime.is_(None)), judgements.c.judged_at >= since)
        .where(_UNSETTLED, judgements.c.site_id.is_(None), punches.c.line_e164.in_(own_lines), _holds())
        .where(judgement_is_visible(scope))
    )
