"""What workers are told: seven catalogues that lack nothing, say the same, and are short enough for a noisy gate."""

import string
import sys

import pytest

from core import texts
from core.attendance.model import Reason
from core.registry.model import Language
from core.texts import LANGUAGES, reason_text, sentence, spoken_time, template
from core.tiering.proposing import MOST_CHOICES

# The longest a sentence may be for 8 s of speech, as signs: about 7 morae a second in Japanese with its Chinese signs
# counting double, 5 syllables in Chinese, 14 letters elsewhere.
MOST_SIGNS = {"ja": 44, "zh": 40, "en": 110, "vi": 110, "id": 110, "tl": 110, "pt": 110}
NAMES = {
    "name": "",
    "site": "",
    "time": "",
    "date": "2026/12/31",
    "key": "1",
    "days": "12",
    "count": "3",
    "code": "123456",
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_languages_are_those_a_worker_may_choose() -> None:
    assert tuple(language.value for language in Language) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_lacks_a_sentence(language: str) -> None:
    catalogue = sys.modules[f"core.texts.{language}"]
    assert set(catalogue.SENTENCES) == set(texts.KEYS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text_in_every_language(language: str) -> None:
    catalogue = sys.modules[f"core.texts.{language}"]
    assert set(catalogue.REASONS) == {reason.value for reason in Reason}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", texts.KEYS)
def test_every_sentence_has_the_placeholders_of_the_japanese_one(language: str, key: str) -> None:
    assert placeholders(template(language, key)) == placeholders(template("ja", key))


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_have_no_placeholders(language: str) -> None:
    assert [value for value in texts.REASON_KEYS if placeholders(reason_text(language, value))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_short_enough_to_be_heard(language: str) -> None:
    spoken = [*(sentence(language, key, **NAMES) for key in texts.KEYS), *map_reasons(language)]
    assert [text for text in spoken if len(text) > MOST_SIGNS[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_under_whom_somebody_works_is_short_enough_with_all_its_choices(language: str) -> None:
    name = "北関東電気工" if language in ("ja", "zh") else "Kita-Kanto Denki"
    options = [sentence(language, "option_upper", name=name, key=str(n)) for n in range(1, MOST_CHOICES + 1)]
    spoken = "".join([sentence(language, "ask_upper"), *options, sentence(language, "upper_other")])
    assert len(spoken) <= MOST_SIGNS[language]


def map_reasons(language: str) -> list[str]:
    return [reason_text(language, reason) for reason in texts.REASON_KEYS]


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        (
            "entry",
            {"name": "山田太郎", "site": "中央ビル", "time": "7時52分"},
            "山田太郎さん、中央ビル、入場、7時52分。記録しました。ご安全に。",
        ),
        (
            "exit",
            {"name": "山田太郎", "site": "中央ビル", "time": "17時10分"},
            "山田太郎さん、中央ビル、退場、17時10分。記録しました。お疲れさまでした。",
        ),
        ("repeated", {"time": "7時52分"}, "7時52分に記録済みです。もう一度かける必要はありません。"),
        ("withheld", {}, "番号が通知されていません。頭に186を付けて、おかけ直しください。"),
        ("unknown", {}, "この番号は登録されていません。職長か現場事務所にお知らせください。"),
        ("days", {"days": "12"}, "今月の就業日数は12日です。"),
        ("option_person", {"name": "田中花子", "key": "2"}, "田中花子さんは2を押してください。"),
    ],
)
def test_japanese_says_what_the_design_says(key: str, values: dict[str, str], expected: str) -> None:
    assert sentence("ja", key, **values) == expected


def test_times_are_spoken_as_each_language_does() -> None:
    assert {language: spoken_time(language, 8, 5) for language in LANGUAGES} == {
        "ja": "8時5分",
        "en": "8:05",
        "vi": "8 giờ 5 phút",
        "zh": "8点05分",
        "id": "8:05",
        "tl": "8:05",
        "pt": "8h05",
    }


def test_a_full_hour_is_spoken_without_zero_minutes() -> None:
    assert {language: spoken_time(language, 17, 0) for language in LANGUAGES} == {
        "ja": "17時ちょうど",
        "en": "17:00",
        "vi": "17 giờ",
        "zh": "17点整",
        "id": "17:00",
        "tl": "17:00",
        "pt": "17h",
    }


def test_a_reason_is_also_a_sentence_by_its_key() -> None:
    assert sentence("ja", "reason.too_soon") == reason_text("ja", "too_soon")


@pytest.mark.parametrize(
    ("language", "key"), [("ja", "entri"), ("xx", "entry"), ("ja", "reason.none"), ("ja", "reason.")]
)
def test_what_does_not_exist_is_an_error_and_not_silence(language: str, key: str) -> None:
    with pytest.raises(KeyError):
        sentence(language, key)


def test_a_value_that_looks_like_a_placeholder_is_only_spoken() -> None:
    assert sentence("en", "days", days="{days}") == "Days worked this month: {days}."
