"""What is to review (要確認), as far as a scope reaches: the queue, its count, and single items. Reads only.

Open is what nobody has settled: a punch that is unclear; a day without an exit, or whose worker was recorded at
somebody else's site too; a month that was checked and no longer is what was seen. Requests for missed touches are in
core.attendance.missed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Direction
from core.attendance.review_model import DaySubject, Items, ReviewItem, ReviewKind, Wanted
from core.attendance.review_months import list_months
from core.attendance.review_rows import Condition, day_item, day_rows, holds, is_asked, punch_item, punch_rows
from core.attendance.tables import attendance_days, judgements, missed_touches, review_items, settlements
from core.attendance.visibility import day_is_visible, judgement_is_visible, missed_touch_is_visible
from core.clock import instant_on
from core.db import Session
from core.ids import PunchId
from core.registry.model import GrantKind
from core.registry.tables import sites
from core.registry.visibility import crew_is_visible, granted
from core.scope import Scope

PAGE_ROWS = 30  # cards with buttons: a page stays light
COUNT_MOST = 100  # shown as 99+
ELSEWHERE_DAYS = 31  # how long a contractor is told that a worker was recorded at another's site as well
DAY_KINDS = (ReviewKind.MISSING_EXIT, ReviewKind.ALSO_ELSEWHERE)


def list_open(session: Session, scope: Scope, wanted: Wanted, today: date, offset: int = 0) -> Items:
    """Return a page of the open items but those told from elsewhere, newest first.

    Missing exits of days that can no longer be mended in time are left out, unless their date is asked for.
    """
    most = offset + PAGE_ROWS + 1
    found: list[ReviewItem] = []
    if wanted.kind not in (*DAY_KINDS, ReviewKind.MONTH_DIFFERENCE):
        found += _open_punches(session, scope, wanted, most)
    if wanted.kind in (None, ReviewKind.MISSING_EXIT):
        found += _missing_exits(session, scope, wanted, today, most)
    if wanted.kind in (None, ReviewKind.MONTH_DIFFERENCE):
        found += list_months(session, scope, wanted, today)
    found.sort(key=lambda item: (item.listed_at, item.key), reverse=True)
    page = found[offset : offset + PAGE_ROWS]
    return Items(tuple(_with_details(session, scope, page)), len(found) > offset + PAGE_ROWS)


def list_also_elsewhere(session: Session, scope: Scope, today: date, wanted: Wanted | None = None) -> list[ReviewItem]:
    """Return the days at sites seen whole whose worker was recorded at two sites at once, told at the other site.

    The session has to see everything: what is returned tells of the own site only. Those who see the other site too
    find it in list_open().
    """
    wanted = wanted or Wanted()
    if scope.everything or wanted.kind not in (None, ReviewKind.ALSO_ELSEWHERE):
        return []
    day, item = attendance_days.c, review_items.c
    since = today - timedelta(days=ELSEWHERE_DAYS)
    told_there = (
        sa.select(item.worker_id, item.work_date)
        .where(sa.text("review_items.kind = 'two_sites_at_once'"))  # written out, as its index is
        .where(item.work_date >= since)
        .where(~sa.or_(item.prime_contractor_id.in_(scope.primes), item.site_id.in_(scope.sites)))
    )
    statement = (
        day_rows()
        .where(day.work_date >= since, ~day.is_void)
        .where(sa.or_(day.prime_contractor_id.in_(scope.primes), day.site_id.in_(scope.sites)))
        .where(sa.tuple_(day.worker_id, day.work_date).in_(told_there))
        .where(~_day_is_settled(ReviewKind.ALSO_ELSEWHERE), *_day_conditions(wanted))
        .order_by(day.work_date.desc())
        .limit(COUNT_MOST)
    )
    return [day_item(row, ReviewKind.ALSO_ELSEWHERE) for row in session.execute(statement)]


def count_open(session: Session, scope: Scope, today: date) -> int:
    """Return how many items are open, requests included and months not; it stops counting at COUNT_MOST."""
    day, asked = attendance_days.c, missed_touches.c
    counted = (
        _open_items(scope).limit(COUNT_MOST),
        _open_days(sa.select(day.worker_id), scope, _oldest(today)).limit(COUNT_MOST),
        sa.select(asked.missed_touch_id)
        .where(missed_touch_is_visible(scope), asked.decided_at.is_(None))
        .limit(COUNT_MOST),
    )
    total = 0
    for statement in counted:
        total += session.scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0
    return min(total, COUNT_MOST)


def count_to_ask(session: Session, asks: Scope, settles: Scope, today: date) -> int:
    """Return how many days of own people lack an exit that has not been asked for, beside those one may settle."""
    day = attendance_days.c
    own = _open_days(sa.select(day.worker_id), asks, _oldest(today)).where(
        day.contractor_id.in_(asks.employers), ~is_asked(attendance_days, Direction.EXIT), ~day_is_visible(settles)
    )
    return session.scalar(sa.select(sa.func.count()).select_from(own.limit(COUNT_MOST).subquery())) or 0


def find_item(session: Session, scope: Scope, punch_id: PunchId) -> ReviewItem | None:
    """Return a punch as an item, whether or not it is open; None when the scope does not reach it.

    A punch that needs nobody has the kind RECORDED.
    """
    reaches = judgement_is_visible(scope) if not scope.everything else sa.true()
    row = session.execute(punch_rows().where(judgements.c.punch_id == punch_id, holds(), reaches)).first()
    return next(iter(_with_details(session, scope, [punch_item(row)])), None) if row else None


def find_day_item(session: Session, scope: Scope, subject: DaySubject) -> ReviewItem | None:
    """Return a worker's day at a site as an item; None when there is none, or the scope does not reach it."""
    day = attendance_days.c
    statement = day_rows().where(
        day.worker_id == subject.worker_id,
        day.site_id == subject.site_id,
        day.work_date == subject.work_date,
        day_is_visible(scope),
    )
    row = session.execute(statement).first()
    return day_item(row, subject.kind) if row else None


