"""A Redis of each test's own, and what the loop's tests arrange with."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.settings import Settings
from genba.runtime import Runtime
from tests.support.environment import environment_of


@pytest.fixture
def own_redis(redis_url: str) -> Iterator[str]:
    """The address of an empty Redis that no other test uses at the same time."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 14
    url = f"{redis_url}/{number}"
    with Redis.from_url(url) as connection:
        connection.flushdb()
        yield url
        connection.flushdb()


@pytest.fixture
def runtime(settings: Settings, database: Database, clock: FixedClock) -> Runtime:
    """A runtime without Redis."""
    return Runtime(settings, database, clock)


@pytest.fixture
def environment(sqlite_url: str, own_redis: str, sealer: PhoneSealer, tmp_path: Path) -> dict[str, str]:
    """The environment of a process of its own, on SQLite and the test's Redis."""
    return {**environment_of(sqlite_url, sealer, tmp_path), "GENBA_REDIS_URL": own_redis}
