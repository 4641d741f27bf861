"""What the gate page is given to show of a touch and of the device, as plain values. Pure: facts in, words out.

The page itself is in Japanese; a person whose language is another is told in it as well. What the device shows first
may be corrected by the server's answer a moment later.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypedDict

from core import texts
from core.clock import JST, work_date
from reader_bridge.device.identity import Identity
from reader_bridge.device.spool import Unsent
from reader_bridge.wire import PersonShown, ReaderShown

JAPANESE, ENGLISH = "ja", "en"
DIRECTIONS = {"entry": "入場", "exit": "退場"}
RECORDED = "記録しました"
NOT_TAKEN = "受け付けられませんでした"
RECORDED_BEFORE = "記録済みです"
NOT_KEPT = "記録できませんでした"
UNKNOWN_NAME = "未登録のカード"
TYPED_NAME = "番号入力"
UNKNOWN_CARD = "unknown_card"
READER_NAMES = {"keys": "キーボード型リーダー・番号入力"}  # others are called what they call themselves
ENDS_SOON_DAYS = 30  # so long before its last day a card says so at each touch


class Tone(StrEnum):
    """What is heard."""

    RECORDED = "recorded"
    ATTENTION = "attention"
    NOT_KEPT = "not_kept"


class Line(TypedDict):
    """A sentence and its language."""

    lang: str
    text: str


class Shown(TypedDict):
    """One card on the screen; an answer that comes later brings the same id."""

    id: str
    tone: str
    name: str
    headline: str
    time: str
    lines: list[Line]
    late: bool  # it corrects what is shown, and makes no sound unless it needs attention


class Last(TypedDict):
    time: str
    name: str


class State(TypedDict):
    """All else the page shows."""

    now_ms: int
    site: str
    device: str
    online: bool | None  # None until the server was asked
    refusal: str | None  # the server's code when it does not take this device
    people: int
    unsent: int
    oldest: str | None
    set_aside: int
    room: bool  # false: the disk was full, and touches go into the room held ready
    readers: list[ReaderShown]
    last: list[Last]
    invite_every_s: int
    invitation: str


def clock_time(at: datetime) -> str:
    """Return the time of day in Japan, 7:52."""
    local = at.astimezone(JST)
    return f"{local.hour}:{local.minute:02d}"


def when(at: datetime, now: datetime) -> str:
    """Return the time of day, with the date when it is not today's in Japan."""
    local = at.astimezone(JST)
    today = work_date(at) == work_date(now)
    return clock_time(at) if today else f"{local.month}月{local.day}日 {clock_time(at)}"


def day_start(now: datetime, day_starts_min: int) -> datetime:
    """Return when the site's present day began."""
    offset = timedelta(minutes=day_starts_min)
    return datetime.combine(work_date(now, offset), datetime.min.time(), JST) + offset


def readers_named(readers: Iterable[ReaderShown]) -> list[ReaderShown]:
    """Return the readers as the page calls them."""
    return [{**reader, "name": READER_NAMES.get(reader["name"], reader["name"])} for reader in readers]


def kept(touch_id: str, at: datetime, person: PersonShown | None, identity: Identity | None) -> Shown:
    """Return what is shown once a touch is on the disk; a direction only where the office has fixed it."""
    direction = identity.direction if identity else None
    if person is None:
        lines = _reason(UNKNOWN_CARD, ENGLISH)
        return _shown(touch_id, Tone.ATTENTION, "", RECORDED, at, lines)
    site = identity.site_name if identity else ""
    told = _told(person["language"], person["name"], site, direction, at)
    lines = told + _ends_soon(person, at)
    return _shown(touch_id, Tone.RECORDED, person["name"], _headline(direction), at, lines)


def kept_by_id(touch_id: str, at: datetime, identity: Identity | None) -> Shown:
    """Return what is shown of a typed id: whose it is the server will say."""
    direction = identity.direction if identity else None
    return _shown(touch_id, Tone.RECORDED, "", _headline(direction), at, [])