def open_punches_like(session: Session, scope: Scope, item: ReviewItem) -> list[PunchId]:
    """Return the item's punch and the other open ones by the same unknown number or card at the same site, oldest
    first."""
    came = _came_by(item.kind)
    if item.punch_id is None or came is None or _unknown_of(item) is None:
        return [item.punch_id] if item.punch_id is not None else []
    alike = _unknown_calls(scope, item.kind).where(
        came == _unknown_of(item), review_items.c.site_id.is_not_distinct_from(item.site_id)
    )
    return [PunchId(row.punch_id) for row in session.execute(alike.order_by("happened_at", "punch_id"))]


def _came_by(kind: ReviewKind) -> sa.Column[UUID] | None:
    """Return the column of what came several times and is one item: an unknown number, an unknown card."""
    item = review_items.c
    return {ReviewKind.UNKNOWN_NUMBER: item.phone_id, ReviewKind.UNKNOWN_CARD: item.card_id}.get(kind)


def _unknown_of(item: ReviewItem) -> UUID | None:
    return {ReviewKind.UNKNOWN_NUMBER: item.phone_id, ReviewKind.UNKNOWN_CARD: item.card_id}.get(item.kind)


def _unknown_calls(scope: Scope, kind: ReviewKind) -> sa.Select[Any]:
    item = review_items.c
    return sa.select(item.punch_id, item.happened_at).where(
        sa.text("review_items.is_open"), item.kind == kind, _is_visible(scope)
    )


def _is_visible(scope: Scope) -> Condition:
    """Condition on review_items: at a site seen whole, of an own employee, or of a crew that is led."""
    item = review_items.c
    if scope.everything:
        return sa.true()
    return sa.or_(
        item.prime_contractor_id.in_(scope.primes),
        item.site_id.in_(scope.sites),
        sa.false() if scope.worker_id is None else item.worker_id == scope.worker_id,
        item.worker_id.in_(granted(scope.employers, GrantKind.EMPLOYEE)) if scope.employers else sa.false(),
        crew_is_visible(scope, item.site_id, item.contractor_id),
    )


def _open_items(scope: Scope, *conditions: Condition) -> sa.Select[Any]:
    """Return the query of the open punches, newest first; of an unknown number's or card's at a site only the last."""
    item = review_items.c
    return (
        sa.select(item.punch_id, item.seq)
        # Written out, so that the index of just these is used on both databases.
        .where(sa.text("review_items.is_open"), _is_visible(scope), *conditions)
        .where(sa.or_(item.kind != ReviewKind.UNKNOWN_NUMBER, ~_comes_again(ReviewKind.UNKNOWN_NUMBER, "phone_id")))
        .where(sa.or_(item.kind != ReviewKind.UNKNOWN_CARD, ~_comes_again(ReviewKind.UNKNOWN_CARD, "card_id")))
        .order_by(item.judged_at.desc(), item.punch_id.desc())
    )


def _comes_again(kind: ReviewKind, name: str) -> Condition:
    """Condition on review_items: another of the kind came later by the same, at the same site, and is open."""
    item, again = review_items.c, review_items.alias("again")
    later = sa.or_(
        again.c.happened_at > item.happened_at,
        sa.and_(again.c.happened_at == item.happened_at, again.c.punch_id > item.punch_id),
    )
    return (
        sa.exists()
        .where(sa.text("again.is_open"), again.c[name] == item[name], later)
        .where(again.c.kind == kind, again.c.site_id.is_not_distinct_from(item.site_id))
        .where(again.c.prime_contractor_id.is_not_distinct_from(item.prime_contractor_id))
        .correlate(review_items)
    )


