"""The real launcher with the real program: an update is taken, a broken one gone back from, a kill changes nothing."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from reader_bridge.device import identity as identities
from reader_bridge.device.folder import prepare
from reader_bridge.device.health import page_answers
from reader_bridge.device.heartbeat import program_version
from reader_bridge.device.identity import Identity
from tests.reader_bridge.device.fake_intake import FakeIntake
from tests.reader_bridge.device.releases import NOON, PUBLIC, archive, broken, update
from tests.reader_bridge.device.test_cli import PROGRAM
from tests.reader_bridge.device.test_launcher import until
from tests.support.servers import free_port

INSTALLED = program_version()


@pytest.fixture
def folder(tmp_path: Path, intake: FakeIntake) -> Path:
    """A device that was enrolled, speaks every second, and knows the release key; the server says that it is noon."""
    made, intake.now = prepare(tmp_path / "device"), datetime.fromisoformat(NOON)
    whole = {"heartbeat_every_s": 1, "release_key": PUBLIC, "site_id": "0192-site"}
    known = intake.identity()
    identity = Identity(**{name: getattr(known, name) for name in Identity.__slots__} | whole)  # type: ignore[arg-type]
    identities.keep(made, identity)
    identities.keep_key(made, intake.key)
    return made


class Launched:
    """`genba-reader launch` in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._log = folder.parent / "launcher.log"
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        command = [PROGRAM, "--folder", str(folder), "launch", "--reader", "keys", "--port", str(port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def until(self, is_so: Callable[[], bool]) -> None:
        try:
            until(is_so)
        except AssertionError:
            raise AssertionError(self._log.read_text()) from None

    def is_up(self) -> bool:
        return page_answers(self.port)


@contextmanager
def launched(folder: Path, port: int) -> Iterator[Launched]:
    program = Launched(folder, port)
    try:
        yield program
    finally:
        program.process.terminate()
        program.process.wait(20)


def test_an_update_is_taken_a_broken_one_is_gone_back_from_and_a_kill_changes_nothing(
    folder: Path, intake: FakeIntake
) -> None:
    port = free_port()

    def told(version: str, state: str | None) -> bool:
        last = intake.heartbeats[-1] if intake.heartbeats else None
        return last is not None and (last["version"], (last["update"] or {}).get("state")) == (version, state)

    with launched(folder, port) as program:
        program.until(lambda: told(INSTALLED, None))
        intake.archives["0.2.0"] = archive("0.2.0")
        intake.update = update(archive("0.2.0"))
        program.until(lambda: told("0.2.0", None))
        assert any(beat["version"] == "0.2.0" and beat["update"] for beat in intake.heartbeats), "it said it was tried"

        intake.archives["0.3.0"] = broken("0.3.0")
        intake.update = update(broken("0.3.0"), "0.3.0")
        program.until(lambda: told("0.2.0", "rolled_back"))
        why = intake.heartbeats[-1]["update"]["why"]
        assert why == "exit status 1: RuntimeError: a fault in the release …"

        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait()
        program.until(lambda: not program.is_up())
    with launched(folder, port) as again:
        again.until(again.is_up)
        content = {"json": {"text": "12345678901234"}, "headers": {"Origin": again.url}}
        assert httpx2.post(f"{again.url}/typed", **content).json() == {"known": True}  # type: ignore[arg-type]
        again.until(lambda: len(intake.taken) == 1)
        assert next(iter(intake.taken.values()))["site_id"] == "0192-site"
        assert told("0.2.0", "rolled_back")
