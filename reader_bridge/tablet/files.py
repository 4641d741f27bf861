"""What the web app is made of: files of its own, the site program's page, and texts.

The page, its look, its tones and its keys are the site program's own files; what workers are told comes from
core.texts. The whole has one version, which changes when anything of it does: by it a tablet knows that there is a new
one.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from core import texts
from reader_bridge import wire
from reader_bridge.device import showing

SHARED = ("gate.css", "page.js", "keys.js", "tones.js", "icon.svg")
PLACES = ("head", "facts", "buttons", "dialogs")  # what the page lacks, and templates/ has
WORKER, MANIFEST, PAGE = "worker.js", "manifest.webmanifest", ""
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
_SENTENCES = (
    "entry",
    "exit",
    "gate_recorded",
    "gate_repeated",
    "gate_not_kept",
    "gate_unread",
    "gate_invite",
    "gate_ends_soon",
)


@dataclass(frozen=True, slots=True)
class Content:
    """One file: its media type and its bytes."""

    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files by their address below /gate/ ("" is the page), and the version of the whole."""

    version: str
    content: dict[str, Content]


def load_bundle() -> Bundle:
    """Read and put together all that the web app consists of."""
    here, shared = files(__package__), files("reader_bridge.device") / "static"
    found = {f"static/{name}": (shared / name).read_bytes() for name in SHARED}
    found |= {f"static/{each.name}": each.read_bytes() for each in (here / "static").iterdir() if each.is_file()}
    found |= {f"static/vendor/{each.name}": each.read_bytes() for each in _vendored(here)}
    found["static/texts.js"] = b"export const texts = " + _json(_texts()) + b";\n"
    found[MANIFEST] = (here / "templates" / MANIFEST).read_bytes()
    found[PAGE] = _page((shared / "gate.html").read_text(encoding="utf-8"), here / "templates").encode()
    worker = (here / "templates" / WORKER).read_bytes()
    digest = _digest({**found, WORKER: worker})
    names = {"version": f"{version('genba-call')}+{digest}", "enrol": wire.ENROL, "punches": wire.PUNCHES}
    names |= {"heartbeat": wire.HEARTBEAT, "directory": wire.DIRECTORY}
    found["static/build.js"] = b"export const build = " + _json(names) + b";\n"
    head = b"const VERSION = %b;\nconst FILES = %b;\n" % (_json(digest), _json(sorted(found)))
    found[WORKER] = head + worker
    return Bundle(digest, {name: Content(_type(name), body) for name, body in found.items()})


def _vendored(here: Traversable) -> list[Traversable]:
    folder = here / "static" / "vendor"  # fetched at set-up
    return [each for each in folder.iterdir() if each.name.endswith(".js")] if folder.is_dir() else []


def _page(page: str, templates: Traversable) -> str:
    """Return the site program's page with its places filled."""
    for place in PLACES:
        mark = f"<!-- {place} -->"
        if mark not in page:
            raise AssertionError(f"the gate page has no place for {place}")
        page = page.replace(mark, (templates / f"{place}.html").read_text(encoding="utf-8").strip())
    return page


def _texts() -> dict[str, Any]:
    """Return what the page says: the site program's own words, and for each language sentences and reasons."""
    return {
        "words": {
            **showing.DIRECTIONS,
            "recorded": showing.RECORDED,
            "not_taken": showing.NOT_TAKEN,
            "recorded_before": showing.RECORDED_BEFORE,
            "not_kept": showing.NOT_KEPT,
            "unknown_name": showing.UNKNOWN_NAME,
            "typed_name": showing.TYPED_NAME,
        },
        "languages": {
            language: {
                "time": texts.time_templates(language),
                "sentences": {key: texts.template(language, key) for key in _SENTENCES},
                "reasons": {key: texts.reason_text(language, key) for key in texts.REASON_KEYS},
            }
            for language in texts.LANGUAGES
        },
    }


def _type(name: str) -> str:
    return TYPES[name.rpartition(".")[2] if name else "html"]


def _digest(found: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, body in sorted(found.items()):
        whole.update(f"{name}\0{len(body)}\0".encode() + body)
    return whole.hexdigest()[:12]


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
