"""Releases at the real intake: whom they are offered to, how they are fetched, and what devices tell of them."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from starlette.testclient import TestClient

from core.attendance.model import Channel
from core.audit import service as audit
from core.audit.tables import audit_log
from core.clock import FixedClock
from core.db import INGEST_ROLE, open_database
from core.devices import releasing
from core.devices import service as devices
from core.devices.model import HEARTBEAT_EVERY, SILENT_AFTER, Device, UpdateState
from core.devices.release_model import Announcement, KeptRelease
from core.ids import AccountId, ContractorId, DeviceId, SiteId, uuid7
from core.scope import EVERYTHING
from core.settings import Settings
from genba.jobs import TASKS, TICK_S
from reader_bridge.intake import taking
from reader_bridge.intake.app import create_app
from reader_bridge.intake.items import Touch
from reader_bridge.intake.times import Shown
from tests import factories
from tests.attendance.world import at
from tests.reader_bridge.intake.gate import Gate

ARCHIVE = b"what was signed"


@pytest.fixture
def as_ingest(gate: Gate, settings: Settings, clock: FixedClock) -> Iterator[Gate]:
    """The same gate before an intake that acts as the devices' role of the database."""
    acting = gate.world.database.acting_as(INGEST_ROLE)
    with TestClient(create_app(settings, acting, clock), raise_server_exceptions=False) as client:
        gate.client = client
        yield gate
    if acting is not gate.world.database:
        acting.close()


def add(gate: Gate, version: str = "0.2.0") -> KeptRelease:
    sha256 = hashlib.sha256(ARCHIVE).hexdigest()
    kept = KeptRelease(version, sha256, len(ARCHIVE), "click>=8.3 httpx2", None, "c2ln", gate.clock.now())
    with gate.world.database.write() as session:
        releasing.add(session, kept, ARCHIVE)
    return kept


def announce(gate: Gate, version: str = "0.2.0", **whom: object) -> None:
    gate.clock.at += timedelta(seconds=1)
    with gate.world.database.write() as session:
        releasing.announce(session, version, gate.clock.now(), **whom)  # type: ignore[arg-type]


def offered(gate: Gate, sequence: int) -> str | None:
    update = gate.heartbeat(sequence).json()["update"]
    return None if update is None else update["version"]


def test_a_release_is_offered_once_it_is_announced_and_fetched_as_it_was_signed(as_ingest: Gate) -> None:
    gate, kept = as_ingest, add(as_ingest)
    assert offered(gate, 1) is None
    announce(gate)
    assert gate.heartbeat(2).json()["update"] == {
        "version": "0.2.0",
        "sha256": kept.sha256,
        "size": len(ARCHIVE),
        "needs": ["click>=8.3", "httpx2"],
        "instead_of": None,
        "signature": "c2ln",
        "offered_at": gate.clock.now().isoformat(),
    }
    assert gate.get("/intake/v1/releases/0.2.0").content == ARCHIVE
    for path in ("/intake/v1/releases/0.9.9", "/intake/v1/releases/%2e%2e", "/intake/v1/releases/1%00"):
        assert (gate.get(path).status_code, gate.get(path).json()["code"]) == (404, "no_release")
    assert gate.client.get("/intake/v1/releases/0.2.0").status_code == 401


def test_the_newest_announcement_counts_and_a_withdrawn_release_is_offered_and_handed_out_no_more(gate: Gate) -> None:
    for version in ("0.2.0", "0.3.0"):
        add(gate, version)
    announce(gate, "0.3.0")
    announce(gate, "0.2.0", device_id=DeviceId(UUID(gate.device_id)))
    assert offered(gate, 1) == "0.2.0"
    announce(gate, "0.3.0", site_id=gate.world.site.site_id)
    assert offered(gate, 2) == "0.3.0"
    with gate.world.database.write() as session:
        releasing.withdraw(session, "0.3.0", gate.clock.now())
    assert offered(gate, 3) == "0.2.0"
    assert gate.get("/intake/v1/releases/0.3.0").status_code == 404


def test_a_device_that_is_held_back_is_offered_nothing_until_it_is_offered_here(gate: Gate) -> None:
    add(gate)
    announce(gate)
    device_id, by = DeviceId(UUID(gate.device_id)), AccountId(uuid7())
    with gate.world.database.write() as session:
        releasing.hold_back(session, EVERYTHING, device_id, by, gate.clock.now())
    assert offered(gate, 1) is None
    with gate.world.database.write() as session:
        releasing.offer(session, EVERYTHING, device_id, by, gate.clock.now())
    assert offered(gate, 2) == "0.2.0"


def test_a_larger_share_takes_in_everybody_of_a_smaller_one() -> None:
    site_id = SiteId(uuid7())
    prime_id, key, now = ContractorId(uuid7()), "ab" * 32, at("7:52")
    ids = [DeviceId(uuid7()) for _ in range(400)]
    fleet = [Device(device_id, site_id, prime_id, "正門", "", None, key, "", now, None) for device_id in ids]

    def share(percent: int, version: str = "0.2.0") -> set[DeviceId]:
        announcement = Announcement(uuid7(), version, None, None, percent, now, None)
        return {device.device_id for device in fleet if announcement.is_for(device)}

    assert share(100) == {device.device_id for device in fleet}
    assert share(10) < share(30)
    assert 60 < len(share(30)) < 180
    assert share(30) != share(30, "0.3.0"), "not always the same devices come first"


