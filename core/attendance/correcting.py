"""What people change: adding, moving and cancelling records, and missed touches. Each is a new judgement with a reason.

Nothing is rewritten: the punch keeps what happened, the earlier judgements stay, and undoing is one judgement more.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from core.attendance import missed, visits
from core.attendance.ledger import Decider, Ledger
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
from core.attendance.opening import ledger_around, look_up_around, open_punch, who_and_where
from core.attendance.picture import StoredPunch
from core.attendance.rules import missed_touch_deadline
from core.clock import JST, work_date
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import PunchId, SiteId, WorkerId, uuid7
from core.phone import conceal
from core.registry.lookup import Person, Place
from core.registry.store import lock

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

    Raises NotFound when the worker or the site does not exist, NotAllowed when the time lies ahead, or when the
    deadline is over and the actor no operator.
    """
    _check_past(entered, now)
    directory = look_up_around(session, entered.worker_id, entered.site_id)
    person, place = who_and_where(directory, entered.worker_id, entered.site_id)
    _check_deadline(place.terms.work_date(entered.at), actor, now)
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
    ledger = ledger_around(session, directory, [entered.worker_id], [entered.at], now)
    ledger.changes.punches.append((punch, None, place.prime_contractor_id))
    judgement = _accept(ledger, punch, person, place, entered, actor)
    visits.save(session, ledger.changes)
    return judgement


def move_record(session: Session, punch_id: PunchId, entered: Entered, actor: Actor, now: datetime) -> Judgement:
    """Let a punch count for another worker, site, time or direction; an unknown caller is attached this way too.

    Raises NotFound when punch, worker or site does not exist, NotAllowed when somebody changed it meanwhile or the
    time lies ahead.
    """
    _check_past(entered, now)
    opened = open_punch(session, punch_id, now, worker_id=entered.worker_id, site_id=entered.site_id, at=entered.at)
    person, place = who_and_where(opened.directory, entered.worker_id, entered.site_id)
    by = Decider(actor.name, entered.correction, conceal(entered.note))
    opened.take_away(session, by, (entered.worker_id, entered.site_id, entered.at))
    judgement = _accept(opened.ledger, opened.stored, person, place, entered, actor)
    visits.save(session, opened.ledger.changes)
    return judgement


def identify_record(
    session: Session,
    punch_id: PunchId,
    worker_id: WorkerId,
    site_id: SiteId,
    actor: Actor,
    now: datetime,
    *,
    correction: CorrectionCode = CorrectionCode.UNKNOWN_CALLER_IDENTIFIED,
    note: str = "",
) -> Judgement:
    """Say whose a punch was and where; the order of events says what it was, now and when more comes to be known.

    What comes out may still need review, such as two sites within minutes. correction is one of model.IDENTIFYING.
    Raises NotFound when punch, worker or site does not exist, NotAllowed when somebody changed it meanwhile.
    """
    opened = open_punch(session, punch_id, now, worker_id=worker_id, site_id=site_id)
    person, place = who_and_where(opened.directory, worker_id, site_id)
    by = Decider(actor.name, correction, conceal(note))
    opened.take_away(session, by, (worker_id, site_id, opened.stored.occurred_at))
    requested = opened.before.requested_direction if opened.before else opened.stored.requested_direction
    judgement, _ = opened.ledger.accept(opened.stored, person, place, requested, by)
    visits.save(session, opened.ledger.changes)
    return judgement


def cancel_record(
    session: Session, punch_id: PunchId, correction: CorrectionCode, actor: Actor, now: datetime, note: str = ""
) -> Judgement:
    """Let a punch count for nothing. Raises NotFound when there is none, NotAllowed when it was changed meanwhile."""
    opened = open_punch(session, punch_id, now)
    before, directory = opened.before, opened.directory
    opened.take_away(session, Decider(actor.name, correction, conceal(note)))
    judgement = opened.ledger.judge(
        opened.stored,
        Verdict.REFUSED,
        Reason.CANCELLED,
        person=directory.people.get(before.worker_id) if before and before.worker_id else None,
        place=directory.places.get(before.site_id) if before and before.site_id else None,
        effective_at=before.effective_at if before else None,
        on=before.work_date if before else None,  # the day it counted for, whatever the site says by now
        decided_by=actor.name,
        correction=correction,
        note=conceal(note),
    )
    visits.save(session, opened.ledger.changes)
    return judgement


