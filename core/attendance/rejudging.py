"""Judging earlier punches again, once a number, a card, a CCUS id or an affiliation has been registered.

What a person has settled stays. The raw punch is resolved as if it came now; what is still unclear for the same reason
is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.attendance import store, visits
from core.attendance.ledger import Ledger
from core.attendance.model import SYSTEM, Caller, Channel, Direction, Judgement, RawPunch, Reason, Verdict
from core.attendance.records import newest_judgements
from core.attendance.resolution import Resolution, choose_place, resolve
from core.attendance.review_model import ReviewKind
from core.attendance.senders import Came, came_of
from core.attendance.service import DATES_AROUND, judge_punch, places_for
from core.attendance.tables import judgements, punches, review_items
from core.clock import work_date
from core.db import Session, as_model
from core.ids import CardId, PhoneId, PunchId, WorkerId
from core.registry.card_model import Presented
from core.registry.card_tables import card_issues
from core.registry.cards import find_presented
from core.registry.lookup import Directory, Query, look_up
from core.registry.tables import phone_numbers, phones, workers

BATCH = 200  # punches judged against one picture

_MENDABLE = (
    *(Reason.UNKNOWN_NUMBER, Reason.UNKNOWN_PERSON, Reason.AFFILIATION_EXPIRED, Reason.UNKNOWN_CARD, Reason.UNKNOWN_ID),
    # A card that was renewed, or whose end was entered by mistake.
    *(Reason.CARD_EXPIRED, Reason.CARD_LOST, Reason.CARD_REPLACED, Reason.CARD_REVOKED),
)


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """A stored punch as it came, with the judgement that waits for a person."""

    punch: RawPunch
    phone_id: PhoneId | None
    before: Judgement


def rejudge_caller(
    session: Session,
    now: datetime,
    *,
    phone_id: PhoneId | None = None,
    card_id: CardId | None = None,
    worker_id: WorkerId | None = None,
) -> list[Judgement]:
    """Judge a caller's earlier punches again, oldest first; return the new judgements of those that changed.

    With a phone or a card, all that came by it; with a worker, all by the numbers and cards that are or were his, under
    his CCUS id, and what names him. Only what nobody could decide is looked at: unknown number, card, id or person, a
    card that did not count, no employer; a person's word stays.
    """
    ids = _mendable(session, Came(phone_id, card_id), worker_id)
    made: list[Judgement] = []
    for start in range(0, len(ids), BATCH):
        made += _rejudge(session, ids[start : start + BATCH], now)
    return made


def _mendable(session: Session, came: Came, worker_id: WorkerId | None) -> list[PunchId]:
    newest = newest_judgements()
    statement = (
        sa.select(punches.c.punch_id)
        .join(newest, newest.c.punch_id == punches.c.punch_id)
        .where(newest.c.verdict == Verdict.NEEDS_REVIEW, newest.c.decided_by == SYSTEM)
        .where(newest.c.reason.in_(_MENDABLE))
    )
    if came.is_known:
        wanted = [statement.where(came_of(came))]
    else:
        own = sa.select(phone_numbers.c.phone_id).where(phone_numbers.c.worker_id == worker_id)
        named = sa.select(judgements.c.punch_id).where(judgements.c.worker_id == worker_id)
        named = named.where(judgements.c.reason == Reason.AFFILIATION_EXPIRED)
        held = sa.select(card_issues.c.card_id).where(card_issues.c.worker_id == worker_id)
        wanted = [
            statement.where(punches.c.phone_id.in_(own)),
            statement.where(punches.c.punch_id.in_(named)),
            statement.where(punches.c.card_id.in_(held)),
            statement.where(punches.c.punch_id.in_(_typed_id_of(worker_id))),
        ]
    found = {PunchId(row.punch_id) for each in wanted for row in session.execute(each)}
    return sorted(found)  # their ids are made in the order in which they came


def _typed_id_of(worker_id: WorkerId | None) -> sa.Select[Any]:
    """Return the query of the open punches under a worker's CCUS id: few are open, and the ids have no index."""
    item, typed = review_items.c, punches.alias("typed")
    return (
        sa.select(item.punch_id)
        .join(typed, typed.c.punch_id == item.punch_id)
        .join(workers, workers.c.ccus_worker_id == typed.c.typed_ccus_id)
        .where(sa.text("review_items.is_open"), item.kind == ReviewKind.UNKNOWN_ID, workers.c.worker_id == worker_id)
    )


