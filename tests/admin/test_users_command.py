"""`genba users` as an operator types it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.accounts import service
from core.db import Database, open_database
from core.errors import InvalidInput, NotFound
from core.phone import PhoneSealer
from genba.cli import genba
from tests.support.environment import environment_of

PASSWORD = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, sealer: PhoneSealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `genba users …`; errors come out as they are raised."""
    monkeypatch.chdir(tmp_path)
    environment = environment_of(sqlite_url, sealer, tmp_path)

    def run_(*arguments: str, typed: str = "") -> Result:
        return CliRunner(env=environment).invoke(genba, ["users", *arguments], input=typed, catch_exceptions=False)

    return run_


def has_password(sqlite_url: str, password: str) -> bool:
    database: Database = open_database(sqlite_url)
    with database.read() as session:
        account = service.find_account(session, "kimura")
    database.close()
    return service.is_password_of(account, password)


def test_a_password_from_standard_input_is_taken_without_its_line_end(run: Run, sqlite_url: str) -> None:
    result = run("create", "Kimura", "--name", "木村花子", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (result.exit_code, result.output) == (0, "Created kimura (木村花子).\n")
    assert has_password(sqlite_url, PASSWORD)


def test_a_generated_password_is_printed_and_works(run: Run, sqlite_url: str) -> None:
    result = run("create", "kimura", "--name", "木村花子", "--generate")
    password = re.fullmatch(r"Created kimura \(木村花子\)\.\nPassword: ([a-z2-9-]{19})\n", result.output)
    assert password is not None
    assert has_password(sqlite_url, password[1])


def test_a_typed_password_is_asked_for_twice_and_not_shown(run: Run, sqlite_url: str) -> None:
    result = run("create", "kimura", "--name", "木村花子", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert (result.exit_code, PASSWORD in result.output) == (0, False)
    assert has_password(sqlite_url, PASSWORD)


def test_a_reset_replaces_the_password(run: Run, sqlite_url: str) -> None:
    run("create", "kimura", "--name", "木村花子", "--generate")
    result = run("reset", "KIMURA", "--password-stdin", typed=PASSWORD)
    assert result.output == "Reset the password of kimura; it is signed out everywhere.\n"
    assert has_password(sqlite_url, PASSWORD)


def test_accounts_are_listed_without_their_hashes(run: Run) -> None:
    run("create", "mori", "--name", "森一郎", "--generate")
    run("create", "kimura", "--name", "木村花子", "--generate")
    run("disable", "mori")
    assert run("list").output == "kimura  木村花子  operator  active\nmori  森一郎  operator  disabled\n"
    kimura, mori = json.loads(run("list", "--json").output)
    assert kimura == {
        "login": "kimura",
        "name": "木村花子",
        "roles": ["operator"],
        "locked_until": None,
        "disabled_at": None,
    }
    assert mori["disabled_at"] is not None
    run("enable", "mori")
    assert json.loads(run("list", "--json").output)[1]["disabled_at"] is None


def test_a_short_password_and_an_unknown_login_are_told(run: Run) -> None:
    with pytest.raises(InvalidInput, match="at least 15"):
        run("create", "kimura", "--name", "木村花子", "--password-stdin", typed="short")
    with pytest.raises(NotFound, match="no account has the login kimura"):
        run("reset", "kimura", "--generate")


def test_two_sources_of_a_password_are_one_too_many(run: Run) -> None:
    result = run("create", "kimura", "--name", "木村花子", "--password-stdin", "--generate")
    assert (result.exit_code, "either --password-stdin or --generate" in result.output) == (2, True)
