"""Whether a touch is ever lost or doubled: a month without network, faults of every kind, and kills on both sides.

The real site program's parts and the real server on SQLite: what was answered by a tone is looked for in the ledger.
"""

import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

import httpx2
import sqlalchemy as sa

from core import migrations
from core.db import Database, open_database
from core.devices import service as devices
from core.ids import ContractorId, SiteId, uuid7
from core.phone import PhoneSealer, parse_key_ring
from core.registry import places, service
from core.registry.model import Contractor, LegalForm, Site
from genba.bench.gate import GatePlan, ShiftedMachine, touch_all
from genba.bench.webhooks import environment, free_port
from reader_bridge.device import identity as identities
from reader_bridge.device.enrolling import enrol
from reader_bridge.device.folder import SPOOL, prepare
from reader_bridge.device.machine import ThisMachine
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station

DAYS_AWAY_S = 30 * 86_400
PATIENCE_S = 180.0


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """How much of everything: touches without network, kills of the program and of the server, touches timed."""

    waiting: int = 10_000
    program_kills: int = 50
    server_kills: int = 10
    timed: int = 2_000
    seed: int = 20261128


@dataclass(frozen=True, slots=True)
class ReaderFigures:
    """What was found. lost: a tone was given and the ledger has no such touch; doubled: it has it more than once."""

    acknowledged: int
    in_ledger: int
    lost: int
    doubled: int
    tap_to_tone_p99_ms: float
    drain_10000_s: float
    drained: int
    refused_by_full_disk: int
    program_kills: int
    server_kills: int


def measure(plan: ReaderPlan) -> ReaderFigures:
    """Run all of it in a folder that is removed again."""
    with tempfile.TemporaryDirectory(prefix="genba-bench-") as name:
        folder = Path(name)
        bench = _Bench(plan, folder)
        try:
            return bench.measure()
        finally:
            bench.server.stop()
            bench.database.close()


class _Server:
    """The real server, which can be killed and comes up again behind the same address."""

    def __init__(self, environ: dict[str, str], port: int) -> None:
        self._environ, self._port = environ, port
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "genba.server:app_from_env", "--factory", "--port", str(self._port)]
        self._process = subprocess.Popen([*command, "--no-access-log", "--log-level", "error"], env=self._environ)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(httpx2.HTTPError):
                if httpx2.get(f"{self.url}/healthz", trust_env=False).status_code == 200:
                    return
            time.sleep(0.1)
        raise TimeoutError("the server did not come up")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


def _await_first_word(process: "subprocess.Popen[bytes]", told: IO[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while os.fstat(told.fileno()).st_size == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


class _Bench:
    def __init__(self, plan: ReaderPlan, folder: Path) -> None:
        self._plan, self._random = plan, random.Random(plan.seed)  # noqa: S311 - the same kills again for the same seed
        self._folder, url = folder / "gate", f"sqlite:///{folder / 'bench.db'}"
        self._environ = environment(url, folder)
        self.database: Database = open_database(url)
        migrations.upgrade(self.database)
        self.server = _Server(self._environ, free_port())
        self._acknowledged: set[str] = set()
        self._refused = 0

    def measure(self) -> ReaderFigures:
        tones_ms = self._time_tones()
        self.server.start()
        self._enrol()
        waiting = GatePlan(
            touches=self._plan.waiting,
            seed=self._plan.seed,
            is_offline=True,
            first_s=-DAYS_AWAY_S,
            step_s=DAYS_AWAY_S / self._plan.waiting,
        )
        self._run(waiting)
        started = time.perf_counter()
        self._run(GatePlan())
        drain_s = time.perf_counter() - started
        self._faults()
        self._run(GatePlan())
        kept, doubled = self._ledger()
        return ReaderFigures(
            acknowledged=len(self._acknowledged),
            in_ledger=len(kept & self._acknowledged),
            lost=len(self._acknowledged - kept),
            doubled=doubled,
            tap_to_tone_p99_ms=round(tones_ms[int(len(tones_ms) * 0.99)], 2),
            drain_10000_s=round(drain_s, 2),
            drained=self._plan.waiting,
            refused_by_full_disk=self._refused,
            program_kills=self._plan.program_kills,
            server_kills=self._plan.server_kills,
        )

    def _time_tones(self) -> list[float]:
        """Return what touches took from the card to the tone, commit and flush between them, in ms, sorted."""
        folder = self._folder.with_name("tones")
        prepare(folder)
        spool, plan = Spool(folder / SPOOL), GatePlan(touches=self._plan.timed, every_s=0.002)
        station = Station(Parts(folder, spool, ThisMachine(), None, None, list))
        with redirect_stdout(io.StringIO()):
            took = touch_all(station, ShiftedMachine(plan), plan)
        spool.close()
        return sorted(each * 1000 for each in took)

    def _enrol(self) -> None:
        environ = self._environ
        sealer = PhoneSealer(parse_key_ring(environ["GENBA_DATA_KEYS"]), parse_key_ring(environ["GENBA_INDEX_KEYS"]))
        with self.database.write() as session:
            prime = Contractor(ContractorId(uuid7()), "元請建設", LegalForm.CORPORATION)
            service.add_contractor(session, prime)
            site = Site(SiteId(uuid7()), "現場", prime.contractor_id, date(2020, 1, 1), name_kana="ゲンバ")
            site = places.add_site(session, sealer, site)
            code = devices.make_code(session, site.site_id, "正門", "", None, None, datetime.now(UTC))
        prepare(self._folder)
        enrol(self._folder, self.server.url, code, ShiftedMachine(GatePlan()))
        identities.load(self._folder)

    def _faults(self) -> None:
        """Kill the program again and again while it touches and sends over a line with faults, and the server too."""
        kills = set(self._random.sample(range(self._plan.program_kills), self._plan.server_kills))
        for n in range(self._plan.program_kills):
            plan = GatePlan(touches=100_000, every_s=0.003, seed=self._plan.seed + n, is_faulty=True)
            if n % 5 == 1:
                plan = replace(plan, spare_bytes=self._random.randrange(50_000, 200_000))
            if n % 5 == 2:
                plan = replace(plan, wall_s=-self._random.uniform(3_600, 90 * 86_400))
            with self._running(plan) as (process, told):
                _await_first_word(process, told)  # a kill before anybody touched would try nothing
                time.sleep(self._random.uniform(0.1, 0.8))
                if n in kills:
                    self.server.kill()
                    time.sleep(self._random.uniform(0.0, 0.3))
                process.kill()
            if n in kills:
                self.server.start()

    def _run(self, plan: GatePlan) -> None:
        """Run the program until it has touched and sent everything."""
        with self._running(plan) as (process, _):
            process.wait(PATIENCE_S)
            if process.returncode != 0:
                raise RuntimeError(f"the site program ended with {process.returncode}")

    @contextmanager
    def _running(self, plan: GatePlan) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """Run the program, giving what it tells as well; afterwards note for which touches the tone was given."""
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(
                plan.arguments(self._folder), env=self._environ, stdout=told, stderr=subprocess.DEVNULL
            )
            try:
                yield process, told
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
                told.seek(0)
                lines = told.read().decode().split("\n")
                self._acknowledged.update(line for line in lines[:-1] if line not in ("drained", "refused"))
                self._refused += lines.count("refused")

    def _ledger(self) -> tuple[set[str], int]:
        """Return the ids in the ledger, and how many are there again."""
        with self.database.read() as session:
            keys = session.scalars(sa.text("select sender_key from punches where sender_key like 'device:%'")).all()
        ids = [key.rsplit(":", 1)[1] for key in keys]
        return set(ids), len(ids) - len(set(ids))
