"""PostgreSQL and Redis of the test run: started once by the run itself, on free ports, in a folder that goes away."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

START_TIMEOUT_S = 20


class MissingPart(RuntimeError):
    """A part the full run needs is not installed; `make test` installs it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port} after {START_TIMEOUT_S} s")


@dataclass
class Servers:
    """One PostgreSQL and one Redis."""

    folder: Path
    postgresql_port: int
    redis_port: int
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def start(cls) -> "Servers":
        shm = Path("/dev/shm")
        folder = Path(tempfile.mkdtemp(prefix="genba-test-", dir=shm if os.access(shm, os.W_OK) else None))
        servers = cls(folder, free_port(), free_port())
        servers._start_postgresql()
        servers._start_redis()
        servers._wait_for_postgresql()
        wait_for_port(servers.redis_port)
        return servers

    @property
    def postgresql_url(self) -> str:
        return f"postgresql+psycopg://genba@127.0.0.1:{self.postgresql_port}"

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}"

    def _start_postgresql(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        if not found:
            raise MissingPart("PostgreSQL is not installed: run `make test`, which installs it")
        binaries, data = found[-1].parent, self.folder / "pg"
        # PostgreSQL refuses to run as root.
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        if prefix:
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o755)
        initdb = [*prefix, str(binaries / "initdb"), "-D", str(data), "-U", "genba", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--no-sync", "--locale=C.UTF-8"], check=True, capture_output=True, cwd="/")
        options = {
            "port": self.postgresql_port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [*prefix, str(binaries / "postgres"), "-D", str(data), *settings]
        with (self.folder / "postgresql.log").open("wb") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd="/"))

    def _wait_for_postgresql(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.postgresql_url.replace("+psycopg", "") + "/postgres").close()
            except psycopg.OperationalError:  # it listens before it lets anybody in
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _start_redis(self) -> None:
        if shutil.which("redis-server") is None:
            raise MissingPart("Redis is not installed: run `make test`, which installs it")
        self._processes.append(
            subprocess.Popen(
                ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"],
                stdout=subprocess.DEVNULL,
            )
        )

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
