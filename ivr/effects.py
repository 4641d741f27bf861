"""What a conversation needs done, done: judging, counting, checking a code, recording a crew, asking for an upper."""

from collections.abc import Callable, Sequence
from dataclasses import field, replace
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
from core.registry.folding import without_legal_form
from core.registry.model import Contractor
from core.registry.service import require_contractor
from core.registry.store import find_site, find_worker_by_ccus_id
from core.tiering.proposing import choices_for, keep_answer
from core.values import value
from ivr import store
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
    FindUppers,
    Input,
    Judge,
    Judged,
    KeepUpper,
    RecordCrew,
    State,
    UpperKept,
    UpperOption,
    UppersFound,
)
from ivr.model import CallEvent

# Wrong codes of a phone at a site on a work date. Of 10,000 codes: who only guesses is right on one day in a thousand.
MAX_DAY_CODE_FAILURES = 10


@value
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
    return Judged(judgement.verdict, judgement.reason, judgement.direction, at, judgement.work_date)


def _judge(call: Call, state: State, effect: Judge) -> Judged:
    outcome = answer_punch(call.session, answer_of(state, effect.unresolved, effect.note), call.now)
    judgement = outcome.judgement
    if judgement is None:
        raise AssertionError("an answered punch has a judgement")
    is_anothers = (judgement.worker_id, judgement.site_id) != (state.worker_id, state.site_id)
    return replace(judged_of(judgement, outcome.repeats_at), is_anothers=is_anothers)


def _claim(call: Call, state: State, effect: Claim) -> Claimed:
    worker = find_worker_by_ccus_id(call.session, effect.ccus_worker_id)
    claimed = replace(state, worker_id=worker.worker_id if worker else None)
    answer = answer_of(claimed, Reason.UNKNOWN_NUMBER, f"CCUS {effect.ccus_worker_id}")
    answer_punch(call.session, answer, call.now)
    return Claimed()


def _check_day_code(call: Call, state: State, effect: CheckDayCode) -> DayCodeChecked:
    site = find_site(call.session, state.site_id) if state.site_id else None
    if site is None or state.phone_id is None:
        return DayCodeChecked(is_right=False)
    on = work_date(state.occurred_at, site.day_starts)
    failures = store.count_day_code_failures(call.session, state.phone_id, site.site_id, on)
    if failures >= MAX_DAY_CODE_FAILURES:
        return DayCodeChecked(is_right=False, is_last=True)
    if is_day_code(call.sealer.decrypt(site.day_code_key).encode(), on, effect.digits):
        return DayCodeChecked(is_right=True)
    store.add_day_code_failure(call.session, state.phone_id, site.site_id, on)
    return DayCodeChecked(is_right=False, is_last=failures + 1 >= MAX_DAY_CODE_FAILURES)


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


def _find_uppers(call: Call, state: State, effect: FindUppers) -> UppersFound:
    """Find who the caller's contractor may work under, on its first day at the site.

    Who is asked has been asked, whatever comes of it: colleagues who call meanwhile are not, nor is anybody later.
    """
    session, judged = call.session, effect.judged
    if state.worker_id is None or state.site_id is None or judged.on is None:
        return UppersFound(judged)
    contractor_id = records.newcomer_of(session, state.worker_id, state.site_id, judged.on)
    choices = choices_for(session, state.site_id, contractor_id) if contractor_id else []
    if contractor_id is None or not choices:
        return UppersFound(judged)
    keep_answer(session, state.site_id, contractor_id, state.worker_id, None, call.now)
    uppers = _options([require_contractor(session, upper_id) for upper_id in choices])
    # In the order of their names: the likeliest first would put the answer into the caller's mouth.
    by_name = sorted(uppers, key=lambda upper: (upper.name_kana or upper.name, upper.contractor_id))
    return UppersFound(judged, contractor_id, tuple(by_name))


def _keep_upper(call: Call, state: State, effect: KeepUpper) -> UpperKept:
    if state.contractor_id is None or state.worker_id is None or state.site_id is None:
        raise AssertionError("who was asked is known, and where")
    upper_id = effect.upper_contractor_id
    keep_answer(call.session, state.site_id, state.contractor_id, state.worker_id, upper_id, call.now)
    return UpperKept()


_PERFORMERS: dict[type, Callable[[Call, State, Any], Input]] = {
    Judge: _judge,
    Claim: _claim,
    CheckDayCode: _check_day_code,
    CountDays: _count_days,
    FindCrew: _find_crew,
    RecordCrew: _record_crew,
    FindUppers: _find_uppers,
    KeepUpper: _keep_upper,
}


def _options(found: Sequence[Contractor]) -> list[UpperOption]:
    """Return contractors as a caller is offered them: short, unless only the legal form tells two of them apart."""
    names = [(without_legal_form(each.name), without_legal_form(each.name_kana)) for each in found]
    if len({name for name, _ in names}) < len(names):
        names = [(each.name, each.name_kana) for each in found]
    return [UpperOption(each.contractor_id, *said) for each, said in zip(found, names, strict=True)]
