"""What a turn is made of: sentences in the caller's language, a question, the end. Pure."""

from dataclasses import replace

from core.clock import JST
from core.texts import spoken_time
from ivr.dialogue import Judged, Phase, State, Turn
from ivr.model import Collect, HangUp, Say, Sentence, Spoken, Verb


def say(state: State, sentence_key: str, /, **values: str | Spoken) -> Sentence:
    return Sentence(sentence_key, state.language, values)


def spoken_at(state: State, judged: Judged) -> str:
    """Return the instant of what became of a punch as the caller's language says it, in Japan time."""
    local = judged.at.astimezone(JST)
    return spoken_time(state.language.value, local.hour, local.minute)


def ask(state: State, sentences: tuple[Sentence, ...], *, digits: int | None, timeout_s: int = 6) -> Turn:
    """Say sentences and wait for so many digits, or where None for digits that a hash key ends."""
    asked = replace(state, turn=state.turn + 1)
    return Turn(asked, (Collect(sentences, digits=digits, turn=asked.turn, timeout_s=timeout_s),))


def close(state: State, *sentences: Sentence) -> Turn:
    """Say the last sentences, if any, and hang up."""
    spoken: tuple[Verb, ...] = (Say(sentences),) if sentences else ()
    return Turn(done(state), (*spoken, HangUp()))


def done(state: State) -> State:
    return state if state.phase is Phase.DONE else replace(state, phase=Phase.DONE)