def restore_record(session: Session, before: Judgement, now: datetime) -> Judgement:
    """Let a judgement that held before hold again; the order of events of its day is then asked again.

    Raises NotFound when there is no such punch, NotAllowed when somebody changed it meanwhile.
    """
    opened = open_punch(
        session, before.punch_id, now, worker_id=before.worker_id, site_id=before.site_id, at=before.effective_at
    )
    opened.release()
    person = opened.directory.people.get(before.worker_id) if before.worker_id else None
    place = opened.directory.places.get(before.site_id) if before.site_id else None
    judgement = opened.ledger.restore(opened.stored, before, person, place)
    visits.save(session, opened.ledger.changes)
    return judgement


def request_missed_touch(
    session: Session, entered: Entered, requested_by: str, now: datetime, *, most_waiting: int | None = None
) -> MissedTouch:
    """Store the request for a touch that was forgotten; the prime decides. It may be asked for at any time.

    most_waiting: how many requests of the worker may wait, this one among them; None for any number.

    Raises NotFound when the worker or the site does not exist, NotAllowed when the time lies ahead, when the same was
    asked for and waits or was approved, or when too many wait.
    """
    _check_past(entered, now)
    directory = look_up_around(session, entered.worker_id, entered.site_id)
    _, place = who_and_where(directory, entered.worker_id, entered.site_id)
    request = MissedTouch(
        missed_touch_id=uuid7(),
        worker_id=entered.worker_id,
        site_id=entered.site_id,
        prime_contractor_id=place.prime_contractor_id,
        work_date=place.terms.work_date(entered.at),
        direction=entered.direction,
        occurred_at=entered.at,
        correction=entered.correction,
        note=conceal(entered.note),
        requested_by=requested_by,
        requested_at=now,
    )
    lock(session, request.worker_id)
    if missed.is_asked_alike(session, request):
        raise NotAllowed("this touch was asked for already", worker_id=request.worker_id, why="asked_already")
    if most_waiting is not None and missed.count_waiting(session, request.worker_id) >= most_waiting:
        raise NotAllowed(f"{most_waiting} requests wait already", worker_id=request.worker_id, why="too_many")
    missed.add(session, request)
    return request


def approve_missed_touch(session: Session, missed_touch_id: UUID, actor: Actor, now: datetime) -> MissedTouch:
    """Make a record of a request, apart from the others by its channel.

    Raises NotFound; NotAllowed when it was decided already, when another for the same touch was approved, or when the
    deadline is over and the actor no operator.
    """
    request = _open_request(session, missed_touch_id)
    lock(session, request.worker_id)
    if missed.is_asked_alike(session, request, approved_only=True):
        raise NotAllowed("this touch was approved already", missed_touch_id=missed_touch_id, why="approved_already")
    _check_deadline(request.work_date, actor, now)
    entered = Entered(
        request.worker_id, request.site_id, request.occurred_at, request.direction, request.correction, request.note
    )
    judgement = add_record(session, entered, actor, now)
    return _decide(session, request, actor, now, judgement.punch_id)


def reject_missed_touch(session: Session, missed_touch_id: UUID, actor: Actor, now: datetime) -> MissedTouch:
    """Refuse a request. Raises NotFound, or NotAllowed when it was decided already."""
    return _decide(session, _open_request(session, missed_touch_id), actor, now, None)


def _open_request(session: Session, missed_touch_id: UUID) -> MissedTouch:
    request = missed.find(session, missed_touch_id)
    if request is None:
        raise NotFound("no such request", missed_touch_id=missed_touch_id)
    if request.decided_at is not None:
        raise NotAllowed(
            f"decided already by {request.decided_by}", missed_touch_id=missed_touch_id, why="decided_already"
        )
    return request


def _decide(
    session: Session, request: MissedTouch, actor: Actor, now: datetime, punch_id: PunchId | None
) -> MissedTouch:
    changes = {"decided_by": actor.name, "decided_at": now, "punch_id": punch_id}
    if not missed.decide(session, request.missed_touch_id, changes):
        raise NotAllowed(
            "somebody else decided at this moment", missed_touch_id=request.missed_touch_id, why="decided_already"
        )
    return replace(request, decided_by=actor.name, decided_at=now, punch_id=punch_id)


def _check_past(entered: Entered, now: datetime) -> None:
    year = entered.at.astimezone(JST).year
    if year < FIRST_YEAR:
        raise NotAllowed(f"the year is {year}: is that meant?", worker_id=entered.worker_id)
    if entered.at > now:
        raise NotAllowed(
            "the time lies ahead: only what has happened is recorded", worker_id=entered.worker_id, why="future"
        )


def _check_deadline(on: date, actor: Actor, now: datetime) -> None:
    deadline = missed_touch_deadline(on)
    if work_date(now) > deadline and not actor.is_operator:
        raise NotAllowed(
            f"the deadline was {deadline.isoformat()}: after it only the operator may record this", why="too_late"
        )


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
        note=conceal(entered.note),
    )
