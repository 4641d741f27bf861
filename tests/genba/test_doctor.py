"""`genba doctor`: each thing that can be wrong is told with what to do, and nothing that is right is complained of."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.attendance.model import Channel, RawPunch
from core.clock import FixedClock
from core.db import Database, open_database
from core.ids import PunchId, uuid7
from core.phone import KeyRing, PhoneSealer, new_key, parse_key_ring
from core.settings import Settings
from core.work import service as work
from core.work.model import Schedule
from genba import doctor
from genba.cli import genba
from genba.doctor import Finding, State, examine, examine_carrier
from genba.runtime import Runtime
from ivr.carrier_rest import TwilioRest
from ivr.spool import Spool
from tests import factories
from tests.conftest import make_settings
from tests.support.environment import environment_of
from tests.support.fake_twilio import FakeTwilio
from tests.support.servers import free_port

TIDY = Schedule("tidy", every=timedelta(minutes=1))


@pytest.fixture
def clock() -> FixedClock:
    """The present: what PostgreSQL says of the time is compared with it."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def runtime(settings: Settings, database: Database, clock: FixedClock) -> Runtime:
    return Runtime(settings, database, clock)


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Return what is not well, apart from the machine's disk and the test server, which need not be safe."""
    not_ours = ("disk", "database fsync")
    return [(each.name, each.text) for each in findings if each.state is not State.OK and each.name not in not_ours]


def make_whole(runtime: Runtime) -> None:
    """Give an installation a line with a site, and a clock that runs."""
    with runtime.database.write() as session:
        factories.line(session, sites=[factories.site(session, runtime.settings.sealer)])
        work.ensure_schedules(session, [TIDY], runtime.clock.now())


def test_an_installation_that_is_whole_has_nothing_told_of_it(runtime: Runtime) -> None:
    make_whole(runtime)
    findings = list(examine(runtime))
    assert told(findings) == []
    assert [each.text for each in findings if each.name == "signed address"] == [
        "https://genba.test/ivr/voice",
        "https://genba.test/ivr/keys?n=1",
        "https://genba.test/ivr/status",
        "https://genba.test/ivr/fallback",
    ]


def test_a_new_installation_is_told_what_is_still_to_do(runtime: Runtime) -> None:
    assert told(examine(runtime)) == [("lines", "none yet"), ("background work", "has never run")]


def test_a_database_that_does_not_answer_is_told_without_its_address(runtime: Runtime) -> None:
    away = open_database(f"postgresql+psycopg://genba:secret@127.0.0.1:{free_port()}/genba")
    findings = list(examine(replace(runtime, database=away)))
    away.close()
    assert told(findings) == [("database", "does not answer (OperationalError)")]
    assert "secret" not in repr(findings)