def corrected(shown: Shown, answer: Mapping[str, Any], at: datetime, person: PersonShown | None, site: str) -> Shown:
    """Return what is shown after the server's answer: direction, name, and the reason when there is one.

    Who is not known is told in English too, as it was when the touch was kept.
    """
    name = str(answer.get("worker") or shown["name"])
    language = person["language"] if person else str(answer.get("language") or (JAPANESE if name else ENGLISH))
    direction = answer.get("direction")
    reason = _reason(str(answer.get("reason") or ""), language)
    if answer.get("result") == "refused":
        lines = _lines("gate_not_kept", JAPANESE, language)
        return {**shown, "tone": Tone.NOT_KEPT, "headline": NOT_TAKEN, "lines": lines, "late": True}
    told = reason or _told(language, name, site, direction, at)
    lines = told + _ends_soon(person, at) if reason or name else shown["lines"]
    needs_attention = bool(reason) or (not name and shown["tone"] == Tone.ATTENTION)
    tone = Tone.ATTENTION if needs_attention else Tone.RECORDED
    return {**shown, "tone": tone, "name": name, "headline": _headline(direction), "lines": lines, "late": True}


def repeated(kept_at: datetime, person: PersonShown | None) -> Shown:
    """Return what is shown when the same card comes again at once."""
    lines = _lines("gate_repeated", *_languages(person), time_at=kept_at)
    name = person["name"] if person else ""
    return _shown("", Tone.RECORDED, name, RECORDED_BEFORE, kept_at, lines)


def not_kept(at: datetime) -> Shown:
    """Return what is shown when a touch could not be written down."""
    return _shown("", Tone.NOT_KEPT, "", NOT_KEPT, at, _lines("gate_not_kept", JAPANESE, ENGLISH))


def unread(at: datetime) -> Shown:
    """Return what is shown when a card came that could not be read."""
    headline = "もう一度タッチしてください"
    return _shown("", Tone.ATTENTION, "", headline, at, _lines("gate_unread", JAPANESE, ENGLISH))


def oldest(unsent: Unsent, now: datetime) -> str | None:
    return when(unsent.oldest_at, now) if unsent.oldest_at else None


def _shown(touch_id: str, tone: Tone, name: str, headline: str, at: datetime, lines: list[Line]) -> Shown:
    return {
        "id": touch_id,
        "tone": tone,
        "name": name,
        "headline": headline,
        "time": clock_time(at),
        "lines": lines,
        "late": False,
    }


def _headline(direction: str | None) -> str:
    return DIRECTIONS.get(direction or "", RECORDED)


def _told(language: str, name: str, site: str, direction: str | None, at: datetime) -> list[Line]:
    """Return the sentence in a person's language; the Japanese one is said by headline, name and time already."""
    if language == JAPANESE or language not in texts.LANGUAGES:
        return []
    key = direction if direction in DIRECTIONS else "gate_recorded"
    return [{"lang": language, "text": texts.sentence(language, key, name=name, site=site, time=_spoken(language, at))}]


def _ends_soon(person: PersonShown | None, at: datetime) -> list[Line]:
    """Return that a card ends within a month; one that has ended is the server's matter."""
    if person is None or person["valid_until"] is None:
        return []
    until = date.fromisoformat(person["valid_until"])
    if not 0 <= (until - at.astimezone(JST).date()).days <= ENDS_SOON_DAYS:
        return []
    day = f"{until.year}/{until.month}/{until.day}"
    spoken_in = dict.fromkeys(_languages(person))
    return [{"lang": each, "text": texts.sentence(each, "gate_ends_soon", date=day)} for each in spoken_in]


def _lines(key: str, *languages: str, time_at: datetime | None = None) -> list[Line]:
    return [
        {"lang": language, "text": texts.sentence(language, key, time=_spoken(language, time_at) if time_at else "")}
        for language in dict.fromkeys(languages)
    ]


def _reason(reason: str, language: str) -> list[Line]:
    return [
        {"lang": each, "text": texts.reason_text(each, reason)}
        for each in dict.fromkeys((JAPANESE, language))
        if reason in texts.REASON_KEYS and each in texts.LANGUAGES
    ]


def _languages(person: PersonShown | None) -> tuple[str, ...]:
    return (JAPANESE, person["language"]) if person and person["language"] in texts.LANGUAGES else (JAPANESE,)


def _spoken(language: str, at: datetime) -> str:
    local = at.astimezone(JST)
    return texts.spoken_time(language, local.hour, local.minute)
