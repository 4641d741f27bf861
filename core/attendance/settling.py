"""What a person does about what is to review. Each act is one transaction's work and can be undone.

Every function returns the settlements it made, all with one batch id; core.attendance.undoing takes it back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from core.attendance import correcting, records, settlements
from core.attendance.correcting import Entered
from core.attendance.model import Actor, AttendanceDay, CorrectionCode, Direction, Judgement, Reason, Verdict
from core.attendance.rejudging import rejudge_caller
from core.attendance.review_model import DaySubject, Dismissal, ReviewKind, SettleAction, Settlement, Step, kind_of
from core.attendance.senders import Came, came_by, first_waiting
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import ContractorId, PunchId, SiteId, WorkerId, uuid7
from core.phone import conceal
from core.registry.cards import issue_card
from core.registry.service import hold_phone
from core.registry.store import lock

_CODES = {Dismissal.NOT_WORKING: CorrectionCode.NOT_PRESENT}  # every other dismissal is kept as OTHER
_LACKED = {ReviewKind.MISSING_EXIT: Direction.EXIT, ReviewKind.ENTRY_MISSING: Direction.ENTRY}


@dataclass(slots=True)
class Batch:
    """Acts that belong together: who, when, and what was settled so far."""

    actor: Actor
    now: datetime
    batch_id: UUID = field(default_factory=uuid7)
    made: list[Settlement] = field(default_factory=list)

    def add(
        self,
        session: Session,
        settlement: Settlement,
        changed: Sequence[tuple[Judgement | None, Judgement]] = (),
    ) -> Settlement:
        """Keep a settlement with what it changed, each as before and after; a number in its note is masked."""
        settlement = replace(settlement, note=conceal(settlement.note))
        steps = [Step(after.punch_id, before.seq if before else 0, after.seq) for before, after in changed]
        settlements.add(session, settlement, steps)
        self.made.append(settlement)
        return settlement

    def begin(self, kind: ReviewKind, action: SettleAction) -> Settlement:
        """Return an empty settlement of this batch."""
        return Settlement(uuid7(), self.batch_id, kind, action, self.actor.name, self.now)


def attach(
    session: Session,
    batch: Batch,
    punch_ids: Sequence[PunchId],
    worker_id: WorkerId,
    *,
    site_id: SiteId | None = None,
    direction: Direction | None = None,
    register: bool = False,
    proposal_id: UUID | None = None,
) -> Settlement:
    """Say that the caller of these punches was a worker; the first is the one that was looked at.

    register: what comes by that number or card counts from now on, and what came earlier is judged again.
    proposal_id: what was proposed to his record instead. Without a direction the order of events decides.

    Raises NotFound when something does not exist, InvalidInput when a site is needed, Overlap when the worker holds
    the number already, or somebody the card.
    """
    changed = []
    for punch_id in punch_ids:
        before = _holding(session, punch_id)
        where = site_id or (before.site_id if before else None)
        if where is None:
            raise InvalidInput("the site of this punch is not known: say it", field="site_id")
        changed.append((before, _identify(session, batch, punch_id, worker_id, where, direction)))
    settlement = replace(_of_punch(batch, SettleAction.ATTACHED, *changed[0]), proposal_id=proposal_id)
    if register:
        came = came_by(session, punch_ids[0])
        first_at = min(after.effective_at for _, after in changed)
        settlement = _registered(session, settlement, came, worker_id, first_at)
        changed += _rejudged(session, rejudge_caller(session, batch.now, phone_id=came.phone_id, card_id=came.card_id))
    return batch.add(session, replace(settlement, others=len(changed) - 1), changed)


def set_direction(session: Session, batch: Batch, punch_id: PunchId, direction: Direction) -> Settlement:
    """Say whether a record was an entry or an exit. Raises InvalidInput when worker or site is not known."""
    before = _require_holding(session, punch_id)
    worker_id, site_id = _known(before)
    code = CorrectionCode.CONFIRMED if before.direction in (None, direction) else CorrectionCode.WRONG_DIRECTION
    entered = Entered(worker_id, site_id, before.effective_at, direction, code)
    after = correcting.move_record(session, punch_id, entered, batch.actor, batch.now)
    return batch.add(session, _of_punch(batch, SettleAction.DIRECTION_SET, before, after), [(before, after)])


def set_site(session: Session, batch: Batch, punch_id: PunchId, site_id: SiteId) -> Settlement:
    """Say at which site a worker's punch was. Raises InvalidInput when the worker is not known."""
    before = _require_holding(session, punch_id)
    if before.worker_id is None:
        raise InvalidInput("the worker of this punch is not known: attach it to one", field="worker_id")
    is_recorded = before.verdict is Verdict.ACCEPTED and before.direction is not None
    direction = before.direction if is_recorded else before.requested_direction
    after = _identify(session, batch, punch_id, before.worker_id, site_id, direction, CorrectionCode.WRONG_SITE)
    return batch.add(session, _of_punch(batch, SettleAction.SITE_SET, before, after), [(before, after)])


