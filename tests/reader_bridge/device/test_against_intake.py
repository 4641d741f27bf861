"""The device against the real intake over HTTP: enrolled, known, sent once, corrected, revoked."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from core.clock import FixedClock
from core.db import Database
from core.devices import service as devices
from core.ids import DeviceId
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.settings import Settings
from reader_bridge.device import identity as identities
from reader_bridge.device.debounce import Debounce
from reader_bridge.device.directory import Directory
from reader_bridge.device.enrolling import enrol
from reader_bridge.device.heartbeat import Heart
from reader_bridge.device.machine import Moment, ThisMachine
from reader_bridge.device.readers import Seen
from reader_bridge.device.server import Server
from reader_bridge.device.spool import Spool
from reader_bridge.device.station import Parts, Station
from reader_bridge.device.touches import Who
from reader_bridge.device.uplink import Uplink
from tests import factories
from tests.admin.test_browser import serving
from tests.attendance.world import World, at
from tests.reader_bridge.intake.gate import UID, Gate, open_gate
from tests.support.servers import free_port

HOLDER = Who("felica", UID)


class MachineOf:
    """A machine whose wall clock is the server's of the test, plus what it is off."""

    def __init__(self, clock: FixedClock) -> None:
        self._clock, self._boot_id = clock, ThisMachine().moment().boot_id

    def moment(self) -> Moment:
        now = self._clock.now()
        return Moment(now, self._boot_id, int((now - at("0:00")).total_seconds() * 1000))


@dataclass
class Device:
    """An enrolled device, all of it but the readers and the page."""

    office: Gate
    spool: Spool
    station: Station
    uplink: Uplink
    heart: Heart
    server: Server

    def send(self) -> None:
        while self.uplink.step() == 0.0:
            continue


@pytest.fixture
def device(
    database: Database, sealer: PhoneSealer, settings: Settings, clock: FixedClock, spool: Spool, tmp_path: Path
) -> Iterator[Device]:
    clock.at = at("7:50")
    office = open_gate(World(database, sealer), settings, clock)
    office.issue()
    machine, port = MachineOf(clock), free_port()
    with serving(office.client.app, port, "on"):  # type: ignore[arg-type]
        identity = enrol(tmp_path, f"http://127.0.0.1:{port}", office.code(), machine)
        key = identities.load(tmp_path)[1]
        directory = Directory(tmp_path, identity.directory_key_bytes)
        server = Server(identity.url, identity.device_id, key, machine, spool.learn_boot)
        station = Station(Parts(tmp_path, spool, machine, identity, directory, list))
        station.on_directory = lambda: directory.fetch(server)
        station._debounce = Debounce(lambda: clock.now().timestamp())
        uplink = Uplink(spool, server, machine, station)
        station.on_revoked = uplink.halt
        yield Device(office, spool, station, uplink, Heart(spool, server, machine, station, list), server)
        server.close()


def test_a_holder_is_named_by_the_server_first_and_by_the_device_itself_from_then_on(device: Device) -> None:
    world = device.office.world
    with device.station.board.watching() as page:
        device.station.seen(Seen("gate", HOLDER))
        device.send()
        with world.database.write() as session:
            factories.assignment(session, worker=world.worker, site=world.site)
        device.heart.beat()
        device.office.clock.at = at("17:10")
        device.station.seen(Seen("gate", HOLDER))
        device.send()
        shown = [page.get_nowait() for _ in range(4)]

    name = world.worker.name
    assert [(each["name"], each["headline"], each["time"], each["tone"]) for each in shown] == [
        ("", "記録しました", "7:50", "attention"),
        (name, "入場", "7:50", "recorded"),
        (name, "記録しました", "17:10", "recorded"),
        (name, "退場", "17:10", "recorded"),
    ]
    assert device.station.state()["unsent"] == 0


def test_a_strangers_card_is_taken_and_its_holder_sent_to_the_office(device: Device) -> None:
    with device.station.board.watching() as page:
        device.station.seen(Seen("gate", Who("type_a", "04a1b2c3")))
        device.send()
        first, second = page.get_nowait(), page.get_nowait()

    assert (first["tone"], second["tone"]) == ("attention", "attention")
    assert second["lines"][0]["text"].startswith("記録しました。このカードはまだ登録されていません。")
    assert device.spool.unsent() == dataclasses.replace(device.spool.unsent(), waiting=0, set_aside=0)


def test_every_kind_of_card_and_an_id_is_taken(device: Device) -> None:
    device.station.typed("12345678901234")
    for tech, uid in (("unknown", "08a1b2c3"), ("type_b", "08a1b2c4"), ("type_a", "04a1b2c3d4e5f6")):
        device.station.seen(Seen("gate", Who(tech, uid)))
    device.send()

    assert (device.spool.unsent().waiting, device.spool.unsent().set_aside) == (0, 0)


def test_a_revoked_device_stops_and_forgets(device: Device) -> None:
    device.heart.beat()
    identity = device.station.identity
    assert identity is not None
    with device.office.world.database.write() as session:
        device_id = DeviceId(UUID(identity.device_id))
        devices.revoke(session, EVERYTHING, device_id, None, device.office.clock.now())
    device.station.seen(Seen("gate", HOLDER))
    device.send()

    state = device.station.state()
    assert (state["refusal"], state["unsent"]) == ("revoked", 1)
    assert state["last"][0]["name"] == "未登録のカード"
