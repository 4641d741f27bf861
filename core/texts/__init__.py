"""What the system says to workers, in seven languages: spoken sentences, short messages, every reason in plain words.

One catalogue per language, all with the same keys and placeholders as the Japanese one. Pure and standard library only:
the program on the gate's PC speaks with it as well. Which voice speaks is the phone's affair.
"""

from types import ModuleType

from core.texts import en, id, ja, pt, tl, vi, zh  # noqa: A004 - the code of Indonesian

_CATALOGUES: dict[str, ModuleType] = {"ja": ja, "en": en, "vi": vi, "zh": zh, "id": id, "tl": tl, "pt": pt}

REASON_PREFIX = "reason."
LANGUAGES = tuple(_CATALOGUES)
KEYS = tuple(ja.SENTENCES)
REASON_KEYS = tuple(ja.REASONS)


def template(language: str, key: str) -> str:
    """Return a sentence with its placeholders unfilled. A key "reason.<value>" gives the text of that reason.

    Raises KeyError for a language or key that does not exist.
    """
    catalogue = _CATALOGUES[language]
    is_reason = key.startswith(REASON_PREFIX)
    text: str = catalogue.REASONS[key.removeprefix(REASON_PREFIX)] if is_reason else catalogue.SENTENCES[key]
    return text


def sentence(language: str, key: str, /, **values: str) -> str:
    """Return a sentence with its placeholders filled; values it has no place for are ignored.

    Raises KeyError for an unknown language or key, and for a placeholder without a value.
    """
    return template(language, key).format(**values)


def reason_text(language: str, reason: str) -> str:
    """Return what a worker is told of a reason, by its stored value: what happened, and what to do.

    Raises KeyError for a language or reason that does not exist.
    """
    return template(language, REASON_PREFIX + reason)


def spoken_time(language: str, hour: int, minute: int) -> str:
    """Return a time of day as it is spoken, e.g. 7時52分 or 8時ちょうど; the caller has made it Japan time."""
    catalogue = _CATALOGUES[language]
    text: str = catalogue.TIME if minute else catalogue.FULL_HOUR
    return text.format(hour=hour, minute=minute)


def time_templates(language: str) -> tuple[str, str]:
    """Return how a time of day is spoken, and how a full hour is, with {hour} and {minute} unfilled.

    Raises KeyError for a language that does not exist.
    """
    catalogue = _CATALOGUES[language]
    return catalogue.TIME, catalogue.FULL_HOUR
