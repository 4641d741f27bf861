"""Our verbs as TwiML, the document both carriers take; SignalWire's cXML has the same verbs and its own voices."""

import re
import string
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from xml.sax.saxutils import escape

import jaconv
from twilio.twiml.voice_response import Gather, VoiceResponse
from twilio.twiml.voice_response import Say as TwimlSay

from core.registry.model import Language
from core.texts import template
from ivr.model import Collect, HangUp, RingOnly, Say, Sentence, Spoken, Verb
from ivr.voices import voice_of

KEYS_PATH = "/ivr/keys"
# XML 1.0, production Char; of the private use area nothing is spoken, and we need a part of it ourselves
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\uf900-\ufffd\U00010000-\U0010ffff]")
_PREFIX_186 = Spoken("186", "いちはちろく")  # a voice would read it as a hundred and eighty-six
_UNSPACED = (Language.JAPANESE, Language.CHINESE)
# Kana that jaconv leaves half-spelt.
_SPELLINGS = {
    "っち": "tち",
    "しぇ": "she",
    "じぇ": "je",
    "ちぇ": "che",
    "てぃ": "ti",
    "でぃ": "di",
    "とぅ": "tu",
    "・": " ",
}


def render(verbs: Sequence[Verb], carrier: str, action_base: str = KEYS_PATH) -> str:
    """Return the answer to a webhook: the verbs as a TwiML document in the carrier's voices.

    action_base is where keys are sent; SignalWire asks for an absolute address there. Once the line is to ring only,
    nothing else is said: a call is free only when <Reject> comes first.
    """
    values: list[str] = []
    frames = tuple(_frame(verb, values) for verb in verbs)
    pieces = list(_document(frames, carrier, action_base))
    for place in range(1, len(pieces), 2):
        pieces[place] = _safe(values[ord(pieces[place]) - _BLANK])
    return "".join(pieces)


_BLANK = 0xE000  # private-use characters stand for the values while a document is built; no text of ours has any

_BLANKS = re.compile("([\ue000-\uf8ff])")

_Frame = tuple[type[Verb], tuple[tuple[str, Language, tuple[tuple[str, str, str], ...]], ...], int | None, int, int]


def _frame(verb: Verb, values: list[str]) -> _Frame:
    """Return a verb without its values, which are put into the list: what is left is the same for most calls."""
    if isinstance(verb, RingOnly | HangUp):
        return (type(verb), (), None, 0, 0)
    sentences = tuple(
        (sentence.key, sentence.language, tuple(_blanks(sentence, values))) for sentence in verb.sentences
    )
    if isinstance(verb, Collect):
        return (Collect, sentences, verb.digits, verb.turn, verb.timeout_s)
    return (Say, sentences, None, 0, 0)