def accept(session: Session, batch: Batch, punch_id: PunchId) -> Settlement:
    """Leave a remark as it is, or record what needed review: a person has found out that it was so.

    Raises InvalidInput when worker, site or direction is not known and has to be said first.
    """
    before = _require_holding(session, punch_id)
    if before.verdict is Verdict.ACCEPTED:
        return batch.add(session, _of_punch(batch, SettleAction.ACCEPTED, before, before))
    if before.verdict is not Verdict.NEEDS_REVIEW:
        raise NotAllowed("this punch cannot be recorded as it is", punch_id=punch_id)
    worker_id, site_id = _known(before)
    if before.reason is Reason.ENTRY_AFTER_CLOSING:
        raise InvalidInput("say whether it was an entry or an exit", field="direction")
    after = _identify(session, batch, punch_id, worker_id, site_id, before.direction)
    return batch.add(session, _of_punch(batch, SettleAction.ACCEPTED, before, after), [(before, after)])


def cancel(session: Session, batch: Batch, punch_id: PunchId, correction: CorrectionCode, note: str = "") -> Settlement:
    """Take a record back: it counts for nothing."""
    before = _holding(session, punch_id)
    after = correcting.cancel_record(session, punch_id, correction, batch.actor, batch.now, note)
    settlement = replace(_of_punch(batch, SettleAction.CANCELLED, before, after), note=note)
    return batch.add(session, settlement, [(before, after)])


def dismiss(
    session: Session, batch: Batch, punch_ids: Sequence[PunchId], dismissal: Dismissal, note: str = ""
) -> Settlement:
    """Say that punches are not to be recorded, and why. What was refused anyway only leaves the list.

    Raises NotAllowed when one of them is a record: it has to be cancelled.
    """
    changed: list[tuple[Judgement | None, Judgement]] = []
    for punch_id in punch_ids:
        before = _require_holding(session, punch_id)
        if before.verdict is Verdict.ACCEPTED:
            raise NotAllowed("this punch is recorded: cancel it instead", punch_id=punch_id)
        if before.verdict is Verdict.NEEDS_REVIEW:
            code = _CODES.get(dismissal, CorrectionCode.OTHER)
            after = correcting.cancel_record(session, punch_id, code, batch.actor, batch.now, note)
            changed.append((before, after))
        else:
            changed.append((before, before))
    settlement = _of_punch(batch, SettleAction.DISMISSED, *changed[0], others=len(changed) - 1)
    settlement = replace(settlement, dismissal=dismissal, note=note)
    return batch.add(session, settlement, [(before, after) for before, after in changed if before != after])


