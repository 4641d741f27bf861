"""Webhooks by key: a partner's own, of what its key may read, and nobody else's."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.audit.tables import audit_log
from core.partners import service as partners
from core.partners import webhook_sending
from core.partners.model import KeyScope
from core.partners.tables import api_keys
from core.partners.webhook_sending import Sender
from core.settings import WebhookReach
from reader_bridge.api.app import create_app
from tests import factories
from tests.attendance.world import at
from tests.partners.receiver import Receiver, receiving, verify
from tests.reader_bridge.intake.gate import Gate
from tests.reader_bridge.intake.test_partners import give_key

WEBHOOKS = "/api/v1/webhooks"
ATTENDANCE = ["attendance.recorded"]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """On PostgreSQL, whose rows are kept from others too; test_contracts asks all of it on SQLite."""
    return postgresql_url


class Caller:
    """Somebody who calls the API with a key."""

    def __init__(self, gate: Gate, secret: str) -> None:
        self.client = TestClient(create_app(gate.settings, gate.world.database, gate.clock))
        self.headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method: str, path: str = "", body: Any = None, *, expected: int = 200) -> Any:
        answer = self.client.request(method, WEBHOOKS + path, json=body, headers=self.headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def call(gate: Gate) -> Caller:
    return Caller(gate, give_key(gate, *KeyScope))


def add(call: Caller, url: str = "https://receiver.example.jp/", **more: Any) -> Any:
    return call("POST", body={"url": url, "events": ATTENDANCE, **more}, expected=201)


def test_a_webhook_is_added_tested_paused_and_deleted(gate: Gate, call: Caller) -> None:
    made = add(call)
    own = f"/{made['webhook_id']}"
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["paused"], made["sandbox"]) == (ATTENDANCE, None, False)
    assert "secret" not in call("GET", own)
    assert call("GET")["items"] == [call("GET", own)]
    assert call("POST", f"{own}/test", expected=202)["test"] is True
    assert call("POST", f"{own}/pause")["paused"] == "by_hand"
    assert call("POST", f"{own}/test", expected=409)["code"] == "not_allowed"
    assert call("POST", f"{own}/resume")["paused"] is None
    assert call("POST", f"{own}/rotate-secret")["secret"] != made["secret"]
    assert call("DELETE", own, expected=204) is None
    assert call("GET", own, expected=404)["code"] == "not_found"
    with gate.world.database.read() as session:
        actions = session.scalars(sa.select(audit_log.c.action).order_by(audit_log.c.seq)).all()
    verbs = ("added", "tested", "paused", "resumed", "secret_rotated", "deleted")
    assert [action for action in actions if action.startswith("partner.")] == [f"partner.webhook_{v}" for v in verbs]


def test_what_is_sent_stands_in_the_log_and_is_sent_again(gate: Gate, call: Caller) -> None:
    with receiving(Receiver()) as receiver:
        made = add(call, "https://receiver.example.jp/")
        with gate.world.database.write() as session:
            session.execute(sa.text("update webhook_subscriptions set url = :url"), {"url": receiver.url})
        gate.send(gate.touch(at("7:50")))
        world = gate.world
        sender = Sender(world.database, world.sealer, gate.clock, WebhookReach.ANY)
        own_id, own = UUID(made["webhook_id"]), f"/{made['webhook_id']}"
        webhook_sending.send(sender, own_id)
        (sent,) = call("GET", f"{own}/deliveries")["items"]
        assert (sent["state"], sent["status"], sent["events"]) == ("delivered", 200, 1)
        since = (gate.clock.now() - timedelta(hours=1)).isoformat()
        for wanted in ({"delivery_id": sent["delivery_id"]}, {"since": since}):
            assert call("POST", f"{own}/replay", wanted, expected=202) == {"deliveries": 1}
        webhook_sending.send(sender, own_id)
    assert receiver.ids == [sent["message_id"]] * 3
    assert all(verify(made["secret"], *request) for request in receiver.raw)


WRONG: list[tuple[Any, str]] = [
    ({"url": "http://receiver.example.jp/", "events": ATTENDANCE}, "url"),
    ({"url": "https://10.0.0.1/", "events": ATTENDANCE}, "url"),
    ({"url": "https://receiver.example.jp/\ud800", "events": ATTENDANCE}, "url"),
    ({"url": "https://receiver.example.jp/", "events": []}, "events"),
    ({"url": "https://receiver.example.jp/", "events": ["worker.sacked"]}, "0"),
    ({"events": ATTENDANCE}, "url"),
    ([], "body"),
]


def test_what_cannot_be_taken_is_told(call: Caller) -> None:
    headers, told = {**call.headers, "Content-Type": "application/json"}, []
    for body, _ in WRONG:
        answer = call.client.post(WEBHOOKS, content=json.dumps(body), headers=headers)
        told.append((answer.status_code, answer.json()["code"]))
    assert told == [(400, code) for _, code in WRONG]


def test_a_body_that_nobody_needs_is_not_read(call: Caller) -> None:
    """It was read whole, before anybody had asked for a key."""
    answer = call.client.post(WEBHOOKS, content=(b"a" * 10_000 for _ in range(3)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_nobody_is_told_what_his_key_does_not_read(gate: Gate) -> None:
    call = Caller(gate, give_key(gate, KeyScope.WEBHOOKS_MANAGE, KeyScope.TIERS_READ))
    refused = call("POST", body={"url": "https://a.example.jp/", "events": ATTENDANCE}, expected=403)
    assert refused["code"] == "scope"
    call("POST", body={"url": "https://a.example.jp/", "events": ["tiers.approved"]}, expected=201)
    reader = Caller(gate, give_key(gate, KeyScope.ATTENDANCE_READ))
    assert reader("GET", expected=403)["code"] == "scope"


def test_another_partner_and_the_sandbox_see_other_webhooks(gate: Gate, call: Caller) -> None:
    own = f"/{add(call)['webhook_id']}"
    with gate.world.database.write() as session:
        other = factories.contractor(session, "他社建設")
        _, secret = partners.give_key(session, other.contractor_id, "Buildee", list(KeyScope), None, gate.clock.now())
    others = (
        Caller(gate, secret),
        Caller(gate, give_key(gate, *KeyScope, name="Greensite")),
        Caller(gate, give_key(gate, *KeyScope, is_sandbox=True)),
    )
    for stranger in others:
        assert stranger("GET")["items"] == []
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("GET", "/deliveries")):
            stranger(method, own + path, expected=404)
    assert add(others[2])["sandbox"] is True
    assert call("GET", own)["paused"] is None


def test_when_a_key_was_last_used_is_noted_every_ten_minutes(gate: Gate, call: Caller) -> None:
    for minutes in (0, 9, 2):
        gate.clock.at += timedelta(minutes=minutes)
        call("GET")
    with gate.world.database.read() as session:
        used_at = session.scalar(sa.select(api_keys.c.last_used_at))
    assert used_at == gate.clock.now()


def test_the_document_says_what_webhooks_are_sent(gate: Gate, call: Caller) -> None:
    document = call.client.get("/api/v1/openapi.json").json()
    sent = document["webhooks"]["events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    event = sent["properties"]["data"]["properties"]["events"]["items"]["properties"]
    assert "attendance.withdrawn" in event["type"]["enum"]
