"""`genba me code`: where no message leaves it shows the code of a worker's own page, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from click.testing import CliRunner

from admin.audit.words import ACTIONS
from core.audit import store as audit_store
from core.clock import FixedClock
from core.db import Database, open_database
from core.phone import PhoneSealer
from core.registry import own_sign_in
from core.settings import NO_CARRIERS_ACCOUNT, CarrierAccount, Settings
from genba.cli import genba
from genba.commands import me as me_command
from genba.runtime import Runtime
from tests import factories

NUMBER = "+819012345678"


@pytest.fixture
def database(sqlite_url: str, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Database]:
    """A database in which a worker has just asked for a code."""
    opened = open_database(sqlite_url)
    with opened.write() as session:
        factories.worker(session, sealer, phone=NUMBER)
        own_sign_in.ask_for_code(session, sealer, NUMBER, "", clock.now())
    yield opened
    opened.close()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def run(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    @contextmanager
    def open_runtime() -> Iterator[Runtime]:
        yield runtime

    monkeypatch.setattr(me_command, "open_runtime", open_runtime)
    result = CliRunner().invoke(genba, ["me", "code", "090-1234-5678"])
    return result.exit_code, result.output


def actions(database: Database) -> list[str]:
    with database.read() as session, audit_store.streaming(session) as entries:
        return [entry.action for entry in entries]


def test_the_demo_shows_the_code_and_the_audit_log_says_so(
    database: Database, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = replace(settings, carriers=(CarrierAccount("twilio", NO_CARRIERS_ACCOUNT, "secret"),))
    status, output = run(Runtime(demo, database, clock), monkeypatch)
    assert (status, len(output.strip()), output.strip().isdigit()) == (0, 6, True)
    assert actions(database) == ["worker.code_shown"]
    assert "worker.code_shown" in ACTIONS


def test_where_messages_go_out_no_code_is_shown(
    database: Database, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, output = run(Runtime(settings, database, clock), monkeypatch)
    assert (status, "in the demo only" in output) == (1, True)
    assert actions(database) == []
