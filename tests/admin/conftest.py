"""The pages under test: an app over an SQLite world, a client that behaves like a browser, and a real browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright
from starlette.testclient import TestClient

from admin.app import create_app
from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import FixedClock
from core.db import Database, open_database
from core.phone import PhoneSealer
from core.settings import Settings
from tests.admin.tiers_world import PageTiers
from tests.admin.world import World
from tests.conftest import make_settings
from tests.tiering.world import NOW

LOGIN, PASSWORD, NAME = "kimura", "correct horse battery", "木村花子"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def page_database(sqlite_url: str) -> Iterator[Database]:
    """An SQLite database in which 木村花子 has an account."""
    with _opened(sqlite_url) as opened:
        yield opened


@contextmanager
def _opened(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    with opened.write() as session:
        account = accounts.create_account(session, LOGIN, NAME, PASSWORD)
        accounts.join(session, account.account_id, Role.OPERATOR)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def built_tiers(
    sqlite_template: Path, sealer: PhoneSealer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageTiers]:
    """A week of work at a site with three subcontractors, built once: every test gets a copy of it."""
    path = tmp_path_factory.mktemp("tiers") / "genba.db"
    shutil.copy(sqlite_template, path)
    with _opened(f"sqlite:///{path}") as opened:
        yield PageTiers(opened, sealer)


@pytest.fixture
def tiers(built_tiers: PageTiers, page_database: Database, clock: FixedClock) -> PageTiers:
    """A week of work on the pages' database, at the end of that week."""
    clock.at = NOW
    return built_tiers.copied_to(page_database)


@pytest.fixture
def page_settings(sqlite_url: str, sealer: PhoneSealer, tmp_path: Path) -> Settings:
    return make_settings(sqlite_url, sealer, tmp_path)


@pytest.fixture
def world(page_database: Database, sealer: PhoneSealer) -> World:
    return World(page_database, sealer)


@pytest.fixture
def app(page_settings: Settings, page_database: Database, clock: FixedClock) -> FastAPI:
    return create_app(page_settings, page_database, clock)


def new_client(app: FastAPI) -> TestClient:
    """Return a client that sends what a browser sends from one of our own pages, and follows no redirect."""
    client = TestClient(app, base_url="http://genba.test", follow_redirects=False, raise_server_exceptions=False)
    client.headers["Sec-Fetch-Site"] = "same-origin"
    return client


def sign_in(client: TestClient, password: str = PASSWORD, **form: str) -> int:
    """Sign in as 木村花子 and return the answer's status."""
    return client.post("/sign-in", data={"login": LOGIN, "password": password} | form).status_code


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A browser that nobody has signed in with."""
    return new_client(app)


@pytest.fixture
def office(client: TestClient) -> TestClient:
    """The browser 木村花子 is signed in with."""
    assert sign_in(client) == 303
    return client


@pytest.fixture(scope="module")  # its loop must end with the module: other tests have loops of their own
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()
