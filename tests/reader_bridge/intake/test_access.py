"""Who is let in: a device by its key, from its code until it is revoked."""

import base64
import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.attendance import records
from core.attendance.tables import punches
from core.devices import service as devices
from core.devices.model import DeviceState
from core.ids import DeviceId, uuid7
from core.scope import EVERYTHING
from reader_bridge import signing
from reader_bridge.wire import DIRECTORY, PUNCHES, card_key
from tests import factories
from tests.attendance.world import at
from tests.reader_bridge.intake.gate import CARD, Gate


def test_a_code_lets_one_device_in_and_no_second(gate: Gate) -> None:
    code = gate.code()
    assert gate.enrol(code.lower().replace("-", " ")).status_code == 200

    gate.key = Ed25519PrivateKey.generate()
    answer = gate.enrol(code)

    assert (answer.status_code, answer.json()["code"]) == (403, "code_refused")


def test_a_device_that_enrols_again_keeps_its_id(gate: Gate) -> None:
    before = gate.device_id
    assert gate.enrol().status_code == 200
    assert gate.device_id == before


def test_a_code_is_good_for_a_day(gate: Gate) -> None:
    code = gate.code()
    gate.clock.at += timedelta(hours=25)
    gate.key = Ed25519PrivateKey.generate()

    assert gate.enrol(code).status_code == 403


def test_unsigned_strange_and_forged_requests_are_refused_with_what_to_do(gate: Gate) -> None:
    unsigned = gate.client.post(PUNCHES, json={"items": []})
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "not_signed")
    own_key = gate.key
    gate.key = Ed25519PrivateKey.generate()
    assert gate.post(PUNCHES, {"items": []}).json()["code"] == "signature_wrong"
    gate.key, gate.device_id = own_key, str(uuid7())
    assert gate.post(PUNCHES, {"items": []}).json()["code"] == "unknown_device"


def test_a_clock_that_is_years_off_locks_nobody_out(gate: Gate) -> None:
    touch = gate.touch(at("7:50"))
    gate.clock.at -= timedelta(days=2000)  # signs with this
    assert gate.post(PUNCHES, {"items": [touch]}).status_code == 200


def test_a_moment_that_no_calendar_has_is_no_signature(gate: Gate) -> None:
    headers = signing.sign(gate.key, gate.device_id, "POST", PUNCHES, b"{}", gate.clock.now())
    headers["Signature-Input"] = re.sub(r"created=\d+", "created=999999999999", headers["Signature-Input"])
    assert gate.client.post(PUNCHES, content=b"{}", headers=headers).json()["code"] == "not_signed"


def test_a_revoked_device_is_out_at_once_and_what_it_sent_stays(gate: Gate) -> None:
    gate.send(gate.touch(at("7:50")))
    with gate.world.database.write() as session:
        devices.revoke(session, EVERYTHING, DeviceId(_uuid(gate)), None, gate.clock.now())

    for answer in (gate.post(PUNCHES, {"items": []}), gate.get(DIRECTORY), gate.heartbeat(1)):
        assert (answer.status_code, answer.json()["code"]) == (403, "revoked")
    assert gate.world.count(punches) == 1


def test_a_heartbeat_is_heard_once_and_one_of_before_is_told_where_to_go_on(gate: Gate) -> None:
    assert gate.heartbeat(7).status_code == 200
    again = gate.heartbeat(7)

    assert (again.status_code, again.json()["last_sequence"]) == (409, 7)
    assert gate.heartbeat(8).json()["device"]["name"] == "正門"
    assert gate.heartbeat(9, update={"state": []}).json()["code"] == "update"


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, DeviceState.WELL),
        ({"readers": [{"name": "RC-S300", "attached": False}]}, DeviceState.NO_READER),
        ({"waiting": 3, "oldest_waiting_at": at("6:00").isoformat()}, DeviceState.HELD_UP),
    ],
)
def test_what_a_device_says_is_what_the_fleet_shows(gate: Gate, more: dict[str, object], state: DeviceState) -> None:
    gate.heartbeat(1, **more)

    with gate.world.database.read() as session:
        (line,) = devices.list_devices(session, EVERYTHING, gate.clock.now())
        (later,) = devices.list_devices(session, EVERYTHING, gate.clock.now() + timedelta(minutes=2))
    assert (line.state, later.state) == (state, DeviceState.SILENT)


def test_the_directory_names_the_people_of_the_site_by_keys_of_this_device_alone(gate: Gate) -> None:
    gate.world.call("7:50")  # he was here, so he is known here
    with gate.world.database.write() as session:
        factories.assignment(session, worker=gate.world.worker, site=gate.world.site)
    answer = gate.directory().json()
    sealed = base64.b64decode(answer["sealed"])

    people = json.loads(AESGCM(gate.directory_key).decrypt(sealed[:12], sealed[12:], answer["version"].encode()))

    assert [person["card_key"] for person in people["people"]] == [card_key(gate.directory_key, CARD)]  # type: ignore[arg-type]
    assert people["people"][0]["name"] == gate.world.worker.name
    assert CARD["uid"] not in json.dumps(people)
    assert gate.heartbeat(1).json()["directory_version"] == answer["version"]


def test_what_was_touched_before_a_move_is_of_the_site_where_it_was_touched(gate: Gate) -> None:
    before = gate.touch(at("7:50"))
    gate.clock.at = at("9:00")
    with gate.world.database.write() as session:
        other = factories.site(session, gate.world.sealer, prime=gate.world.prime)
        devices.move(session, EVERYTHING, DeviceId(_uuid(gate)), other.site_id, gate.clock.now())
    gate.clock.at = at("10:00")

    gate.send(before)

    assert gate.world.held() == ["accepted entry"]
    with gate.world.database.read() as session:
        (line,) = records.list_punches(session)
    assert line.site_id == gate.world.site.site_id


def _uuid(gate: Gate) -> UUID:
    return UUID(gate.device_id)
