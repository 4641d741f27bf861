"""The ledger's queries for writing: the picture a batch is judged against, and its changes, one statement each.

Both are written by hand for the same reason as core.registry.lookup: they run for every call.
"""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import (
    AttendanceDay,
    Channel,
    CorrectionCode,
    Direction,
    Judgement,
    RawPunch,
    Reason,
    Verdict,
)
from core.attendance.picture import Changes, Picture, StoredPunch
from core.attendance.review_model import ReviewKind, kind_of
from core.attendance.tables import (
    attendance_days,
    judgements,
    punch_conflicts,
    punches,
    review_items,
    site_months,
    worker_months,
)
from core.db import Row, Session, is_postgresql
from core.ids import CardId, ContractorId, PhoneId, PunchId, SiteId, WorkerId
from core.registry.tables import phones
from core.statements import Sql, Upsert, insert_rows, is_true

_JUDGEMENT = tuple(field.name for field in fields(Judgement))
_DAY = tuple(field.name for field in fields(AttendanceDay))
_PUNCH = tuple(field.name for field in fields(StoredPunch) if field.name not in ("first", "holds"))
_HELD = ("channel", "is_clock_uncertain")
_SHAPES = {"punch": _PUNCH, "history": _JUDGEMENT, "held": (*_JUDGEMENT, *_HELD), "day": _DAY}

_UPSERTS = {
    attendance_days: Upsert(key=("worker_id", "site_id", "work_date")),
    worker_months: Upsert(key=("worker_id", "month"), add=("days_worked", "records")),
    review_items: Upsert(key=("punch_id",), keep=("phone_id", "card_id")),
    site_months: Upsert(key=("site_id", "month"), add=("records",), keep=("prime_contractor_id",)),
}


def load_picture(
    session: Session,
    *,
    sender_keys: Collection[str] = (),
    punch_ids: Collection[PunchId] = (),
    worker_ids: Collection[WorkerId] = (),
    dates: tuple[date, date],
) -> Picture:
    """Return the punches asked for with their judgements, and what holds for the workers on the dates (inclusive)."""
    sql = Sql(is_postgresql(session))
    parameters = {
        "keys": sql.values(sender_keys),
        "punches": sql.values(punch_ids),
        "workers": sql.values(worker_ids),
        "first": dates[0] if sql.on_postgresql else dates[0].isoformat(),
        "last": dates[1] if sql.on_postgresql else dates[1].isoformat(),
    }
    stored: list[Row] = []
    history: dict[str, list[Judgement]] = {}
    held: list[tuple[Judgement, Channel]] = []
    uncertain: set[PunchId] = set()
    days: list[AttendanceDay] = []
    for kind, value in session.execute(_picture_statement(sql), parameters).all():
        row: Row = dict(zip(_SHAPES[kind], sql.texts(value), strict=True))
        if kind == "punch":
            stored.append(row)
        elif kind == "history":
            history.setdefault(row["punch_id"], []).append(_judgement(row))
        elif kind == "held":
            held.append((_judgement(row), Channel(row["channel"])))
            if is_true(row["is_clock_uncertain"]):
                uncertain.add(held[-1][0].punch_id)
        else:
            days.append(_day(row))
    return Picture(tuple(_stored(row, history) for row in stored), tuple(held), tuple(days), frozenset(uncertain))


@lru_cache
def _picture_statement(sql: Sql) -> sa.TextualSelect:
    return sql.statement(f"""
        with named as (
            select * from punches where sender_key {sql.within("keys")}
            union all
            select * from punches where punch_id {sql.within("punches", "uuid")}
        )
        select 'punch', {sql.row(("p", _PUNCH))} from named p
        union all
        select 'history', {sql.row(("j", _JUDGEMENT))} from judgements j join named p on p.punch_id = j.punch_id
        union all
        select 'held', {sql.row(("j", _JUDGEMENT), ("p", _HELD))}
        from judgements j join punches p on p.punch_id = j.punch_id
        where j.worker_id {sql.within("workers", "uuid")} and j.work_date between :first and :last
        and not exists (select 1 from judgements n where n.punch_id = j.punch_id and n.seq > j.seq)
        union all
        select 'day', {sql.row(("d", _DAY))} from attendance_days d
        where d.worker_id {sql.within("workers", "uuid")} and d.work_date between :first and :last
    """)


