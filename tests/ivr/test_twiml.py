"""Our verbs as TwiML: what each becomes, who speaks it, and that any text makes a valid document."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.registry.model import Language
from ivr.model import Collect, HangUp, RingOnly, Say, Sentence, Spoken, Verb
from ivr.twiml import plain_text, render, romaji
from ivr.voices import Voice, voice_of

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
JA = '<Say language="ja-JP" voice="Polly.Kazuha-Neural">'
EN = '<Say language="en-US" voice="Polly.Joanna-Neural">'

# SayVoice of the npm package twilio 6.2.0, as far as our languages go; without the Chirp voices, which take no <sub>.
TWILIO_VOICES = {
    "ja-JP": "Polly.Mizuki Polly.Takumi Polly.Takumi-Neural Polly.Kazuha-Neural Polly.Tomoko-Neural "
    "Google.ja-JP-Standard-A Google.ja-JP-Standard-B Google.ja-JP-Standard-C Google.ja-JP-Standard-D "
    "Google.ja-JP-Wavenet-A Google.ja-JP-Wavenet-B Google.ja-JP-Wavenet-C Google.ja-JP-Wavenet-D "
    "Google.ja-JP-Neural2-B Google.ja-JP-Neural2-C Google.ja-JP-Neural2-D",
    "en-US": "Polly.Joanna Polly.Joanna-Neural Polly.Matthew Polly.Matthew-Neural Polly.Ruth-Neural "
    "Google.en-US-Neural2-A Google.en-US-Neural2-C Google.en-US-Neural2-D Google.en-US-Neural2-E "
    "Google.en-US-Neural2-F Google.en-US-Neural2-G Google.en-US-Neural2-H Google.en-US-Neural2-I "
    "Google.en-US-Neural2-J",
    "vi-VN": "Google.vi-VN-Neural2-A Google.vi-VN-Neural2-D Google.vi-VN-Standard-A Google.vi-VN-Standard-B "
    "Google.vi-VN-Standard-C Google.vi-VN-Standard-D Google.vi-VN-Wavenet-A Google.vi-VN-Wavenet-B "
    "Google.vi-VN-Wavenet-C Google.vi-VN-Wavenet-D",
    "cmn-CN": "Polly.Zhiyu Polly.Zhiyu-Neural Google.cmn-CN-Standard-A Google.cmn-CN-Standard-B "
    "Google.cmn-CN-Standard-C Google.cmn-CN-Standard-D Google.cmn-CN-Wavenet-A Google.cmn-CN-Wavenet-B "
    "Google.cmn-CN-Wavenet-C Google.cmn-CN-Wavenet-D",
    "id-ID": "Google.id-ID-Standard-A Google.id-ID-Standard-B Google.id-ID-Standard-C Google.id-ID-Standard-D "
    "Google.id-ID-Wavenet-A Google.id-ID-Wavenet-B Google.id-ID-Wavenet-C Google.id-ID-Wavenet-D",
    "fil-PH": "Google.fil-PH-Standard-A Google.fil-PH-Standard-B Google.fil-PH-Standard-C Google.fil-PH-Standard-D "
    "Google.fil-PH-Wavenet-A Google.fil-PH-Wavenet-B Google.fil-PH-Wavenet-C Google.fil-PH-Wavenet-D",
    "pt-BR": "Polly.Camila Polly.Camila-Neural Polly.Vitoria Polly.Vitoria-Neural Polly.Thiago-Neural "
    "Google.pt-BR-Neural2-A Google.pt-BR-Neural2-B Google.pt-BR-Neural2-C Google.pt-BR-Standard-A "
    "Google.pt-BR-Wavenet-A Google.pt-BR-Wavenet-B Google.pt-BR-Wavenet-C Google.pt-BR-Wavenet-D",
}
TAGS = {
    Language.JAPANESE: "ja-JP",
    Language.ENGLISH: "en-US",
    Language.VIETNAMESE: "vi-VN",
    Language.CHINESE: "cmn-CN",
    Language.INDONESIAN: "id-ID",
    Language.TAGALOG: "fil-PH",
    Language.PORTUGUESE: "pt-BR",
}

YAMADA = {"name": Spoken("山田太郎", "ヤマダ タロウ"), "site": Spoken("中央ビル", "チュウオウビル"), "time": "7時52分"}


def say(sentence_key: str, language: Language = Language.JAPANESE, /, **values: str | Spoken) -> Say:
    return Say((Sentence(sentence_key, language, dict(values)),))


def voices_at(carrier: str, tag: str) -> set[str]:
    """Return what the carrier offers: SignalWire has every voice of Google's under a prefix of its own."""
    offered = set(TWILIO_VOICES[tag].split())
    if carrier == "twilio":
        return offered
    return {name.replace("Google.", "gcloud.") for name in offered if name.startswith("Google.")}


@pytest.mark.parametrize("carrier", ["twilio", "signalwire"])
@pytest.mark.parametrize("language", Language)
def test_every_language_has_a_voice_that_the_carrier_really_offers(carrier: str, language: Language) -> None:
    voice = voice_of(carrier, language)
    assert voice.tag == TAGS[language]
    assert voice.name in voices_at(carrier, voice.tag)


def test_a_carrier_without_voices_is_an_error() -> None:
    with pytest.raises(KeyError):
        voice_of("nobody", Language.JAPANESE)


def test_an_entry_is_spoken_with_the_names_as_they_are_read() -> None:
    assert render([say("entry", **YAMADA), HangUp()], "twilio") == (
        f'{HEAD}<Response>{JA}<sub alias="ヤマダ タロウ">山田太郎</sub>さん、<sub alias="チュウオウビル">中央ビル</sub>'
        "、入場、7時52分。記録しました。ご安全に。</Say><Hangup /></Response>"
    )


