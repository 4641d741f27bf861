"""The ledger's queries for reading, and the small writes beside the one write path (closed days)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance.model import AttendanceDay, Direction, Judgement, Verdict
from core.attendance.review_model import ReviewKind
from core.attendance.tables import attendance_days, judgements, punches, review_items, worker_months
from core.clock import instant_on
from core.db import Session, as_model
from core.ids import ContractorId, PunchId, SiteId, WorkerId
from core.registry.tables import contractors, phones, sites, workers


@dataclass(frozen=True, slots=True)
class PunchLine:
    """A punch with what holds of it, as lists show it; the caller by mask only."""

    punch_id: PunchId
    occurred_at: datetime
    received_at: datetime
    channel: str
    caller: str | None
    line: str | None
    site_id: SiteId | None
    site: str | None
    worker_id: WorkerId | None
    worker: str | None
    contractor: str | None
    direction: str | None
    effective_at: datetime | None  # when it counts for, where a person moved it
    verdict: str | None
    reason: str | None
    work_date: date | None
    decided_by: str | None
    correction: str | None
    judgements: int


@dataclass(frozen=True, slots=True)
class JudgementLine:
    """One judgement of a punch, with the names of worker and site."""

    seq: int
    verdict: str
    reason: str | None
    worker: str | None
    site: str | None
    direction: str | None
    work_date: date | None
    effective_at: datetime
    decided_by: str
    judged_at: datetime
    correction: str | None
    note: str


def list_punches(
    session: Session,
    *,
    site_id: SiteId | None = None,
    worker_id: WorkerId | None = None,
    on: date | None = None,
    only_unclear: bool = False,
    limit: int = 100,
) -> list[PunchLine]:
    """Return the newest punches first, by receipt, with the judgement that holds for each.

    on is a work date; a punch without one, its site being unknown, is of the date in Japan on which it happened.
    only_unclear leaves those that wait for a person.
    """
    newest = newest_judgements()
    statement = _punch_lines(newest).order_by(punches.c.received_at.desc(), punches.c.punch_id.desc()).limit(limit)
    if site_id is not None:
        statement = statement.where(newest.c.site_id == site_id)
    if worker_id is not None:
        statement = statement.where(newest.c.worker_id == worker_id)
    if on is not None:
        begins, ends = instant_on(on, timedelta(0)), instant_on(on, timedelta(days=1))
        is_dateless = newest.c.work_date.is_(None) & (punches.c.occurred_at >= begins) & (punches.c.occurred_at < ends)
        statement = statement.where((newest.c.work_date == on) | is_dateless)
    if only_unclear:
        statement = statement.where(newest.c.verdict == Verdict.NEEDS_REVIEW)
    return [as_model(PunchLine, row) for row in session.execute(statement)]


def find_punch(session: Session, punch_id: PunchId) -> PunchLine | None:
    """Return one punch as list_punches() does."""
    row = session.execute(_punch_lines(newest_judgements()).where(punches.c.punch_id == punch_id)).first()
    return as_model(PunchLine, row) if row else None


def list_judgements(session: Session, punch_id: PunchId) -> list[JudgementLine]:
    """Return all that was ever made of a punch, in its order; the last holds."""
    statement = (
        sa.select(judgements, workers.c.name.label("worker"), sites.c.name.label("site"))
        .outerjoin(workers, workers.c.worker_id == judgements.c.worker_id)
        .outerjoin(sites, sites.c.site_id == judgements.c.site_id)
        .where(judgements.c.punch_id == punch_id)
        .order_by(judgements.c.seq)
    )
    return [as_model(JudgementLine, row) for row in session.execute(statement)]


def holding_judgement(session: Session, punch_id: PunchId) -> Judgement | None:
    """Return the judgement that holds for a punch; None when it is not judged yet, or there is no such punch."""
    statement = (
        sa.select(judgements).where(judgements.c.punch_id == punch_id).order_by(judgements.c.seq.desc()).limit(1)
    )
    row = session.execute(statement).first()
    return as_model(Judgement, row) if row else None


def occurred_at(session: Session, punch_id: PunchId) -> datetime | None:
    """Return when a punch happened, by its sender's clock."""
    return session.execute(sa.select(punches.c.occurred_at).where(punches.c.punch_id == punch_id)).scalar()


def find_day(session: Session, worker_id: WorkerId, site_id: SiteId, on: date) -> AttendanceDay | None:
    statement = sa.select(attendance_days).where(
        attendance_days.c.worker_id == worker_id,
        attendance_days.c.site_id == site_id,
        attendance_days.c.work_date == on,
    )
    row = session.execute(statement).first()
    return as_model(AttendanceDay, row) if row else None


def has_exit_without_entry(session: Session, day: AttendanceDay) -> bool:
    """Whether an exit of a day bears the remark that no entry came before it."""
    item = review_items.c
    statement = (
        sa.select(item.punch_id)
        .where(item.worker_id == day.worker_id, item.site_id == day.site_id, item.work_date == day.work_date)
        .where(item.kind == ReviewKind.ENTRY_MISSING)
        .limit(1)
    )
    return session.execute(statement).first() is not None


