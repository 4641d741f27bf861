"""The conversation, pure: from what is remembered and what came in, to what is said or what must be done first.

begin() opens it with the outcome of the call's punch; step() goes on with keys, with silence, and with the results of
what it asked for. Nothing is read or written here; a test drives it by hand.

asking has the questions and keyed what is done with their answers, until the punch can be judged; telling says what
became of it; crew and upper are what may be asked after that. They hand on to one another, and step() alone calls them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.attendance.model import Reason, Verdict
from ivr.conversation.asking import MAX_TRIES, ask_ccus_id, next_question, unresolved_reason
from ivr.conversation.crew import on_crew_confirm, on_crew_found, on_crew_offer, on_crew_recorded
from ivr.conversation.keyed import (
    on_ccus_id,
    on_claimed,
    on_day_code,
    on_day_code_checked,
    on_days,
    on_language,
    on_late_direction,
    on_menu,
    on_person,
    on_site,
)
from ivr.conversation.saying import done
from ivr.conversation.telling import on_judged, on_uppers_found, tell
from ivr.conversation.upper import on_upper, on_upper_kept
from ivr.dialogue import (
    Claimed,
    CrewFound,
    CrewRecorded,
    DayCodeChecked,
    DaysCounted,
    Input,
    Judge,
    Judged,
    Keyed,
    Need,
    Phase,
    State,
    Turn,
    UpperKept,
    UppersFound,
)
from ivr.model import HangUp, RingOnly

__all__ = ["MAX_TURNS", "begin", "step", "unresolved_reason"]

MAX_TURNS = 30  # of a menu that is heard again and again


def begin(state: State, judged: Judged | None, *, is_ring_only: bool) -> Turn | Need:
    """Open the conversation: tell what became of the punch, or ask what is missing."""
    if judged is None:
        return next_question(state)
    if is_ring_only and judged.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE):
        return Turn(done(state), (RingOnly(),))
    if judged.reason is Reason.UNKNOWN_NUMBER:
        return ask_ccus_id(state)
    return tell(state, judged)


def step(state: State, came: Input) -> Turn | Need:
    """Go on with what came in."""
    if isinstance(came, Keyed) and state.turn >= MAX_TURNS and state.phase in (Phase.MENU, Phase.LANGUAGE):
        tired = replace(state, phase=Phase.MENU, tries=MAX_TRIES)
        return Need(tired, Judge(unresolved=unresolved_reason(tired)))
    if isinstance(came, Keyed):
        return _KEYED[state.phase](state, came.digits)
    return _RESULTS[type(came)](state, came)


def _on_done(state: State, _digits: str | None) -> Turn:
    return Turn(state, (HangUp(),))


_KEYED: dict[Phase, Callable[[State, str | None], Turn | Need]] = {
    Phase.PERSON: on_person,
    Phase.SITE: on_site,
    Phase.DAY_CODE: on_day_code,
    Phase.MENU: on_menu,
    Phase.LATE_DIRECTION: on_late_direction,
    Phase.LANGUAGE: on_language,
    Phase.CCUS_ID: on_ccus_id,
    Phase.CREW_OFFER: on_crew_offer,
    Phase.CREW_CONFIRM: on_crew_confirm,
    Phase.UPPER: on_upper,
    Phase.DONE: _on_done,
}

_RESULTS: dict[type, Callable[[State, Any], Turn | Need]] = {
    Judged: on_judged,
    DayCodeChecked: on_day_code_checked,
    DaysCounted: on_days,
    CrewFound: on_crew_found,
    CrewRecorded: on_crew_recorded,
    Claimed: on_claimed,
    UppersFound: on_uppers_found,
    UpperKept: on_upper_kept,
}
