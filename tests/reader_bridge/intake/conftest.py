from collections.abc import Iterator

import pytest

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.settings import Settings
from tests.attendance.world import World
from tests.reader_bridge.intake.gate import Gate, open_gate


@pytest.fixture
def gate(database: Database, sealer: PhoneSealer, settings: Settings, clock: FixedClock) -> Iterator[Gate]:
    """A device that was let in, at the site of 山田, who holds a card."""
    opened = open_gate(World(database, sealer), settings, clock)
    with opened.client:
        assert opened.enrol().status_code == 200
        opened.issue()
        yield opened
