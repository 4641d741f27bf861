"""The foreman's crew: offered after his own record, confirmed, recorded. Pure."""

from dataclasses import replace

from core.attendance.model import Direction
from ivr.conversation.asking import MAX_TRIES
from ivr.conversation.saying import ask, close, say
from ivr.dialogue import CrewFound, CrewRecorded, FindCrew, Need, Phase, RecordCrew, State, Turn
from ivr.model import Sentence, Spoken

OFFER_TIMEOUT_S = 3


def offer_crew(state: State, *before: Sentence) -> Turn:
    asking = replace(state, phase=Phase.CREW_OFFER)
    return ask(asking, (*before, say(state, "crew_offer")), digits=1, timeout_s=OFFER_TIMEOUT_S)


def on_crew_offer(state: State, digits: str | None) -> Turn | Need:
    if digits == "4" and state.direction is not None:
        return Need(state, FindCrew(state.direction))
    if digits is None:
        return close(state)  # it is an offer: most say nothing
    if state.tries:
        return close(state, say(state, "crew_cancelled"))
    return offer_crew(replace(state, tries=1), say(state, "not_understood"))


def on_crew_found(state: State, came: CrewFound) -> Turn:
    if not came.crew:
        return close(state, say(state, "crew_none"))
    return _confirm_crew(replace(state, crew=came.crew, tries=0))


def on_crew_confirm(state: State, digits: str | None) -> Turn | Need:
    if digits == "1":
        return Need(state, RecordCrew())
    if digits == "2" or state.tries + 1 >= MAX_TRIES:
        return close(state, say(state, "crew_cancelled"))
    return _confirm_crew(replace(state, tries=state.tries + 1))


def _confirm_crew(state: State) -> Turn:
    place = state.place
    key = "crew_confirm_exit" if state.direction is Direction.EXIT else "crew_confirm_entry"
    site = Spoken(place.name, place.name_kana) if place else Spoken("")
    asking = replace(state, phase=Phase.CREW_CONFIRM)
    return ask(asking, (say(state, key, count=str(len(state.crew)), site=site),), digits=1)


def on_crew_recorded(state: State, came: CrewRecorded) -> Turn:
    if not came.count:
        return close(state, say(state, "crew_none"))
    return close(state, say(state, "crew_done", count=str(came.count)))
