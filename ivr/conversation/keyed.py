"""What the caller keyed about who he is, where, in or out: until the punch can be judged. Pure."""

from dataclasses import replace

from core.attendance.model import Direction, Reason
from core.ids import CCUS_ID_DIGITS
from ivr.conversation.asking import LANGUAGES, MAX_TRIES, ask_again, ask_language, menu, next_question
from ivr.conversation.saying import ask, close, say
from ivr.dialogue import (
    CheckDayCode,
    Claim,
    Claimed,
    CountDays,
    DayCodeChecked,
    DaysCounted,
    Judge,
    Need,
    PersonOption,
    State,
    Turn,
)


def on_person(state: State, digits: str | None) -> Turn | Need:
    number = int(digits) if digits is not None and digits.isdigit() else 0
    if not 1 <= number <= len(state.people):
        return ask_again(state, digits, next_question, "not_understood")
    return next_question(_chosen(state, state.people[number - 1]))


def _chosen(state: State, person: PersonOption) -> State:
    expected = [place for place in state.places if place.site_id in person.site_ids]
    places = tuple(expected) if expected and state.site_id is None else state.places
    only = places[0].site_id if len(places) == 1 else state.site_id
    return replace(state, worker_id=person.worker_id, language=person.language, places=places, site_id=only, tries=0)


def on_site(state: State, digits: str | None) -> Turn | Need:
    place = next((place for place in state.places if place.site_code == digits), None)
    if place is None:
        return ask_again(state, digits, next_question, "site_code_wrong")
    return next_question(replace(state, site_id=place.site_id, tries=0))


def on_day_code(state: State, digits: str | None) -> Turn | Need:
    if digits is None:
        return ask_again(state, digits, next_question, "day_code_wrong")
    return Need(state, CheckDayCode(digits))


def on_day_code_checked(state: State, came: DayCodeChecked) -> Turn | Need:
    if came.is_last:
        return Need(replace(state, tries=0), Judge(unresolved=Reason.TOO_MANY_WRONG_CODES))
    if not came.is_right:
        return ask_again(state, "", next_question, "day_code_wrong")
    return next_question(replace(state, has_day_code=True, tries=0))


def on_menu(state: State, digits: str | None) -> Turn | Need:
    directions = {"1": Direction.ENTRY, "2": Direction.EXIT}
    if digits in directions:
        return Need(replace(state, direction=directions[digits], tries=0), Judge())
    if digits == "3":
        return Need(replace(state, has_enquired=True, tries=0), CountDays())
    if digits == "8":
        return ask_language(replace(state, tries=0))
    if digits == "9":
        return menu(state)
    return ask_again(state, digits, menu, "not_understood")


def on_days(state: State, came: DaysCounted) -> Turn:
    return menu(state, say(state, "days", days=str(came.days)))


def on_late_direction(state: State, digits: str | None) -> Turn | Need:
    directions = {"1": Direction.ENTRY, "2": Direction.EXIT}
    if digits not in directions:
        return ask_again(state, digits, next_question, "not_understood")
    return Need(replace(state, direction=directions[digits]), Judge())


def on_language(state: State, digits: str | None) -> Turn | Need:
    number = int(digits) if digits is not None and digits.isdigit() else 0
    if not 1 <= number <= len(LANGUAGES):
        return ask_again(state, digits, ask_language, "not_understood")
    return menu(replace(state, language=LANGUAGES[number - 1], tries=0))


def on_ccus_id(state: State, digits: str | None) -> Turn | Need:
    if digits is None:
        return close(state, say(state, "goodbye"))
    if len(digits) != CCUS_ID_DIGITS or not digits.isdigit():
        if state.tries + 1 >= MAX_TRIES:
            return close(state, say(state, "noted_for_review"))
        return ask(replace(state, tries=state.tries + 1), (say(state, "ccus_id_wrong"),), digits=None)
    return Need(state, Claim(digits))


def on_claimed(state: State, _came: Claimed) -> Turn:
    return close(state, say(state, "ccus_id_noted"))
