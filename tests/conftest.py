"""Fixtures of the whole run. PostgreSQL and Redis are started once, and every test gets databases of its own."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from core import migrations
from core.clock import FixedClock
from core.db import Database, open_database
from core.ids import uuid7
from core.phone import PhoneSealer, new_key, parse_key_ring
from core.settings import CarrierAccount, Settings
from tests.support.servers import Servers

TEMPLATE = "genba_template"
_servers: Servers | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the process that leads the run; its children find them in the environment."""
    global _servers  # noqa: PLW0603 - one set of servers for the run
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    _servers = Servers.start()
    os.environ["TEST_POSTGRESQL_URL"] = _servers.postgresql_url
    os.environ["TEST_REDIS_URL"] = _servers.redis_url
    _postgresql("postgres", f"create database {TEMPLATE}")
    template = open_database(f"{_servers.postgresql_url}/{TEMPLATE}")
    migrations.upgrade(template)
    template.close()


def pytest_unconfigure() -> None:
    if _servers is not None:
        _servers.stop()


def _postgresql(database: str, statement: str) -> None:
    url = os.environ["TEST_POSTGRESQL_URL"].replace("+psycopg", "")
    with psycopg.connect(f"{url}/{database}", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(autouse=True)
def _no_settings_of_this_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep out what a demo has left in var/."""
    monkeypatch.setattr("genba.runtime.ENV_FILE", tmp_path / "no.env")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "genba.db"
    database = open_database(f"sqlite:///{path}")
    migrations.upgrade(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database of this test's own."""
    path = tmp_path / "genba.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A migrated, empty PostgreSQL database of this test's own."""
    name = f"t{uuid7().hex}"
    _postgresql("postgres", f"create database {name} template {TEMPLATE} strategy file_copy")
    yield f"{os.environ['TEST_POSTGRESQL_URL']}/{name}"
    _postgresql("postgres", f"drop database {name} with (force)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database: the test runs once on SQLite and once on PostgreSQL."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def redis_url() -> str:
    return os.environ["TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def sealer() -> PhoneSealer:
    return PhoneSealer(parse_key_ring(new_key("d1")), parse_key_ring(new_key("i1")))


TWILIO = CarrierAccount("twilio", "AC" + "0" * 31 + "1", "twilio-auth-token-of-the-tests")
SIGNALWIRE = CarrierAccount("signalwire", "11111111-2222-4333-8444-555555555555", "PSK_signing_key_of_the_tests")


@pytest.fixture
def settings(database_url: str, sealer: PhoneSealer, tmp_path: Path) -> Settings:
    return make_settings(database_url, sealer, tmp_path)


def make_settings(database_url: str, sealer: PhoneSealer, folder: Path) -> Settings:
    """Return settings for a database, as a small installation would have them."""
    return Settings(
        database_url=database_url,
        redis_url=None,
        public_urls=("https://genba.test",),
        secret_key="s" * 40,
        sealer=sealer,
        carriers=(TWILIO, SIGNALWIRE),
        phone_regions=("JP",),
        spool_path=folder / "spool.db",
        secure_cookies=False,
    )


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2026-11-16, 07:52 in Japan."""
    return FixedClock(datetime(2026, 11, 15, 22, 52, tzinfo=UTC))