def add_time(session: Session, batch: Batch, subject: DaySubject, at: datetime, direction: Direction) -> Settlement:
    """Add the entry or exit that a day lacks, at a time the person states.

    Raises NotFound when there is no such day, InvalidInput when the time lies on the wrong side of what is recorded or
    outside of the work day, NotAllowed when the day lacks it no more, somebody has left the day as it is, or the
    deadline is over and the actor no operator.
    """
    day = _require_day(session, subject)
    # A time that was added and then taken back may be added again; a day that was left has to be opened first.
    _check_lacks(session, day, direction, subject, settled_by=(SettleAction.LEFT,))
    is_exit = direction is Direction.EXIT
    if is_exit and day.first_entry_at is not None and at <= day.first_entry_at:
        raise InvalidInput("the exit lies before the entry", field="at")
    if not is_exit and day.last_exit_at is not None and at >= day.last_exit_at:
        raise InvalidInput("the entry lies after the exit", field="at")
    entered = Entered(subject.worker_id, subject.site_id, at, direction, CorrectionCode.FORGOTTEN)
    after = correcting.add_record(session, entered, batch.actor, batch.now)
    if after.work_date != subject.work_date:
        raise InvalidInput("the time lies outside of this work day", field="at")
    settlement = _of_day(batch, SettleAction.EXIT_ADDED, subject, day.prime_contractor_id)
    return batch.add(session, replace(settlement, punch_id=after.punch_id, seq=after.seq), [(None, after)])


def leave_day(session: Session, batch: Batch, subject: DaySubject) -> Settlement:
    """Leave a day as it is: nobody has to look at it again.

    Raises NotFound when there is no such day, NotAllowed when somebody has settled it meanwhile.
    """
    day = _require_day(session, subject)
    _check_lacks(
        session, day, _LACKED.get(subject.kind), subject, settled_by=(SettleAction.LEFT, SettleAction.EXIT_ADDED)
    )
    return batch.add(session, _of_day(batch, SettleAction.LEFT, subject, day.prime_contractor_id))


def approve(session: Session, batch: Batch, missed_touch_id: UUID) -> Settlement:
    """Make a record of a request. Raises as correcting.approve_missed_touch() does."""
    asked = correcting.approve_missed_touch(session, missed_touch_id, batch.actor, batch.now)
    if asked.punch_id is None:
        raise AssertionError("an approved request has a punch")
    after = _require_holding(session, asked.punch_id)
    settlement = replace(
        _of_punch(batch, SettleAction.APPROVED, None, after),
        kind=ReviewKind.MISSED_TOUCH,
        missed_touch_id=missed_touch_id,
    )
    return batch.add(session, settlement, [(None, after)])


def reject(session: Session, batch: Batch, missed_touch_id: UUID, note: str = "") -> Settlement:
    """Refuse a request. Raises as correcting.reject_missed_touch() does."""
    asked = correcting.reject_missed_touch(session, missed_touch_id, batch.actor, batch.now)
    settlement = replace(
        batch.begin(ReviewKind.MISSED_TOUCH, SettleAction.REJECTED),
        missed_touch_id=missed_touch_id,
        worker_id=asked.worker_id,
        site_id=asked.site_id,
        work_date=asked.work_date,
        prime_contractor_id=asked.prime_contractor_id,
        note=note,
    )
    return batch.add(session, settlement)


def _identify(
    session: Session,
    batch: Batch,
    punch_id: PunchId,
    worker_id: WorkerId,
    site_id: SiteId,
    direction: Direction | None,
    correction: CorrectionCode | None = None,
) -> Judgement:
    """Judge a punch by a person's word: with a direction it stays so, without one the order of events decides."""
    before = _holding(session, punch_id)
    is_new_person = before is None or before.worker_id != worker_id
    told = CorrectionCode.UNKNOWN_CALLER_IDENTIFIED if is_new_person else CorrectionCode.CONFIRMED
    if direction is None:
        return correcting.identify_record(
            session, punch_id, worker_id, site_id, batch.actor, batch.now, correction=told
        )
    at = before.effective_at if before else records.occurred_at(session, punch_id)
    if at is None:
        raise NotFound("no such punch", punch_id=punch_id)
    entered = Entered(worker_id, site_id, at, direction, correction or told)
    return correcting.move_record(session, punch_id, entered, batch.actor, batch.now)


