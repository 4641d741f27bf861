"""`genba partners`: a partner system gets a key that is shown once, and loses it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.db import Database
from core.phone import PhoneSealer
from genba.cli import genba
from tests import factories
from tests.support.environment import environment_of

Type = Callable[..., Result]


@pytest.fixture
def type_(database: Database, database_url: str, sealer: PhoneSealer, tmp_path: Path) -> Type:
    with database.write() as session:
        factories.contractor(session, "大和建設")
    environment = environment_of(database_url, sealer, tmp_path)
    return lambda *typed: CliRunner().invoke(genba, ["partners", *typed], env=environment)


def test_a_key_is_shown_once_and_listed_with_whose_it_is(type_: Type) -> None:
    assert "no partners yet" in type_("list").output
    added = type_("add", "勤怠システム", "--prime", "大和建設", "--scope", "punches:write").output
    secret = added.splitlines()[-1]
    assert added.splitlines()[0].endswith("of 勤怠システム for 大和建設:")
    listed = type_("list").output
    assert "live     勤怠システム for 大和建設  punches:write" in listed
    assert secret not in listed
    (key,) = json.loads(type_("list", "--json").output)
    assert (key["partner"], key["prime"], key["revoked_at"]) == ("勤怠システム", "大和建設", None)


def test_a_revoked_key_stays_in_the_list(type_: Type) -> None:
    type_("add", "勤怠システム", "--prime", "大和建設", "--scope", "punches:write", "--sandbox")
    (key,) = json.loads(type_("list", "--json").output)
    assert type_("revoke", key["api_key_id"]).output == "revoked\n"
    assert "revoked  勤怠システム" in type_("list").output


def test_a_prime_that_is_not_there_is_named(type_: Type) -> None:
    refused = type_("add", "勤怠システム", "--prime", "無い会社", "--scope", "punches:write")
    assert refused.exit_code == 1
    assert "無い会社" in refused.output
