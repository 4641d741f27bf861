"""What partners and their administrators do with webhooks: subscribe, pause, resume, test, replay, end.

Whoever calls has checked whose matter a subscription is, and finds it by require(). What is ended or paused here is
sent no more, from the next request on.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, uuid7
from core.partners import webhook_store as store
from core.partners.model import Partner
from core.partners.webhook_model import Delivery, DeliveryState, EventKind, PauseReason, Subscription
from core.partners.webhook_rules import OLD_SECRET_FOR, body_of_test, may_be_told, new_secret, parse_target
from core.phone import PhoneSealer
from core.scope import Scope
from core.settings import WebhookReach

SUBSCRIPTIONS_MAX = 20  # of one partner
REPLAYED_MAX = 1000  # deliveries at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be subscribed: an address, and of which kinds of events it is told."""

    url: str
    kinds: frozenset[EventKind]
    is_sandbox: bool = False


def subscribe(
    session: Session,
    sealer: PhoneSealer,
    partner: Partner,
    wanted: Wanted,
    reach: WebhookReach,
    made_by: AccountId | None,
    now: datetime,
) -> tuple[Subscription, str]:
    """Return a new subscription of a partner, and its secret: it is shown once.

    Raises InvalidInput for an address that may not be called or without a kind, NotAllowed when the partner holds no
    key that may read what it would be told, or has SUBSCRIPTIONS_MAX already.
    """
    url = wanted.url.strip()
    parse_target(url, WebhookReach.PUBLIC if reach is WebhookReach.NONE else reach)
    if not wanted.kinds:
        raise InvalidInput("choose at least one kind of event", field="events")
    _require_key(session, partner.partner_id, wanted.kinds, is_sandbox=wanted.is_sandbox)
    if len(store.subscriptions_of(session, partner.partner_id)) >= SUBSCRIPTIONS_MAX:
        raise NotAllowed(f"a partner has at most {SUBSCRIPTIONS_MAX} webhooks: delete one first")
    secret = new_secret()
    subscription = Subscription(
        subscription_id=uuid7(),
        partner_id=partner.partner_id,
        prime_contractor_id=partner.prime_contractor_id,
        url=url,
        kinds=wanted.kinds,
        is_sandbox=wanted.is_sandbox,
        secret_cipher=sealer.encrypt(secret),
        made_by=made_by,
        made_at=now,
    )
    store.add_subscription(session, subscription)
    return subscription, secret


def require(session: Session, scope: Scope, partner_id: UUID, subscription_id: UUID) -> Subscription:
    """Return a subscription of a partner within a scope. Raises NotFound."""
    found = store.find_subscription(session, subscription_id, scope)
    if found is None or found.partner_id != partner_id:
        raise NotFound("there is no such webhook", subscription_id=subscription_id)
    return found


def pause(session: Session, subscription: Subscription, reason: PauseReason, now: datetime) -> bool:
    """Send nothing from now on; what happens meanwhile waits. False when it is paused already."""
    if subscription.paused is not None:
        return False
    return store.change_subscription(session, subscription.subscription_id, paused=reason, paused_at=now)


def resume(session: Session, subscription: Subscription) -> bool:
    """Go on, with what has waited; False when it was not paused.

    Raises NotAllowed when the partner holds no key that may read what it would be told.
    """
    if subscription.paused is None:
        return False
    _require_key(session, subscription.partner_id, subscription.kinds, is_sandbox=subscription.is_sandbox)
    begun_anew = {"paused": None, "paused_at": None, "failures": 0, "failing_since": None, "retry_at": None}
    return store.change_subscription(session, subscription.subscription_id, **begun_anew)


def rotate_secret(session: Session, sealer: PhoneSealer, subscription: Subscription, now: datetime) -> str:
    """Return a new secret: it is shown once. The one before signs beside it for a day."""
    secret = new_secret()
    store.change_subscription(
        session,
        subscription.subscription_id,
        secret_cipher=sealer.encrypt(secret),
        old_secret_cipher=subscription.secret_cipher,
        old_secret_until=now + OLD_SECRET_FOR,
    )
    return secret


def end(session: Session, subscription: Subscription) -> None:
    """Delete a subscription, with what waits and its log."""
    store.lock_subscription(session, subscription.subscription_id)
    store.delete_subscription(session, subscription.subscription_id)


def send_test(session: Session, subscription: Subscription, now: datetime) -> Delivery:
    """Let a test event be sent, before everything else; it is tried once. Raises NotAllowed while it is paused."""
    _require_running(subscription)
    made = _delivery(subscription, f"msg_{uuid7().hex}", body_of_test(now), 0, now, is_test=True)
    store.add_deliveries(session, [made])
    return made


def replay(session: Session, subscription: Subscription, delivery_id: UUID, now: datetime) -> int:
    """Let one delivery be sent once more, with the same ids; return 1.

    Raises NotFound when it is not in the log, NotAllowed while it waits itself or the subscription is paused.
    """
    _require_running(subscription)
    found = store.find_delivery(session, subscription.subscription_id, delivery_id)
    if found is None or found.is_test:
        raise NotFound("there is no such delivery", delivery_id=delivery_id)
    if found.state is DeliveryState.WAITING:
        raise NotAllowed("this delivery waits to be sent already", delivery_id=delivery_id)
    return _again(session, subscription, [found], now)


def replay_since(session: Session, subscription: Subscription, since: datetime, now: datetime) -> int:
    """Let everything that was delivered since an instant be sent once more, in its order; return how many deliveries.

    Raises NotAllowed while the subscription is paused, InvalidInput when there are more than REPLAYED_MAX.
    """
    _require_running(subscription)
    found = store.delivered_since(session, subscription.subscription_id, since, REPLAYED_MAX + 1)
    if len(found) > REPLAYED_MAX:
        raise InvalidInput(f"more than {REPLAYED_MAX} deliveries since then: choose a later time", field="since")
    return _again(session, subscription, found, now)


def _again(session: Session, subscription: Subscription, found: list[Delivery], now: datetime) -> int:
    made = [_delivery(subscription, each.message_id, each.body, each.events, now, is_replay=True) for each in found]
    in_order = sorted(each.delivery_id for each in made)  # ids of one millisecond are in no order by themselves
    new = [replace(each, delivery_id=own_id) for each, own_id in zip(made, in_order, strict=True)]
    store.add_deliveries(session, new)
    return len(new)


def _delivery(
    subscription: Subscription,
    message_id: str,
    body: str,
    events: int,
    now: datetime,
    *,
    is_test: bool = False,
    is_replay: bool = False,
) -> Delivery:
    own = subscription.subscription_id
    return Delivery(uuid7(), own, message_id, body, events, now, is_test=is_test, is_replay=is_replay)


def _require_running(subscription: Subscription) -> None:
    if subscription.paused is not None:
        raise NotAllowed("this webhook is paused: resume it first", subscription_id=subscription.subscription_id)


def _require_key(session: Session, partner_id: UUID, kinds: Collection[EventKind], *, is_sandbox: bool) -> None:
    if not may_be_told(kinds, store.scopes_held(session, partner_id, is_sandbox=is_sandbox)):
        raise NotAllowed("the partner holds no key that may read what it would be told", partner_id=partner_id)
