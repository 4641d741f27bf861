"""Sending webhooks: in order, again until it is taken, never after its end; and what is kept of it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import InvalidInput, NotAllowed, NotFound
from core.notices.model import NoticeKind
from core.partners import service, store, webhook_sending, webhook_store, webhooks
from core.partners.rotation import rotate_webhook_secrets
from core.partners.webhook_model import PauseReason
from core.partners.webhook_sending import Sender
from core.partners.webhook_tables import webhook_deliveries, webhook_events, webhook_subscriptions
from core.phone import KeyRing, PhoneSealer, new_key, parse_key_ring
from core.settings import WebhookReach
from tests.partners.conftest import Place
from tests.partners.receiver import Receiver, receiving, verify


def test_of_two_hosts_whose_clocks_differ_a_little_one_sends(small: Place) -> None:
    subscription, _ = small.subscribe("https://example.jp/")
    own, now = subscription.subscription_id, small.now
    behind, until = now - timedelta(seconds=1), now + webhook_sending.TAKEN_FOR
    with small.world.database.write() as session:
        assert webhook_store.take(session, own, now, until)
        assert not webhook_store.take(session, own, behind, behind + webhook_sending.TAKEN_FOR)
        webhook_store.let_go(session, own, behind)  # whoever lost it to another gives back nothing of his
        assert not webhook_store.take(session, own, now, until)
        webhook_store.let_go(session, own, until)
        assert webhook_store.take(session, own, now, until)


def test_a_receiver_that_was_down_gets_everything_in_order_once_it_is_up(small: Place) -> None:
    receiver = Receiver()
    with receiving(receiver):
        pass  # its port is known, and nobody listens
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    assert small.send(subscription) == 1
    small.world.call("17:10")
    small.clock.at += timedelta(seconds=7)
    assert small.send(subscription) == 0  # its time has not come
    (waiting,) = small.log(subscription)
    assert (waiting.state, waiting.attempts, waiting.status) == ("waiting", 1, None)
    assert "ConnectError" in waiting.answer
    small.clock.at += timedelta(seconds=6)
    receiver.statuses = [500, 200]
    with receiving(receiver):
        small.send(subscription)
        small.clock.at += timedelta(minutes=1)
        small.send(subscription)
    assert [event["last_exit_at"] for event in receiver.events] == [None, None, "2026-11-16T08:10:00+00:00"]
    assert len(set(receiver.ids)) == 2  # the repeat has the id of the first
    assert receiver.ids[0] == receiver.ids[1]
    assert [(sent.state, sent.attempts) for sent in small.log(subscription)] == [("delivered", 3), ("delivered", 1)]
    assert small.find(subscription).failures == 0


def test_a_hundred_events_go_in_one_request(small: Place, receiver: Receiver) -> None:
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    with small.world.database.write() as session:
        for _ in range(60):
            session.execute(sa.text("update attendance_days set missing_exit = not missing_exit"))
            session.execute(sa.text("update attendance_days set is_direct = not is_direct"))
    assert small.send(subscription) == 2
    assert [sent.events for sent in small.log(subscription)] == [100, 21]
    assert len({event["id"] for event in receiver.events}) == 121


def test_killed_between_sending_and_noting_it_the_same_is_sent_again_under_its_id(
    small: Place, receiver: Receiver
) -> None:
    receiver.sleeps_s = 0.2
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    program = Path(__file__).with_name("send_once.py")
    key_rings = ",".join(
        f"{ring.current.key_id}:{ring.current.secret.hex()}"
        for ring in (small.world.sealer.data, small.world.sealer.index)
    )
    arguments = [
        str(small.world.database.engine.url),
        key_rings,
        str(subscription.subscription_id),
        small.now.isoformat(),
    ]
    process = subprocess.Popen([sys.executable, "-m", "tests.partners.send_once", *arguments], cwd=program.parents[2])
    assert receiver.arrived.wait(20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert small.send(subscription) == 0  # it may still be at it
    small.clock.at += webhook_sending.TAKEN_FOR
    receiver.sleeps_s = 0
    assert small.send(subscription) == 1
    assert receiver.raw[0][1] == receiver.raw[1][1]
    assert receiver.ids[0] == receiver.ids[1]
    assert [sent.state for sent in small.log(subscription)] == ["delivered"]


def test_a_receiver_that_is_gone_is_paused_at_once_and_the_prime_is_told(small: Place, receiver: Receiver) -> None:
    receiver.statuses = [410]
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    small.send(subscription)
    assert small.find(subscription).paused is PauseReason.GONE
    with small.world.database.read() as session:
        (fact,) = webhook_sending.find_facts(session, small.now)
    prime = small.world.prime.contractor_id
    assert (fact.kind, fact.count, fact.prime_contractor_id) == (NoticeKind.WEBHOOKS_PAUSED, 1, prime)
    with pytest.raises(NotAllowed), small.world.database.write() as session:
        webhooks.send_test(session, small.find(subscription), small.now)
    receiver.statuses = [200]
    with small.world.database.write() as session:
        assert webhooks.resume(session, small.find(subscription))
    assert small.send(subscription) == 1  # what has waited


def test_after_three_days_of_failing_it_is_paused(small: Place, receiver: Receiver) -> None:
    receiver.statuses = [503]
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    began_at, attempts = small.now, 0
    while small.find(subscription).paused is None:
        attempts += small.send(subscription)
        small.clock.at = small.find(subscription).retry_at or small.now
    assert small.find(subscription).paused is PauseReason.FAILING
    assert timedelta(days=3) < small.now - began_at < timedelta(days=4)
    assert 12 <= attempts <= 20


def test_a_receiver_that_hangs_does_not_hold_up_another(small: Place, receiver: Receiver) -> None:
    slow = Receiver(waits_for=receiver.arrived)
    with receiving(slow):
        small.subscribe(slow.url)
        small.subscribe(receiver.url)
        small.world.call("7:50")
        with small.world.database.write() as session:
            webhook_sending.mark_due(session, small.now)
            webhook_sending.mark_due(session, small.now)  # marked once
            marks = webhook_sending.work.take_marks(session, webhook_sending.KIND, small.now)
        assert len(marks) == 2
        webhook_sending.send_marked(small.sender, marks)
    assert slow.has_waited
    with small.world.database.read() as session:
        assert webhook_sending.work.marked(session, webhook_sending.KIND) == set()
        assert webhook_store.list_due(session, small.now) == []


def test_a_delivery_or_all_since_an_instant_are_replayed_with_their_ids(place: Place, receiver: Receiver) -> None:
    subscription, _ = place.subscribe(receiver.url)
    for text in ("7:50", "17:10"):
        place.world.call(text)
        place.clock.at += timedelta(minutes=1)
        place.send(subscription)
    first, second = place.log(subscription)
    with place.world.database.write() as session:
        assert webhooks.replay(session, subscription, first.delivery_id, place.now) == 1
        assert webhooks.replay_since(session, subscription, second.made_at, place.now) == 1
        assert webhooks.replay_since(session, subscription, place.now + timedelta(days=1), place.now) == 0
    place.send(subscription)
    assert receiver.ids == [first.message_id, second.message_id, first.message_id, second.message_id]
    assert receiver.raw[0][1] == receiver.raw[2][1]
    assert [sent.is_replay for sent in place.log(subscription)] == [False, False, True, True]


def test_what_is_paused_ended_or_without_a_key_is_sent_no_more(place: Place, receiver: Receiver) -> None:
    subscription, _ = place.subscribe(receiver.url)
    place.world.call("7:50")
    with place.world.database.write() as session:
        assert webhooks.pause(session, subscription, PauseReason.BY_HAND, place.now)
    assert place.send(subscription) == 0
    with place.world.database.write() as session:
        assert webhooks.resume(session, place.find(subscription))
        for key in store.keys_of(session, place.partner.partner_id):
            service.revoke_key(session, key.api_key_id, place.now)
    assert place.send(subscription) == 0
    assert place.find(subscription).paused is PauseReason.NO_KEY
    with place.world.database.write() as session:
        with pytest.raises(NotAllowed):
            webhooks.resume(session, place.find(subscription))
        webhooks.end(session, subscription)
    place.world.call("17:10")
    assert (place.send(subscription), receiver.raw) == (0, [])
    assert [place.world.count(table) for table in (webhook_events, webhook_deliveries)] == [0, 0]


def test_a_sandbox_gets_test_events_only_and_they_are_tried_once(small: Place, receiver: Receiver) -> None:
    small.partner_of(small.world.prime, is_sandbox=True)
    subscription, secret = small.subscribe(receiver.url, is_sandbox=True)
    small.world.call("7:50")
    assert small.send(subscription) == 0
    receiver.statuses, receiver.text = [500, 200], "no\x00, call 090-1234-5678"
    for _ in range(2):
        with small.world.database.write() as session:
            webhooks.send_test(session, subscription, small.now)
        small.send(subscription)
    assert [body["type"] for body in receiver.bodies] == ["test", "test"]
    assert verify(secret, *receiver.raw[0])
    told = [(sent.state, sent.status, sent.answer) for sent in small.log(subscription)]
    assert told == [("failed", 500, "no , call ****5678"), ("delivered", 200, "no , call ****5678")]


def test_where_nothing_leaves_it_is_withheld(small: Place, receiver: Receiver) -> None:
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    inert = Sender(small.world.database, small.world.sealer, small.clock, WebhookReach.NONE)
    assert webhook_sending.send(inert, subscription.subscription_id) == 1
    assert ([sent.state for sent in small.log(subscription)], receiver.raw) == (["withheld"], [])


def test_both_secrets_sign_for_a_day_after_one_was_made_anew(small: Place, receiver: Receiver) -> None:
    subscription, old = small.subscribe(receiver.url)
    with small.world.database.write() as session:
        new = webhooks.rotate_secret(session, small.world.sealer, subscription, small.now)
    for _ in range(2):
        with small.world.database.write() as session:
            webhooks.send_test(session, subscription, small.now)
        small.send(subscription)
        small.clock.at += timedelta(days=1)
    assert [[verify(each, *request) for each in (old, new)] for request in receiver.raw] == [
        [True, True],
        [False, True],
    ]


def test_secrets_are_written_anew_under_a_new_data_key(small: Place, receiver: Receiver) -> None:
    subscription, secret = small.subscribe(receiver.url)
    sealer = small.world.sealer
    after = PhoneSealer(KeyRing((parse_key_ring(new_key("d2")).current, *sealer.data.keys)), sealer.index)
    with small.world.database.write() as session:
        webhooks.rotate_secret(session, sealer, subscription, small.now)
        assert rotate_webhook_secrets(session, after).rotated == 1
        assert rotate_webhook_secrets(session, after).last_id is None
    kept = small.find(subscription)
    assert after.decrypt(kept.old_secret_cipher or "") == secret
    assert kept.secret_cipher.startswith("d2:")


def test_the_log_is_kept_for_thirty_days(small: Place, receiver: Receiver) -> None:
    subscription, _ = small.subscribe(receiver.url)
    small.world.call("7:50")
    small.send(subscription)
    with small.world.database.write() as session:
        assert webhook_sending.forget_old(session, small.now + timedelta(days=30)) == 0
        assert webhook_sending.forget_old(session, small.now + timedelta(days=31)) == 1


def test_an_event_that_was_noted_while_its_webhook_was_deleted_is_forgotten(small: Place) -> None:
    subscription, _ = small.subscribe("http://127.0.0.1/")
    small.world.call("7:50")
    own = webhook_subscriptions.c.subscription_id == subscription.subscription_id
    with small.world.database.write() as session:
        session.execute(sa.delete(webhook_subscriptions).where(own))  # as a deletion that does not see the call's event
        assert webhook_sending.forget_old(session, small.now) == 1


def test_who_may_be_told_what_and_where_to(small: Place) -> None:
    with pytest.raises(InvalidInput):
        small.subscribe("http://127.0.0.1/", kinds=frozenset())
    with pytest.raises(NotAllowed):
        small.subscribe("http://127.0.0.1/", is_sandbox=True)
    subscription, _ = small.subscribe("http://127.0.0.1/")
    with pytest.raises(NotFound), small.world.database.write() as session:
        webhooks.replay(session, subscription, subscription.partner_id, small.now)
