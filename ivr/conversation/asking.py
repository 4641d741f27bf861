"""What is still to be asked, in its order, and once more; and how a call is kept whose question stays open. Pure."""

from collections.abc import Callable
from dataclasses import replace

from core.attendance.model import Reason
from core.registry.model import Language
from ivr.conversation.saying import ask, say
from ivr.dialogue import Judge, Need, Phase, State, Turn
from ivr.model import Collect, Sentence, Spoken

MAX_TRIES = 3
LANGUAGES = tuple(Language)

# What a call is kept as when its question stays open.
_OPEN_REASONS = {
    Phase.PERSON: Reason.UNKNOWN_PERSON,
    Phase.SITE: Reason.UNKNOWN_SITE_CODE,
    Phase.DAY_CODE: Reason.WRONG_DAY_CODE,
}


def unresolved_reason(state: State) -> Reason:
    """Return how the punch is kept when the caller is gone."""
    if state.has_enquired and state.phase is Phase.MENU:
        return Reason.ENQUIRY
    if state.phase is Phase.LATE_DIRECTION:
        return Reason.ENTRY_AFTER_CLOSING  # what was asked is all that is not known, even when nothing was keyed
    return _OPEN_REASONS.get(state.phase, Reason.HUNG_UP) if state.tries else Reason.HUNG_UP


def next_question(state: State) -> Turn | Need:
    """Ask the first thing that is not known yet; when nothing is missing, have the punch judged."""
    if state.worker_id is None:
        return _ask_person(replace(state, phase=Phase.PERSON))
    if state.site_id is None:
        return ask(replace(state, phase=Phase.SITE), (say(state, "ask_site"),), digits=4)
    if state.place is not None and state.place.day_code_required and not state.has_day_code:
        return ask(replace(state, phase=Phase.DAY_CODE), (say(state, "ask_day_code"),), digits=4)
    if state.is_menu and state.direction is None:
        return menu(state)
    if state.phase is Phase.LATE_DIRECTION and state.direction is None:
        return ask(state, (say(state, "ask_late_direction"),), digits=1)
    return Need(state, Judge())


def menu(state: State, *before: Sentence) -> Turn:
    asking = replace(state, phase=Phase.MENU)
    return ask(asking, (*before, say(state, "menu"), say(state, "menu_language")), digits=1)


def ask_ccus_id(state: State) -> Turn:
    asking = replace(state, phase=Phase.CCUS_ID)
    first = [say(state, "unknown")]
    if state.language is not Language.ENGLISH:
        first.append(Sentence("unknown", Language.ENGLISH))
    return ask(asking, (*first, say(state, "ask_ccus_id")), digits=None)


def ask_language(state: State) -> Turn:
    options = (Sentence("language_option", language, {"key": str(n)}) for n, language in enumerate(LANGUAGES, start=1))
    return ask(replace(state, phase=Phase.LANGUAGE), tuple(options), digits=1)


def ask_again(state: State, digits: str | None, question: Callable[[State], Turn | Need], wrong: str) -> Turn | Need:
    """Ask once more, a limited number of times; then keep the call for a person."""
    tried = replace(state, tries=state.tries + 1)
    if tried.tries >= MAX_TRIES:
        return Need(tried, Judge(unresolved=unresolved_reason(tried)))
    turn = question(tried)
    if isinstance(turn, Need):
        return turn
    asked = turn.verbs[0]
    if not isinstance(asked, Collect):
        return turn
    spoken = say(state, "no_input" if digits is None else wrong)
    # These two ask again by themselves.
    sentences = (spoken,) if spoken.key in ("site_code_wrong", "day_code_wrong") else (spoken, *asked.sentences)
    return Turn(turn.state, (replace(asked, sentences=sentences),))


def _ask_person(state: State) -> Turn:
    width = len(str(len(state.people)))
    options = (
        say(state, "option_person", name=Spoken(person.name, person.name_kana), key=str(n).zfill(width))
        for n, person in enumerate(state.people, start=1)
    )
    return ask(state, (say(state, "ask_person"), *options), digits=width)
