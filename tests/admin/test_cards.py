"""Cards in the office: at a worker's page, and unknown ones in 要確認."""

import re
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import visits
from core.attendance.model import Channel, RawPunch
from core.attendance.service import record_punches
from core.audit.tables import audit_log
from core.devices.model import Device
from core.ids import PunchId, uuid7
from core.registry import card_store, cards
from core.registry.card_model import CardTech
from core.registry.model import SkilledWorker
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import TODAY, YESTERDAY, World, at

UID = "01010501b00ac30b"


class Gate:
    """A device at 中央ビル, and 山田 of 佐藤工業, born on 12 April 1980."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.add("山田 太郎", world.sato)
        with world.database.write() as session:
            self.device: Device = factories.device(
                session, world.sealer, world.central, place_note="守衛所", at=at("07:00")
            )
            self.worker: SkilledWorker = factories.worker(
                session, world.sealer, "鈴木 一郎", phone=None, contractor=world.sato, birth_date=date(1980, 4, 12)
            )
            factories.assignment(session, world.central, self.worker)
        self.page = f"/workers/{self.worker.worker_id}"

    def touch(self, when: datetime, uid: str = UID) -> PunchId:
        with self.world.database.write() as session:
            kept = cards.keep_cards(session, self.world.sealer, [(CardTech.FELICA, uid)])
            punch = RawPunch(
                punch_id=PunchId(uuid7()),
                sender_key=f"device:{uuid7()}",
                channel=Channel.CARD,
                occurred_at=when,
                received_at=when,
                named_site_id=self.world.central.site_id,
                card_id=kept[CardTech.FELICA, uid],
                device_id=self.device.device_id,
            )
            record_punches(session, [punch], when)
        return punch.punch_id

    def issues(self) -> list[tuple[date, date | None, str | None]]:
        with self.world.database.read() as session:
            found = card_store.issues_of_worker(session, self.worker.worker_id)
        return [(issue.issued_on, issue.expires_on, issue.ended) for issue, _ in found]

    def actions(self) -> list[str]:
        with self.world.database.read() as session:
            found = session.scalars(sa.select(audit_log.c.action).order_by(audit_log.c.seq))
            return [action for action in found if "card" in action or "review" in action or "proposed" in action]


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def signed_in(app: FastAPI, world: World, role: Role, contractor_id: object) -> TestClient:
    with world.database.write() as session:
        account = accounts.create_account(session, role.value, role.value, PASSWORD)
        accounts.join(session, account.account_id, role, contractor_id)  # type: ignore[arg-type]
    browser = new_client(app)
    assert browser.post("/sign-in", data={"login": role.value, "password": PASSWORD}).status_code == 303
    return browser


def test_a_typed_card_is_issued_with_the_expiry_of_his_birthday(office: TestClient, gate: Gate) -> None:
    form = {"uid": "01:01:05:01:B0:0A:C3:0B", "tech": "felica", "issued_on": TODAY.isoformat()}
    answer = office.post(f"{gate.page}/cards/new", data=form)
    assert answer.headers["location"] == f"{gate.page}?done=card_issued"
    assert gate.issues() == [(TODAY, date(2036, 4, 12), None)]
    text = office.get(gate.page).text
    assert "…c30b" in text
    assert UID not in text
    assert gate.actions() == ["worker.card_issued"]


def test_the_card_just_touched_is_chosen_and_its_touches_are_his(office: TestClient, gate: Gate) -> None:
    gate.touch(at("07:40"))
    text = office.get(f"{gate.page}/cards/new").text
    assert "07:40</time> 中央ビル 正門" in text
    (card_id,) = re.findall(r'name="card" type="radio" value="([0-9a-f-]{36})"', text)
    answer = office.post(f"{gate.page}/cards/new", data={"card": card_id, "issued_on": TODAY.isoformat()})
    assert answer.status_code == 303
    assert 'type="radio"' not in office.get(f"{gate.page}/cards/new").text
    assert "鈴木 一郎" in office.get("/").text


def test_a_card_touched_two_days_ago_or_elsewhere_is_not_offered(office: TestClient, gate: Gate) -> None:
    gate.touch(at("07:40", TODAY - timedelta(days=2)))
    assert 'type="radio"' not in office.get(f"{gate.page}/cards/new").text
    with gate.world.database.read() as session:
        (card_id,) = session.scalars(sa.text("select card_id from cards"))
    answer = office.post(f"{gate.page}/cards/new", data={"card": str(card_id), "issued_on": TODAY.isoformat()})
    assert answer.status_code == 404


def test_what_is_wrong_with_a_card_stands_beside_its_field(office: TestClient, gate: Gate) -> None:
    path = f"{gate.page}/cards/new"
    wrong = office.post(path, data={"uid": "xyz", "tech": "felica", "issued_on": TODAY.isoformat()})
    assert (wrong.status_code, "偶数桁" in wrong.text) == (422, True)
    empty = office.post(path, data={"issued_on": TODAY.isoformat()})
    assert (empty.status_code, "触れたカードを選ぶか" in empty.text) == (422, True)
    form = {"uid": UID, "tech": "felica", "issued_on": TODAY.isoformat()}
    assert office.post(path, data=form).status_code == 303
    again = office.post(path, data=form)
    assert (again.status_code, "すでにどなたかに登録" in again.text) == (422, True)
    assert gate.actions() == ["worker.card_issued"]


def test_a_lost_card_is_ended_and_that_is_taken_back(office: TestClient, gate: Gate) -> None:
    form = {"uid": UID, "tech": "felica", "issued_on": TODAY.isoformat()}
    office.post(f"{gate.page}/cards/new", data=form)
    (end,) = re.findall(r'action="(/workers/[^"]+/cards/[^"]+/end)"', office.get(gate.page).text)
    assert office.post(end, data={"ended": "lost", "ended_on": TODAY.isoformat()}).status_code == 303
    assert gate.issues() == [(TODAY, date(2036, 4, 12), "lost")]
    assert "紛失" in office.get(gate.page).text
    assert office.post(end, data={"reopen": "1"}).status_code == 303
    assert gate.issues() == [(TODAY, date(2036, 4, 12), None)]
    assert office.post(end, data={"ended": "eaten"}).status_code == 404
    assert gate.actions() == ["worker.card_issued", "worker.card_ended", "worker.card_reopened"]


def test_a_card_that_expires_within_three_months_is_told_of(office: TestClient, gate: Gate) -> None:
    form = {"uid": UID, "tech": "felica", "issued_on": "2024-02-01", "expires_on": "2027-02-01"}
    office.post(f"{gate.page}/cards/new", data=form)
    assert "まもなく期限切れ" in office.get(gate.page).text


def test_another_employers_office_issues_no_card(app: FastAPI, world: World, gate: Gate) -> None:
    other = signed_in(app, world, Role.SUBCONTRACTOR_OFFICE, world.ito.contractor_id)
    form = {"uid": UID, "tech": "felica", "issued_on": TODAY.isoformat()}
    assert other.post(f"{gate.page}/cards/new", data=form).status_code == 404
    assert gate.issues() == []


def test_an_unknown_card_is_listed_with_its_device_and_registered_for_a_worker(office: TestClient, gate: Gate) -> None:
    gate.touch(at("07:30", YESTERDAY))
    punch_id = gate.touch(at("07:40"))
    text = office.get("/review").text
    assert ("カード …c30b" in text, "正門（守衛所）" in text, "2回（" in text) == (True, True, True)
    who = office.get(f"/review/punches/{punch_id}/who").text
    assert "このカードを登録する" in who
    assert ("<h1>だれか選ぶ</h1>" in who, "だれの電話か" in who) == (True, False)
    form = {"worker_id": str(gate.worker.worker_id), "keep_number": "1", "seq": "1"}
    done = office.post(f"/review/punches/{punch_id}/attach", data=form).headers["location"]
    assert "鈴木 一郎のカードとして登録しました。" in office.get(done).text
    assert gate.issues() == [(YESTERDAY, date(2036, 4, 12), None)]
    (batch,) = re.findall(r'name="batch" value="([^"]+)"', office.get(done).text)
    assert office.post("/review/undo", data={"batch": batch}).status_code == 303
    assert gate.issues() == []
    assert "2回（" in office.get("/review").text
    assert gate.actions() == ["review.card_registered", "review.undone"]


def test_a_prime_attaches_and_the_employer_is_asked_to_register_the_card(
    app: FastAPI, world: World, gate: Gate
) -> None:
    prime = signed_in(app, world, Role.PRIME_OFFICE, world.prime.contractor_id)
    punch_id = gate.touch(at("07:40"))
    with world.database.write() as session:
        visits.rebuild(session, TODAY)
    form = {"worker_id": str(gate.worker.worker_id), "keep_number": "1", "seq": "1"}
    answer = prime.post(f"/review/punches/{punch_id}/attach", data=form)
    assert "say=proposed_card" in answer.headers["location"]
    assert gate.issues() == []
    sub = signed_in(app, world, Role.SUBCONTRACTOR_OFFICE, world.sato.contractor_id)
    text = sub.get("/proposals").text
    assert "…c30b" in text
    (path,) = re.findall(r'action="(/proposals/[^"]+/accept)"', text)
    assert sub.post(path).status_code == 303
    assert gate.issues() == [(TODAY, date(2036, 4, 12), None)]
