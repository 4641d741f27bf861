"""`genba lines`: what is added and assigned here, and what is asked of the carrier, request by request."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.db import Database, open_database
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.ids import SiteId
from core.phone import PhoneSealer
from core.registry import places
from genba.cli import genba
from genba.commands import lines
from ivr.carrier_rest import TwilioRest
from tests import factories
from tests.conftest import TWILIO
from tests.support.environment import environment_of
from tests.support.fake_twilio import Asked, FakeTwilio

NUMBER = "+815012345678"
SETTINGS = {
    "VoiceUrl": "https://genba.test/ivr/voice",
    "VoiceMethod": "POST",
    "VoiceFallbackUrl": "https://second.test/ivr/fallback",
    "VoiceFallbackMethod": "POST",
    "StatusCallback": "https://genba.test/ivr/status",
    "StatusCallbackMethod": "POST",
}
AS_THE_CARRIER_HAS_IT = {
    "sid": "PN1",
    "phone_number": NUMBER,
    "voice_url": SETTINGS["VoiceUrl"],
    "voice_method": "POST",
    "voice_fallback_url": SETTINGS["VoiceFallbackUrl"],
    "voice_fallback_method": "POST",
    "status_callback": SETTINGS["StatusCallback"],
    "status_callback_method": "POST",
}
LOOK_UP = Asked("GET", "IncomingPhoneNumbers.json", {"PhoneNumber": NUMBER, "PageSize": 20})


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    database = open_database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def environment(sqlite_url: str, sealer: PhoneSealer, tmp_path: Path) -> dict[str, str]:
    return {
        **environment_of(sqlite_url, sealer, tmp_path),
        "GENBA_PUBLIC_URL": "https://genba.test,https://second.test",
        "GENBA_TWILIO_ACCOUNT_SID": TWILIO.account,
        "GENBA_TWILIO_AUTH_TOKEN": TWILIO.secret,
    }


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> FakeTwilio:
    fake = FakeTwilio()
    monkeypatch.setattr(lines, "TwilioRest", lambda account: TwilioRest(account, fake))
    return fake


def run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(genba, ["lines", *arguments], env=environment, catch_exceptions=False)


def add_site(database: Database, sealer: PhoneSealer, name: str = "中央ビル", site_code: str = "0001") -> SiteId:
    with database.write() as session:
        return factories.site(session, sealer, name, site_code=site_code, ends_on=date(2026, 12, 31)).site_id


def listed(environment: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run(environment, "list", "--json").output)
    return [{name: value for name, value in line.items() if name != "line_id"} for line in found]


def test_a_number_is_added_with_its_site_and_how_it_answers(
    environment: dict[str, str], database: Database, sealer: PhoneSealer
) -> None:
    site_id = add_site(database, sealer)
    result = run(
        environment, "add", "050-1234-5678", "--site", "中央ビル", "--mode", "ring_only", "--direction", "entry"
    )
    assert result.output == f"added {NUMBER}; `genba doctor --carrier` says whether its calls reach us\n"
    assert listed(environment) == [
        {
            "e164": NUMBER,
            "carrier": "twilio",
            "name": "",
            "mode": "ring_only",
            "direction": "entry",
            "language": "ja",
            "retired_at": None,
            "sites": [{"site_id": str(site_id), "name": "中央ビル", "site_code": "0001"}],
        }
    ]
    assert run(environment, "list").output == f"{NUMBER}  ring_only/entry/ja  twilio  中央ビル (0001)\n"


def test_sites_are_put_on_a_line_and_taken_off_by_name_id_or_code(
    environment: dict[str, str], database: Database, sealer: PhoneSealer
) -> None:
    add_site(database, sealer)
    other_id = add_site(database, sealer, "東ビル", "0002")
    run(environment, "add", NUMBER)
    assert run(environment, "assign", NUMBER, "0001", str(other_id), "--mode", "menu").output == (
        f"{NUMBER} serves 中央ビル, 東ビル\n"
    )
    assert run(environment, "assign", NUMBER, "東ビル", "--remove").output == f"{NUMBER} serves 中央ビル\n"
    assert [line["mode"] for line in listed(environment)] == ["menu"]


def test_what_does_not_exist_or_is_ambiguous_is_said(
    environment: dict[str, str], database: Database, sealer: PhoneSealer
) -> None:
    with pytest.raises(NotFound, match=r"no line \+815012345678"):
        run(environment, "assign", NUMBER)
    run(environment, "add", NUMBER)
    with pytest.raises(NotFound, match="no site is named 西ビル"):
        run(environment, "assign", NUMBER, "西ビル")
    for code in ("0001", "0002"):
        add_site(database, sealer, "同じ名前", code)
    with pytest.raises(InvalidInput, match="several sites are named 同じ名前"):
        run(environment, "assign", NUMBER, "同じ名前")
    with pytest.raises(InvalidInput, match="not a phone number"):
        run(environment, "add", "12")


def test_an_empty_list_says_how_to_begin(environment: dict[str, str]) -> None:
    assert run(environment, "list").output.startswith("no lines yet: `genba lines add NUMBER`")


def test_numbers_for_sale_are_searched_by_kind_and_digits(environment: dict[str, str], twilio: FakeTwilio) -> None:
    twilio.answer(available_phone_numbers=[{"phone_number": NUMBER, "address_requirements": "any"}])
    result = run(environment, "search", "--kind", "national", "--contains", "8150", "--limit", "5")
    assert twilio.asked == [
        Asked(
            "GET",
            "AvailablePhoneNumbers/JP/National.json",
            {"Contains": "8150", "VoiceEnabled": "true", "PageSize": 5},
        )
    ]
    assert result.stdout == f"{NUMBER}  national  address needed: any\n"
    assert "regulatory bundle" in result.stderr
    assert "電気通信番号使用計画" in result.stderr


def test_without_apply_nothing_is_bought_and_nothing_is_stored(environment: dict[str, str], twilio: FakeTwilio) -> None:
    twilio.answer(incoming_phone_numbers=[])
    result = run(environment, "provision", NUMBER)
    assert twilio.asked == [LOOK_UP]
    assert result.output.splitlines()[:4] == [
        f"{NUMBER}: buy it (the carrier bills it by the month)",
        "  VoiceUrl https://genba.test/ivr/voice",
        "  VoiceFallbackUrl https://second.test/ivr/fallback",
        "  StatusCallback https://genba.test/ivr/status",
    ]
    assert result.output.splitlines()[-1] == "nothing was changed: add --apply to do it"
    assert listed(environment) == []


def test_with_apply_a_number_is_bought_with_its_papers_and_put_to_its_site(
    environment: dict[str, str], twilio: FakeTwilio, database: Database, sealer: PhoneSealer
) -> None:
    add_site(database, sealer)
    twilio.answer(incoming_phone_numbers=[]).answer(sid="PN1", phone_number=NUMBER)
    papers = ("--bundle", "BU1", "--address", "AD1", "--site", "中央ビル")
    assert run(environment, "provision", NUMBER, *papers, "--apply").output.splitlines()[-1] == "done"
    bought = {"PhoneNumber": NUMBER, "BundleSid": "BU1", "AddressSid": "AD1", **SETTINGS}
    assert twilio.asked == [LOOK_UP, Asked("POST", "IncomingPhoneNumbers.json", bought)]
    assert [(line["e164"], len(line["sites"])) for line in listed(environment)] == [(NUMBER, 1)]  # type: ignore[arg-type]


def test_a_number_we_have_is_pointed_to_us_and_one_that_is_right_is_left_alone(
    environment: dict[str, str], twilio: FakeTwilio
) -> None:
    wrong = {**AS_THE_CARRIER_HAS_IT, "voice_url": "https://demo.twilio.com/welcome", "voice_method": "GET"}
    twilio.answer(incoming_phone_numbers=[wrong]).answer(**AS_THE_CARRIER_HAS_IT)
    result = run(environment, "provision", NUMBER, "--apply")
    assert result.output.splitlines() == [
        f"{NUMBER}: change its settings",
        "  VoiceUrl is https://demo.twilio.com/welcome, not https://genba.test/ivr/voice",
        "  calls are not sent by POST",
        "done",
    ]
    assert twilio.asked == [LOOK_UP, Asked("POST", "IncomingPhoneNumbers/PN1.json", SETTINGS)]

    twilio.asked.clear()
    twilio.answer(incoming_phone_numbers=[AS_THE_CARRIER_HAS_IT])
    result = run(environment, "provision", NUMBER, "--apply")
    assert result.output.splitlines() == [f"{NUMBER}: its calls are sent here already", "done"]
    assert twilio.asked == [LOOK_UP]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (21649, "bundle is missing or not approved"),
        (21613, "--address AD"),
        (21422, "for sale"),
        (99999, "error 99999"),
    ],
)
def test_a_refusal_is_told_in_plain_words_and_nothing_is_stored(
    environment: dict[str, str], twilio: FakeTwilio, code: int, words: str
) -> None:
    twilio.answer(incoming_phone_numbers=[]).refuse(code)
    with pytest.raises(DomainError, match=words):
        run(environment, "provision", NUMBER, "--apply")
    assert listed(environment) == []


def test_a_misspelt_site_is_told_before_anything_is_asked_of_the_carrier(
    environment: dict[str, str], twilio: FakeTwilio
) -> None:
    with pytest.raises(NotFound, match="no site is named 西ビル"):
        run(environment, "provision", NUMBER, "--site", "西ビル", "--apply")
    assert twilio.asked == []


def test_a_retired_line_is_given_no_site_and_is_not_bought_again(
    environment: dict[str, str], database: Database, sealer: PhoneSealer, twilio: FakeTwilio
) -> None:
    add_site(database, sealer)
    with database.write() as session:
        line = factories.line(session, NUMBER)
        places.retire_line(session, line.line_id, datetime(2026, 11, 16, tzinfo=UTC))
    for command in (("assign", NUMBER, "中央ビル"), ("provision", NUMBER, "--site", "中央ビル", "--apply")):
        with pytest.raises(NotAllowed, match=r"the line \+815012345678 is retired"):
            run(environment, *command)
    assert twilio.asked == []


def test_without_an_account_the_carrier_is_not_asked(environment: dict[str, str]) -> None:
    del environment["GENBA_TWILIO_ACCOUNT_SID"], environment["GENBA_TWILIO_AUTH_TOKEN"]
    with pytest.raises(DomainError, match="no Twilio account"):
        run(environment, "search")