def test_pending_migrations_are_told(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.exec_driver_sql("delete from alembic_version")
    ((name, text),) = told(examine(runtime))
    assert (name, text.endswith("pending")) == ("migrations", True)


def test_a_clock_that_differs_from_the_databases_is_told(
    postgresql_url: str, sealer: PhoneSealer, tmp_path: Path
) -> None:
    database = open_database(postgresql_url)
    settings = make_settings(postgresql_url, sealer, tmp_path)
    late = Runtime(settings, database, FixedClock(datetime.now(UTC) + timedelta(seconds=90)))
    make_whole(late)
    findings = list(examine(late))
    database.close()
    ((name, text),) = told(findings)
    assert (name, text.partition(" s ")[2]) == ("clock", "away from the database's")


def test_redis_is_told_when_it_does_not_answer(runtime: Runtime, redis_url: str) -> None:
    make_whole(runtime)
    reached = replace(runtime, settings=replace(runtime.settings, redis_url=redis_url))
    away = replace(runtime, settings=replace(runtime.settings, redis_url=f"redis://127.0.0.1:{free_port()}"))
    assert told(examine(reached)) == []
    assert told(examine(away)) == [("redis", "does not answer (ConnectionError)")]


def test_addresses_that_no_carrier_can_call_safely_are_told(runtime: Runtime) -> None:
    make_whole(runtime)
    urls = ("http://localhost:8000", "http://genba.example.jp")
    assert told(examine(replace(runtime, settings=replace(runtime.settings, public_urls=urls)))) == [
        ("public address", "http://localhost:8000 is this machine only"),
        ("public address", "http://genba.example.jp is not https"),
    ]


def test_lines_without_site_or_account_and_sites_whose_receipts_nobody_sends_are_told(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        site = factories.site(session, runtime.settings.sealer, sms_receipt=True)
        factories.line(session, "+815011111111")
        factories.line(session, "+815022222222", sites=[site], carrier="signalwire")
        work.ensure_schedules(session, [TIDY], runtime.clock.now())
    twilio_alone = tuple(each for each in runtime.settings.carriers if each.carrier == "twilio")
    assert told(examine(replace(runtime, settings=replace(runtime.settings, carriers=twilio_alone)))) == [
        ("line +815011111111", "serves no site: its callers are refused"),
        ("line +815022222222", "there is no account at signalwire"),
        ("receipts", "中央ビル wants receipts that nobody can send"),
    ]


def test_without_any_carrier_every_call_is_refused(runtime: Runtime) -> None:
    findings = told(examine(replace(runtime, settings=replace(runtime.settings, carriers=()))))
    assert findings[0] == ("carrier account", "none: every call is refused")


def test_a_spool_that_is_not_empty_is_told(runtime: Runtime, clock: FixedClock) -> None:
    make_whole(runtime)
    punch = RawPunch(PunchId(uuid7()), "k", Channel.PHONE, clock.now(), clock.now())
    Spool(runtime.settings.spool_path).keep(punch)
    assert told(examine(runtime)) == [("spool", "1 call(s) wait for the database")]


def test_a_disk_that_was_full_is_told_until_there_is_room_again(runtime: Runtime) -> None:
    make_whole(runtime)
    spool = Spool(runtime.settings.spool_path)
    spool.make_ready()
    assert told(examine(runtime)) == []
    spool.ballast.drop()
    assert told(examine(runtime)) == [("ballast", "the disk was full: the room held ready for calls is given up")]
    spool.make_ready()
    assert told(examine(runtime)) == []


def test_numbers_under_old_keys_are_counted(runtime: Runtime) -> None:
    make_whole(runtime)
    with runtime.database.write() as session:
        factories.worker(session, runtime.settings.sealer)
    new = PhoneSealer(_with_a_new_key(runtime.settings.sealer.data), runtime.settings.sealer.index)
    assert told(examine(replace(runtime, settings=replace(runtime.settings, sealer=new)))) == [
        ("keys", "1 phone number(s) are under old keys")
    ]


def _with_a_new_key(ring: KeyRing) -> KeyRing:
    return KeyRing((*parse_key_ring(new_key("d2")).keys, *ring.keys))


def test_background_work_that_is_late_or_fails_is_told(runtime: Runtime, clock: FixedClock) -> None:
    make_whole(runtime)
    with runtime.database.write() as session:
        work.mark(session, "tiers", ["a"], clock.now())
        work.fail_schedule(session, TIDY, clock.now(), "OperationalError")
    clock.at += timedelta(minutes=30)
    looked = [each for each in told(examine(runtime)) if each[0] != "clock"]
    assert looked == [
        ("background work", "tidy is late by 29 min"),
        ("task tidy", "failed last: OperationalError"),
        ("marks tiers", "1 wait, the first for 30 min"),
    ]


def test_a_disk_that_fills_up_is_told(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = doctor.FREE_MIN_BYTES - 1

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage)
    assert [each.state for each in examine(runtime) if each.name == "disk"] == [State.BAD]


def test_the_carrier_is_asked_where_it_sends_each_lines_calls(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        for e164 in ("+815011111111", "+815022222222", "+815033333333"):
            factories.line(session, e164)
        factories.line(session, "+815044444444", carrier="signalwire")
    right = {
        "sid": "PN1",
        "phone_number": "+815011111111",
        "voice_url": "https://genba.test/ivr/voice",
        "voice_method": "POST",
        "voice_fallback_url": "https://genba.test/ivr/fallback",
        "voice_fallback_method": "POST",
        "status_callback": "https://genba.test/ivr/status",
        "status_callback_method": "POST",
    }
    wrong = {**right, "phone_number": "+815022222222", "status_callback": None, "trunk_sid": "TK1"}
    twilio = FakeTwilio()
    for owned in ([right], [wrong], []):
        twilio.answer(incoming_phone_numbers=owned)
    assert list(examine_carrier(runtime, lambda account: TwilioRest(account, twilio))) == [
        Finding("carrier +815011111111", State.OK, "calls are sent here"),
        Finding(
            "carrier +815022222222",
            State.BAD,
            "StatusCallback is not set, not https://genba.test/ivr/status; "
            "TK1 overrides the addresses: take it off the number in the carrier's console",
            "`genba lines provision +815022222222`",
        ),
        Finding(
            "carrier +815033333333",
            State.BAD,
            "the account does not have this number",
            "`genba lines provision +815033333333`",
        ),
    ]


def test_a_refusal_of_the_carrier_is_a_finding(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        factories.line(session)
    refusing = FakeTwilio().refuse(20003, 401)
    ((name, text),) = told(examine_carrier(runtime, lambda account: TwilioRest(account, refusing)))
    assert (name, text) == (
        "carrier +815012345678",
        "the carrier refused (20003): the account or its token is wrong, or the account is suspended",
    )


def run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(genba, ["doctor", *arguments], env=environment, catch_exceptions=False)


def test_incomplete_settings_are_told_one_by_one_with_exit_status_1(sealer: PhoneSealer, tmp_path: Path) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/x.db", sealer, tmp_path)
    result = run({**environment, "GENBA_SECRET_KEY": "", "GENBA_PUBLIC_URL": ""}, "--no-fix-hints")
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "bad   settings: GENBA_SECRET_KEY: at least 32 characters, e.g. `openssl rand -hex 32`",
            "bad   settings: GENBA_PUBLIC_URL: the address the carrier calls, e.g. https://genba.example.jp",
        ],
    )


def test_a_database_that_is_not_there_is_a_finding_and_not_made(sealer: PhoneSealer, tmp_path: Path) -> None:
    result = run(environment_of(f"sqlite:///{tmp_path}/vra/genba.db", sealer, tmp_path))
    assert (
        f"warn  database: there is none yet at {tmp_path}/vra/genba.db\n"
        "      -> correct GENBA_DATABASE_URL, or make a new one with `genba db upgrade`"
    ) in result.output
    assert not (tmp_path / "vra").exists()


def test_the_findings_are_printed_for_people_and_for_programs(
    sqlite_url: str, sealer: PhoneSealer, tmp_path: Path
) -> None:
    environment = {
        **environment_of(sqlite_url, sealer, tmp_path),
        "GENBA_TWILIO_ACCOUNT_SID": "AC1",
        "GENBA_TWILIO_AUTH_TOKEN": "token",
    }
    for_people, for_programs = run(environment), run(environment, "--json")
    assert "warn  lines: none yet\n      -> `genba lines add NUMBER`" in for_people.output
    assert for_programs.exit_code == for_people.exit_code
    found = json.loads(for_programs.output)
    assert found[0] == {"name": "settings", "state": "ok", "text": "complete", "hint": ""}
    assert "token" not in for_people.output + for_programs.output