def save(session: Session, changes: Changes) -> None:
    """Write the changes: one statement on PostgreSQL."""
    insert_rows(
        session,
        {
            phones: [_phone_row(phone_id, punch) for phone_id, punch in changes.phones],
            punches: [_punch_row(*entry) for entry in changes.punches],
            judgements: changes.judgements,
            attendance_days: list(changes.days.values()),
            worker_months: [
                {"worker_id": worker_id, "month": month, "days_worked": days_worked, "records": records}
                for (worker_id, month), (days_worked, records) in changes.worker_months.items()
            ],
            site_months: [
                {"site_id": site_id, "month": month, "prime_contractor_id": prime, "records": records}
                for (site_id, month), (prime, records) in changes.site_months.items()
            ],
            review_items: _review_rows(changes),
            punch_conflicts: [
                {"conflict_id": conflict_id, "sender_key": key, "received_at": at, "content": content}
                for conflict_id, key, at, content in changes.conflicts
            ],
        },
        _UPSERTS,
    )


def _phone_row(phone_id: PhoneId, punch: RawPunch) -> Row:
    caller = punch.caller
    if caller is None:
        raise AssertionError("a phone is kept only where a number was given")
    return {
        "phone_id": phone_id,
        "blind_index": caller.blind_indexes[0],
        "last4_index": caller.last4_index,
        "cipher": caller.cipher,
        "mask": caller.mask,
    }


def _punch_row(punch: RawPunch, phone_id: PhoneId | None, prime: ContractorId | None) -> Row:
    return {
        "punch_id": punch.punch_id,
        "sender_key": punch.sender_key,
        "channel": punch.channel,
        "occurred_at": punch.occurred_at,
        "received_at": punch.received_at,
        "phone_id": phone_id,
        "line_e164": punch.line_e164,
        "named_worker_id": punch.named_worker_id,
        "named_site_id": punch.named_site_id,
        "card_id": punch.card_id,
        "typed_ccus_id": punch.typed_ccus_id,
        "device_id": punch.device_id,
        "claimed_at": punch.claimed_at,
        "is_clock_uncertain": punch.is_clock_uncertain,
        "requested_direction": punch.requested_direction,
        "entered_by": punch.entered_by,
        "prime_contractor_id": prime,
    }


def _review_rows(changes: Changes) -> list[Row]:
    """Return what a person has to look at from now on, and what nobody has to look at any more."""
    # A punch that was never unclear has no row, and needs none: so it is with nearly all of them.
    if not any(judged.seq > 1 or kind_of(judged.verdict, judged.reason) for judged in changes.judgements):
        return []
    newest = {judgement.punch_id: judgement for judgement in changes.judgements}
    kinds = {judgement.punch_id: kind_of(judgement.verdict, judgement.reason) for judgement in newest.values()}
    told = [judgement for judgement in newest.values() if judgement.seq > 1 or kinds[judgement.punch_id] is not None]
    phone_ids = {punch.punch_id: phone_id for punch, phone_id, _ in changes.punches}
    card_ids = {punch.punch_id: punch.card_id for punch, _, _ in changes.punches}
    return [
        {
            **_review_row(judgement, kinds[judgement.punch_id]),
            "phone_id": phone_ids.get(judgement.punch_id),
            "card_id": card_ids.get(judgement.punch_id),
            "contractor_id": _contractor_of(changes, judgement),
        }
        for judgement in told
    ]


