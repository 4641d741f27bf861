"""The leaflet a worker keeps: how to call, how to register, what to do when; in his language."""

from core.documents.model import SitePaper
from core.documents.poster import WAYS, Sheet, plain, ruby_parts, tel_qr, told_steps
from core.documents.poster_texts import TEXTS
from core.phone import national

PROBLEMS = ("unknown", "forgot", "no_phone", "twice", "new_phone")
MOST_LINES = 2
_WORDS = (
    "title",
    "when",
    "when_entry",
    "when_exit",
    "daily",
    "own_phone",
    "before",
    "register",
    "problems",
    "withheld",
)


def leaflet(site: SitePaper, language: str) -> Sheet:
    """Return the leaflet of a site in a language: one A4 sheet to fold. Raises KeyError for an unknown language."""
    texts = TEXTS[language]
    lines = sorted(site.lines[:MOST_LINES], key=lambda line: WAYS.index(line.way))
    data = {
        "code": language,
        "title": f"{plain(texts['title'])} {site.site_name}",
        "site": {"name": site.site_name, "prime": site.prime_name},
        "words": {name: ruby_parts(texts[name]) for name in _WORDS},
        "lines": [
            {
                "number": national(each.e164),
                "way": each.way.value,
                "qr": f"qr{number}.svg",
                "code": site.site_code if each.asks_site_code else "",
            }
            for number, each in enumerate(lines)
        ],
        "steps": [ruby_parts(step) for step in told_steps(language, site, lines)],
        "problems": [[ruby_parts(texts[f"{name}_q"]), ruby_parts(texts[f"{name}_a"])] for name in PROBLEMS],
        "japanese": f"{plain(TEXTS['ja']['register'])} {plain(TEXTS['ja']['trouble'])}。",
    }
    return Sheet("leaflet", data, {f"qr{number}.svg": tel_qr(each.e164) for number, each in enumerate(lines)})
