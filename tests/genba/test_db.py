"""`genba db`: migrating from nothing, and what a check finds."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.attendance.model import Caller, Channel, RawPunch
from core.attendance.service import record_punches
from core.db import open_database
from core.errors import SettingsError
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from genba.cli import genba
from tests import factories
from tests.support.environment import environment_of


def run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(genba, ["db", *arguments], env=environment, catch_exceptions=False)


@pytest.fixture
def environment(database_url: str, sealer: PhoneSealer, tmp_path: Path) -> dict[str, str]:
    return environment_of(database_url, sealer, tmp_path)


def test_a_new_file_is_migrated_from_nothing_and_then_up_to_date(sealer: PhoneSealer, tmp_path: Path) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/folder/new.db", sealer, tmp_path)
    assert run(environment, "upgrade").output.startswith("applied 0001, 0002")
    assert run(environment, "upgrade").output == "up to date\n"


def test_an_empty_file_lacks_its_migrations(sealer: PhoneSealer, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    checked = run(environment_of(f"sqlite:///{tmp_path}/empty.db", sealer, tmp_path), "check")
    assert (checked.exit_code, checked.output.splitlines()[0]) == (
        1,
        "migrations: 0001 is pending: run `genba db upgrade`",
    )


@pytest.mark.parametrize(
    "command",
    [
        ("db", "check"),
        ("audit", "verify"),
        ("audit", "list"),
        ("contractors", "list"),
        ("workers", "show", "山田"),
        ("sites", "code", "中央ビル"),
        ("lines", "list"),
        ("punches", "list"),
        ("missed", "list"),
        ("users", "list"),
        ("papers", "manual", "中央ビル", "-o", "manual.pdf"),
        ("keys", "rotate"),
    ],
)
def test_a_mistyped_path_is_told_and_makes_no_database(
    sealer: PhoneSealer, tmp_path: Path, command: tuple[str, ...]
) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/vra/genba.db", sealer, tmp_path)
    with pytest.raises(SettingsError) as told:
        CliRunner().invoke(genba, command, env=environment, catch_exceptions=False)
    assert str(told.value) == (
        f"GENBA_DATABASE_URL: there is no database {tmp_path}/vra/genba.db: correct the path, "
        "or make a new database with `genba db upgrade`"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_path_ends_with_exit_status_2(sealer: PhoneSealer, tmp_path: Path) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/vra.db", sealer, tmp_path)
    command = [Path(sys.executable).with_name("genba"), "db", "check"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()[:42]) == (2, "genba: GENBA_DATABASE_URL: there is no dat")


def test_a_migrated_database_is_whole(environment: dict[str, str]) -> None:
    assert run(environment, "check").output == "whole: 7 checks\n"
    assert json.loads(run(environment, "check", "--json").output) == []


def test_a_punch_that_nobody_judged_is_found(
    environment: dict[str, str], database_url: str, sealer: PhoneSealer
) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=6)
    database = open_database(database_url)
    with database.write() as session:
        factories.line(session, sites=[factories.site(session, sealer, site_code=code) for code in ("0001", "0002")])
        factories.worker(session, sealer)
        sealed = sealer.seal("+819012345678")
        caller = Caller(sealer.blind_indexes("+819012345678"), sealed.last4_index, sealed.cipher, sealed.mask)
        punch = RawPunch(PunchId(uuid7()), "k", Channel.PHONE, long_ago, long_ago, caller, "+815012345678")
        record_punches(session, [replace(punch, can_ask=True)], long_ago)
    database.close()
    result = run(environment, "check", "--json")
    assert (result.exit_code, json.loads(result.output)) == (
        1,
        [
            {
                "check": "unjudged punches",
                "problem": "1 punch(es) have no judgement: is the background work running?",
            }
        ],
    )


def test_a_reference_to_nothing_is_found(sqlite_url: str, sealer: PhoneSealer, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    with database.read() as session:
        session.exec_driver_sql("commit")
        session.exec_driver_sql("pragma foreign_keys = off")
        session.exec_driver_sql("insert into line_sites (line_id, site_id) values ('a', 'b')")
        session.exec_driver_sql("begin")
    database.close()
    result = run(environment_of(sqlite_url, sealer, tmp_path), "check")
    assert sorted(result.output.splitlines()) == [
        "file: a row of line_sites refers to a missing lines",
        "file: a row of line_sites refers to a missing sites",
    ]
