"""The training world: marked on every page, made anew at a button, and without a way to anything real."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core import mail
from core.clock import FixedClock
from core.db import Database, open_database
from core.errors import SettingsError
from core.phone import PhoneSealer
from core.registry import listing
from core.settings import Settings, WebhookReach
from core.training.model import MAX_CAPACITY
from core.work import service as work
from genba.jobs import HANDLERS, JobLoop
from genba.sample import world as sample
from genba.training_server import Gate, build_training_app
from genba.training_world import (
    MARK_TABLE,
    ROLE_LOGINS,
    TrainingWorld,
    enter_environment,
    inert_handlers,
    open_world,
)
from tests import factories
from tests.admin.conftest import new_client
from tests.admin.world import TODAY
from tests.conftest import make_settings


def build_small(database: Database, sealer: PhoneSealer, _now: datetime) -> None:
    """Build in place of the sample world just what the accounts stand on: it takes seconds, this does not."""
    with database.write() as session:
        site = factories.site(session, sealer)
        factories.line(session, sample.SENTENCE_LINE, sites=[site])
        company = factories.contractor(session, "佐藤工業")
        factories.participation(session, site, company)
        factories.worker(session, sealer, "山田 太郎", contractor=company)


@contextmanager
def built(database_url: str, sealer: PhoneSealer, clock: FixedClock, folder: Path) -> Iterator[TrainingWorld]:
    """Build a training world where one was before."""
    database = open_database(database_url)
    with database.write() as session:
        session.exec_driver_sql(f"create table {MARK_TABLE} (made_at text)")
    database.close()
    settings = replace(make_settings(database_url, sealer, folder), is_training=True)
    with open_world(settings, clock) as opened:
        opened.build()
        yield opened


@pytest.fixture(autouse=True)
def _small_and_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "build", build_small)
    monkeypatch.setattr("ivr.app.DRAIN_EVERY_S", 3600.0)


@pytest.fixture
def training(sqlite_url: str, sealer: PhoneSealer, clock: FixedClock, tmp_path: Path) -> Iterator[TrainingWorld]:
    with built(sqlite_url, sealer, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
def gate(training: TrainingWorld) -> Gate:
    return build_training_app(training, 8001)


def sign_in(gate: Gate, login: str) -> TestClient:
    client = new_client(gate)  # type: ignore[arg-type]
    form = {"login": login, "password": gate.training.password}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def names(training: TrainingWorld) -> list[str]:
    with training.runtime.database.read() as session:
        return [each.worker.name for each in listing.list_workers(session, TODAY)]


def test_every_page_is_marked_and_every_role_can_be_tried(gate: Gate) -> None:
    page = new_client(gate).get("/sign-in").text  # type: ignore[arg-type]
    assert page.count("模擬環境") > 1
    assert re.search("<title>【模擬環境】", page)
    assert all(f"<code>{login}</code>" in page for login in ROLE_LOGINS.values())
    assert gate.training.password in page
    for login in (*ROLE_LOGINS.values(), "kenshu01", f"kenshu{MAX_CAPACITY}"):
        client = sign_in(gate, login)
        for path in ("/", "/no-such-page"):
            shown = client.get(path).text
            assert "training-mark" in shown, (login, path)
            assert gate.training.password not in shown
    assert 'href="/phone"' in sign_in(gate, "unyo").get("/").text


def test_the_world_is_made_anew_while_others_are_signed_in(
    database_url: str, sealer: PhoneSealer, clock: FixedClock, tmp_path: Path
) -> None:
    with built(database_url, sealer, clock, tmp_path) as training:
        rebuild_while_signed_in(build_training_app(training, 8001), training)


def rebuild_while_signed_in(gate: Gate, training: TrainingWorld) -> None:
    operator, trainee = sign_in(gate, "unyo"), sign_in(gate, "kenshu01")
    before = names(training)
    with training.runtime.database.write() as session:
        factories.worker(session, training.runtime.settings.sealer, "研修 太郎", phone=None)
    assert trainee.get("/training-world/reset").status_code == 403
    assert trainee.post("/training-world/reset").status_code == 403
    assert "すべて消え" in operator.get("/training-world/reset").text
    gate.close_and_rebuild().join()
    assert sorted(names(training)) == sorted(before)
    assert trainee.get("/").headers["location"].startswith("/sign-in")
    assert sign_in(gate, "kenshu01").get("/").status_code == 200


def test_the_button_closes_the_gate_until_the_world_is_there(
    gate: Gate, training: TrainingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, rebuilt = sign_in(gate, "unyo"), []
    waiting: list[str] = []

    def rebuild(world: TrainingWorld) -> None:
        waiting.append(operator.get("/").text)
        rebuilt.append(world)

    monkeypatch.setattr(TrainingWorld, "rebuild", rebuild)
    gate.close_and_rebuild().join()
    assert "作り直しています" in waiting[0]
    assert (rebuilt, gate.is_closed) == ([training], False)


def test_a_database_that_is_no_training_world_is_left_alone(
    database: Database, settings: Settings, clock: FixedClock
) -> None:
    with database.write() as session:
        factories.contractor(session, "本物の会社")
    with open_world(settings, clock) as training, pytest.raises(SettingsError, match="left alone"):
        training.build()
    with database.read() as session:
        assert session.scalar(sa.text("select count(*) from contractors")) == 1


def test_nothing_real_is_left_in_the_environment() -> None:
    environ = {
        "GENBA_DATABASE_URL": "postgresql://real/genba",
        "GENBA_TWILIO_ACCOUNT_SID": "ACreal",
        "GENBA_TWILIO_AUTH_TOKEN": "real",
        "GENBA_SMTP_URL": "smtp://mail.example",
        "GENBA_REDIS_URL": "redis://real",
        "GENBA_TRAINING_DATABASE_URL": "sqlite:///var/training.db",
        "PATH": "/bin",
    }
    settings = enter_environment(environ, 8001)
    assert (settings.is_training, settings.redis_url, settings.smtp_url) == (True, None, None)
    assert settings.webhooks is WebhookReach.NONE
    assert "real" not in str(environ)
    assert environ["PATH"] == "/bin"
    assert Settings.load(environ) == settings


@pytest.mark.parametrize(
    ("real", "training"),
    [
        ("sqlite:///var/x.db", "sqlite:///./var/x.db"),
        ("postgresql://a@db/genba", "postgresql+psycopg://b:pw@db:5432/genba"),
    ],
)
def test_the_real_database_is_refused(real: str, training: str) -> None:
    environ = {"GENBA_DATABASE_URL": real, "GENBA_TRAINING_DATABASE_URL": training}
    with pytest.raises(SettingsError, match="real database"):
        enter_environment(environ, 8001)


def test_a_code_reaches_the_virtual_phone_and_no_carrier(
    gate: Gate, training: TrainingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.carrier_rest.TwilioRest.__init__", lambda *_: pytest.fail("the carrier was asked"))
    trainee, worker = sign_in(gate, "kenshu01"), new_client(gate)  # type: ignore[arg-type]
    assert "まだ届いていません。" in trainee.post("/phone/messages", json={"caller": "090-1234-5678"}).text
    assert worker.post("/me/sign-in", data={"number": "090-1234-5678"}).headers["location"] == "/me/code"
    assert 'href="/phone"' in worker.get("/me/code").text
    JobLoop(training.runtime, handlers=inert_handlers(training.inbox)).tick()
    shown = trainee.post("/phone/messages", json={"caller": "090-1234-5678"}).text
    code = re.search(r"\b\d{6}\b", shown)
    assert code is not None
    assert worker.post("/me/code", data={"code": code[0]}).headers["location"] == "/me"
    assert code[0] not in trainee.post("/phone/messages", json={"caller": "090-1234-0000"}).text
    assert new_client(gate).post("/phone/messages", json={"caller": "090-1234-5678"}).status_code == 303  # type: ignore[arg-type]


def test_mails_are_put_aside_unsent(training: TrainingWorld) -> None:
    loop = JobLoop(training.runtime, handlers=inert_handlers(training.inbox))
    with training.runtime.database.write() as session:
        work.mark(session, mail.KIND, ["nobody"], training.runtime.clock.now())
    loop.tick()
    with training.runtime.database.read() as session:
        assert mail.KIND not in {entry.kind for entry in work.waiting(session)}
    assert {handler.kind for handler in inert_handlers(training.inbox)} == {handler.kind for handler in HANDLERS}
