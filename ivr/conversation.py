"""The conversation, pure: from what is remembered and what came in, to what is said or what must be done first.

begin() opens it with the outcome of the call's punch; step() goes on with keys, with silence, and with the results of
what it asked for. Nothing is read or written here; a test drives it by hand.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.attendance.model import Direction, Reason, Verdict
from core.clock import JST
from core.ids import CCUS_ID_DIGITS
from core.registry.model import Language
from core.texts import spoken_time
from ivr.dialogue import (
    CheckDayCode,
    Claim,
    Claimed,
    CountDays,
    CrewFound,
    CrewRecorded,
    DayCodeChecked,
    DaysCounted,
    FindCrew,
    FindUppers,
    Input,
    Judge,
    Judged,
    KeepUpper,
    Keyed,
    Need,
    PersonOption,
    Phase,
    RecordCrew,
    State,
    Turn,
    UpperKept,
    UppersFound,
)
from ivr.model import Collect, HangUp, RingOnly, Say, Sentence, Spoken, Verb

MAX_TRIES = 3
MAX_TURNS = 30  # of a menu that is heard again and again
OFFER_TIMEOUT_S = 3
UNKNOWN_KEY = "0"  # 9 is 「もう一度聞く」 elsewhere
REDIALS_WITHIN = timedelta(minutes=10)  # who hears a busy tone or is not sure calls again within this
LANGUAGES = tuple(Language)

# What a call is kept as when its question stays open.
_OPEN_REASONS = {
    Phase.PERSON: Reason.UNKNOWN_PERSON,
    Phase.SITE: Reason.UNKNOWN_SITE_CODE,
    Phase.DAY_CODE: Reason.WRONG_DAY_CODE,
}


def begin(state: State, judged: Judged | None, *, is_ring_only: bool) -> Turn | Need:
    """Open the conversation: tell what became of the punch, or ask what is missing."""
    if judged is None:
        return _next_question(state)
    if is_ring_only and judged.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE):
        return Turn(_done(state), (RingOnly(),))
    if judged.reason is Reason.UNKNOWN_NUMBER:
        return _ask_ccus_id(state)
    return _tell(state, judged)


def step(state: State, came: Input) -> Turn | Need:
    """Go on with what came in."""
    if isinstance(came, Keyed) and state.turn >= MAX_TURNS and state.phase in (Phase.MENU, Phase.LANGUAGE):
        tired = replace(state, phase=Phase.MENU, tries=MAX_TRIES)
        return Need(tired, Judge(unresolved=unresolved_reason(tired)))
    if isinstance(came, Keyed):
        return _KEYED[state.phase](state, came.digits)
    return _RESULTS[type(came)](state, came)


def unresolved_reason(state: State) -> Reason:
    """Return how the punch is kept when the caller is gone."""
    if state.has_enquired and state.phase is Phase.MENU:
        return Reason.ENQUIRY
    if state.phase is Phase.LATE_DIRECTION:
        return Reason.ENTRY_AFTER_CLOSING  # what was asked is all that is not known, even when nothing was keyed
    return _OPEN_REASONS.get(state.phase, Reason.HUNG_UP) if state.tries else Reason.HUNG_UP


# Telling


def _tell(state: State, judged: Judged) -> Turn | Need:
    if (
        judged.reason is Reason.ENTRY_AFTER_CLOSING
        and state.direction is None
        and state.phase is not Phase.LATE_DIRECTION
    ):
        return _next_question(replace(state, phase=Phase.LATE_DIRECTION, tries=0))
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
        return _offer_crew(replace(state, direction=judged.direction, tries=0), *sentences)
    return _close(state, *sentences)


def _news(state: State, judged: Judged) -> tuple[Sentence, ...]:
    if judged.verdict is Verdict.DUPLICATE:
        key = "inside_already" if _may_mean_exit(state, judged) else "repeated"
        return (_say(state, key, time=_time(state, judged)),)
    if judged.verdict is not Verdict.ACCEPTED or judged.direction is None:
        return (_say(state, f"reason.{(judged.reason or Reason.HUNG_UP).value}"),)
    person, place = state.person, state.place
    if person is None or place is None:
        raise AssertionError("an accepted punch has worker and site")
    told = _say(
        state,
        judged.direction.value,
        name=Spoken(person.name, person.name_kana),
        site=Spoken(place.name, place.name_kana),
        time=_time(state, judged),
    )
    remarks = {Reason.TWO_SITES_AT_ONCE: "remark_two_sites", Reason.ENTRY_MISSING: "remark_entry_missing"}
    remark = remarks.get(judged.reason) if judged.reason else None
    return (told, _say(state, remark)) if remark else (told,)


def _may_mean_exit(state: State, judged: Judged) -> bool:
    """Whether a caller who is inside may think that he has left: too soon for an exit, too late for a redial."""
    is_inside = judged.reason is Reason.TOO_SOON and judged.direction is Direction.ENTRY
    return is_inside and state.occurred_at - judged.at >= REDIALS_WITHIN


def _leads_here(state: State) -> bool:
    return state.person is not None and state.site_id in state.person.leads_at


# Asking


def _next_question(state: State) -> Turn | Need:
    if state.worker_id is None:
        return _ask_person(replace(state, phase=Phase.PERSON))
    if state.site_id is None:
        return _ask(replace(state, phase=Phase.SITE), (_say(state, "ask_site"),), digits=4)
    if state.place is not None and state.place.day_code_required and not state.has_day_code:
        return _ask(replace(state, phase=Phase.DAY_CODE), (_say(state, "ask_day_code"),), digits=4)
    if state.is_menu and state.direction is None:
        return _menu(state)
    if state.phase is Phase.LATE_DIRECTION and state.direction is None:
        return _ask(state, (_say(state, "ask_late_direction"),), digits=1)
    return Need(state, Judge())


def _menu(state: State, *before: Sentence) -> Turn:
    asking = replace(state, phase=Phase.MENU)
    return _ask(asking, (*before, _say(state, "menu"), _say(state, "menu_language")), digits=1)


def _ask_person(state: State) -> Turn:
    width = len(str(len(state.people)))
    options = (
        _say(state, "option_person", name=Spoken(person.name, person.name_kana), key=str(n).zfill(width))
        for n, person in enumerate(state.people, start=1)
    )
    return _ask(state, (_say(state, "ask_person"), *options), digits=width)


def _ask_ccus_id(state: State) -> Turn:
    asking = replace(state, phase=Phase.CCUS_ID)
    first = [_say(state, "unknown")]
    if state.language is not Language.ENGLISH:
        first.append(Sentence("unknown", Language.ENGLISH))
    return _ask(asking, (*first, _say(state, "ask_ccus_id")), digits=None)


def _ask_language(state: State) -> Turn:
    options = (Sentence("language_option", language, {"key": str(n)}) for n, language in enumerate(LANGUAGES, start=1))
    return _ask(replace(state, phase=Phase.LANGUAGE), tuple(options), digits=1)


def _again(state: State, digits: str | None, ask: Callable[[State], Turn | Need], wrong: str) -> Turn | Need:
    """Ask once more, a limited number of times; then keep the call for a person."""
    tried = replace(state, tries=state.tries + 1)
    if tried.tries >= MAX_TRIES:
        return Need(tried, Judge(unresolved=unresolved_reason(tried)))
    turn = ask(tried)
    if isinstance(turn, Need):
        return turn
    asked = turn.verbs[0]
    if not isinstance(asked, Collect):
        return turn
    spoken = _say(state, "no_input" if digits is None else wrong)
    # These two ask again by themselves.
    sentences = (spoken,) if spoken.key in ("site_code_wrong", "day_code_wrong") else (spoken, *asked.sentences)
    return Turn(turn.state, (replace(asked, sentences=sentences),))


# Keys, by what was asked


def _on_person(state: State, digits: str | None) -> Turn | Need:
    number = int(digits) if digits is not None and digits.isdigit() else 0
    if not 1 <= number <= len(state.people):
        return _again(state, digits, _next_question, "not_understood")
    return _next_question(_chosen(state, state.people[number - 1]))


def _chosen(state: State, person: PersonOption) -> State:
    expected = [place for place in state.places if place.site_id in person.site_ids]
    places = tuple(expected) if expected and state.site_id is None else state.places
    only = places[0].site_id if len(places) == 1 else state.site_id
    return replace(state, worker_id=person.worker_id, language=person.language, places=places, site_id=only, tries=0)


def _on_site(state: State, digits: str | None) -> Turn | Need:
    place = next((place for place in state.places if place.site_code == digits), None)
    if place is None:
        return _again(state, digits, _next_question, "site_code_wrong")
    return _next_question(replace(state, site_id=place.site_id, tries=0))


def _on_day_code(state: State, digits: str | None) -> Turn | Need:
    if digits is None:
        return _again(state, digits, _next_question, "day_code_wrong")
    return Need(state, CheckDayCode(digits))


def _on_day_code_checked(state: State, came: DayCodeChecked) -> Turn | Need:
    if came.is_last:
        return Need(replace(state, tries=0), Judge(unresolved=Reason.TOO_MANY_WRONG_CODES))
    if not came.is_right:
        return _again(state, "", _next_question, "day_code_wrong")
    return _next_question(replace(state, has_day_code=True, tries=0))


def _on_menu(state: State, digits: str | None) -> Turn | Need:
    directions = {"1": Direction.ENTRY, "2": Direction.EXIT}
    if digits in directions:
        return Need(replace(state, direction=directions[digits], tries=0), Judge())
    if digits == "3":
        return Need(replace(state, has_enquired=True, tries=0), CountDays())
    if digits == "8":
        return _ask_language(replace(state, tries=0))
    if digits == "9":
        return _menu(state)
    return _again(state, digits, _menu, "not_understood")


def _on_late_direction(state: State, digits: str | None) -> Turn | Need:
    directions = {"1": Direction.ENTRY, "2": Direction.EXIT}
    if digits not in directions:
        return _again(state, digits, _next_question, "not_understood")
    return Need(replace(state, direction=directions[digits]), Judge())


def _on_language(state: State, digits: str | None) -> Turn | Need:
    number = int(digits) if digits is not None and digits.isdigit() else 0
    if not 1 <= number <= len(LANGUAGES):
        return _again(state, digits, _ask_language, "not_understood")
    return _menu(replace(state, language=LANGUAGES[number - 1], tries=0))


def _on_ccus_id(state: State, digits: str | None) -> Turn | Need:
    if digits is None:
        return _close(state, _say(state, "goodbye"))
    if len(digits) != CCUS_ID_DIGITS or not digits.isdigit():
        if state.tries + 1 >= MAX_TRIES:
            return _close(state, _say(state, "noted_for_review"))
        return _ask(replace(state, tries=state.tries + 1), (_say(state, "ccus_id_wrong"),), digits=None)
    return Need(state, Claim(digits))


def _on_crew_offer(state: State, digits: str | None) -> Turn | Need:
    if digits == "4" and state.direction is not None:
        return Need(state, FindCrew(state.direction))
    if digits is None:
        return _close(state)  # it is an offer: most say nothing
    if state.tries:
        return _close(state, _say(state, "crew_cancelled"))
    return _offer_crew(replace(state, tries=1), _say(state, "not_understood"))


def _offer_crew(state: State, *before: Sentence) -> Turn:
    asking = replace(state, phase=Phase.CREW_OFFER)
    return _ask(asking, (*before, _say(state, "crew_offer")), digits=1, timeout_s=OFFER_TIMEOUT_S)


def _on_crew_confirm(state: State, digits: str | None) -> Turn | Need:
    if digits == "1":
        return Need(state, RecordCrew())
    if digits == "2" or state.tries + 1 >= MAX_TRIES:
        return _close(state, _say(state, "crew_cancelled"))
    return _confirm_crew(replace(state, tries=state.tries + 1))


def _confirm_crew(state: State) -> Turn:
    place = state.place
    key = "crew_confirm_exit" if state.direction is Direction.EXIT else "crew_confirm_entry"
    site = Spoken(place.name, place.name_kana) if place else Spoken("")
    asking = replace(state, phase=Phase.CREW_CONFIRM)
    return _ask(asking, (_say(state, key, count=str(len(state.crew)), site=site),), digits=1)


def _ask_upper(state: State, *before: Sentence) -> Turn:
    options = (
        _say(state, "option_upper", name=Spoken(upper.name, upper.name_kana), key=str(n))
        for n, upper in enumerate(state.uppers, start=1)
    )
    asking = replace(state, phase=Phase.UPPER)
    return _ask(asking, (*before, _say(state, "ask_upper"), *options, _say(state, "upper_unknown")), digits=1)


def _on_upper(state: State, digits: str | None) -> Turn | Need:
    """Take the answer, evidence and no more: the entry was recorded before, and stays whatever is keyed."""
    keys = {str(n): upper.contractor_id for n, upper in enumerate(state.uppers, start=1)}
    if digits in keys:
        return Need(state, KeepUpper(keys[digits]))
    if digits is None:
        return _close(state)
    if digits == UNKNOWN_KEY:
        return _close(state, _say(state, "upper_noted"))
    if state.tries:
        return _close(state, _say(state, "goodbye"))
    return _ask_upper(replace(state, tries=1), _say(state, "not_understood"))


def _on_done(state: State, _digits: str | None) -> Turn:
    return Turn(state, (HangUp(),))


# Results


def _on_judged(state: State, judged: Judged) -> Turn | Need:
    if state.tries >= MAX_TRIES and judged.verdict in (Verdict.NEEDS_REVIEW, Verdict.REFUSED):
        return _close(state, _say(state, "goodbye" if state.has_enquired else "noted_for_review"))
    return _tell(state, judged)


def _on_days(state: State, came: DaysCounted) -> Turn:
    return _menu(state, _say(state, "days", days=str(came.days)))


def _on_crew_found(state: State, came: CrewFound) -> Turn:
    if not came.crew:
        return _close(state, _say(state, "crew_none"))
    return _confirm_crew(replace(state, crew=came.crew, tries=0))


def _on_crew_recorded(state: State, came: CrewRecorded) -> Turn:
    if not came.count:
        return _close(state, _say(state, "crew_none"))
    return _close(state, _say(state, "crew_done", count=str(came.count)))


def _on_uppers_found(state: State, came: UppersFound) -> Turn:
    if not came.uppers:
        return _tell_news(state, came.judged)
    # A foreman is asked too, and is not offered his crew then: on his contractor's first day nobody of it came on an
    # earlier one, so that the offer would find no one. It comes with his next call.
    asked = replace(state, contractor_id=came.contractor_id, uppers=came.uppers, tries=0)
    return _ask_upper(asked, *_news(state, came.judged))


def _on_upper_kept(state: State, _came: UpperKept) -> Turn:
    return _close(state, _say(state, "upper_noted"))


def _on_claimed(state: State, _came: Claimed) -> Turn:
    return _close(state, _say(state, "ccus_id_noted"))


_KEYED: dict[Phase, Callable[[State, str | None], Turn | Need]] = {
    Phase.PERSON: _on_person,
    Phase.SITE: _on_site,
    Phase.DAY_CODE: _on_day_code,
    Phase.MENU: _on_menu,
    Phase.LATE_DIRECTION: _on_late_direction,
    Phase.LANGUAGE: _on_language,
    Phase.CCUS_ID: _on_ccus_id,
    Phase.CREW_OFFER: _on_crew_offer,
    Phase.CREW_CONFIRM: _on_crew_confirm,
    Phase.UPPER: _on_upper,
    Phase.DONE: _on_done,
}

_RESULTS: dict[type, Callable[[State, Any], Turn | Need]] = {
    Judged: _on_judged,
    DayCodeChecked: _on_day_code_checked,
    DaysCounted: _on_days,
    CrewFound: _on_crew_found,
    CrewRecorded: _on_crew_recorded,
    Claimed: _on_claimed,
    UppersFound: _on_uppers_found,
    UpperKept: _on_upper_kept,
}


# Building answers


def _say(state: State, sentence_key: str, /, **values: str | Spoken) -> Sentence:
    return Sentence(sentence_key, state.language, values)


def _time(state: State, judged: Judged) -> str:
    local = judged.at.astimezone(JST)
    return spoken_time(state.language.value, local.hour, local.minute)


def _ask(state: State, sentences: tuple[Sentence, ...], *, digits: int | None, timeout_s: int = 6) -> Turn:
    asked = replace(state, turn=state.turn + 1)
    return Turn(asked, (Collect(sentences, digits=digits, turn=asked.turn, timeout_s=timeout_s),))


def _close(state: State, *sentences: Sentence) -> Turn:
    spoken: tuple[Verb, ...] = (Say(sentences),) if sentences else ()
    return Turn(_done(state), (*spoken, HangUp()))


def _done(state: State) -> State:
    return replace(state, phase=Phase.DONE)
