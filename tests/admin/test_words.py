"""The words of the pages."""

import re
from string import Formatter

import pytest

from admin.pages import FOLDER
from admin.rooms import ROOMS
from admin.words import LANGUAGES, WORDS, add_words, word
from core.attendance.model import Channel, Direction, Reason, Verdict


def test_no_word_lacks_a_language() -> None:
    assert [key for key, texts in WORDS.items() if texts.keys() != LANGUAGES.keys()] == []


def test_both_languages_are_filled_with_the_same_values() -> None:
    names = {
        key: [{field for _, field, _, _ in Formatter().parse(text) if field} for text in texts.values()]
        for key, texts in WORDS.items()
    }
    assert [key for key, found in names.items() if found[0] != found[1]] == []


@pytest.mark.parametrize(
    ("kind", "enum"), [("reason", Reason), ("verdict", Verdict), ("channel", Channel), ("direction", Direction)]
)
def test_every_value_of_a_closed_list_has_its_words(kind: str, enum: type[Reason]) -> None:
    assert [value for value in enum if f"{kind}.{value}" not in WORDS] == []


def test_every_word_a_template_asks_for_is_there() -> None:
    asked = {
        key
        for template in (FOLDER / "templates").rglob("*.html")
        for key in re.findall(r"""word\(["']([a-z_.0-9]+)["'][,)]""", template.read_text(encoding="utf-8"))
    }
    assert asked
    known = WORDS.keys() | {key for room in ROOMS for key in room.words}
    assert sorted(asked - known) == []


def test_an_unknown_word_is_an_error_and_never_shown() -> None:
    with pytest.raises(KeyError):
        word("no.such.word", "ja")


def test_words_from_elsewhere_come_in_both_languages() -> None:
    with pytest.raises(ValueError, match=r"phone\.half needs a text in each of: ja, en"):
        add_words({"phone.half": {"ja": "電話"}})
