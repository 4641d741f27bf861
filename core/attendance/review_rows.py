"""How items to review are read: the statements of their rows, and the items made of them."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.attendance.model import Direction
from core.attendance.review_model import ReviewItem, ReviewKind, kind_of
from core.attendance.tables import attendance_days, judgements, missed_touches, punches
from core.clock import instant_on
from core.registry.card_tables import cards
from core.registry.tables import contractors, phones, sites, workers

Condition = sa.ColumnElement[bool]


def holds() -> Condition:
    """Condition on judgements: it is the newest of its punch."""
    later = judgements.alias("later")
    newer = sa.select(later.c.seq).where(later.c.punch_id == judgements.c.punch_id, later.c.seq > judgements.c.seq)
    return ~newer.correlate(judgements).exists()


def is_asked(row: sa.FromClause, direction: Direction) -> Condition:
    """Condition on rows with worker, site and work date: such a touch was asked for, and nobody has decided."""
    asked = missed_touches.c
    return (
        sa.exists()
        .where(asked.worker_id == row.c.worker_id, asked.site_id == row.c.site_id, asked.work_date == row.c.work_date)
        .where(asked.direction == direction, asked.decided_at.is_(None))
        .correlate(row)
    )


def punch_rows() -> sa.Select[Any]:
    """Return the query of judgements with their punches and names, as punch_item() reads them."""
    judged, punch = judgements.c, punches.c
    held = ("punch_id", "seq", "verdict", "reason", "worker_id", "site_id", "prime_contractor_id", "direction")
    # Under other names: conditions on what may be seen ask these tables themselves.
    employers, days = contractors.alias("employers"), attendance_days.alias("days")
    is_its_day = sa.and_(
        days.c.worker_id == judged.worker_id,
        days.c.site_id == judged.site_id,
        days.c.work_date == judged.work_date,
    )
    return (
        sa.select(
            *(judged[name] for name in (*held, "work_date", "effective_at", "judged_at")),
            *(punch[name] for name in ("channel", "phone_id", "card_id", "device_id", "typed_ccus_id", "received_at")),
            punch.line_e164.label("line"),
            sa.func.coalesce(phones.c.mask, cards.c.mask).label("caller"),
            workers.c.name.label("worker"),
            sites.c.name.label("site"),
            employers.c.contractor_id,
            employers.c.name.label("contractor"),
            is_asked(judgements, Direction.ENTRY).label("is_asked"),
        )
        .select_from(judgements)
        .join(punches, punch.punch_id == judged.punch_id)
        .outerjoin(phones, phones.c.phone_id == punch.phone_id)
        .outerjoin(cards, cards.c.card_id == punch.card_id)
        .outerjoin(workers, workers.c.worker_id == judged.worker_id)
        .outerjoin(sites, sites.c.site_id == judged.site_id)
        .outerjoin(days, is_its_day)
        .outerjoin(employers, employers.c.contractor_id == days.c.contractor_id)
    )


def punch_item(row: sa.Row[Any]) -> ReviewItem:
    """Return a row of punch_rows() as an item."""
    return ReviewItem(
        kind=kind_of(row.verdict, row.reason) or ReviewKind.RECORDED,
        listed_at=row.judged_at,
        worker_id=row.worker_id,
        worker=row.worker,
        site_id=row.site_id,
        site=row.site,
        prime_contractor_id=row.prime_contractor_id,
        contractor=row.contractor,
        work_date=row.work_date,
        happened_at=row.effective_at,
        punch_id=row.punch_id,
        seq=row.seq,
        verdict=row.verdict,
        direction=row.direction,
        channel=row.channel,
        phone_id=row.phone_id,
        card_id=row.card_id,
        device_id=row.device_id,
        typed_ccus_id=row.typed_ccus_id,
        caller=row.caller,
        line=row.line,
        first_at=row.received_at,
        last_at=row.received_at,
        contractor_id=row.contractor_id,
        is_asked=row.is_asked,
    )


def day_rows() -> sa.Select[Any]:
    """Return the query of days with names, as day_item() reads them."""
    day = attendance_days.c
    return (
        sa.select(
            *(day[name] for name in ("worker_id", "site_id", "work_date", "prime_contractor_id", "contractor_id")),
            day.first_entry_at,
            is_asked(attendance_days, Direction.EXIT).label("is_asked"),
            workers.c.name.label("worker"),
            sites.c.name.label("site"),
            contractors.c.name.label("contractor"),
        )
        .select_from(attendance_days)
        # Outer: a worker's first day counts before the background work has granted the sight of his record.
        .outerjoin(workers, workers.c.worker_id == day.worker_id)
        .outerjoin(sites, sites.c.site_id == day.site_id)
        .outerjoin(contractors, contractors.c.contractor_id == day.contractor_id)
    )


def day_item(row: sa.Row[Any], kind: ReviewKind) -> ReviewItem:
    """Return a row of day_rows() as an item."""
    return ReviewItem(
        kind=kind,
        listed_at=instant_on(row.work_date, timedelta(days=1)),
        worker_id=row.worker_id,
        worker=row.worker,
        site_id=row.site_id,
        site=row.site,
        prime_contractor_id=row.prime_contractor_id,
        contractor=row.contractor,
        work_date=row.work_date,
        happened_at=row.first_entry_at,
        contractor_id=row.contractor_id,
        is_asked=row.is_asked,
    )