def newcomer_of(session: Session, worker_id: WorkerId, site_id: SiteId, on: date) -> ContractorId | None:
    """Return whose people a worker was at a site with on a work date, when nobody of them had come there before.

    None when somebody had, when the worker was not there, or when nobody knows whose people he is.
    """
    day, before = attendance_days.c, attendance_days.alias("before").c
    # Searched from the newest day back, which an exists() would not be: who comes every day is found at once.
    last_day = (
        sa.select(before.work_date)
        .where(before.site_id == site_id, before.work_date < on, before.is_void.is_(False))
        .where(before.contractor_id == day.contractor_id)
        .order_by(before.work_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = sa.select(day.contractor_id).where(
        day.worker_id == worker_id,
        day.site_id == site_id,
        day.work_date == on,
        day.contractor_id.is_not(None),
        last_day.is_(None),
    )
    found = session.execute(statement).scalar()
    return ContractorId(found) if found else None


def days_worked(session: Session, worker_id: WorkerId, month: date) -> int:
    """Return how many calendar days a worker has worked in the month that begins on the date."""
    statement = sa.select(worker_months.c.days_worked).where(
        worker_months.c.worker_id == worker_id, worker_months.c.month == month
    )
    return session.execute(statement).scalar() or 0


def crew_of(
    session: Session, foreman_id: WorkerId, site_id: SiteId, on: date, direction: Direction, days: int = 14
) -> list[WorkerId]:
    """Return the foreman's crew that may go in or out on a work date, himself excepted, by name.

    They are of his contractor. Out go those who are inside; in go those who were at the site in the last days and are
    not inside yet.
    """
    mine, day = attendance_days.alias("mine").c, attendance_days.c
    contractor = (
        sa.select(mine.contractor_id)
        .where(mine.worker_id == foreman_id, mine.site_id == site_id, mine.work_date <= on)
        .order_by(mine.work_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    today = attendance_days.alias("today").c
    inside = sa.select(today.worker_id).where(
        today.site_id == site_id, today.work_date == on, today.inside_since.is_not(None)
    )
    since = on if direction is Direction.EXIT else on - timedelta(days=days)
    statement = (
        sa.select(day.worker_id, workers.c.name_kana)
        .join(workers, workers.c.worker_id == day.worker_id)
        .where(
            day.site_id == site_id,
            day.work_date.between(since, on),
            day.contractor_id == contractor,
            day.worker_id != foreman_id,
            day.is_void.is_(False),
            day.worker_id.in_(inside) if direction is Direction.EXIT else day.worker_id.not_in(inside),
        )
        .distinct()
        .order_by(workers.c.name_kana, day.worker_id)
    )
    return [WorkerId(row.worker_id) for row in session.execute(statement)]


def close_days(session: Session, now: datetime) -> int:
    """Mark the days whose site's day is over while somebody is still inside; return how many.

    No exit time is made up: the day keeps its entry and a flag.
    """
    days = attendance_days.c
    statement = (
        sa.select(days.worker_id, days.site_id, days.work_date, days.inside_since, sites.c.day_starts_min)
        .join(sites, sites.c.site_id == days.site_id)
        .where(days.inside_since.is_not(None))
    )
    over = [
        row
        for row in session.execute(statement)
        if now >= instant_on(row.work_date, timedelta(days=1, minutes=row.day_starts_min))
    ]
    if not over:
        return 0
    closing = (
        sa.update(attendance_days)
        .where(
            days.worker_id == sa.bindparam("of_worker"),
            days.site_id == sa.bindparam("at_site"),
            days.work_date == sa.bindparam("on_date"),
            days.inside_since == sa.bindparam("seen_since"),
        )
        .values(inside_since=None, missing_exit=True)
    )
    session.execute(
        closing,
        [
            {"of_worker": r.worker_id, "at_site": r.site_id, "on_date": r.work_date, "seen_since": r.inside_since}
            for r in over
        ],
    )
    return len(over)


def newest_judgements() -> sa.Subquery:
    """Return the judgement that holds for each punch, for statements to join."""
    later = judgements.alias("later")
    is_newest = ~sa.exists().where(later.c.punch_id == judgements.c.punch_id, later.c.seq > judgements.c.seq)
    return sa.select(judgements).where(is_newest).subquery("newest")


def _punch_lines(newest: sa.Subquery) -> sa.Select[Any]:
    held = (
        "worker_id",
        "site_id",
        "direction",
        "effective_at",
        "verdict",
        "reason",
        "work_date",
        "decided_by",
        "correction",
    )
    return (
        sa.select(
            *(punches.c[name] for name in ("punch_id", "occurred_at", "received_at", "channel")),
            phones.c.mask.label("caller"),
            punches.c.line_e164.label("line"),
            sites.c.name.label("site"),
            workers.c.name.label("worker"),
            contractors.c.name.label("contractor"),
            *(newest.c[name] for name in held),
            sa.func.coalesce(newest.c.seq, 0).label("judgements"),
        )
        .select_from(punches)
        .outerjoin(newest, newest.c.punch_id == punches.c.punch_id)
        .outerjoin(phones, phones.c.phone_id == punches.c.phone_id)
        .outerjoin(sites, sites.c.site_id == newest.c.site_id)
        .outerjoin(workers, workers.c.worker_id == newest.c.worker_id)
        .outerjoin(
            attendance_days,
            (attendance_days.c.worker_id == newest.c.worker_id)
            & (attendance_days.c.site_id == newest.c.site_id)
            & (attendance_days.c.work_date == newest.c.work_date),
        )
        .outerjoin(contractors, contractors.c.contractor_id == attendance_days.c.contractor_id)
    )
