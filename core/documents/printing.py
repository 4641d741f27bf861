"""From a template and data to PDF or PNG, by typst. Data reaches a template as JSON only, never as part of its source.

Two documents are made at once at most, and the latest are kept in memory: a preview is asked for again and again.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from core.errors import DomainError

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
TEMPLATES = FOLDER / "templates"
FAMILIES = frozenset({"BIZ UDPGothic", "Noto Sans S Chinese"})
AT_ONCE = 2
WAIT_S = 20
KEPT_BYTES = 24 * 1024 * 1024
PREVIEW_PPI = 72.0

_turns = threading.BoundedSemaphore(AT_ONCE)
_kept: OrderedDict[str, bytes] = OrderedDict()
_keeping = threading.Lock()


class PrintingFailed(DomainError):
    """The document could not be made; the text says what to do."""

    code = "printing_failed"


def print_pdf(template: str, data: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Return a PDF of a template (its name without ending); pictures are files it may show, by name.

    Raises PrintingFailed when it cannot be made.
    """
    return _print(template, data, pictures or {}, page=None, ppi=0)


def print_png(
    template: str,
    data: Mapping[str, Any],
    pictures: Mapping[str, bytes] | None = None,
    *,
    page: int = 1,
    ppi: float = PREVIEW_PPI,
) -> bytes:
    """Return one page, counted from 1, as a picture. Raises PrintingFailed when it cannot be made."""
    return _print(template, data, pictures or {}, page=page, ppi=ppi)


def _print(
    template: str, data: Mapping[str, Any], pictures: Mapping[str, bytes], *, page: int | None, ppi: float
) -> bytes:
    files = {"main": _template(template), "common.typ": _template("common"), "data.json": _json(data), **pictures}
    key = _key_of(files, page, ppi)
    if (kept := _find(key)) is not None:
        return kept
    if not _turns.acquire(timeout=WAIT_S):
        raise PrintingFailed("印刷物の作成が混み合っています。少し待ってから、もう一度お試しください。")
    try:
        made = _compile(files, page, ppi)
    finally:
        _turns.release()
    _keep(key, made)
    return made


def _compile(files: dict[str, bytes], page: int | None, ppi: float) -> bytes:
    compiler = typst.Compiler(input=files, font_paths=_fonts(), ignore_system_fonts=True)  # type: ignore[type-var]
    try:
        if page is None:
            made = compiler.compile(format="pdf", timestamp=datetime(2000, 1, 1, tzinfo=UTC))
        else:
            made = compiler.compile(format="png", ppi=ppi)
    except typst.TypstError as error:
        raise PrintingFailed(f"印刷物を作成できませんでした（{error.message}）。") from error
    pages = made if isinstance(made, list) else [made]
    wanted = pages[min(page or 1, len(pages)) - 1]
    if wanted is None:
        raise PrintingFailed("印刷物を作成できませんでした。")
    return wanted


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Return our own fonts, and no other: papers look the same on every machine."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    if missing := FAMILIES - set(fonts.families()):
        raise PrintingFailed(f"書体がありません（{', '.join(sorted(missing))}）。make setup で取り込めます。")
    return fonts


@lru_cache
def _template(name: str) -> bytes:
    return (TEMPLATES / f"{name}.typ").read_bytes()


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=True).encode()


def _key_of(files: Mapping[str, bytes], page: int | None, ppi: float) -> str:
    digest = hashlib.sha256(f"{page} {ppi}".encode())
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


def _find(key: str) -> bytes | None:
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _keep(key: str, made: bytes) -> None:
    if len(made) > KEPT_BYTES // 4:
        return
    with _keeping:
        _kept[key] = made
        while sum(map(len, _kept.values())) > KEPT_BYTES:
            _kept.popitem(last=False)
