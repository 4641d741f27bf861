"""Judging a punch that is stored already: when the keys came, or when it is clear that none will come."""

from dataclasses import dataclass
from datetime import datetime

from core.attendance import store
from core.attendance.ledger import Ledger
from core.attendance.model import Direction, Reason, Verdict
from core.attendance.picture import StoredPunch
from core.attendance.resolution import Resolution, choose_place
from core.attendance.service import DATES_AROUND, Outcome, places_for
from core.clock import work_date
from core.db import Session
from core.errors import NotFound
from core.ids import PunchId, SiteId, WorkerId
from core.registry.lookup import Directory, Query, look_up

# What a person only asked for is no attendance; everything else that stays open waits for a person.
_VERDICTS = {Reason.ENQUIRY: Verdict.REFUSED}

# What an answer may still change: keys that came after the sweep, an id keyed by an unknown caller, a late entry.
_STILL_OPEN = frozenset(
    {
        Reason.HUNG_UP,
        Reason.UNKNOWN_NUMBER,
        Reason.UNKNOWN_PERSON,
        Reason.UNKNOWN_SITE_CODE,
        Reason.WRONG_DAY_CODE,
        Reason.ENTRY_AFTER_CLOSING,
        Reason.ENQUIRY,
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller answered about a stored punch.

    unresolved says why there is no full answer; then worker and site are as far as they are known. note keeps what
    was keyed in vain, such as a CCUS id.
    """

    punch_id: PunchId
    occurred_at: datetime
    worker_id: WorkerId | None = None
    site_id: SiteId | None = None
    direction: Direction | None = None
    unresolved: Reason | None = None
    note: str = ""


def answer_punch(session: Session, answer: Answer, now: datetime) -> Outcome:
    """Judge a stored punch by what was answered. A punch that was decided meanwhile stays as it is.

    Raises NotFound when there is no such punch, worker or site.
    """
    directory = look_up(
        session,
        Query(
            worker_ids=(answer.worker_id,) if answer.worker_id else (),
            site_ids=(answer.site_id,) if answer.site_id else (),
            lock_texts=(str(answer.punch_id),),
        ),
    )
    on = work_date(answer.occurred_at)
    picture = store.load_picture(
        session,
        punch_ids=[answer.punch_id],
        worker_ids=[answer.worker_id] if answer.worker_id else [],
        dates=(on - DATES_AROUND, on + DATES_AROUND),
    )
    ledger = Ledger(picture, now, places_for(session, picture, directory, [answer.occurred_at]))
    stored = ledger.by_id.get(answer.punch_id)
    if stored is None:
        raise NotFound("no such punch", punch_id=answer.punch_id)
    known = _resolution(answer, directory, stored)
    if stored.holds is not None and (stored.holds.is_by_person or stored.holds.reason not in _STILL_OPEN):
        return Outcome(stored.punch_id, stored.holds, known, is_retry=True)
    outcome = _judge(ledger, stored, known, answer)
    store.save(session, ledger.changes)
    return outcome


def _resolution(answer: Answer, directory: Directory, stored: StoredPunch) -> Resolution:
    person = directory.people.get(answer.worker_id) if answer.worker_id else None
    place = directory.places.get(answer.site_id) if answer.site_id else None
    if (answer.worker_id and person is None) or (answer.site_id and place is None):
        raise NotFound("no such worker or site", worker_id=answer.worker_id, site_id=answer.site_id)
    known = Resolution(person=person, requested=answer.direction)
    return choose_place(known, place, stored.occurred_at) if place else known


def _judge(ledger: Ledger, stored: StoredPunch, known: Resolution, answer: Answer) -> Outcome:
    if answer.unresolved is not None:
        verdict = _VERDICTS.get(answer.unresolved, Verdict.NEEDS_REVIEW)
        judgement = ledger.judge(
            stored,
            verdict,
            answer.unresolved,
            person=known.person,
            place=known.place,
            direction=answer.direction,
            note=answer.note,
        )
        return Outcome(stored.punch_id, judgement, known)
    if known.reason is not None and known.verdict is not None:
        judgement = ledger.judge(
            stored, known.verdict, known.reason, person=known.person, place=known.place, direction=answer.direction
        )
        return Outcome(stored.punch_id, judgement, known)
    if known.person is None or known.place is None:
        raise NotFound("an answer without an unresolved reason names worker and site", punch_id=stored.punch_id)
    judgement, decision = ledger.accept(stored, known.person, known.place, known.requested)
    return Outcome(stored.punch_id, judgement, known, repeats_at=decision.repeats_at)
