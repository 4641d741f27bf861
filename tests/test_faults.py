"""What goes wrong around a call, done to real server processes: repeats, crowds, kill -9, a database that is away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from core.attendance import records
from core.attendance.tables import punch_conflicts, punches
from core.clock import FixedClock
from core.db import Database, open_database
from core.phone import PhoneSealer
from core.registry.tables import phones
from core.settings import Settings
from genba.virtual_phone import Call, Event, VirtualPhone, open_client
from tests import factories
from tests.conftest import TWILIO, make_settings
from tests.ivr.carrier_hand import ENTRY, FAILURE, SPOOLED, ring
from tests.ivr.stage import SENTENCE, Stage, build_world, told
from tests.support.environment import environment_of
from tests.support.serving import serving, serving_in_silence, until

BASE = "https://genba.test"
YAMADA, SATO, STRANGER, LINE = "+819012345678", "+819011112222", "+818099990000", "+815031234567"
PATIENCE_S = 60

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def environment(database_url: str, sealer: PhoneSealer, tmp_path: Path) -> dict[str, str]:
    return make_environment(database_url, sealer, tmp_path)


def make_environment(database_url: str, sealer: PhoneSealer, folder: Path) -> dict[str, str]:
    """Return the environment of a server with a line, a site that never closes, and two workers in its database."""
    database = open_database(database_url)
    with database.write() as session:
        employer = factories.contractor(session)
        site = factories.site(session, sealer, closes_min=240)  # its closing hour is the end of its day
        factories.line(session, LINE, sites=[site])
        factories.worker(session, sealer, "山田太郎", phone=YAMADA, contractor=employer)
        factories.worker(session, sealer, "佐藤次郎", phone=SATO, contractor=employer)
    database.close()
    carrier = {"GENBA_TWILIO_ACCOUNT_SID": TWILIO.account, "GENBA_TWILIO_AUTH_TOKEN": TWILIO.secret}
    return {**environment_of(database_url, sealer, folder), **carrier}


@contextmanager
def phone_at(address: str) -> Iterator[VirtualPhone]:
    with open_client() as client:
        client.timeout = httpx2.Timeout(PATIENCE_S)
        yield VirtualPhone(TWILIO, BASE, address, client)


def says(phone: VirtualPhone, call: Call) -> list[str]:
    return [heard.text for heard in phone.begin(call).heard if heard.event is Event.SAID]


def held(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(told(line) for line in records.list_punches(session))


def count(database: Database, table: sa.Table) -> int:
    with database.read() as session:
        return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@pytest.fixture
def two_servers(postgresql_url: str, sealer: PhoneSealer, tmp_path: Path) -> Iterator[list[VirtualPhone]]:
    environment = make_environment(postgresql_url, sealer, tmp_path)
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(environment, tmp_path)) for _ in range(2)]
        yield [stack.enter_context(phone_at(address)) for address in addresses]


def at_once(phones_: list[VirtualPhone], calls: list[Call]) -> list[list[str]]:
    """Begin the calls at one moment, in turns at the servers; return what each heard."""
    everybody = threading.Barrier(len(calls))

    def begin(number: int) -> list[str]:
        everybody.wait(PATIENCE_S)
        return says(phones_[number % len(phones_)], calls[number])

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, range(len(calls))))


def test_a_crowd_of_calls_at_two_servers_leaves_one_entry_a_worker_and_one_phone_a_number(
    two_servers: list[VirtualPhone], postgresql_url: str
) -> None:
    database = open_database(postgresql_url)
    calls = [two_servers[0].new_call(caller, LINE) for caller in (YAMADA, SATO, STRANGER) for _ in range(8)]
    heard = at_once(two_servers, calls)
    repeated = [two_servers[0].new_call("+818011113333", LINE)] * 24
    same = at_once(two_servers, repeated)
    # Of two calls at one instant the later may be answered first: then both hear of an entry, and one holds.
    assert {sentence[:4] for said in heard for sentence in said if "入場、" in sentence} == {"佐藤次郎", "山田太郎"}
    assert len({tuple(said) for said in same}) == 1
    assert held(database) == [
        *["- - needs_review unknown_number"] * 9,
        *["佐藤次郎 entry accepted", *["佐藤次郎 entry duplicate repeated"] * 7],
        *["山田太郎 entry accepted", *["山田太郎 entry duplicate repeated"] * 7],
    ]
    counts = [count(database, table) for table in (punches, phones, punch_conflicts)]
    database.close()
    assert counts == [25, 4, 0]


def test_a_kill_between_commit_and_answer_and_a_thousand_repeats_leave_one_punch_for_each_call(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    with serving_in_silence(environment, tmp_path) as (address, kill), phone_at(address) as phone:
        call = phone.new_call(YAMADA, LINE)
        calling = threading.Thread(target=phone.begin, args=(call,), daemon=True)
        calling.start()
        until((tmp_path / "unsent").exists)
        kill()
        calling.join(PATIENCE_S)
    assert held(database) == ["山田太郎 entry accepted"]
    with serving(environment, tmp_path) as address, phone_at(address) as phone:
        again = phone._send(f"{BASE}/ivr/voice", phone._form(call, {"CallStatus": "ringing"}), "")
        turn = phone.begin_repeatedly(phone.new_call(SATO, LINE), 1000)
    repeated, sentence = turn.heard
    assert again == (tmp_path / "unsent").read_text()
    assert repeated.text == f"1000 x {sentence.text}"
    assert sentence.text.startswith("佐藤次郎さん、中央ビル、入場、")
    assert held(database) == ["佐藤次郎 entry accepted", "山田太郎 entry accepted"]
    assert (count(database, punches), count(database, punch_conflicts)) == (2, 0)


def allow_connections(url: str, *, to: bool) -> None:
    """Take one database away from everybody, or give it back."""
    server, _, name = url.replace("+psycopg", "").rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections {'true' if to else 'false'}")
        if not to:
            connection.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")


def test_while_postgresql_is_away_calls_are_received_and_recorded_once_it_is_back(
    postgresql_url: str, sealer: PhoneSealer, tmp_path: Path
) -> None:
    environment = make_environment(postgresql_url, sealer, tmp_path)
    with serving(environment, tmp_path) as address, phone_at(address) as phone:
        call, other = phone.new_call(YAMADA, LINE), phone.new_call(SATO, LINE)
        assert says(phone, phone.new_call(STRANGER, LINE))[0] != SPOOLED
        allow_connections(postgresql_url, to=False)
        spoken = [says(phone, each) for each in (call, call, other)]
        unsigned = httpx2.post(address + "/ivr/voice").status_code
        allow_connections(postgresql_url, to=True)
        assert (spoken, unsigned) == ([[SPOOLED]] * 3, 403)
        until(lambda: "genba_spool_waiting 0" in phone.client.get(f"{address}/metrics").text)
        (after,) = says(phone, call)
    database = open_database(postgresql_url)
    recorded = held(database)
    database.close()
    assert after.startswith("山田太郎さん、中央ビル、入場、")
    assert recorded == ["- - needs_review unknown_number", "佐藤次郎 entry accepted", "山田太郎 entry accepted"]


# A full disk, played by SQLite itself: the file may grow no further


class Disk:
    """Limits how many pages every connection may make of the file."""

    def __init__(self, database: Database) -> None:
        self.database, self.pages = database, 1 << 30
        event.listen(database.engine, "connect", self._limit)

    def _limit(self, connection: Any, _record: Any) -> None:
        connection.execute(f"pragma max_page_count = {self.pages}")

    def fill(self) -> None:
        with self.database.read() as session:
            self.pages = session.exec_driver_sql("pragma page_count").scalar_one()
        self.database.engine.dispose()

    def free(self) -> None:
        self.pages = 1 << 30
        self.database.engine.dispose()


@pytest.fixture
def disk_settings(sqlite_url: str, sealer: PhoneSealer, tmp_path: Path) -> Settings:
    return make_settings(sqlite_url, sealer, tmp_path)


def calls_until_full(stage: Stage) -> list[str]:
    """Let strangers call, each from a number of his own, until one hears something else; return what that one heard."""
    usual = ring(stage, "+818010000000", SENTENCE)[1].says
    for number in range(1, 500):
        _, heard = ring(stage, f"+81801000{number:04d}", SENTENCE)
        if heard.says != usual:
            return heard.says
    pytest.fail("the disk never became full")


def test_on_a_full_disk_calls_go_to_the_spool_and_come_out_of_it_when_there_is_room(
    disk_settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.app.DRAIN_EVERY_S", 3600.0)
    database = open_database(disk_settings.database_url)
    build_world(database, disk_settings.sealer)
    disk, stage = Disk(database), Stage(disk_settings, database, clock)
    disk.fill()
    heard = calls_until_full(stage)
    disk.free()
    spool = stage.app.state.phone.spool
    drained = spool.drain(database, clock.now())
    stage.close()
    assert (heard, drained, count(database, punches)) == ([SPOOLED], 1, stage.calls)
    database.close()


def test_when_no_disk_takes_anything_callers_are_told_so_and_afterwards_all_is_well(
    disk_settings: Settings, clock: FixedClock
) -> None:
    database = open_database(disk_settings.database_url)
    build_world(database, disk_settings.sealer)
    no_folder = disk_settings.spool_path
    no_folder.write_text("")
    settings = replace(disk_settings, spool_path=no_folder / "spool.db")
    disk, stage = Disk(database), Stage(settings, database, clock)
    disk.fill()
    heard = calls_until_full(stage)
    disk.free()
    _, after = ring(stage, YAMADA, SENTENCE)
    stage.close()
    assert (heard, after.says, count(database, punches)) == ([FAILURE], [ENTRY], stage.calls - 1)
    database.close()
