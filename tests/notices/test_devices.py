"""Telling of devices: within the site's hours, once a day each, and to the people of its prime."""

from datetime import datetime, timedelta

import pytest

from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import FixedClock
from core.db import Database
from core.devices import service, watching
from core.devices.model import Device
from core.ids import AccountId
from core.notices import service as notices
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from genba import device_jobs
from genba.runtime import Runtime
from tests import factories
from tests.admin.world import TODAY, World, at
from tests.conftest import make_settings

PASSWORD = "a long enough password"
SUNDAY = TODAY - timedelta(days=1)


@pytest.fixture
def place(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


@pytest.fixture
def gate(place: World) -> Device:
    with place.database.write() as session:
        return factories.device(session, place.sealer, place.central, at=at("07:00", SUNDAY - timedelta(days=3)))


def report(place: World, gate: Device, when: datetime, **told: object) -> None:
    with place.database.write() as session:
        factories.report(session, gate, when, **told)


def facts(place: World, now: datetime) -> list[tuple[str, int]]:
    with place.database.read() as session:
        return [(fact.kind.value, fact.count) for fact in watching.find_facts(session, now)]


@pytest.mark.parametrize(
    ("heard", "now", "found"),
    [
        ("07:50", "07:51", []),
        ("07:50", "07:52", [("device_silent", 2)]),
        ("19:50", "19:59", [("device_silent", 9)]),
        ("19:50", "20:00", []),  # the site is closed
        ("03:50", "04:30", []),  # switched off for the night
        ("03:50", "08:00", [("device_silent", 250)]),
        ("04:10", "04:30", [("device_silent", 20)]),
    ],
)
def test_a_silence_is_told_while_the_site_works(
    place: World, gate: Device, heard: str, now: str, found: list[tuple[str, int]]
) -> None:
    report(place, gate, at(heard))
    assert facts(place, at(now)) == found


def test_a_silence_is_told_after_a_minute_and_a_half(place: World, gate: Device) -> None:
    report(place, gate, at("07:50"))
    told = [facts(place, at("07:50") + timedelta(seconds=seconds)) for seconds in (89, 90)]
    assert told == [[], [("device_silent", 1)]]


def test_of_a_silence_of_more_than_a_week_nobody_is_told_any_more(place: World, gate: Device) -> None:
    report(place, gate, at("07:50", TODAY - timedelta(days=6)))
    assert len(facts(place, at("09:00"))) == 1
    report(place, gate, at("07:50", TODAY - timedelta(days=8)))
    assert facts(place, at("09:00")) == []


def test_what_waits_and_a_reader_that_is_unplugged_are_told(place: World, gate: Device) -> None:
    report(place, gate, at("07:50"), waiting=4, oldest_waiting_at=at("07:30"))
    assert facts(place, at("07:50")) == [("device_held_up", 4)]
    report(place, gate, at("07:51"), readers=(("RC-S300", False),))
    assert facts(place, at("07:51")) == [("device_no_reader", 1)]


def test_of_a_sunday_only_sites_are_told_of_at_which_somebody_is(place: World, gate: Device) -> None:
    report(place, gate, at("07:40", SUNDAY))
    assert facts(place, at("08:00", SUNDAY)) == []
    place.add("山田 太郎", place.sato)
    place.call("山田 太郎", at("07:52", SUNDAY))
    assert facts(place, at("08:00", SUNDAY)) == [("device_silent", 20)]


def test_of_a_site_that_is_over_and_of_a_revoked_device_nothing_is_told(place: World, gate: Device) -> None:
    with place.database.write() as session:
        over = factories.site(session, place.sealer, "済んだ現場", prime=place.prime, ends_on=SUNDAY)
        factories.device(session, place.sealer, over, at=at("07:00", SUNDAY))
        service.revoke(session, EVERYTHING, gate.device_id, None, at("07:00"))
    assert facts(place, at("09:00")) == []


def test_the_primes_office_is_told_once_a_day_and_the_subcontractor_never(
    place: World, gate: Device, sealer: PhoneSealer, tmp_path: object
) -> None:
    with place.database.write() as session:
        ids = [
            _account(session, login, role, contractor.contractor_id)
            for login, role, contractor in (
                ("prime", Role.PRIME_OFFICE, place.prime),
                ("sato", Role.SUBCONTRACTOR_OFFICE, place.sato),
            )
        ]
    report(place, gate, at("07:50"))
    clock = FixedClock(at("07:52"))
    runtime = Runtime(make_settings(str(place.database.engine.url), sealer, tmp_path), place.database, clock)
    for minute in ("07:52", "07:53", "08:30"):
        clock.at = at(minute)
        device_jobs.watch(runtime)
    with place.database.read() as session:
        told = [notices.list_notices(session, account_id, clock.at) for account_id in ids]
    assert [[(each.kind.value, each.device_id, each.count) for each in own] for own in told] == [
        [("device_silent", gate.device_id, 2)],
        [],
    ]


def _account(session: object, login: str, role: Role, contractor_id: object) -> AccountId:
    account = accounts.create_account(session, login, login, PASSWORD, email=f"{login}@example.jp")  # type: ignore[arg-type]
    accounts.join(session, account.account_id, role, contractor_id)  # type: ignore[arg-type]
    return account.account_id