def _blanks(sentence: Sentence, values: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (name, blank for the text, blank for the reading) of each value; "" where there is none."""
    is_japanese = sentence.language is Language.JAPANESE
    for name, value in sentence.values.items():
        spoken = value if isinstance(value, str) or is_japanese else _foreign(value)
        text, reading = (spoken, "") if isinstance(spoken, str) else (spoken.text, spoken.reading)
        values.append(text)
        text_blank = chr(_BLANK + len(values) - 1)
        if reading:
            values.append(reading)
        yield name, text_blank, chr(_BLANK + len(values) - 1) if reading else ""


@lru_cache(maxsize=1024)
def _document(frames: tuple[_Frame, ...], carrier: str, action_base: str) -> tuple[str, ...]:
    """Return the document in pieces; every second one is the blank of a value."""
    return tuple(_BLANKS.split(_build(frames, carrier, action_base)))


@lru_cache(maxsize=8192)
def _safe(value: str) -> str:
    """Return a value as it may stand in the document. The same names and times come all morning."""
    return escape(_clean(value), {'"': "&quot;"})


def _build(frames: tuple[_Frame, ...], carrier: str, action_base: str) -> str:
    response = VoiceResponse()
    verbs = [_verb(frame) for frame in frames]
    if any(isinstance(verb, RingOnly) for verb in verbs):
        response.reject(reason="busy")
        return str(response)
    for verb in verbs:
        if isinstance(verb, Say):
            _append_says(response, verb.sentences, carrier)
        elif isinstance(verb, Collect):
            _append_gather(response, verb, carrier, f"{action_base}?n={verb.turn}")
        elif isinstance(verb, HangUp):
            response.hangup()
    return str(response)


def _verb(frame: _Frame) -> Verb:
    kind, sentences, digits, turn, timeout_s = frame
    if kind in (RingOnly, HangUp):
        return RingOnly() if kind is RingOnly else HangUp()
    blank = tuple(
        Sentence(key, language, {name: Spoken(text, reading) for name, text, reading in blanks})
        for key, language, blanks in sentences
    )
    return Collect(blank, digits, turn, timeout_s) if kind is Collect else Say(blank)


def plain_text(verbs: Sequence[Verb]) -> list[str]:
    """Return what is heard, sentence by sentence; nothing for a line that only rings."""
    if any(isinstance(verb, RingOnly) for verb in verbs):
        return []
    spoken = [sentence for verb in verbs if isinstance(verb, Say | Collect) for sentence in verb.sentences]
    return ["".join(_heard(piece) for piece in _pieces(sentence)) for sentence in spoken]


def romaji(reading: str) -> str:
    """Return a kana reading in Latin letters, title case, for a voice that knows no kana."""
    hiragana = jaconv.kata2hira(unicodedata.normalize("NFKC", reading))
    for kana, spelling in _SPELLINGS.items():
        hiragana = hiragana.replace(kana, spelling)
    letters: str = jaconv.kana2alphabet(hiragana)
    return string.capwords(letters.replace("-", "").replace("xtsu", ""))


def _append_gather(response: VoiceResponse, verb: Collect, carrier: str, action: str) -> None:
    gather = Gather(
        input="dtmf",
        num_digits=verb.digits,
        timeout=verb.timeout_s,
        finish_on_key="#",
        action_on_empty_result=True,
        action=action,
        method="POST",
    )
    _append_says(gather, verb.sentences, carrier)
    response.append(gather)
    response.redirect(action, method="POST")  # silence comes back even where actionOnEmptyResult is not honoured


def _append_says(parent: VoiceResponse | Gather, sentences: Sequence[Sentence], carrier: str) -> None:
    for language, run in groupby(sentences, key=lambda sentence: sentence.language):
        voice = voice_of(carrier, language)
        space = "" if language in _UNSPACED else " "
        say = TwimlSay(voice=voice.name, language=voice.tag)
        _append_pieces(say, [piece for sentence in run for piece in (*_pieces(sentence), space)][:-1])
        parent.append(say)


def _append_pieces(say: TwimlSay, pieces: Sequence[str | Spoken]) -> None:
    text = ""
    for piece in pieces:
        if isinstance(piece, Spoken) and piece.reading:
            _append_text(say, text)
            say.sub(piece.text, alias=piece.reading)
            text = ""
        else:
            text += _heard(piece)
    _append_text(say, text)


def _append_text(say: TwimlSay, text: str) -> None:
    if text:  # twilio keeps only the last of several texts in a row, so they are handed over as one
        say.append(text)


def _pieces(sentence: Sentence) -> Iterator[str | Spoken]:
    """Give a sentence in pieces: plain text, and names that a Japanese voice reads by their kana."""
    is_japanese = sentence.language is Language.JAPANESE
    for literal, name, _spec, _conversion in string.Formatter().parse(template(sentence.language, sentence.key)):
        yield from _with_readings(literal) if is_japanese else (literal,)
        if name is not None:
            value = sentence.values[name]
            yield value if is_japanese or isinstance(value, str) else _foreign(value)


def _with_readings(literal: str) -> Iterator[str | Spoken]:
    for number, text in enumerate(literal.split(_PREFIX_186.text)):
        if number:
            yield _PREFIX_186
        yield text


def _foreign(value: Spoken) -> str:
    return romaji(value.reading) if value.reading else value.text


def _heard(piece: str | Spoken) -> str:
    return piece.text if isinstance(piece, Spoken) else piece


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