def _contractor_of(changes: Changes, judgement: Judgement) -> ContractorId | None:
    if judgement.worker_id is None or judgement.site_id is None or judgement.work_date is None:
        return None
    day = changes.days.get((judgement.worker_id, judgement.site_id, judgement.work_date))
    return day.contractor_id if day else None


def _review_row(judgement: Judgement, kind: ReviewKind | None) -> Row:
    return {
        "punch_id": judgement.punch_id,
        "seq": judgement.seq,
        "kind": kind or ReviewKind.RECORDED,
        "is_open": kind is not None,
        "judged_at": judgement.judged_at,
        "happened_at": judgement.effective_at,
        "worker_id": judgement.worker_id,
        "site_id": judgement.site_id,
        "prime_contractor_id": judgement.prime_contractor_id,
        "work_date": judgement.work_date,
    }


def _stored(row: Row, history: dict[str, list[Judgement]]) -> StoredPunch:
    judged = sorted(history.get(row["punch_id"], []), key=lambda judgement: judgement.seq)
    return StoredPunch(
        punch_id=PunchId(UUID(row["punch_id"])),
        sender_key=row["sender_key"],
        channel=Channel(row["channel"]),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        phone_id=PhoneId(UUID(row["phone_id"])) if row["phone_id"] else None,
        line_e164=row["line_e164"],
        named_worker_id=WorkerId(UUID(row["named_worker_id"])) if row["named_worker_id"] else None,
        named_site_id=SiteId(UUID(row["named_site_id"])) if row["named_site_id"] else None,
        card_id=CardId(UUID(row["card_id"])) if row["card_id"] else None,
        typed_ccus_id=row["typed_ccus_id"],
        claimed_at=_maybe(datetime.fromisoformat, row["claimed_at"]),
        is_clock_uncertain=is_true(row["is_clock_uncertain"]),
        requested_direction=_maybe(Direction, row["requested_direction"]),
        first=judged[0] if judged else None,
        holds=judged[-1] if judged else None,
    )


def _judgement(row: Row) -> Judgement:
    return Judgement(
        punch_id=PunchId(UUID(row["punch_id"])),
        seq=int(row["seq"]),
        verdict=Verdict(row["verdict"]),
        reason=_maybe(Reason, row["reason"]),
        worker_id=_maybe(lambda value: WorkerId(UUID(value)), row["worker_id"]),
        site_id=_maybe(lambda value: SiteId(UUID(value)), row["site_id"]),
        prime_contractor_id=_maybe(lambda value: ContractorId(UUID(value)), row["prime_contractor_id"]),
        direction=_maybe(Direction, row["direction"]),
        work_date=_maybe(date.fromisoformat, row["work_date"]),
        effective_at=datetime.fromisoformat(row["effective_at"]),
        decided_by=row["decided_by"],
        judged_at=datetime.fromisoformat(row["judged_at"]),
        requested_direction=_maybe(Direction, row["requested_direction"]),
        correction=_maybe(CorrectionCode, row["correction"]),
        note=row["note"],
    )


def _day(row: Row) -> AttendanceDay:
    return AttendanceDay(
        worker_id=WorkerId(UUID(row["worker_id"])),
        site_id=SiteId(UUID(row["site_id"])),
        work_date=date.fromisoformat(row["work_date"]),
        prime_contractor_id=ContractorId(UUID(row["prime_contractor_id"])),
        contractor_id=_maybe(lambda value: ContractorId(UUID(value)), row["contractor_id"]),
        contractor_origin=row["contractor_origin"],
        first_entry_at=_maybe(datetime.fromisoformat, row["first_entry_at"]),
        last_exit_at=_maybe(datetime.fromisoformat, row["last_exit_at"]),
        inside_since=_maybe(datetime.fromisoformat, row["inside_since"]),
        missing_exit=is_true(row["missing_exit"]),
        is_direct=is_true(row["is_direct"]),
        is_void=is_true(row["is_void"]),
    )


def _maybe(make: Any, value: Any) -> Any:
    return None if value is None else make(value)