def test_a_foreign_voice_gets_the_names_in_latin_letters() -> None:
    verb = say("entry", Language.ENGLISH, **(YAMADA | {"time": "7:52"}))
    assert render([verb], "twilio") == (
        f"{HEAD}<Response>{EN}Yamada Tarou, Chuuoubiru, entry at 7:52. Recorded. Stay safe.</Say></Response>"
    )


def test_the_same_document_goes_to_signalwire_with_its_own_voice() -> None:
    assert render([say("goodbye")], "signalwire") == (
        f'{HEAD}<Response><Say language="ja-JP" voice="gcloud.ja-JP-Neural2-B">'
        "電話を切ります。ご安全に。</Say></Response>"
    )


def test_a_line_that_only_rings_is_rejected_first_and_alone() -> None:
    verbs: list[Verb] = [say("goodbye"), RingOnly(), HangUp()]
    assert render(verbs, "twilio") == f'{HEAD}<Response><Reject reason="busy" /></Response>'
    assert plain_text(verbs) == []


def test_keys_are_collected_while_it_speaks_and_silence_comes_back() -> None:
    ask = Collect((Sentence("ask_site", Language.JAPANESE),), digits=4, turn=2)
    assert render([ask], "twilio") == (
        f'{HEAD}<Response><Gather action="/ivr/keys?n=2" actionOnEmptyResult="true" finishOnKey="#" input="dtmf" '
        f'method="POST" numDigits="4" timeout="6">{JA}現場の4桁の番号を押してください。</Say></Gather>'
        '<Redirect method="POST">/ivr/keys?n=2</Redirect></Response>'
    )


def test_a_number_without_a_fixed_length_ends_with_the_hash_key() -> None:
    ask = Collect((Sentence("ask_ccus_id", Language.JAPANESE),), digits=None, turn=1, timeout_s=9)
    gather = ET.fromstring(render([ask], "twilio"))[0]
    assert gather.attrib == {
        "action": "/ivr/keys?n=1",
        "actionOnEmptyResult": "true",
        "finishOnKey": "#",
        "input": "dtmf",
        "method": "POST",
        "timeout": "9",
    }


def test_keys_go_where_the_caller_of_render_says() -> None:
    ask = Collect((), digits=1, turn=3)
    document = ET.fromstring(render([ask], "signalwire", "https://genba.test/ivr/keys"))
    assert document[0].get("action") == "https://genba.test/ivr/keys?n=3"
    assert document[1].text == "https://genba.test/ivr/keys?n=3"


def test_sentences_of_one_language_are_one_breath_and_each_language_has_its_voice() -> None:
    sentences = (
        Sentence("no_input", Language.ENGLISH),
        Sentence("ask_site", Language.ENGLISH),
        Sentence("no_input", Language.JAPANESE),
        Sentence("goodbye", Language.JAPANESE),
    )
    assert render([Say(sentences)], "twilio") == (
        f"{HEAD}<Response>{EN}No key was pressed. Please press the 4 digits of your site.</Say>"
        f"{JA}番号が押されませんでした。電話を切ります。ご安全に。</Say></Response>"
    )


def test_186_is_read_digit_by_digit() -> None:
    assert '頭に<sub alias="いちはちろく">186</sub>を付けて' in render([say("withheld")], "twilio")


def test_what_is_heard_is_told_sentence_by_sentence_as_it_is_written() -> None:
    verbs = [say("entry", **YAMADA), Collect((Sentence("withheld", Language.JAPANESE),), digits=1, turn=1), HangUp()]
    assert plain_text(verbs) == [
        "山田太郎さん、中央ビル、入場、7時52分。記録しました。ご安全に。",
        "番号が通知されていません。頭に186を付けて、おかけ直しください。",
    ]


def test_a_name_without_reading_is_spoken_as_it_is_written() -> None:
    verb = say("option_person", Language.VIETNAMESE, name=Spoken("Nguyễn Văn Minh"), key="1")
    assert plain_text([verb]) == ["Nguyễn Văn Minh, bấm phím 1."]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("ヤマダ　タロウ", "Yamada Tarou"),
        ("やまだ たろう", "Yamada Tarou"),
        ("ｻﾄｳ ｼﾞﾛｳ", "Satou Jirou"),
        ("グエン・ヴァン・ミン", "Guen Van Min"),
        ("タワー", "Tawa"),
        ("ハッチョウボリ", "Hatchoubori"),
        ("チェン", "Chen"),
        ("ABCビル", "Abcbiru"),
        ("", ""),
    ],
)
def test_readings_become_latin_letters(reading: str, expected: str) -> None:
    assert romaji(reading) == expected


def test_a_missing_value_is_an_error_and_not_half_a_sentence() -> None:
    with pytest.raises(KeyError):
        render([say("days")], "twilio")


@given(name=st.text(), reading=st.text(), language=st.sampled_from(Language))
def test_any_name_makes_a_valid_document(name: str, reading: str, language: Language) -> None:
    verb = say("option_person", language, name=Spoken(name, reading), key="1")
    document = ET.fromstring(render([verb, Collect(verb.sentences, digits=1, turn=1)], "twilio").encode())
    assert [element.tag for element in document] == ["Say", "Gather", "Redirect"]


def test_a_voice_is_a_plain_value() -> None:
    assert voice_of("twilio", Language.JAPANESE) == Voice("Polly.Kazuha-Neural", "ja-JP")
