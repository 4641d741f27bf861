"""The program as it is started: a virtual card at a real PC/SC service, the page, a restart, and a server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from reader_bridge.device.folder import prepare
from reader_bridge.device.spool import Spool
from reader_bridge.wire import card_key
from tests.reader_bridge.device import fake_intake
from tests.reader_bridge.device.fake_intake import FakeIntake, serving
from tests.reader_bridge.device.makers import TurnedMachine, touch
from tests.reader_bridge.device.test_cli import PROGRAM, typed
from tests.reader_bridge.device.test_readers import IDM, Pcscd, pcscd
from tests.reader_bridge.device.virtual_card import hold
from tests.support.servers import free_port

__all__ = ["pcscd"]


class Program:
    """`genba-reader run` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.port = folder, free_port()
        self._log = folder.parent / f"program-{self.port}.log"
        command = [PROGRAM, "--folder", str(folder), "run", "--port", str(self.port), *arguments]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{self.port}"
        self.until(self._is_up)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return httpx2.get(f"{self.url}/state").status_code == 200
        except httpx2.HTTPError:
            return False

    def state(self) -> dict[str, object]:
        state: dict[str, object] = httpx2.get(f"{self.url}/state").json()
        return state

    def log(self) -> str:
        return self._log.read_text()

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Program]:
    program = Program(folder, *arguments)
    try:
        yield program
    finally:
        program.process.terminate()
        began = time.monotonic()
        code = program.process.wait(20)
    assert code == 0, program.log()
    assert time.monotonic() - began < 8, "it stops when it is told to"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepare(tmp_path / "device")


@pytest.mark.xdist_group("pcscd")
def test_a_card_at_the_gate_reaches_the_server_by_name_and_hears_its_answer(
    folder: Path, intake: FakeIntake, pcscd: Pcscd
) -> None:
    key = card_key(intake.directory_key, {"tech": "felica", "uid": IDM.hex()})
    intake.people = [{"card_key": key, "name": "山田太郎", "name_kana": "", "language": "ja", "valid_until": None}]
    intake.judge = lambda _item: {"result": "accepted", "direction": "entry", "worker": "山田太郎"}
    typed(folder, "enrol", intake.url, "ABCD-1234")
    with running(folder) as program:
        program.until((folder / "people.sealed").exists)
        program.until(lambda: len(program.state()["readers"]) == 2)  # type: ignore[arg-type]
        with httpx2.stream("GET", f"{program.url}/events", timeout=30) as events:
            touches = _touches(events.iter_lines())
            hold(pcscd.ports[0], IDM, 1.2)
            first, second = next(touches), next(touches)
        assert (first["name"], first["headline"], first["late"]) == ("山田太郎", "記録しました", False)
        assert (second["headline"], second["late"]) == ("入場", True)
        assert [item["card"] for item in intake.taken.values()] == [{"tech": "felica", "uid": IDM.hex()}]
        program.until(lambda: program.state()["unsent"] == 0)


def _touches(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    for line in lines:
        if line == "event: touch":
            yield json.loads(next(lines).removeprefix("data: "))


def test_what_was_touched_before_the_device_was_enrolled_and_the_server_was_up_is_sent_at_last(
    folder: Path,
) -> None:
    port = free_port()
    intake = FakeIntake()
    with running(folder, "--reader", "keys") as program:
        assert program.state()["refusal"] == "not_enrolled"
        _type(program, "12345678901234")
        with serving(intake, port):
            assert typed(folder, "enrol", intake.url, "ABCD-1234").returncode == 0
            intake.standing_trouble = lambda *_: (502, b"", {})
            program.until(lambda: _quietly(program)["refusal"] is None)
        program.until(lambda: _quietly(program)["online"] is False)
        _type(program, "22345678901234")
        assert program.state()["unsent"] == 2
        intake.standing_trouble = lambda *_: False
        with serving(intake, port):
            assert typed(folder, "send").stdout == "The running program sends now.\n"
            program.until(lambda: len(intake.taken) == 2)
            program.until(lambda: program.state()["unsent"] == 0)
        assert "running" in typed(folder, "status").stdout
        second = typed(folder, "run", "--port", "0")
        assert (second.returncode, "another genba-reader" in second.stderr) == (2, True)


def test_a_kill_and_a_new_start_lose_nothing_and_double_nothing(folder: Path, intake: FakeIntake) -> None:
    typed(folder, "enrol", intake.url, "ABCD-1234")
    intake.troubles.extend([fake_intake.DROPPED] * 2)
    program = Program(folder, "--reader", "keys")
    for number in range(5):
        _type(program, f"{number:014}")
    os.kill(program.process.pid, signal.SIGKILL)
    program.process.wait()
    with running(folder, "--reader", "keys") as again:
        again.until(lambda: again.state()["unsent"] == 0)
        assert sorted(item["ccus_worker_id"] for item in intake.taken.values()) == [f"{n:014}" for n in range(5)]


def test_a_revoked_device_says_so_after_a_restart_too_and_keeps_its_touches(folder: Path, intake: FakeIntake) -> None:
    typed(folder, "enrol", intake.url, "ABCD-1234")
    spool = Spool(folder / "spool.db")
    spool.append(touch(TurnedMachine()))
    spool.close()
    intake.standing_trouble = lambda *_: fake_intake.REVOKED
    for _ in range(2):
        with running(folder, "--reader", "keys") as program:
            program.until(lambda program=program: program.state()["refusal"] == "revoked")  # type: ignore[misc]
            _type(program, "12345678901234")
    assert not (folder / "people.sealed").exists()
    intake.standing_trouble = lambda *_: False
    with running(folder, "--reader", "keys") as program:
        typed(folder, "enrol", intake.url, "ABCD-1234")
        program.until(lambda: len(intake.taken) == 3)


def test_the_program_brings_no_server_library() -> None:
    code = (
        "import sys, reader_bridge.device.cli, reader_bridge.device.program;"
        "print(sorted({'sqlalchemy', 'fastapi', 'uvicorn', 'twilio', 'redis', 'psycopg'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def _type(program: Program, digits: str) -> None:
    answer = httpx2.post(f"{program.url}/typed", json={"text": digits}, headers={"Origin": program.url})
    assert answer.json() == {"known": True}


def _quietly(program: Program) -> dict[str, object]:
    """Return the state; the page is away for a moment while the device becomes another."""
    try:
        return program.state()
    except httpx2.HTTPError:
        return {"refusal": "away", "online": None}
