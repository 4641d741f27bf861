"""Sending webhooks in the background: one subscription's deliveries in their order, several subscriptions at once.

What is sent stands in the database before it goes out, with its id: whoever dies in between has it sent again under the
same one. A subscription that fails waits by itself, and holds up none of the others.
"""

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import Clock
from core.db import Database, Session
from core.ids import uuid7
from core.notices.model import Fact, NoticeKind
from core.partners import webhook_store as store
from core.partners import webhooks
from core.partners.webhook_model import Answer, Delivery, DeliveryState, PauseReason, Subscription
from core.partners.webhook_post import post
from core.partners.webhook_rules import (
    EVENTS_A_DELIVERY,
    body_of,
    delay_after,
    is_given_up,
    may_be_told,
    sign,
)
from core.phone import PhoneSealer
from core.settings import WebhookReach
from core.work import service as work
from core.work.model import Mark

logger = logging.getLogger(__name__)

KIND = "webhook"
BATCH = 16  # subscriptions at once, each in a thread
TURN = timedelta(seconds=15)  # then the others have theirs
TAKEN_FOR = timedelta(seconds=60)  # longer than a turn with its last request; a runner that died loses it then
KEPT = timedelta(days=30)
TOLD_FOR = timedelta(days=7)
GONE = 410
Post = Callable[[str, dict[str, str], str, WebhookReach], Answer]


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs; deliver is replaced in tests alone."""

    database: Database
    sealer: PhoneSealer
    clock: Clock
    reach: WebhookReach
    deliver: Post = post


def mark_due(session: Session, now: datetime) -> None:
    """Mark the subscriptions for which something may be sent now."""
    due = store.list_due(session, now)
    if due:
        marked = work.marked(session, KIND)
        work.mark(session, KIND, [each for each in due if str(each) not in marked], now)


def send_marked(sender: Sender, marks: Sequence[Mark]) -> None:
    """Send what waits for the subscriptions of some marks."""

    def take_turn(mark: Mark) -> None:
        try:
            send(sender, UUID(mark.subject))
        except Exception:
            logger.exception("webhook %s: its turn failed", mark.subject)
        with sender.database.write() as session:
            work.finish(session, [mark])  # what is still due is marked again

    with ThreadPoolExecutor(max_workers=BATCH, thread_name_prefix="webhook") as threads:
        list(threads.map(take_turn, marks))


def send(sender: Sender, subscription_id: UUID) -> int:
    """Send what waits for a subscription, until one fails or its turn is over; return how many went out."""
    began_at = sender.clock.now()
    until = began_at + TAKEN_FOR
    with sender.database.write() as session:
        if not store.take(session, subscription_id, began_at, until):
            return 0
    sent = 0
    while (now := sender.clock.now()) < began_at + TURN:
        with sender.database.write() as session:
            found = _next(session, subscription_id, now)
        if found is None:
            break
        answer = _post(sender, *found, now)
        with sender.database.write() as session:
            goes_on = _settle(session, *found, answer, sender.clock.now())
        sent += 1
        if not goes_on:
            break
    with sender.database.write() as session:
        store.let_go(session, subscription_id, until)
    return sent


def find_facts(session: Session, now: datetime) -> list[Fact]:
    """Return what prime contractors are told: webhooks that were paused because nobody takes them any more."""
    reasons = (PauseReason.GONE, PauseReason.FAILING)
    found = store.paused_since(session, now - TOLD_FOR, reasons)
    return [Fact(NoticeKind.WEBHOOKS_PAUSED, count, prime_contractor_id=prime) for prime, count in found.items()]


def forget_old(session: Session, now: datetime) -> int:
    """Forget what was sent, or could not be sent, for longer than it is kept; return how much."""
    return store.forget_before(session, now - KEPT)


def _next(session: Session, subscription_id: UUID, now: datetime) -> tuple[Subscription, Delivery] | None:
    """Return what is to be sent now; events that wait are put into a delivery when no other waits."""
    own = store.lock_subscription(session, subscription_id)
    if own is None or own.paused is not None:
        return None
    if not may_be_told(own.kinds, store.scopes_held(session, own.partner_id, is_sandbox=own.is_sandbox)):
        webhooks.pause(session, own, PauseReason.NO_KEY, now)
        return None
    waits = own.retry_at is not None and own.retry_at > now
    delivery = store.next_delivery(session, subscription_id)
    if delivery is not None:
        return None if waits and not delivery.is_test else (own, delivery)
    events = [] if waits else store.next_events(session, subscription_id, EVENTS_A_DELIVERY)
    if not events:
        return None
    made = Delivery(uuid7(), subscription_id, f"msg_{events[0].event_id.hex}", body_of(events), len(events), now)
    store.put_into(session, events, made)
    return own, made


def _post(sender: Sender, own: Subscription, delivery: Delivery, now: datetime) -> Answer | None:
    """Send a delivery; None where nothing leaves."""
    if sender.reach is WebhookReach.NONE:
        return None
    secrets = [sender.sealer.decrypt(own.secret_cipher)]
    if own.old_secret_cipher is not None and own.old_secret_until is not None and now < own.old_secret_until:
        secrets.append(sender.sealer.decrypt(own.old_secret_cipher))
    headers = sign(secrets, delivery.message_id, now, delivery.body)
    return sender.deliver(own.url, headers, delivery.body, sender.reach)


def _settle(session: Session, own: Subscription, delivery: Delivery, answer: Answer | None, now: datetime) -> bool:
    """Write down what came of a delivery; return whether to go on. A subscription that was ended meanwhile stays so."""
    told = {"attempts": delivery.attempts + 1, "last_at": now}
    if answer is not None:
        told |= {"status": answer.status, "answer": answer.text}
    state = _state_after(delivery, answer)
    store.change_delivery(session, delivery.delivery_id, state=state, **told)
    if answer is None or delivery.is_test:
        return True
    if answer.is_well:
        if own.failures:
            store.change_subscription(session, own.subscription_id, failures=0, failing_since=None, retry_at=None)
        return True
    failing_since = own.failing_since or now
    wait = delay_after(own.failures + 1, random.random())  # noqa: S311 - spreads attempts, guards nothing
    changes = {"failures": own.failures + 1, "failing_since": failing_since, "retry_at": now + wait}
    store.change_subscription(session, own.subscription_id, **changes)
    is_gone = answer.status == GONE
    if is_gone or is_given_up(failing_since, now):
        webhooks.pause(session, own, PauseReason.GONE if is_gone else PauseReason.FAILING, now)
        logger.warning("webhook %s is paused: %s", own.subscription_id, answer.status or answer.text)
    return False


def _state_after(delivery: Delivery, answer: Answer | None) -> DeliveryState:
    if answer is None:
        return DeliveryState.WITHHELD
    if answer.is_well:
        return DeliveryState.DELIVERED
    return DeliveryState.FAILED if delivery.is_test else DeliveryState.WAITING
