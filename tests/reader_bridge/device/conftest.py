"""A spool, turned clocks, and a server that does as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reader_bridge.device.server import Server
from reader_bridge.device.spool import Spool
from tests.reader_bridge.device.fake_intake import FakeIntake, serving
from tests.reader_bridge.device.makers import TurnedMachine


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db")
    yield opened
    opened.close()


@pytest.fixture
def machine() -> TurnedMachine:
    return TurnedMachine()


@pytest.fixture
def intake() -> Iterator[FakeIntake]:
    with serving(FakeIntake()) as served:
        yield served


@pytest.fixture
def server(intake: FakeIntake, machine: TurnedMachine, spool: Spool) -> Iterator[Server]:
    line = Server(intake.url, "0192-device", intake.key, machine, spool.learn_boot)
    yield line
    line.close()
