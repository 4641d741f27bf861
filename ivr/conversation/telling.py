"""Telling what became of the punch, and what may be asked once it is told. Pure."""

from dataclasses import replace
from datetime import timedelta

from core.attendance.model import Direction, Reason, Verdict
from ivr.conversation.asking import MAX_TRIES, next_question
from ivr.conversation.crew import offer_crew
from ivr.conversation.saying import close, say, spoken_at
from ivr.conversation.upper import ask_upper
from ivr.dialogue import FindUppers, Judged, Need, Phase, State, Turn, UppersFound
from ivr.model import Sentence, Spoken

REDIALS_WITHIN = timedelta(minutes=10)  # who hears a busy tone or is not sure calls again within this


def on_judged(state: State, judged: Judged) -> Turn | Need:
    if state.tries >= MAX_TRIES and judged.verdict in (Verdict.NEEDS_REVIEW, Verdict.REFUSED):
        return close(state, say(state, "goodbye" if state.has_enquired else "noted_for_review"))
    return tell(state, judged)


def on_uppers_found(state: State, came: UppersFound) -> Turn:
    if not came.uppers:
        return _tell_news(state, came.judged)
    # A foreman is asked too, and is not offered his crew then: on his contractor's first day nobody of it came on an
    # earlier one, so that the offer would find no one. It comes with his next call.
    asked = replace(state, contractor_id=came.contractor_id, uppers=came.uppers, tries=0)
    return ask_upper(asked, *_news(state, came.judged))


def tell(state: State, judged: Judged) -> Turn | Need:
    """Tell what became of the punch, unless something is to be found out or asked before that."""
    if judged.is_anothers:
        return close(state, say(state, "noted_for_review"))
    if (
        judged.reason is Reason.ENTRY_AFTER_CLOSING
        and state.direction is None
        and state.phase is not Phase.LATE_DIRECTION
    ):
        return next_question(replace(state, phase=Phase.LATE_DIRECTION, tries=0))
    if _may_be_asked(state, judged):
        return Need(state, FindUppers(judged))
    return _tell_news(state, judged)


def _may_be_asked(state: State, judged: Judged) -> bool:
    """Whether the caller may be asked under whom he works: not after a remark, which is long enough."""
    is_plain = judged.verdict is Verdict.ACCEPTED and judged.reason is None
    return is_plain and judged.direction is Direction.ENTRY and state.site_id in state.asks_at


def _tell_news(state: State, judged: Judged) -> Turn:
    sentences = _news(state, judged)
    if judged.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE) and judged.direction is not None and _leads_here(state):
        return offer_crew(replace(state, direction=judged.direction, tries=0), *sentences)
    return close(state, *sentences)


def _news(state: State, judged: Judged) -> tuple[Sentence, ...]:
    if judged.verdict is Verdict.DUPLICATE:
        key = "inside_already" if _may_mean_exit(state, judged) else "repeated"
        return (say(state, key, time=spoken_at(state, judged)),)
    if judged.verdict is not Verdict.ACCEPTED or judged.direction is None:
        return (say(state, f"reason.{(judged.reason or Reason.HUNG_UP).value}"),)
    person, place = state.person, state.place
    if person is None or place is None:
        raise AssertionError("an accepted punch has worker and site")
    told = say(
        state,
        judged.direction.value,
        name=Spoken(person.name, person.name_kana),
        site=Spoken(place.name, place.name_kana),
        time=spoken_at(state, judged),
    )
    remarks = {Reason.TWO_SITES_AT_ONCE: "remark_two_sites", Reason.ENTRY_MISSING: "remark_entry_missing"}
    remark = remarks.get(judged.reason) if judged.reason else None
    return (told, say(state, remark)) if remark else (told,)


def _may_mean_exit(state: State, judged: Judged) -> bool:
    """Whether a caller who is inside may think that he has left: too soon for an exit, too late for a redial."""
    is_inside = judged.reason is Reason.TOO_SOON and judged.direction is Direction.ENTRY
    return is_inside and state.occurred_at - judged.at >= REDIALS_WITHIN


def _leads_here(state: State) -> bool:
    return state.person is not None and state.site_id in state.person.leads_at
