"""How a page is made: templates, language, words, and how times and numbers are written. Times are shown in Japan time.

Whoever adds pages from elsewhere calls add_templates() (and admin.words.add_words()) before the first of them is shown.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from admin.words import DEFAULT_LANGUAGE, LANGUAGES, WORDS, word
from core.accounts.model import Permission
from core.clock import JST
from core.errors import DomainError
from core.phone import national

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
LANGUAGE_COOKIE = "lang"

_WEEKDAYS = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PAGES_WITH_TEXT = (403, 404, 500, 503)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")  # isdigit() takes ² too, and int() refuses it, and thousands of digits
# Browsers drop control characters and take a backslash for a slash: "/\t/host" would leave us.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")

LARGEST = 10_000_000  # page or row that an address may name: far below what a database takes
PageNumber = Annotated[int, Query(le=LARGEST)]
RowNumber = Annotated[int, Query(le=LARGEST)]

NAV_GROUPS = ("daily", "registry", "papers", "admin")


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One line of the navigation: shown to whoever has the permission, in its group."""

    path: str
    label: str  # a key of the words, or a text
    permission: Permission
    group: str = "daily"
    count_path: str | None = None  # answers with the number shown beside it
    covers: str = "(?!)"  # pattern of further pages that belong to it, whatever lies before it in their address


_loaders: list[BaseLoader] = [FileSystemLoader(FOLDER / "templates")]
_environment = Environment(
    loader=ChoiceLoader(_loaders),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def add_templates(path: Path) -> None:
    """Look for templates in this folder too, after our own."""
    _loaders.append(FileSystemLoader(path))


def render(request: Request, template_name: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Return a page made from a template, in the language the reader chose.

    Every template has: lang, word(key, **values), text(key_or_text), path, here, account (None before sign-in), nav.
    """
    lang = language_of(request)
    html = _environment.get_template(template_name).render(
        lang=lang,
        languages=LANGUAGES,
        path=request.url.path,
        here=_here(request),
        account=getattr(request.state, "account", None),
        viewer=getattr(request.state, "viewer", None),
        nav=_nav(request),
        nav_path=current_path(request.app.state.nav, request.url.path),
        training=getattr(request.app.state, "training", None),
        **context,
    )
    return HTMLResponse(html, status_code, {"Content-Language": lang, "Vary": "Cookie"})


def render_error(request: Request, status_code: int) -> HTMLResponse:
    """Return the page for something that went wrong; it needs no database."""
    kind = str(status_code) if status_code in _PAGES_WITH_TEXT else "other"
    return render(request, "error.html", status_code=status_code, kind=kind)


def render_problem(request: Request, error: DomainError) -> HTMLResponse:
    """Return the page for something that cannot be done; it says so in the reader's words, and shows the cause."""
    return render(request, "problem.html", status_code=409, code=error.code, detail=str(error))


def _nav(request: Request) -> list[tuple[str, list[NavEntry]]]:
    """Return the entries the viewer may open, by group; none before sign-in."""
    viewer = getattr(request.state, "viewer", None)
    if viewer is None:
        return []
    entries: tuple[NavEntry, ...] = request.app.state.nav
    groups: dict[str, list[NavEntry]] = {}
    for entry in entries:
        if viewer.may(entry.permission):
            groups.setdefault(entry.group, []).append(entry)
    return sorted(groups.items(), key=lambda group: NAV_GROUPS.index(group[0]))


def current_path(entries: Iterable[NavEntry], path: str) -> str | None:
    """Return the path of the one entry of the navigation that a page belongs to; None for pages beside it."""
    for entry in entries:
        if re.fullmatch(entry.covers, path):
            return entry.path
    return max((entry.path for entry in entries if is_here(entry.path, path)), key=len, default=None)


def is_here(entry_path: str, path: str) -> bool:
    """Whether a page lies in the part of the site that an entry of the navigation leads to."""
    return path == entry_path or (entry_path != "/" and path.startswith(f"{entry_path}/"))


def language_of(request: Request) -> str:
    """Return the language the reader chose; Japanese until then."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def local_path(text: str) -> str:
    """Return a path of ours to go on to; the first page when the text would lead to another host."""
    return text if _LOCAL_PATH.fullmatch(text) else "/"


def with_query(path: str, **values: object) -> str:
    """Return the path with those of the values that are not None as its query."""
    query = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{path}?{query}" if query else path


def static_url(name: str) -> str:
    """Return the address of a static file, which changes with its content: browsers may keep it for ever."""
    return f"/static/{name}?v={_content_version(STATIC / name)}"


@lru_cache
def _content_version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _here(request: Request) -> str:
    if request.method != "GET":
        return "/"  # what answered a form cannot be asked for again
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


@pass_context
def _word(context: Context, key: str, **values: object) -> str:
    return word(key, context["lang"], **values)


@pass_context
def _text(context: Context, key_or_text: str) -> str:
    """Return the word of a key, or the text itself: entries of the navigation may come from elsewhere."""
    return word(key_or_text, context["lang"]) if key_or_text in WORDS else key_or_text


def japan_time(at: datetime) -> str:
    """Return 07:52."""
    return at.astimezone(JST).strftime("%H:%M")


def whole_number(text: str) -> int | None:
    """Return a number typed in at most nine plain digits; None when the text is none."""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def short_date(day: date, lang: str) -> str:
    """Return 11月16日（月） or Mon 16 Nov."""
    weekday = _WEEKDAYS[lang][day.weekday()]
    if lang == "ja":
        return f"{day.month}月{day.day}日（{weekday}）"
    return f"{weekday} {day.day} {_MONTHS[day.month - 1]}"


@pass_context
def _japan_date(context: Context, day: date) -> str:
    return short_date(day, context["lang"])


@pass_context
def _japan_moment(context: Context, at: datetime, today: date | None) -> str:
    """Return the time, with its date before it unless that is today's: 11/15 17:10 or 15 Nov 17:10."""
    day = at.astimezone(JST).date()
    if day == today:
        return japan_time(at)
    short = f"{day.month}/{day.day}" if context["lang"] == "ja" else f"{day.day} {_MONTHS[day.month - 1]}"
    return f"{short} {japan_time(at)}"


@pass_context
def _age(context: Context, at: datetime, now: datetime) -> str:
    """Return how long ago an instant was: just now, minutes, hours, days."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 1:
        return _word(context, "age.now")
    if minutes < 60:
        return _word(context, "age.minutes", n=minutes)
    hours = minutes // 60
    return _word(context, "age.hours", n=hours) if hours < 48 else _word(context, "age.days", n=hours // 24)


def _number(value: int) -> str:
    return f"{value:,}"


def _national_mask(mask: str) -> str:
    """Return the mask of a number as people in Japan write it: 090****1234."""
    return mask.replace("+81", "0", 1)


_GLOBALS: Mapping[str, Any] = {
    "word": _word,
    "text": _text,
    "static_url": static_url,
    "with_query": with_query,
    "is_here": is_here,
}
_FILTERS: Mapping[str, Any] = {
    "japan_time": japan_time,
    "japan_date": _japan_date,
    "japan_moment": _japan_moment,
    "age": _age,
    "number": _number,
    "national_phone": national,
    "national_mask": _national_mask,
}
_environment.globals.update(_GLOBALS)
_environment.filters.update(_FILTERS)
