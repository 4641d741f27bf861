"""Under whom the caller works: asked after his record, which never waits for the answer. Pure."""

from dataclasses import replace

from ivr.conversation.saying import ask, close, say
from ivr.dialogue import KeepUpper, Need, Phase, State, Turn, UpperKept
from ivr.model import Sentence, Spoken

OTHER_KEY = "0"  # 9 is 「もう一度聞く」 elsewhere


def ask_upper(state: State, *before: Sentence) -> Turn:
    options = (
        say(state, "option_upper", name=Spoken(upper.name, upper.name_kana), key=str(n))
        for n, upper in enumerate(state.uppers, start=1)
    )
    asking = replace(state, phase=Phase.UPPER)
    return ask(asking, (*before, say(state, "ask_upper"), *options, say(state, "upper_other")), digits=1)


def on_upper(state: State, digits: str | None) -> Turn | Need:
    """Take the answer, evidence and no more: the entry was recorded before, and stays whatever is keyed."""
    keys = {str(n): upper.contractor_id for n, upper in enumerate(state.uppers, start=1)}
    if digits in keys:
        return Need(state, KeepUpper(keys[digits]))
    if digits is None:
        return close(state)
    if digits == OTHER_KEY:
        return close(state, say(state, "upper_noted"))
    if state.tries:
        return close(state, say(state, "goodbye"))
    return ask_upper(replace(state, tries=1), say(state, "not_understood"))


def on_upper_kept(state: State, _came: UpperKept) -> Turn:
    return close(state, say(state, "upper_noted"))
