"""Servers as processes of their own: `genba serve` as an operator starts it, and one whose answers never leave."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.servers import free_port

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 60


@contextmanager
def serving(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Run `genba serve` and give its address as soon as it is ready."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("genba")), "serve", "--port", str(port)]
    with _running(command, environment, folder, port) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@contextmanager
def serving_in_silence(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Run a server that commits but whose answers to calls go to the file `unsent`; give its address and kill -9."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "--port", str(port), "tests.support.silent_server:app"]
    silent = {**environment, "PYTHONPATH": str(REPOSITORY), "UNSENT": str(folder / "unsent")}
    with _running(command, silent, folder, port) as process:

        def kill() -> None:
            process.kill()
            process.wait(PATIENCE_S)

        try:
            yield f"http://127.0.0.1:{port}", kill
        finally:
            kill()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; AssertionError when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {PATIENCE_S} s"
        time.sleep(0.05)


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], folder: Path, port: int
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=folder, stdout=log, stderr=log)
        until(lambda: process.poll() is not None or _is_ready(port))
        assert process.poll() is None, (folder / f"server-{port}.log").read_text()
        yield process


def _is_ready(port: int) -> bool:
    with socket.socket() as probe:  # cheap: the server needs the machine while it starts
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE_S).status_code == 200
