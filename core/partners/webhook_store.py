"""The queries of the webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import ContractorId
from core.partners.model import KeyScope
from core.partners.tables import api_keys
from core.partners.webhook_model import Delivery, DeliveryState, Event, EventKind, PauseReason, Subscription
from core.partners.webhook_tables import webhook_deliveries, webhook_events, webhook_subscriptions
from core.scope import Scope
from core.statements import insert_rows

_own, _sent = webhook_subscriptions.c, webhook_deliveries.c
_WAITS = _sent.state == DeliveryState.WAITING


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of a subscription waits to be sent."""

    events: int
    deliveries: int


def add_subscription(session: Session, subscription: Subscription) -> None:
    row = {column.name: getattr(subscription, column.name) for column in webhook_subscriptions.columns}
    session.execute(sa.insert(webhook_subscriptions).values({**row, "kinds": " ".join(sorted(subscription.kinds))}))


def find_subscription(session: Session, subscription_id: UUID, scope: Scope) -> Subscription | None:
    statement = sa.select(webhook_subscriptions).where(_own.subscription_id == subscription_id, _is_own(scope))
    row = session.execute(statement).first()
    return _subscription(row) if row else None


def lock_subscription(session: Session, subscription_id: UUID) -> Subscription | None:
    """Return a subscription that nobody else changes until the end of the transaction."""
    statement = sa.select(webhook_subscriptions).where(_own.subscription_id == subscription_id)
    row = session.execute(statement.with_for_update()).first()
    return _subscription(row) if row else None


def subscriptions_of(session: Session, partner_id: UUID) -> list[Subscription]:
    """Return the subscriptions of a partner, in the order in which they were made."""
    statement = sa.select(webhook_subscriptions).where(_own.partner_id == partner_id)
    return [_subscription(row) for row in session.execute(statement.order_by(_own.subscription_id))]


def list_subscriptions(session: Session, scope: Scope) -> list[Subscription]:
    statement = sa.select(webhook_subscriptions).where(_is_own(scope)).order_by(_own.subscription_id)
    return [_subscription(row) for row in session.execute(statement)]


def change_subscription(session: Session, subscription_id: UUID, **changes: Any) -> bool:
    """Change a subscription; False when it is gone."""
    statement = sa.update(webhook_subscriptions).where(_own.subscription_id == subscription_id)
    return session.execute(statement.values(**changes)).rowcount == 1


def delete_subscription(session: Session, subscription_id: UUID) -> None:
    """Remove a subscription, with what waits and the log of what was sent."""
    for table in (webhook_events, webhook_deliveries, webhook_subscriptions):
        session.execute(sa.delete(table).where(table.c.subscription_id == subscription_id))


def scopes_held(session: Session, partner_id: UUID, *, is_sandbox: bool) -> set[KeyScope]:
    """Return what the keys that a partner holds let it do."""
    keys = api_keys.c
    statement = sa.select(keys.scopes).where(keys.partner_id == partner_id, keys.revoked_at.is_(None))
    found = session.scalars(statement.where(keys.is_sandbox.is_(is_sandbox)))
    return {KeyScope(scope) for scopes in found for scope in scopes.split()}


def take(session: Session, subscription_id: UUID, now: datetime, until: datetime) -> bool:
    """Keep a subscription's sending to oneself until an instant; False when it is paused, gone or somebody else's.

    One that is taken for twice as long as anybody takes one was taken by a clock that was wrong: it counts as free. The
    clocks of two hosts differ by a little.
    """
    is_wrong = _own.taken_until > until + (until - now)
    is_free = sa.or_(_own.taken_until.is_(None), _own.taken_until <= now, is_wrong)
    statement = sa.update(webhook_subscriptions).where(_own.subscription_id == subscription_id, is_free)
    return session.execute(statement.where(_own.paused.is_(None)).values(taken_until=until)).rowcount == 1


def let_go(session: Session, subscription_id: UUID, until: datetime) -> None:
    """Give back what take() took until an instant; nothing happens when it is somebody else's by now."""
    statement = sa.update(webhook_subscriptions).where(_own.subscription_id == subscription_id)
    session.execute(statement.where(_own.taken_until == until).values(taken_until=None))


def list_due(session: Session, now: datetime) -> list[UUID]:
    """Return the subscriptions for which something may be sent now."""
    own = webhook_subscriptions
    of_own = webhook_deliveries.c.subscription_id == own.c.subscription_id
    has_test = sa.exists().where(of_own, _WAITS, _sent.is_test).correlate(own)
    has_delivery = sa.exists().where(of_own, _WAITS).correlate(own)
    has_event = sa.exists().where(webhook_events.c.subscription_id == own.c.subscription_id).correlate(own)
    may_retry = sa.or_(_own.retry_at.is_(None), _own.retry_at <= now)
    statement = sa.select(_own.subscription_id).where(
        _own.paused.is_(None),
        sa.or_(_own.taken_until.is_(None), _own.taken_until <= now),
        sa.or_(has_test, sa.and_(may_retry, sa.or_(has_delivery, has_event))),
    )
    return list(session.scalars(statement))