def test_what_a_device_tells_of_an_update_is_kept(gate: Gate) -> None:
    told = {"version": "0.2.0", "state": "rolled_back", "why": "exit status 1: RuntimeError"}
    assert gate.heartbeat(1, platform="Linux-6.1", update=told).status_code == 200
    with gate.world.database.read() as session:
        (line,) = devices.list_devices(session, EVERYTHING, gate.clock.now())
    report = line.report
    assert report is not None
    assert (report.platform, report.update_version, report.update_state, report.update_why) == (
        "Linux-6.1",
        "0.2.0",
        UpdateState.ROLLED_BACK,
        "exit status 1: RuntimeError",
    )
    assert report.takes_releases
    assert gate.heartbeat(2, update={"version": "0.2.0", "state": "odd", "why": ""}).status_code == 400
    assert gate.heartbeat(2, update="0.2.0").json()["code"] == "update"


def test_the_release_key_is_told_at_the_enrolment_alone(
    gate: Gate, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = gate.client.app.state.intake  # type: ignore[attr-defined]
    monkeypatch.setattr(intake, "settings", replace(settings, release_key="cHVibGlj"))
    assert gate.enrol().json()["release_key"] == "cHVibGlj"
    assert "cHVibGlj" not in gate.heartbeat(1).text


def test_an_enrolment_is_in_the_audit_log_in_its_own_transaction(as_ingest: Gate) -> None:
    gate, maker = as_ingest, AccountId(uuid7())
    with gate.world.database.write() as session:
        code = devices.make_code(session, gate.world.site.site_id, "北門", "", None, maker, gate.clock.now())
    assert gate.enrol(code).status_code == 200
    device_id = gate.device_id
    assert gate.enrol("ABCD-EFGH-JKLM").status_code == 403
    with gate.world.database.read() as session:
        rows = session.execute(sa.select(audit_log).order_by(audit_log.c.seq)).all()
        assert audit.verify(session) is None
    assert [(row.action, row.subject_id, row.account_id) for row in rows[1:]] == [("device.enrolled", device_id, maker)]
    assert rows[-1].contractor_id == gate.world.prime.contractor_id


def test_devices_may_add_enrolments_to_the_audit_log_and_read_nothing_of_it(
    postgresql_url: str, clock: FixedClock
) -> None:
    database = open_database(postgresql_url)
    acting = database.acting_as(INGEST_ROLE)

    def note(action: str) -> None:
        with acting.write() as session:
            audit.record(session, at=clock.now(), by=None, action=action, subject=("device", uuid7()))

    note("device.enrolled")
    for action in ("user.created", "device.revoked"):
        with pytest.raises(ProgrammingError, match="row-level security"):
            note(action)
    for statement in ("select action from audit_log", "select details from audit_log", "delete from audit_log"):
        with pytest.raises(ProgrammingError, match="permission denied"), acting.write() as session:
            session.execute(sa.text(statement))
    acting.close()
    database.close()


BEFORE, AFTER, NEVER = SiteId(uuid7()), SiteId(uuid7()), SiteId(uuid7())


@pytest.mark.parametrize(
    ("touched_at", "told", "site_id", "is_doubtful"),
    [
        ("7:50", BEFORE, BEFORE, False),
        ("9:00", BEFORE, BEFORE, True),  # it had not heard yet that it was moved, or its clock is wrong
        ("7:50", AFTER, AFTER, True),  # its clock, or the time of the move, is not as it seems
        ("9:00", AFTER, AFTER, False),
        ("7:50", None, BEFORE, False),  # an earlier program, which says nothing
        ("9:00", NEVER, AFTER, False),  # a site that it never served says nothing either
    ],
)
def test_a_touch_around_a_move_is_of_the_site_that_the_device_knew(
    touched_at: str, told: SiteId | None, site_id: SiteId, is_doubtful: bool
) -> None:
    sender = taking.Sender("device:x", [(at("5:00"), BEFORE), (at("8:00"), AFTER)], DeviceId(uuid7()))
    touch = Touch("1", Channel.CARD, Shown(at(touched_at)), site_id=told)
    assert taking._site(sender, touch, at(touched_at)) == (site_id, is_doubtful)


def test_a_touch_of_which_a_device_had_not_heard_that_it_was_moved_is_shown_to_a_person(gate: Gate) -> None:
    gate.clock.at += timedelta(minutes=1)
    with gate.world.database.write() as session:
        other = factories.site(session, gate.world.sealer, "港の現場", prime=gate.world.prime)
        devices.move(session, EVERYTHING, DeviceId(UUID(gate.device_id)), other.site_id, gate.clock.now())
    gate.clock.at += timedelta(minutes=10)
    touch = gate.touch(gate.clock.now() - timedelta(minutes=5), site_id=str(gate.world.site.site_id))
    assert gate.told(touch, sent=gate.clocks()) == ["accepted accepted entry clock_uncertain"]


def test_one_lost_heartbeat_is_no_silence_and_people_are_told_within_two_minutes() -> None:
    (watched_every,) = [task.schedule.every for task in TASKS if task.schedule.kind == "watch_devices"]
    assert watched_every is not None
    assert 2 * HEARTBEAT_EVERY + timedelta(seconds=25) < SILENT_AFTER, "one that was lost, and a slow answer"
    assert SILENT_AFTER + watched_every + timedelta(seconds=TICK_S) <= timedelta(minutes=2)