def _open_punches(session: Session, scope: Scope, wanted: Wanted, most: int) -> list[ReviewItem]:
    item, judged = review_items.c, judgements.c
    conditions: list[Condition] = []
    if wanted.site_id is not None:
        conditions.append(item.site_id == wanted.site_id)
    if wanted.kind is not None:
        conditions.append(item.kind == wanted.kind)
    if wanted.on is not None:
        begins, ends = instant_on(wanted.on, timedelta(0)), instant_on(wanted.on, timedelta(days=1))
        is_dateless = item.work_date.is_(None) & (item.happened_at >= begins) & (item.happened_at < ends)
        conditions.append(sa.or_(item.work_date == wanted.on, is_dateless))
    seqs = {row.punch_id: row.seq for row in session.execute(_open_items(scope, *conditions).limit(most))}
    if not seqs:
        return []
    rows = session.execute(punch_rows().where(judged.punch_id.in_(seqs)))
    return [punch_item(row) for row in rows if row.seq == seqs[row.punch_id]]


def _open_days(statement: sa.Select[Any], scope: Scope, since: date) -> sa.Select[Any]:
    # Written out, so that the index of just these days is used on both databases.
    lacks_exit = sa.text("attendance_days.missing_exit")
    is_open = ~_day_is_settled(ReviewKind.MISSING_EXIT)
    return statement.where(lacks_exit, attendance_days.c.work_date >= since, day_is_visible(scope), is_open)


def _oldest(today: date) -> date:
    """Return the first day of the last month: what a prime may still approve, by rules.missed_touch_deadline()."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _missing_exits(session: Session, scope: Scope, wanted: Wanted, today: date, most: int) -> list[ReviewItem]:
    statement = _open_days(day_rows(), scope, wanted.on or _oldest(today)).where(*_day_conditions(wanted))
    rows = session.execute(statement.order_by(attendance_days.c.work_date.desc()).limit(most))
    return [day_item(row, ReviewKind.MISSING_EXIT) for row in rows]


def _day_conditions(wanted: Wanted) -> list[Condition]:
    day = attendance_days.c
    conditions = [] if wanted.site_id is None else [day.site_id == wanted.site_id]
    return conditions if wanted.on is None else [*conditions, day.work_date == wanted.on]


def _day_is_settled(kind: ReviewKind) -> Condition:
    mine, day = settlements.c, attendance_days.c
    return (
        sa.exists()
        .where(mine.worker_id == day.worker_id, mine.work_date == day.work_date, mine.site_id == day.site_id)
        .where(mine.kind == kind, mine.undone_at.is_(None))
        .correlate(attendance_days)
    )


def _with_details(session: Session, scope: Scope, items: Sequence[ReviewItem]) -> list[ReviewItem]:
    """Return the items with the repeated calls counted, and the other sites of the date that may be named."""
    calls = {
        key: counted
        for kind in (ReviewKind.UNKNOWN_NUMBER, ReviewKind.UNKNOWN_CARD)
        for key, counted in _calls(session, scope, kind, [item for item in items if item.kind is kind]).items()
    }
    elsewhere = _elsewhere(session, scope, [item for item in items if item.kind is ReviewKind.TWO_SITES_AT_ONCE])
    detailed = []
    for item in items:
        count, first_at, last_at = calls.get((_unknown_of(item), item.site_id), (1, item.first_at, item.last_at))
        others = elsewhere.get((item.worker_id, item.work_date), {})
        names = tuple(name for site_id, name in others.items() if site_id != item.site_id)
        detailed.append(replace(item, calls=count, first_at=first_at, last_at=last_at, elsewhere=names))
    return detailed


def _calls(
    session: Session, scope: Scope, kind: ReviewKind, items: Iterable[ReviewItem]
) -> dict[tuple[UUID | None, UUID | None], tuple[int, datetime, datetime]]:
    ids = {_unknown_of(item) for item in items}
    came = _came_by(kind)
    if not ids or came is None:
        return {}
    item = review_items.c
    statement = (
        _unknown_calls(scope, kind)
        .with_only_columns(
            came,
            item.site_id,
            sa.func.count(),
            sa.func.min(item.happened_at),
            sa.func.max(item.happened_at),
        )
        .where(came.in_(ids))
        .group_by(came, item.site_id)
    )
    return {(unknown, site): (count, first, last) for unknown, site, count, first, last in session.execute(statement)}


def _elsewhere(
    session: Session, scope: Scope, items: Iterable[ReviewItem]
) -> dict[tuple[UUID | None, date | None], dict[UUID, str]]:
    pairs = {(item.worker_id, item.work_date) for item in items}
    if not pairs:
        return {}
    day = attendance_days.c
    statement = (
        sa.select(day.worker_id, day.work_date, day.site_id, sites.c.name)
        .join(sites, sites.c.site_id == day.site_id)
        .where(day.worker_id.in_({worker for worker, _ in pairs}), day.work_date.in_({on for _, on in pairs}))
        .where(~day.is_void, day_is_visible(scope))
    )
    found: dict[tuple[UUID | None, date | None], dict[UUID, str]] = {}
    for row in session.execute(statement):
        found.setdefault((row.worker_id, row.work_date), {})[row.site_id] = row.name
    return found
