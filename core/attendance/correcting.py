"""What people change: adding, moving and cancelling records, and missed touches. Each is a new judgement with a reason.

Nothing is rewritten: the punch keeps what happened, the earlier judgements stay, and undoing is one judgement more.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.attendance import records, store
from core.attendance.ledger import Ledger, StoredPunch
from core.attendance.model import (
    Actor,
    Channel,
    CorrectionCode,
    Direction,
    Judgement,
    MissedTouch,
    RawPunch,
    Reason,
    Verdict,
)
from core.attendance.rules import missed_touch_deadline
from core.attendance.service import DATES_AROUND
from core.clock import JST, work_date
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import PunchId, SiteId, WorkerId, uuid7
from core.registry.lookup import Directory, Person, Place, Query, look_up

FIRST_YEAR = 2019  # CCUS began its work in April 2019


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person says happened: who, where, when, in or out, and why it has to be said."""

    worker_id: WorkerId
    site_id: SiteId
    at: datetime
    direction: Direction
    correction: CorrectionCode
    note: str = ""


def add_record(session: Session, entered: Entered, actor: Actor, now: datetime) -> Judgement:
    """Add a record that no call or touch made (channel direct).

    Raises NotFound when the worker or the site does not exist, NotAllowed when the time lies ahead.
    """
    _check_past(entered, now)
    directory = _look_up(session, entered.worker_id, entered.site_id)
    person, place = _who_and_where(directory, entered.worker_id, entered.site_id)
    punch = RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"direct:{uuid7()}",
        channel=Channel.DIRECT,
        occurred_at=entered.at,
        received_at=now,
        named_worker_id=entered.worker_id,
        named_site_id=entered.site_id,
        requested_direction=entered.direction,
        entered_by=actor.name,
    )
    ledger = _ledger(session, [entered.worker_id], [entered.at], now)
    ledger.changes.punches.append((punch, None, place.prime_contractor_id))
    judgement = _accept(ledger, punch, person, place, entered, actor)
    store.save(session, ledger.changes)
    return judgement


def move_record(session: Session, punch_id: PunchId, entered: Entered, actor: Actor, now: datetime) -> Judgement:
    """Let a punch count for another worker, site, time or direction; an unknown caller is attached this way too.

    Raises NotFound when punch, worker or site does not exist, NotAllowed when somebody changed it meanwhile or the
    time lies ahead.
    """
    _check_past(entered, now)
    before, happened_at = _holding(session, punch_id)
    directory = _look_up(session, entered.worker_id, entered.site_id, before)
    person, place = _who_and_where(directory, entered.worker_id, entered.site_id)
    ledger, stored = _ledger_of(session, punch_id, before, happened_at, entered, now)
    if before is not None and before.site_id is not None and before.site_id in directory.places:
        ledger.release(punch_id, directory.places[before.site_id], before)
    judgement = _accept(ledger, stored, person, place, entered, actor)
    store.save(session, ledger.changes)
    return judgement


def cancel_record(
    session: Session, punch_id: PunchId, correction: CorrectionCode, actor: Actor, now: datetime, note: str = ""
) -> Judgement:
    """Let a punch count for nothing. Raises NotFound when there is none, NotAllowed when it was changed meanwhile."""
    before, happened_at = _holding(session, punch_id)
    directory = _look_up(session, None, None, before)
    ledger, stored = _ledger_of(session, punch_id, before, happened_at, None, now)
    place = directory.places.get(before.site_id) if before and before.site_id else None
    if before is not None and place is not None:
        ledger.release(punch_id, place, before)
    judgement = ledger.judge(
        stored,
        Verdict.REFUSED,
        Reason.CANCELLED,
        person=directory.people.get(before.worker_id) if before and before.worker_id else None,
        place=place,
        effective_at=before.effective_at if before else None,
        on=before.work_date if before else None,  # the day it counted for, whatever the site says by now
        decided_by=actor.name,
        correction=correction,
        note=note,
    )
    store.save(session, ledger.changes)
    return judgement


def request_missed_touch(session: Session, entered: Entered, requested_by: str, now: datetime) -> MissedTouch:
    """Store the request for a touch that was forgotten; the prime decides. It may be asked for at any time.

    Raises NotFound when the worker or the site does not exist, NotAllowed when the time lies ahead.
    """
    _check_past(entered, now)
    _, place = _who_and_where(_look_up(session, entered.worker_id, entered.site_id), entered.worker_id, entered.site_id)
    request = MissedTouch(
        missed_touch_id=uuid7(),
        worker_id=entered.worker_id,
        site_id=entered.site_id,
        prime_contractor_id=place.prime_contractor_id,
        work_date=work_date(entered.at, place.day_starts),
        direction=entered.direction,
        occurred_at=entered.at,
        correction=entered.correction,
        note=entered.note,
        requested_by=requested_by,
        requested_at=now,
    )
    records.add_missed_touch(session, request)
    return request


