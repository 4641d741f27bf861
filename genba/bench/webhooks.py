"""How many calls a second: signed webhooks through the real server, beside the same server without a database.

Both servers run at once and are loaded in turn, so that what else the machine does meets them alike.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from twilio.request_validator import RequestValidator

from core import migrations
from core.clock import SystemClock
from core.db import Database, open_database
from core.ids import ContractorId, LineId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer, new_key, parse_key_ring
from core.registry import places, service, store
from core.registry.model import (
    Affiliation,
    Contractor,
    LegalForm,
    Line,
    Phone,
    PhoneNumber,
    Site,
    SkilledWorker,
)
from core.settings import Settings
from genba.bench.load import Result, closed_load, endless, open_load
from ivr.app import create_app

ACCOUNT, SECRET = "AC" + "b" * 32, "bench-auth-token-bench-auth-token"
PUBLIC_URL = "https://bench.genba.test"
START = date(2020, 1, 1)
NEVER_CLOSED = 4 * 60 - 1  # minutes after midnight: when the next day of the site begins
SITES = 2_000  # ten workers each: the small sites this is for


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure: calls that differ, processes of each server, rounds of how many seconds, and the offered rate."""

    calls: int = 60_000  # more than are placed: a repeated webhook costs something else
    processes: int = 2
    rounds: int = 5
    seconds: float = 3.0
    connections: int = 256
    offered_per_s: float = 100.0
    offered_seconds: float = 20.0  # a single flush of the disk that stalls is not the whole of p99


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured."""

    full_per_s: float
    static_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    statements_per_call: float
    failures: int
    punches: int


def measure(database_url: str | None, plan: Plan) -> Figures:
    """Measure on the database server given, or on an SQLite file; everything made for it is removed again."""
    with tempfile.TemporaryDirectory(prefix="genba-bench-") as folder, _database(database_url, Path(folder)) as url:
        environ = environment(url, Path(folder))
        sealer = PhoneSealer(parse_key_ring(environ["GENBA_DATA_KEYS"]), parse_key_ring(environ["GENBA_INDEX_KEYS"]))
        database = open_database(url)
        try:
            migrations.upgrade(database)
            numbers = _build_world(database, sealer, plan.calls)
            requests = [_request(n, *pair) for n, pair in enumerate(numbers)]
            statements = _statements_per_call(database, environ, requests[:200])
            processes = plan.processes if database.is_postgresql else 1
            with (
                _server("genba.server:app_from_env", processes, environ) as full,
                _server("genba.bench.servers:static_app", processes, environ) as static,
            ):
                return asyncio.run(_compare(plan, database, requests[200:], statements, (full, static)))
        finally:
            database.close()


async def _compare(
    plan: Plan, database: Database, requests: Sequence[bytes], statements: float, ports: tuple[int, int]
) -> Figures:
    full_port, static_port = ports
    calls, statics = endless(requests), endless(requests)
    for port, source in ((full_port, calls), (static_port, statics)):
        await closed_load(port, source, plan.connections, 1.0)  # warm up: pools, caches
    with database.write() as session:
        session.exec_driver_sql("analyze")  # as a table that has been in use is
    await closed_load(full_port, calls, plan.connections, 1.0)
    full: list[Result] = []
    static: list[Result] = []
    for _ in range(plan.rounds):
        static.append(await closed_load(static_port, statics, plan.connections, plan.seconds))
        full.append(await closed_load(full_port, calls, plan.connections, plan.seconds))
    offered = await open_load(full_port, calls, plan.offered_per_s, plan.connections, plan.offered_seconds)
    full_per_s, static_per_s = median(r.per_s for r in full), median(r.per_s for r in static)
    with database.read() as session:
        punches = session.execute(sa.text("select count(*) from punches")).scalar_one()
    return Figures(
        full_per_s=round(full_per_s, 1),
        static_per_s=round(static_per_s, 1),
        ratio=round(full_per_s / static_per_s, 3),
        p50_ms=round(offered.percentile(0.5), 2),
        p99_ms=round(offered.percentile(0.99), 2),
        statements_per_call=statements,
        failures=offered.failures + sum(r.failures for r in (*full, *static)),
        punches=punches,
    )


def _statements_per_call(database: Database, environ: dict[str, str], requests: Sequence[bytes]) -> float:
    """Return the statements of a call that waits with no other, BEGIN and COMMIT not counted: the most there are."""
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    app = create_app(Settings.load(environ), database, SystemClock())

    async def call_all() -> None:
        for request in requests:
            await _call_app(app, request)
        await app.state.phone.writer.stop()

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        asyncio.run(call_all())
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
    return round(counted / len(requests), 2)


async def _call_app(app: object, request: bytes) -> None:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/ivr/voice",
        "raw_path": b"/ivr/voice",
        "query_string": b"",
        "headers": headers,
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_message: object) -> None:
        return None

    await app(scope, receive, send)  # type: ignore[operator]


def _build_world(database: Database, sealer: PhoneSealer, calls: int) -> list[tuple[str, str]]:
    """Add sites with a line each, and a worker for every call; return (caller, called)."""
    with database.write() as session:
        prime = service.add_contractor(session, _contractor("元請建設"))
        employer = service.add_contractor(session, _contractor("佐藤工業"))
        lines = []
        for n in range(SITES):
            site = Site(SiteId(uuid7()), f"現場{n}", prime.contractor_id, START, name_kana=f"ゲンバ{n}")
            site = replace(site, closes_min=NEVER_CLOSED)  # who comes after closing is asked: another call
            site = places.add_site(session, sealer, site)
            line = places.add_line(session, Line(LineId(uuid7()), f"+81503000{n:04d}", "twilio"))
            places.put_site_on_line(session, line.line_id, site.site_id)
            lines.append(line.e164)
        numbers = [f"+8190{10_000_000 + n:08d}" for n in range(calls)]
        people = [SkilledWorker(WorkerId(uuid7()), f"作業員{n}", name_kana=f"サギョウイン{n}") for n in range(calls)]
        phones = [service.phone_of(sealer.seal(number)) for number in numbers]
        _add_all(session, people, phones, employer)
        session.exec_driver_sql("analyze")
    return [(number, lines[n % SITES]) for n, number in enumerate(numbers)]


def _add_all(
    session: sa.Connection, people: Sequence[SkilledWorker], phones: Sequence[Phone], employer: Contractor
) -> None:
    store.add(session, people)
    store.add(session, phones)
    pairs = list(zip(people, phones, strict=True))
    store.add(session, [PhoneNumber(uuid7(), phone.phone_id, worker.worker_id, START) for worker, phone in pairs])
    store.add(session, [Affiliation(uuid7(), worker.worker_id, employer.contractor_id, START) for worker in people])


def _contractor(name: str) -> Contractor:
    return Contractor(ContractorId(uuid7()), name, LegalForm.CORPORATION)


def _request(n: int, caller: str, called: str) -> bytes:
    """Return a webhook as the carrier sends it, headers and all."""
    form = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": f"CA{n:032x}",
        "CallStatus": "ringing",
        "CallToken": "%7B%22parentCallInfoToken%22%3A%22e30%22%7D",
        "Called": called,
        "CalledCity": "",
        "CalledCountry": "JP",
        "CalledState": "",
        "CalledZip": "",
        "Caller": caller,
        "CallerCity": "",
        "CallerCountry": "JP",
        "CallerState": "",
        "CallerZip": "",
        "Direction": "inbound",
        "From": caller,
        "FromCity": "",
        "FromCountry": "JP",
        "FromState": "",
        "FromZip": "",
        "To": called,
        "ToCity": "",
        "ToCountry": "JP",
        "ToState": "",
    }
    body = urlencode(form).encode()
    signature = RequestValidator(SECRET).compute_signature(f"{PUBLIC_URL}/ivr/voice", form)
    head = (
        "POST /ivr/voice HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nI-Twilio-Idempotency-Token: {n}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "GENBA_DATABASE_URL": url,
        "GENBA_PUBLIC_URL": PUBLIC_URL,
        "GENBA_SECRET_KEY": "b" * 40,
        "GENBA_DATA_KEYS": new_key("d1"),
        "GENBA_INDEX_KEYS": new_key("i1"),
        "GENBA_TWILIO_ACCOUNT_SID": ACCOUNT,
        "GENBA_TWILIO_AUTH_TOKEN": SECRET,
        "GENBA_SPOOL": str(folder / "spool.db"),
    }


@contextmanager
def _database(server_url: str | None, folder: Path) -> Iterator[str]:
    """Give the address of an empty database: a file, or a new one on the server, dropped afterwards."""
    if server_url is None or server_url.startswith("sqlite"):
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    name = f"genba_bench_{uuid7().hex[-12:]}"
    url = make_url(server_url.replace("postgresql://", "postgresql+psycopg://"))
    administration = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with administration.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
        administration.dispose()


@contextmanager
def _server(factory: str, processes: int, environ: dict[str, str]) -> Iterator[int]:
    """Run a server on a free port until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--port", str(port), "--no-access-log"]
    command += ["--log-level", "warning", "--loop", "uvloop", "--http", "httptools", "--workers", str(processes)]
    process = subprocess.Popen(command, env=environ)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        time.sleep(1.5)  # with several processes the first accepts before the others are up
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
