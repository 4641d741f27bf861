"""「連携」: keys that are shown once and revoked, webhooks and their log, each prime contractor's own."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.audit.tables import audit_log
from core.clock import FixedClock
from core.partners import service, store, webhook_sending, webhook_store
from core.partners.model import Partner
from core.partners.webhook_model import Subscription
from core.partners.webhook_rules import body_of_test, new_secret, sign
from core.partners.webhook_sending import Sender
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.settings import WebhookReach
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.test_devices import as_other
from tests.admin.world import World, at
from tests.partners.conftest import receiver
from tests.partners.receiver import Receiver, verify

__all__ = ["receiver"]

NOW = at("07:52")
SCOPES = ["attendance:read", "webhooks:manage"]


@pytest.fixture
def partner(office: TestClient, world: World) -> Partner:
    """A partner that holds a key, made on the page."""
    make_key(office, world)
    with world.database.read() as session:
        (holder,) = store.list_holders(session)
    return holder.partner


def make_key(office: TestClient, world: World, **more: object) -> str:
    form = {"name": "Buildee", "prime": str(world.central.prime_contractor_id), "scopes": SCOPES, **more}
    answer = office.post("/partners/new", data=form)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    (secret,) = re.findall(r'id="secret">([^<]+)<', answer.text)
    return str(secret)


def add_webhook(office: TestClient, world: World, partner: Partner, url: str = "") -> tuple[Subscription, str]:
    """Add a webhook on the page; one to our own machine is put in its place afterwards."""
    form = {"url": "https://receiver.example.jp/", "kinds": ["attendance.recorded"]}
    answer = office.post(f"/partners/{partner.partner_id}/webhooks/new", data=form)
    (secret,) = re.findall(r'id="secret">([^<]+)<', answer.text)
    with world.database.write() as session:
        if url:
            session.execute(sa.text("update webhook_subscriptions set url = :url"), {"url": url})
        (made,) = webhook_store.list_subscriptions(session, EVERYTHING)
    return made, str(secret)


def actions(world: World) -> list[str]:
    with world.database.read() as session:
        found = session.scalars(sa.select(audit_log.c.action).order_by(audit_log.c.seq))
        return [action for action in found if action.startswith("partner.")]


def test_a_key_is_shown_once_works_and_is_revoked(office: TestClient, world: World) -> None:
    assert "まだ連携先がありません" in office.get("/partners").text
    secret = make_key(office, world)
    with world.database.read() as session:
        holder = service.holder_of(session, secret)
    assert holder is not None
    path = f"/partners/{holder.partner.partner_id}"
    text = office.get(path).text
    assert secret not in text
    assert f"{secret[-4:]}</span></strong>" in text
    assert "就業履歴を読む、通知先を自分で管理する" in text
    assert "木村花子" in text
    assert ">Buildee</a>" in office.get("/partners").text
    assert office.post(f"{path}/keys/{holder.key.api_key_id}/revoke").headers["location"] == f"{path}?done=key_revoked"
    with world.database.read() as session:
        assert service.holder_of(session, secret) is None
    assert "使えるAPIキーがありません" in office.get(path).text
    assert office.post(f"{path}/keys/{holder.key.api_key_id}/revoke").status_code == 404
    assert actions(world) == ["partner.key_made", "partner.key_revoked"]


def test_a_webhook_is_tested_replayed_and_its_log_read(
    office: TestClient, world: World, partner: Partner, sealer: PhoneSealer, receiver: Receiver, clock: FixedClock
) -> None:
    made, secret = add_webhook(office, world, partner, receiver.url)
    path = f"/partners/{partner.partner_id}/webhooks/{made.subscription_id}"
    assert office.post(f"{path}/test").headers["location"] == f"{path}?done=tested"
    sender = Sender(world.database, sealer, clock, WebhookReach.ANY)
    webhook_sending.send(sender, made.subscription_id)
    assert verify(secret, *receiver.raw[0])
    text = office.get(path).text
    assert "試しの通知" in text
    assert "届きました" in text
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:50"))
    webhook_sending.send(sender, made.subscription_id)
    (again,) = re.findall(r'action="([^"]+/replay)"><button class="small"', office.get(path).text)
    assert office.post(again).headers["location"] == f"{path}?done=replayed"
    form = {"since_day": "2026-11-16", "since_time": "00:00"}
    assert office.post(f"{path}/replay", data=form).headers["location"] == f"{path}?done=replayed"
    webhook_sending.send(sender, made.subscription_id)
    assert receiver.ids[1:] == [receiver.ids[1]] * 3
    assert office.post(f"{path}/replay", data={"since_day": ""}).headers["location"] == f"{path}?done=no_time"


def test_a_webhook_is_paused_resumed_given_another_secret_and_deleted(
    office: TestClient, world: World, partner: Partner
) -> None:
    made, secret = add_webhook(office, world, partner)
    path = f"/partners/{partner.partner_id}/webhooks/{made.subscription_id}"
    office.post(f"{path}/pause")
    assert "停止中" in office.get(path).text
    assert office.post(f"{path}/test").headers["location"] == f"{path}?done=not_now"
    office.post(f"{path}/resume")
    assert "通知中" in office.get(path).text
    (new,) = re.findall(r'id="secret">([^<]+)<', office.post(f"{path}/secret").text)
    assert new != secret
    office.post(f"{path}/delete")
    assert office.get(path).status_code == 404
    verbs = (
        "key_made",
        "webhook_added",
        "webhook_paused",
        "webhook_resumed",
        "webhook_secret_rotated",
        "webhook_deleted",
    )
    assert actions(world) == [f"partner.{verb}" for verb in verbs]
    assert "Buildee" in office.get("/audit?area=partner").text


WRONG = [
    ("http://receiver.example.jp/", "attendance.recorded", "社内のアドレスには送れません"),
    ("https://192.168.0.1/", "attendance.recorded", "社内のアドレスには送れません"),
    ("https://receiver.example.jp/", "no.such", "知らせることを1つ以上選んでください"),
    ("https://receiver.example.jp/", "tiers.approved", "読めるAPIキーが、この連携先にありません"),
]


def test_a_key_or_webhook_that_may_not_be_is_told_why(office: TestClient, world: World, partner: Partner) -> None:
    answer = office.post("/partners/new", data={"name": "長" * 61})
    assert answer.status_code == 422
    for text in ("60字以内で入力してください。", "できることを1つ以上選んでください。"):
        assert text in answer.text
    for url, kind, text in WRONG:
        form = {"url": url, "kinds": kind}
        answer = office.post(f"/partners/{partner.partner_id}/webhooks/new", data=form)
        assert (answer.status_code, text in answer.text) == (422, True)
    assert actions(world) == ["partner.key_made"]


def test_another_prime_sees_and_touches_nothing(
    office: TestClient, world: World, partner: Partner, client: TestClient
) -> None:
    made, _ = add_webhook(office, world, partner)
    other = as_other(world, office, Role.PRIME_OFFICE)
    assert "Buildee" not in other.get("/partners").text
    path = f"/partners/{partner.partner_id}"
    for answer in (
        other.get(path),
        other.get(f"{path}/webhooks/{made.subscription_id}"),
        other.post(f"{path}/webhooks/{made.subscription_id}/delete"),
        other.get(f"/partners/new?partner={partner.partner_id}"),
    ):
        assert answer.status_code == 404
    form = {"name": "X", "prime": str(world.central.prime_contractor_id), "scopes": SCOPES}
    assert other.post("/partners/new", data=form).status_code == 422
    assert as_other_role(world, office) == 403


def as_other_role(world: World, office: TestClient) -> int:
    with world.database.write() as session:
        account = accounts.create_account(session, "shitauke", "下請 太郎", PASSWORD)
        accounts.join(session, account.account_id, Role.SUBCONTRACTOR_OFFICE, world.central.prime_contractor_id, ())
    browser = new_client(office.app)  # type: ignore[arg-type]
    browser.post("/sign-in", data={"login": "shitauke", "password": PASSWORD})
    return browser.get("/partners").status_code


def test_the_guides_example_checks_a_signature_as_we_make_it(office: TestClient) -> None:
    (listing,) = re.findall(r'id="example">(.*?)</pre>', office.get("/partners/guide").text, re.DOTALL)
    example: dict[str, Any] = {}
    exec(html.unescape(listing), example)
    secret, body = new_secret(), body_of_test(NOW)
    headers = sign([new_secret(), secret], "msg_1", datetime.now(UTC), body)
    assert example["is_ours"](secret, headers, body.encode())
    assert not example["is_ours"](new_secret(), headers, body.encode())