def approve_missed_touch(session: Session, missed_touch_id: UUID, actor: Actor, now: datetime) -> MissedTouch:
    """Make a record of a request, apart from the others by its channel.

    Raises NotFound; NotAllowed when it was decided already, or when the deadline is over and the actor no operator.
    """
    request = _open_request(session, missed_touch_id)
    deadline = missed_touch_deadline(request.work_date)
    if now.astimezone(JST).date() > deadline and not actor.is_operator:
        raise NotAllowed(
            f"the deadline was {deadline.isoformat()}: after it only the operator may approve",
            missed_touch_id=missed_touch_id,
        )
    entered = Entered(
        request.worker_id, request.site_id, request.occurred_at, request.direction, request.correction, request.note
    )
    judgement = add_record(session, entered, actor, now)
    return _decide(session, request, actor, now, judgement.punch_id)


def reject_missed_touch(session: Session, missed_touch_id: UUID, actor: Actor, now: datetime) -> MissedTouch:
    """Refuse a request. Raises NotFound, or NotAllowed when it was decided already."""
    return _decide(session, _open_request(session, missed_touch_id), actor, now, None)


def _open_request(session: Session, missed_touch_id: UUID) -> MissedTouch:
    request = records.find_missed_touch(session, missed_touch_id)
    if request is None:
        raise NotFound("no such request", missed_touch_id=missed_touch_id)
    if request.decided_at is not None:
        raise NotAllowed(f"decided already by {request.decided_by}", missed_touch_id=missed_touch_id)
    return request


def _decide(
    session: Session, request: MissedTouch, actor: Actor, now: datetime, punch_id: PunchId | None
) -> MissedTouch:
    changes = {"decided_by": actor.name, "decided_at": now, "punch_id": punch_id}
    if not records.settle_missed_touch(session, request.missed_touch_id, changes):
        raise NotAllowed("somebody else decided at this moment", missed_touch_id=request.missed_touch_id)
    return replace(request, decided_by=actor.name, decided_at=now, punch_id=punch_id)


def _check_past(entered: Entered, now: datetime) -> None:
    if entered.at.year < FIRST_YEAR:
        raise NotAllowed(f"the year is {entered.at.year}: is that meant?", worker_id=entered.worker_id)
    if entered.at > now:
        raise NotAllowed("the time lies ahead: only what has happened is recorded", worker_id=entered.worker_id)


def _holding(session: Session, punch_id: PunchId) -> tuple[Judgement | None, datetime]:
    happened_at = records.occurred_at(session, punch_id)
    if happened_at is None:
        raise NotFound("no such punch", punch_id=punch_id)
    return records.holding_judgement(session, punch_id), happened_at


def _look_up(
    session: Session, worker_id: WorkerId | None, site_id: SiteId | None, before: Judgement | None = None
) -> Directory:
    workers = {worker_id, before.worker_id if before else None} - {None}
    sites = {site_id, before.site_id if before else None} - {None}
    return look_up(
        session,
        Query(
            worker_ids=tuple(worker for worker in workers if worker is not None),
            site_ids=tuple(site for site in sites if site is not None),
            lock_texts=(str(before.punch_id),) if before else (),
        ),
    )


def _who_and_where(directory: Directory, worker_id: WorkerId, site_id: SiteId) -> tuple[Person, Place]:
    person, place = directory.people.get(worker_id), directory.places.get(site_id)
    if person is None or place is None:
        raise NotFound("no such worker or site", worker_id=worker_id, site_id=site_id)
    return person, place


def _ledger(
    session: Session, workers: list[WorkerId], instants: list[datetime], now: datetime, punch_id: PunchId | None = None
) -> Ledger:
    dates = [work_date(instant) for instant in instants]
    picture = store.load_picture(
        session,
        punch_ids=[punch_id] if punch_id else [],
        worker_ids=workers,
        dates=(min(dates) - DATES_AROUND, max(dates) + DATES_AROUND),
    )
    return Ledger(picture, now)


def _ledger_of(
    session: Session,
    punch_id: PunchId,
    before: Judgement | None,
    happened_at: datetime,
    entered: Entered | None,
    now: datetime,
) -> tuple[Ledger, StoredPunch]:
    workers = [
        worker for worker in {before.worker_id if before else None, entered.worker_id if entered else None} if worker
    ]
    instants = [happened_at, *([before.effective_at] if before else []), *([entered.at] if entered else [])]
    ledger = _ledger(session, workers, instants, now, punch_id)
    stored = ledger.by_id[punch_id]
    if stored.holds != before:
        raise NotAllowed("somebody else changed this record at this moment: look at it again", punch_id=punch_id)
    return ledger, stored


def _accept(
    ledger: Ledger, punch: RawPunch | StoredPunch, person: Person, place: Place, entered: Entered, actor: Actor
) -> Judgement:
    return ledger.judge(
        punch,
        Verdict.ACCEPTED,
        None,
        person=person,
        place=place,
        direction=entered.direction,
        effective_at=entered.at,
        decided_by=actor.name,
        correction=entered.correction,
        note=entered.note,
    )
