"""The one-process server: who gets which request, what watches it, and how it starts and stops."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send
from twilio.request_validator import RequestValidator

from core.attendance.model import Channel, RawPunch
from core.clock import FixedClock
from core.db import Database, open_database
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.settings import Settings
from core.work import service as work
from genba.commands.serve import server_options
from genba.runtime import Runtime
from genba.server import IVR_PREFIX, FrontDoor, build_app
from tests import factories
from tests.conftest import TWILIO
from tests.support.environment import environment_of
from tests.support.servers import free_port

HERE = ("127.0.0.1", 50000)
PATIENCE_S = 60


@pytest.fixture
def runtime(settings: Settings, database: Database, clock: FixedClock) -> Runtime:
    return Runtime(settings, database, clock)


def served(runtime: Runtime, client: tuple[str, int] = HERE) -> TestClient:
    return TestClient(build_app(runtime, has_clock=False), base_url="https://genba.test", client=client)


def call(client: TestClient, address: str, form: dict[str, str]) -> httpx2.Response:
    """Post a webhook as the carrier does, signed over the public address as it is."""
    signature = RequestValidator(TWILIO.secret).compute_signature(f"https://genba.test{address}", form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return client.post(address, content=urlencode(form), headers=headers)


FORM = {
    "CallSid": f"CA{1:032x}",
    "AccountSid": TWILIO.account,
    "From": "+819012345678",
    "To": "+815012345678",
    "CallStatus": "ringing",
}


def test_a_signed_call_is_answered_by_the_phone_whatever_its_query_looks_like(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        factories.line(session, sites=[factories.site(session, runtime.settings.sealer)])
    with served(runtime) as client:
        plain = call(client, "/ivr/voice", FORM)
        odd = call(client, "/ivr/voice?a=%7Eb&c", {**FORM, "CallSid": f"CA{2:032x}"})
        unsigned = client.post("/ivr/voice", data=FORM)
    assert [(each.status_code, each.headers["content-type"][:15]) for each in (plain, odd, unsigned)] == [
        (200, "application/xml"),
        (200, "application/xml"),
        (403, "text/plain; cha"),
    ]


def test_the_tablets_page_is_there_for_whoever_is_not_signed_in(runtime: Runtime) -> None:
    with served(runtime) as client:
        typed = client.get("/gate", follow_redirects=False)
        page = client.get("/gate/", follow_redirects=False)
    assert (typed.status_code, typed.headers["location"]) == (308, "/gate/")
    assert (page.status_code, "static/gate.js" in page.text) == (200, True)


def test_everything_else_is_answered_by_the_pages(runtime: Runtime) -> None:
    with served(runtime) as client:
        answer = client.get("/", follow_redirects=False)
    assert answer.status_code in (302, 303)
    assert "content-security-policy" in answer.headers


def test_a_request_reaches_its_application_with_its_paths_untouched() -> None:
    seen: list[tuple[str, bytes, str]] = []

    def noting(name: str) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append((name, scope["raw_path"], scope["root_path"]))
            await PlainTextResponse("")(scope, receive, send)

        return app

    door = FrontDoor(
        {"/ivr/": noting("phone"), "/intake/": noting("intake")},
        noting("pages"),
        noting("watched"),
        frozenset({"/healthz"}),
    )
    client = TestClient(door, root_path="")
    for path in ("/ivr/voice%20x", "/ivrx", "/ivr", "/healthz", "/healthz/x", "/"):
        client.get(path)
    assert seen == [
        ("phone", b"/ivr/voice%20x", ""),
        ("pages", b"/ivrx", ""),
        ("pages", b"/ivr", ""),
        ("watched", b"/healthz", ""),
        ("pages", b"/healthz/x", ""),
        ("pages", b"/", ""),
    ]


def test_a_living_process_is_healthy_and_with_a_migrated_database_ready(runtime: Runtime) -> None:
    with served(runtime) as client:
        assert (client.get("/healthz").text, client.get("/readyz").json()) == ("ok\n", {"ready": True, "problem": ""})


def test_a_server_with_pending_migrations_is_not_ready(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.exec_driver_sql("delete from alembic_version")
    with served(runtime) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "problem": "migrations are pending"})


def test_a_server_without_its_database_is_alive_but_not_ready(
    sqlite_url: str, sealer: PhoneSealer, settings: Settings, clock: FixedClock
) -> None:
    away = open_database(f"postgresql+psycopg://genba@127.0.0.1:{free_port()}/genba")
    with served(Runtime(settings, away, clock)) as client:
        ready, healthy, metrics = client.get("/readyz"), client.get("/healthz"), client.get("/metrics")
    away.close()
    assert (ready.status_code, ready.json()["problem"]) == (503, "the database does not answer")
    assert healthy.status_code == 200
    assert "genba_database_up 0" in metrics.text


def test_a_server_that_could_not_keep_a_call_is_not_ready_until_it_can_write_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.app._make_ready", lambda _: None)  # the test does so by hand
    with served(runtime) as client:
        spool = client.app.by_prefix[IVR_PREFIX].state.phone.spool  # type: ignore[attr-defined]
        with monkeypatch.context() as full:
            full.setattr(spool, "_insert", _raise_disk_full)
            with pytest.raises(sqlite3.OperationalError):
                spool.keep(RawPunch(PunchId(uuid7()), "k", Channel.PHONE, runtime.clock.now(), runtime.clock.now()))
        answer, metrics = client.get("/readyz"), client.get("/metrics").text
        spool.make_ready()
        after = client.get("/readyz")
    assert (answer.status_code, answer.json()["problem"]) == (503, "the last call could not be kept in the spool")
    assert f'genba_spool_failed{{pid="{os.getpid()}"}} 1' in metrics
    assert after.status_code == 200


def test_a_server_whose_disk_is_nearly_full_is_not_ready(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ballast.Ballast.free_bytes", lambda _: 2**20)
    with served(runtime) as client:
        answer, metrics = client.get("/readyz"), client.get("/metrics").text
    assert (answer.status_code, answer.json()["problem"]) == (503, "the disk of the spool is nearly full")
    assert "genba_spool_free_bytes 1048576" in metrics


def _raise_disk_full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_metrics_count_webhooks_and_what_waits(runtime: Runtime, clock: FixedClock) -> None:
    with runtime.database.write() as session:
        work.mark(session, "tiers", ["a", "b"], clock.now())
    clock.at = clock.at.replace(minute=53)
    with served(runtime) as client:
        client.post("/ivr/voice", data=FORM)
        text = client.get("/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [
        line.partition(",pid=")[0] if ",pid=" in line else line
        for line in lines
        if not line.startswith(("genba_writer", "genba_spool_f"))
    ] == [
        'genba_webhooks_total{webhook="voice"',
        "genba_spool_waiting 0",
        "genba_database_up 1",
        'genba_marks_waiting{kind="tiers"} 2',
        'genba_marks_overdue_seconds{kind="tiers"} 60.000',
        "genba_partner_events_waiting 0",
        "genba_partner_deliveries_waiting 0",
        "genba_partner_subscriptions_failing 0",
    ]


def test_metrics_are_for_this_machine_only(runtime: Runtime) -> None:
    with served(runtime, ("192.0.2.7", 50000)) as client:
        assert client.get("/metrics").status_code == 404
    with served(runtime) as client:
        assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404


def test_nobodys_word_on_who_called_is_taken_unless_asked_for() -> None:
    default = uvicorn.Config("x", **server_options())
    asked = uvicorn.Config("x", **server_options("10.0.0.5"))
    assert (default.proxy_headers, asked.proxy_headers, asked.forwarded_allow_ips) == (False, True, "10.0.0.5")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_genba_serve_becomes_ready_and_stops_cleanly(
    sqlite_url: str, sealer: PhoneSealer, tmp_path: Path, processes: str
) -> None:
    errors = _serve_until(200, environment_of(sqlite_url, sealer, tmp_path), tmp_path, "--processes", processes)
    assert "Traceback" not in errors, errors


def test_genba_serve_starts_without_its_postgresql_so_that_calls_are_spooled(
    sealer: PhoneSealer, tmp_path: Path
) -> None:
    away = f"postgresql://genba@127.0.0.1:{free_port()}/genba"
    errors = _serve_until(503, environment_of(away, sealer, tmp_path), tmp_path)
    assert "the database does not answer: calls are kept in the spool until it does" in errors
    assert "Traceback" not in errors, errors


def test_genba_serve_refuses_a_file_it_cannot_use(tmp_path: Path, sealer: PhoneSealer) -> None:
    (refusal,) = _refusal(environment_of(f"sqlite:///{tmp_path}", sealer, tmp_path), tmp_path)
    assert refusal == "genba: GENBA_DATABASE_URL: the file cannot be used: unable to open database file"


def test_genba_serve_refuses_to_start_without_settings(tmp_path: Path, sealer: PhoneSealer) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/x.db", sealer, tmp_path)
    del environment["GENBA_SECRET_KEY"], environment["GENBA_PUBLIC_URL"]
    assert _refusal(environment, tmp_path) == [
        "genba: GENBA_SECRET_KEY: at least 32 characters, e.g. `openssl rand -hex 32`",
        "GENBA_PUBLIC_URL: the address the carrier calls, e.g. https://genba.example.jp",
    ]


def test_genba_serve_refuses_to_start_on_a_postgresql_that_lacks_migrations(
    postgresql_url: str, tmp_path: Path, sealer: PhoneSealer
) -> None:
    database = open_database(postgresql_url)
    with database.write() as session:
        session.exec_driver_sql("delete from alembic_version")
    database.close()
    (refusal,) = _refusal(environment_of(postgresql_url, sealer, tmp_path), tmp_path)
    assert refusal.endswith("migration(s): run `genba db upgrade` first")


def _refusal(environment: dict[str, str], folder: Path) -> list[str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("genba"), "serve"],
        env=environment,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    return done.stderr.decode().splitlines()


def _serve_until(status: int, environment: dict[str, str], folder: Path, *options: str) -> str:
    """Run `genba serve` until /readyz answers with a status, then stop it; return what it said."""
    port = free_port()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("genba"), "serve", "--port", str(port), *options],
        env=environment,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    try:
        assert _eventually_answers(f"http://127.0.0.1:{port}/readyz", status)
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=PATIENCE_S)[1].decode()
    assert process.returncode in (0, -signal.SIGTERM), errors
    return errors


def _eventually_answers(address: str, status: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if httpx2.get(address, timeout=PATIENCE_S).status_code == status:
                return True
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    return False
