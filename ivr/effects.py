"""What a conversation needs done, done: judging, counting, checking a code, recording a crew."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.attendance import records
from core.attendance.answering import Answer, answer_punch
from core.attendance.model import Channel, Judgement, RawPunch, Reason, Verdict
from core.attendance.service import record_punches
from core.clock import work_date
from core.db import Session
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.registry.day_codes import is_day_code
from core.registry.store import find_site, find_worker_by_ccus_id
from ivr.dialogue import (
    CheckDayCode,
    Claim,
    Claimed,
    CountDays,
    CrewFound,
    CrewRecorded,
    DayCodeChecked,
    DaysCounted,
    Effect,
    FindCrew,
    Input,
    Judge,
    Judged,
    RecordCrew,
    State,
)
from ivr.model import CallEvent


@dataclass(frozen=True, slots=True)
class Call:
    """One request about a call, inside its transaction. action_base is where keys are to be sent."""

    session: Session
    event: CallEvent
    sealer: PhoneSealer
    action_base: str
    now: datetime
    marked: list[str] = field(default_factory=list)  # kinds of marks made: to be nudged after the commit


def perform(call: Call, state: State, effect: Effect) -> Input:
    """Do what the conversation needs, and return the result it waits for."""
    return _PERFORMERS[type(effect)](call, state, effect)


def answer_of(state: State, unresolved: Reason | None = None, note: str = "") -> Answer:
    """Return what is known of the call's punch by now."""
    return Answer(
        punch_id=state.punch_id,
        occurred_at=state.occurred_at,
        worker_id=state.worker_id,
        site_id=state.site_id,
        direction=state.direction,
        unresolved=unresolved,
        note=note,
    )


def judged_of(judgement: Judgement, repeats_at: datetime | None) -> Judged:
    """Return a judgement as the conversation tells it."""
    at = repeats_at or judgement.effective_at
    return Judged(judgement.verdict, judgement.reason, judgement.direction, at)


def _judge(call: Call, state: State, effect: Judge) -> Judged:
    outcome = answer_punch(call.session, answer_of(state, effect.unresolved, effect.note), call.now)
    if outcome.judgement is None:
        raise AssertionError("an answered punch has a judgement")
    return judged_of(outcome.judgement, outcome.repeats_at)


def _claim(call: Call, state: State, effect: Claim) -> Claimed:
    worker = find_worker_by_ccus_id(call.session, effect.ccus_worker_id)
    claimed = replace(state, worker_id=worker.worker_id if worker else None)
    answer = answer_of(claimed, Reason.UNKNOWN_NUMBER, f"CCUS {effect.ccus_worker_id}")
    answer_punch(call.session, answer, call.now)
    return Claimed()


def _check_day_code(call: Call, state: State, effect: CheckDayCode) -> DayCodeChecked:
    site = find_site(call.session, state.site_id) if state.site_id else None
    if site is None:
        return DayCodeChecked(is_right=False)
    site_key = call.sealer.decrypt(site.day_code_key).encode()
    return DayCodeChecked(is_day_code(site_key, work_date(state.occurred_at, site.day_starts), effect.digits))


def _count_days(call: Call, state: State, _effect: CountDays) -> DaysCounted:
    site = find_site(call.session, state.site_id) if state.site_id else None
    month = work_date(state.occurred_at, site.day_starts if site else timedelta(0)).replace(day=1)
    return DaysCounted(records.days_worked(call.session, state.worker_id, month) if state.worker_id else 0)


def _find_crew(call: Call, state: State, effect: FindCrew) -> CrewFound:
    site = find_site(call.session, state.site_id) if state.site_id else None
    if state.worker_id is None or site is None:
        return CrewFound(())
    on = work_date(state.occurred_at, site.day_starts)
    return CrewFound(tuple(records.crew_of(call.session, state.worker_id, site.site_id, on, effect.direction)))


def _record_crew(call: Call, state: State, _effect: RecordCrew) -> CrewRecorded:
    punches = [
        RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"{call.event.call_key}:{worker_id}:crew",
            channel=Channel.CREW,
            occurred_at=state.occurred_at,
            received_at=call.now,
            named_worker_id=worker_id,
            named_site_id=state.site_id,
            requested_direction=state.direction,
            entered_by=f"worker:{state.worker_id}",
        )
        for worker_id in state.crew
    ]
    outcomes = record_punches(call.session, punches, call.now)
    accepted = [o for o in outcomes if o.judgement is not None and o.judgement.verdict is Verdict.ACCEPTED]
    return CrewRecorded(len(accepted))


_PERFORMERS: dict[type, Callable[[Call, State, Any], Input]] = {
    Judge: _judge,
    Claim: _claim,
    CheckDayCode: _check_day_code,
    CountDays: _count_days,
    FindCrew: _find_crew,
    RecordCrew: _record_crew,
}
