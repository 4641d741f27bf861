"""Every page in a real browser, in both widths: no violation that axe finds, nothing sideways, nothing heavy.

Pages are found by walking the routes, so that a new one is looked at without being named here. With GENBA_SCREENSHOTS
set, their pictures are put into tests/screenshots/ for looking at.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Error, Page

from admin.app import create_app
from admin.pages import LANGUAGE_COOKIE
from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.settings import Settings
from genba.bench.pages import page_paths, sample_facts
from genba.sample import world as sample
from tests.admin.conftest import LOGIN, PASSWORD
from tests.admin.test_browser import SCREENSHOTS, WIDTHS, overflow, serving
from tests.support.servers import free_port

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parents[2] / "admin" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_RUN = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}})"  # nothing is told of what is well
MAX_KILOBYTES = 100
WEEKS = 1


@pytest.fixture
def served(
    page_settings: Settings,
    page_database: Database,
    sealer: PhoneSealer,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[FastAPI, str, list[str]]]:
    """The sample world, served, with the addresses of its pages."""
    monkeypatch.setattr(sample, "WEEKS", WEEKS)
    sample.build(page_database, sealer, clock.now())
    app = create_app(page_settings, page_database, clock)
    paths = [path for path in page_paths(sample_facts(page_database, clock)) if "?q=" not in path]
    port = free_port()
    with serving(app, port):
        yield app, f"http://127.0.0.1:{port}", paths


def test_every_page_is_accessible_light_and_within_its_width(
    browser: Browser, served: tuple[FastAPI, str, list[str]]
) -> None:
    _, base, paths = served
    complaints: list[str] = []
    pages: list[str] = []
    context = browser.new_context(base_url=base, viewport=WIDTHS["narrow"], bypass_csp=True)  # for axe, as a script
    context.add_init_script(path=AXE)
    page = _signed_in(context)
    complaints += _fetch(page, paths, pages)
    assert len(pages) > 40
    for path in pages:
        complaints += [f"{path}: {text}" for text in _look(page, path)]
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": "en", "url": base}])  # longer words, in the same places
    for path in pages:
        page.goto(path)
        complaints += [f"{path} in English: {text}" for width in WIDTHS for text in _sideways(page, width)]
    context.close()
    assert not complaints, "\n".join(complaints)


def _signed_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#login", LOGIN)
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_selector("nav#menu", state="attached")
    return page


def _fetch(page: Page, paths: list[str], pages: list[str]) -> Iterator[str]:
    """Yield what breaks, and what is too heavy; put into pages what is one: not a file, a picture or a fragment."""
    for path in paths:
        try:
            answer = page.request.get(path)
        except Error as error:
            yield f"{path} broke off: {str(error).splitlines()[0]}"
            continue
        body = answer.body()
        if not answer.ok:
            yield f"{path} answered {answer.status}"
        elif answer.headers.get("content-type", "").startswith("text/html") and b"<main" in body:
            pages.append(path)
            if len(body) > MAX_KILOBYTES * 1000:
                yield f"{path} has {len(body) // 1000} kB"


def _look(page: Page, path: str) -> Iterator[str]:
    """Yield what is wrong with a page, as it comes in one width and as it becomes in the other."""
    problems: list[str] = []
    page.set_viewport_size(WIDTHS["narrow"])
    page.once("pageerror", lambda error: problems.append(str(error)))
    page.goto(path)
    for width in ("narrow", "wide"):
        yield from _sideways(page, width)
        if "GENBA_SCREENSHOTS" in os.environ:
            page.screenshot(path=SCREENSHOTS / f"every{_name(path)}-{width}.png", full_page=True)
        for violation in page.evaluate(AXE_RUN)["violations"]:
            nodes = ", ".join(" ".join(node["target"]) for node in violation["nodes"][:3])
            yield f"{width}: {violation['id']}: {violation['help']} ({nodes})"
    yield from problems


def _sideways(page: Page, width: str) -> Iterator[str]:
    page.set_viewport_size(WIDTHS[width])
    if (wide := overflow(page)) > 0:
        yield f"{width}: scrolls sideways by {wide} px"


def _name(path: str) -> str:
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", path)
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()) if path != "/" else "-now"
