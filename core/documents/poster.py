"""Posters of a site: the number to call, large; and for sites with readers, where to touch the card."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno

from core.documents.model import DayCode, Paper, PaperLine, SitePaper, Way
from core.documents.poster_texts import FOREIGN, TEXTS
from core.phone import national

WAYS = (Way.ENTRY, Way.EXIT, Way.EITHER)  # in the order of a day
BIG_LINES = 2  # so many numbers stand large on one poster; the rest are listed
MAX_QR_BORDER = 4  # modules of white that scanners need around a code (ISO/IEC 18004)
_SENTENCES = ("call", "ring", "listen", "listen_and_hang_up", "hang_up", "hang_up_free")  # steps without keys
_RUBY = re.compile(r"\{([^|{}]+)\|([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a template is given: its name, data and pictures."""

    template: str
    data: dict[str, Any]
    pictures: dict[str, bytes]


def site_poster(
    site: SitePaper, paper: Paper, *, day_code: DayCode | None = None, languages: Sequence[str] = FOREIGN
) -> Sheet:
    """Return the poster of a site's numbers. day_code is shown when the site asks for one."""
    big, others = _by_size(site.lines)
    data = {
        "paper": paper.value,
        "site": {"name": site.site_name, "prime": site.prime_name, "code": site.site_code},
        "words": {name: ruby_parts(text) for name, text in TEXTS["ja"].items() if "{code}" not in text},
        "lines": [_line(line, number) for number, line in enumerate(big)],
        "others": [national(line.e164) for line in others],
        "steps": [[ruby_parts(text) for text in step] for step in steps_of("ja", site, big)],
        "asks_site_code": any(line.asks_site_code for line in site.lines),
        "day_code": _day_code(site, day_code),
        "languages": [_language(language, site, big) for language in languages],
    }
    pictures = {f"qr{number}.svg": tel_qr(line.e164) for number, line in enumerate(big)}
    return Sheet("poster", data, pictures)


def card_poster(site: SitePaper, paper: Paper, *, languages: Sequence[str] = FOREIGN) -> Sheet:
    """Return the poster that hangs beside a card reader."""
    keys = ("touch_hold", "touch_wait", "touch_in_out")
    data = {
        "paper": paper.value,
        "site": {"name": site.site_name, "prime": site.prime_name},
        "words": {name: ruby_parts(text) for name, text in TEXTS["ja"].items() if "{code}" not in text},
        "steps": [ruby_parts(TEXTS["ja"][key]) for key in keys],
        "languages": [
            {"code": language, "name": TEXTS[language]["name"], "touch": TEXTS[language]["touch"]}
            | {"steps": [TEXTS[language][key] for key in keys], "trouble": TEXTS[language]["trouble"]}
            for language in languages
        ],
        "numbers": [national(line.e164) for line in site.lines],
    }
    return Sheet("card_poster", data, {})


def steps(language: str, site: SitePaper, line: PaperLine | None) -> list[list[str]]:
    """Return the three steps of a call in a language; the second may have several parts, one for each key asked."""
    texts = TEXTS[language]
    pressed = _pressed(texts, site, line)
    if pressed:
        return [[texts["call"]], pressed, [texts["listen_and_hang_up"]]]
    if line is not None and line.is_ring_only:
        return [[texts["call"]], [texts["ring"]], [texts["hang_up_free"]]]
    return [[texts["call"]], [texts["listen"]], [texts["hang_up"]]]


def _pressed(texts: dict[str, str], site: SitePaper, line: PaperLine | None) -> list[str]:
    if line is None:
        return []
    asked = []
    if line.asks_site_code:
        asked.append(texts["press_site"].replace("{code}", site.site_code))
    if site.day_code_required:
        asked.append(texts["press_day"])
    if line.is_menu and line.way is Way.EITHER:
        asked.append(texts["press_direction"])
    return asked


def steps_of(language: str, site: SitePaper, lines: Sequence[PaperLine]) -> list[list[str]]:
    """Return the three steps for the lines of a paper; a step that differs has a part for each line."""
    texts = TEXTS[language]
    return [told[0] if _is_one(told) else _by_line(texts, lines, told) for told in _each(language, site, lines)]


