"""The phone's words: what a carrier tells us of a call, and what we let it do. No carrier's term goes further in."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.registry.model import Language
from core.values import value


class CallerId(StrEnum):
    """What the carrier said of the caller: a number, a number kept back, or something that is no number."""

    GIVEN = "given"
    WITHHELD = "withheld"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One request of a carrier about one call, in our words.

    call_key is "carrier:account:call id", unique for ever. caller_e164 is set only when caller_id is GIVEN. called is
    the number dialled, as E.164 where it is one. digits is None when nothing was keyed (silence), "" never occurs.
    """

    carrier: str
    account: str
    call_key: str
    called: str
    caller_id: CallerId
    caller_e164: str | None = field(repr=False)
    status: str = ""  # ringing, in-progress, completed, busy, no-answer, failed, canceled
    digits: str | None = None
    attempt_token: str = ""  # the same on every repeat of one request
    sequence: int = 0
    duration_s: int | None = None
    error_code: str = ""


@value
class Spoken:
    """A name in a sentence: how it is written, and how a Japanese voice should read it ("" = as written)."""

    text: str
    reading: str = ""


@value
class Sentence:
    """A sentence of core.texts by its key, in one language, with the values that fill it."""

    key: str
    language: Language
    values: dict[str, str | Spoken] = field(default_factory=dict)


@value
class Say:
    """Speak the sentences, one after the other."""

    sentences: tuple[Sentence, ...]


@value
class Collect:
    """Speak, then wait for keys. What is keyed, or silence, goes to /ivr/keys?n=<turn>.

    digits is how many keys end the wait; None waits for the # key.
    """

    sentences: tuple[Sentence, ...]
    digits: int | None
    turn: int
    timeout_s: int = 6


@value
class RingOnly:
    """Let it ring busy: the call is never answered, so neither side pays."""


@value
class HangUp:
    """End the call."""


Verb = Say | Collect | RingOnly | HangUp