def _registered(session: Session, settlement: Settlement, came: Came, worker_id: WorkerId, at: datetime) -> Settlement:
    """Let a number or card be a worker's from the first that waits on."""
    since = work_date(min(first_waiting(session, came) or at, at))
    if came.card_id is not None:
        issue = issue_card(session, worker_id, came.card_id, since)
        return replace(settlement, action=SettleAction.CARD_REGISTERED, card_issue_id=issue.card_issue_id)
    if came.phone_id is None:
        raise NotAllowed("this punch came from no number and by no card", punch_id=settlement.punch_id)
    held = hold_phone(session, worker_id, came.phone_id, since)
    return replace(settlement, action=SettleAction.REGISTERED, phone_number_id=held.phone_number_id)


def _of_punch(
    batch: Batch, action: SettleAction, before: Judgement | None, after: Judgement, *, others: int = 0
) -> Settlement:
    """Return the settlement of a punch; of one that is still unclear, only what was known before is settled."""
    kind = (kind_of(before.verdict, before.reason) if before else None) or ReviewKind.RECORDED
    is_clear = after == before or kind_of(after.verdict, after.reason) is None
    return replace(
        batch.begin(kind, action),
        punch_id=after.punch_id,
        seq=after.seq if is_clear else after.seq - 1,
        worker_id=after.worker_id,
        site_id=after.site_id,
        work_date=after.work_date,
        prime_contractor_id=after.prime_contractor_id or (before.prime_contractor_id if before else None),
        others=others,
    )


def _of_day(batch: Batch, action: SettleAction, subject: DaySubject, prime: ContractorId) -> Settlement:
    return replace(
        batch.begin(subject.kind, action),
        worker_id=subject.worker_id,
        site_id=subject.site_id,
        work_date=subject.work_date,
        prime_contractor_id=prime,
    )


def _rejudged(session: Session, judged: Sequence[Judgement]) -> list[tuple[Judgement | None, Judgement]]:
    """Return judgements with what held before them."""
    return [(settlements.judgement_numbered(session, after.punch_id, after.seq - 1), after) for after in judged]


def _known(before: Judgement) -> tuple[WorkerId, SiteId]:
    if before.worker_id is None:
        raise InvalidInput("the worker of this punch is not known: attach it to one", field="worker_id")
    if before.site_id is None:
        raise InvalidInput("the site of this punch is not known: say it", field="site_id")
    return before.worker_id, before.site_id


def _holding(session: Session, punch_id: PunchId) -> Judgement | None:
    return records.holding_judgement(session, punch_id)


def _require_day(session: Session, subject: DaySubject) -> AttendanceDay:
    """Return the day as it is once nobody else works on the worker's records."""
    lock(session, subject.worker_id)
    day = records.find_day(session, subject.worker_id, subject.site_id, subject.work_date)
    if day is None:
        raise NotFound("no such day", worker_id=subject.worker_id, site_id=subject.site_id)
    return day


def _check_lacks(
    session: Session,
    day: AttendanceDay,
    direction: Direction | None,
    subject: DaySubject,
    *,
    settled_by: Collection[SettleAction],
) -> None:
    """See that a day still lacks an entry or exit and that none of these acts has settled it."""
    if direction is Direction.EXIT:
        is_lacking = day.missing_exit or day.inside_since is not None or day.last_exit_at is None
    elif direction is Direction.ENTRY:
        is_lacking = day.first_entry_at is None or records.has_exit_without_entry(session, day)
    else:
        is_lacking = True
    if not is_lacking or settlements.is_day_settled(session, subject, settled_by):
        raise NotAllowed("somebody else has settled this", worker_id=subject.worker_id, why="stale")


def _require_holding(session: Session, punch_id: PunchId) -> Judgement:
    before = _holding(session, punch_id)
    if before is None:
        raise NotFound("no such punch, or its caller is still on the phone", punch_id=punch_id)
    return before