def next_delivery(session: Session, subscription_id: UUID) -> Delivery | None:
    """Return what is to be sent first: a test event, else what waits longest."""
    statement = sa.select(webhook_deliveries).where(_sent.subscription_id == subscription_id, _WAITS)
    row = session.execute(statement.order_by(_sent.is_test.desc(), _sent.delivery_id).limit(1)).first()
    return as_model(Delivery, row) if row else None


def next_events(session: Session, subscription_id: UUID, limit: int) -> list[Event]:
    events = webhook_events.c
    statement = sa.select(webhook_events).where(events.subscription_id == subscription_id)
    return [as_model(Event, row) for row in session.execute(statement.order_by(events.seq).limit(limit))]


def put_into(session: Session, events: Sequence[Event], delivery: Delivery) -> None:
    """Move events into a delivery."""
    add_deliveries(session, [delivery])
    seqs = [event.seq for event in events]
    session.execute(sa.delete(webhook_events).where(webhook_events.c.seq.in_(seqs)))


def add_deliveries(session: Session, new: Sequence[Delivery]) -> None:
    insert_rows(session, {webhook_deliveries: new})


def change_delivery(session: Session, delivery_id: UUID, **changes: Any) -> None:
    session.execute(sa.update(webhook_deliveries).where(_sent.delivery_id == delivery_id).values(**changes))


def find_delivery(session: Session, subscription_id: UUID, delivery_id: UUID) -> Delivery | None:
    of_own = _sent.subscription_id == subscription_id
    row = session.execute(sa.select(webhook_deliveries).where(of_own, _sent.delivery_id == delivery_id)).first()
    return as_model(Delivery, row) if row else None


def list_deliveries(session: Session, subscription_id: UUID, limit: int, before: UUID | None = None) -> list[Delivery]:
    """Return what was or is to be sent, the newest first, from the one before another on."""
    statement = sa.select(webhook_deliveries).where(_sent.subscription_id == subscription_id)
    if before is not None:
        statement = statement.where(_sent.delivery_id < before)
    found = session.execute(statement.order_by(_sent.delivery_id.desc()).limit(limit))
    return [as_model(Delivery, row) for row in found]


def delivered_since(session: Session, subscription_id: UUID, since: datetime, limit: int) -> list[Delivery]:
    """Return what was delivered since an instant, in its order; neither tests nor replays."""
    statement = sa.select(webhook_deliveries).where(
        *(_sent.subscription_id == subscription_id, _sent.state == DeliveryState.DELIVERED, _sent.made_at >= since),
        *(_sent.is_test.is_(False), _sent.is_replay.is_(False)),
    )
    return [as_model(Delivery, row) for row in session.execute(statement.order_by(_sent.delivery_id).limit(limit))]


def waiting_of(session: Session, subscription_ids: Sequence[UUID]) -> dict[UUID, Waiting]:
    """Return how much of each subscription waits."""
    counts = []
    for table, waits in ((webhook_events, sa.true()), (webhook_deliveries, _WAITS)):
        key = table.c.subscription_id
        statement = sa.select(key, sa.func.count().label("waiting")).where(key.in_(subscription_ids), waits)
        counts.append({row.subscription_id: row.waiting for row in session.execute(statement.group_by(key))})
    return {each: Waiting(counts[0].get(each, 0), counts[1].get(each, 0)) for each in subscription_ids}


def count_all(session: Session) -> tuple[int, int, int]:
    """Return how many events and deliveries wait, and how many subscriptions fail."""
    events = session.scalar(sa.select(sa.func.count()).select_from(webhook_events))
    deliveries = session.scalar(sa.select(sa.func.count()).select_from(webhook_deliveries).where(_WAITS))
    failing = session.scalar(sa.select(sa.func.count()).select_from(webhook_subscriptions).where(_own.failures > 0))
    return events or 0, deliveries or 0, failing or 0


def paused_since(session: Session, since: datetime, reasons: Sequence[PauseReason]) -> dict[ContractorId, int]:
    """Return how many subscriptions of each prime contractor were paused since an instant, for some reasons."""
    statement = (
        sa.select(_own.prime_contractor_id, sa.func.count().label("paused"))
        .where(_own.paused.in_(reasons), _own.paused_at >= since)
        .group_by(_own.prime_contractor_id)
    )
    return {row.prime_contractor_id: row.paused for row in session.execute(statement)}


def forget_before(session: Session, before: datetime) -> int:
    """Remove events and deliveries from before an instant, those that still wait too; return how many.

    And events of subscriptions that are gone: of a call that was being recorded while somebody deleted one.
    """
    is_left_over = webhook_events.c.subscription_id.not_in(sa.select(_own.subscription_id))
    old = (sa.or_(webhook_events.c.at < before, is_left_over), webhook_deliveries.c.made_at < before)
    tables = (webhook_events, webhook_deliveries)
    return sum(session.execute(sa.delete(table).where(each)).rowcount for table, each in zip(tables, old, strict=True))


def _is_own(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on webhook_subscriptions. Row-level security says the same on PostgreSQL."""
    return sa.true() if scope.everything else _own.prime_contractor_id.in_(scope.primes)


def _subscription(row: Any) -> Subscription:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name
    values["kinds"] = frozenset(EventKind(kind) for kind in values["kinds"].split())
    return as_model(Subscription, values)