def told_steps(language: str, site: SitePaper, lines: Sequence[PaperLine]) -> list[str]:
    """Return the three steps for the lines of a paper, each on one line."""
    texts = TEXTS[language]
    return [
        joined(texts, told[0]) if _is_one(told) else " / ".join(_by_line(texts, lines, told))
        for told in _each(language, site, lines)
    ]


def _each(language: str, site: SitePaper, lines: Sequence[PaperLine]) -> list[tuple[list[str], ...]]:
    """Return of each of the three steps what it is for each line."""
    return list(zip(*(steps(language, site, line) for line in lines or (None,)), strict=True))


def _is_one(told: Sequence[list[str]]) -> bool:
    return all(step == told[0] for step in told)


def _by_line(texts: dict[str, str], lines: Sequence[PaperLine], told: Sequence[list[str]]) -> list[str]:
    """Return a step as one part for each line, which says when that line is called; or its number."""
    whens = {Way.ENTRY: texts["when_entry"], Way.EXIT: texts["when_exit"]}
    has_ways = len({line.way for line in lines} - {Way.EITHER}) == len(lines)
    names = [whens[line.way] if has_ways else national(line.e164) for line in lines]
    return [f"{name}: {joined(texts, step)}" for name, step in zip(names, told, strict=True)]


def joined(texts: dict[str, str], step: Sequence[str]) -> str:
    """Return a step on one line; keys to press have the verb before them and arrows between."""
    is_sentence = step[0] in {texts[name] for name in _SENTENCES}
    return step[0] if is_sentence else texts["press"] + " → ".join(step)


def ruby_parts(text: str) -> list[dict[str, str]]:
    """Return a text as parts with their furigana: {電話|でんわ}で gives 電話 with でんわ, then で with none."""
    parts: list[dict[str, str]] = []
    end = 0
    for found in _RUBY.finditer(text):
        if found.start() > end:
            parts.append({"text": text[end : found.start()], "ruby": ""})
        parts.append({"text": found[1], "ruby": found[2]})
        end = found.end()
    if end < len(text):
        parts.append({"text": text[end:], "ruby": ""})
    return parts


def plain(text: str) -> str:
    """Return a text without its furigana."""
    return _RUBY.sub(r"\1", text)


def tel_qr(e164: str) -> bytes:
    """Return the QR code that dials a number, as SVG, with the white border that scanners need."""
    picture = io.BytesIO()
    segno.make(f"tel:{e164}", error="m", micro=False).save(
        picture, kind="svg", border=MAX_QR_BORDER, xmldecl=False, svgns=True, light="#fff", unit="mm"
    )
    return picture.getvalue()


def japanese_date(day: date) -> str:
    """Return 11月16日（月）."""
    return f"{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"


def _by_size(lines: Sequence[PaperLine]) -> tuple[list[PaperLine], list[PaperLine]]:
    """Return the lines that stand large, entry before exit, and the others."""
    one_way = {line.way: line for line in reversed(lines) if line.way is not Way.EITHER}
    big = [one_way[way] for way in WAYS if way in one_way] if len(one_way) == BIG_LINES else list(lines[:1])
    return big, [line for line in lines if line not in big]


def _line(line: PaperLine, number: int) -> dict[str, str]:
    return {"number": national(line.e164), "way": line.way.value, "qr": f"qr{number}.svg"}


def _day_code(site: SitePaper, day_code: DayCode | None) -> dict[str, str] | None:
    if not site.day_code_required:
        return None
    shown = day_code or DayCode()
    return {"code": shown.code, "on": japanese_date(shown.on) if shown.on else ""}


def _language(language: str, site: SitePaper, lines: Sequence[PaperLine]) -> dict[str, Any]:
    texts = TEXTS[language]
    return {
        "code": language,
        "name": texts["name"],
        "steps": told_steps(language, site, lines),
        "withheld": texts["withheld"],
    }