def _rejudge(session: Session, ids: Sequence[PunchId], now: datetime) -> list[Judgement]:
    loaded = _load(session, ids)
    instants = [each.punch.occurred_at for each in loaded]
    presented = _presented(session, loaded)
    directory = look_up(session, _query(loaded, presented))
    directory.presented = presented
    dates = [work_date(instant) for instant in instants]
    picture = store.load_picture(
        session,
        punch_ids=ids,
        worker_ids=tuple(directory.people),
        dates=(min(dates) - DATES_AROUND, max(dates) + DATES_AROUND),
    )
    ledger = Ledger(picture, now, places_for(session, picture, directory, instants))
    made = []
    for each in sorted(loaded, key=lambda one: one.punch.occurred_at):
        stored = ledger.by_id[each.punch.punch_id]
        known = _resolution(each, directory)
        if stored.holds == each.before and not _is_as_unclear(known, each.before):  # nobody decided meanwhile
            judgement = judge_punch(ledger, each.punch, known, each.phone_id).judgement
            made += [judgement] if judgement else []
    visits.save(session, ledger.changes)
    return made


def _resolution(each: _Unsettled, directory: Directory) -> Resolution:
    """Return who and where by what is registered now; a site that the caller had told stays told."""
    known = resolve(each.punch, directory)
    place = directory.places.get(each.before.site_id) if each.before.site_id else None
    if known.person is not None and known.place is None and place is not None:
        known = choose_place(known, place, each.punch.occurred_at)
    return replace(known, requested=known.requested or each.before.requested_direction)


def _is_as_unclear(known: Resolution, before: Judgement) -> bool:
    if known.reason is not None:
        return known.reason is before.reason
    return (known.person is None or known.place is None) and known.unanswered() is before.reason


def _presented(session: Session, loaded: Sequence[_Unsettled]) -> Presented:
    card_ids = {each.punch.card_id for each in loaded if each.punch.card_id}
    ccus_ids = {each.punch.typed_ccus_id for each in loaded if each.punch.typed_ccus_id}
    return find_presented(session, card_ids, ccus_ids)


def _query(loaded: Sequence[_Unsettled], presented: Presented) -> Query:
    judged = [each.before for each in loaded]
    given = [each.punch for each in loaded]
    people = {*(punch.named_worker_id for punch in given), *(before.worker_id for before in judged)}
    sites = {*(punch.named_site_id for punch in given), *(before.site_id for before in judged)}
    return Query(
        blind_indexes=tuple({index for punch in given if punch.caller for index in punch.caller.blind_indexes}),
        lines=tuple({punch.line_e164 for punch in given if punch.line_e164}),
        worker_ids=tuple({worker for worker in people if worker is not None} | presented.worker_ids()),
        site_ids=tuple(site for site in sites if site is not None),
    )


def _load(session: Session, ids: Sequence[PunchId]) -> list[_Unsettled]:
    newest = newest_judgements()
    statement = (
        sa.select(punches, phones.c.blind_index, phones.c.last4_index, phones.c.cipher, phones.c.mask)
        .outerjoin(phones, phones.c.phone_id == punches.c.phone_id)
        .where(punches.c.punch_id.in_(ids))
    )
    held = {
        row.punch_id: as_model(Judgement, row)
        for row in session.execute(sa.select(newest).where(newest.c.punch_id.in_(ids)))
    }
    return [_Unsettled(_raw(row), row.phone_id, held[row.punch_id]) for row in session.execute(statement)]


def _raw(row: sa.Row[Any]) -> RawPunch:
    caller = Caller((row.blind_index,), row.last4_index, row.cipher, row.mask) if row.blind_index else None
    return RawPunch(
        punch_id=PunchId(row.punch_id),
        sender_key=row.sender_key,
        channel=Channel(row.channel),
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        caller=caller,
        line_e164=row.line_e164,
        named_worker_id=row.named_worker_id,
        named_site_id=row.named_site_id,
        requested_direction=Direction(row.requested_direction) if row.requested_direction else None,
        entered_by=row.entered_by,
        card_id=row.card_id,
        typed_ccus_id=row.typed_ccus_id,
        device_id=row.device_id,
        claimed_at=row.claimed_at,
        is_clock_uncertain=row.is_clock_uncertain,
    )
