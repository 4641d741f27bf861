"""A prime contractor with a partner that holds a key, and what sends its webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from core.clock import FixedClock
from core.db import Database, open_database
from core.partners import service, store, webhook_store, webhooks
from core.partners.model import KeyScope, Partner
from core.partners.webhook_model import Delivery, EventKind, Subscription
from core.partners.webhook_sending import Sender, send
from core.partners.webhooks import Wanted
from core.phone import PhoneSealer
from core.registry.model import Contractor
from core.scope import EVERYTHING
from core.settings import WebhookReach
from tests.attendance.world import World
from tests.partners.receiver import Receiver, receiving

EVERY_KIND = frozenset(EventKind)


@dataclass
class Place:
    """The world, a partner of its prime, and the background work."""

    world: World
    clock: FixedClock
    sender: Sender
    partner: Partner

    def partner_of(self, prime: Contractor, name: str = "Buildee", *, is_sandbox: bool = False) -> Partner:
        with self.world.database.write() as session:
            key, _ = service.give_key(
                session, prime.contractor_id, name, list(KeyScope), None, self.now, is_sandbox=is_sandbox
            )
            return store.require_partner(session, EVERYTHING, key.partner_id)

    @classmethod
    def of(cls, world: Any, sealer: PhoneSealer, clock: FixedClock) -> "Place":
        """Return the place of a world with a prime contractor."""
        place = cls(world, clock, Sender(world.database, sealer, clock, WebhookReach.ANY), None)  # type: ignore[arg-type]
        place.partner = place.partner_of(world.prime)
        return place

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def subscribe(
        self, url: str, partner: Partner | None = None, kinds: frozenset[EventKind] = EVERY_KIND, **more: Any
    ) -> tuple[Subscription, str]:
        wanted = Wanted(url, kinds, **more)
        with self.world.database.write() as session:
            return webhooks.subscribe(
                session, self.world.sealer, partner or self.partner, wanted, WebhookReach.ANY, None, self.now
            )

    def send(self, subscription: Subscription) -> int:
        return send(self.sender, subscription.subscription_id)

    def log(self, subscription: Subscription) -> list[Delivery]:
        """Return the deliveries, the oldest first."""
        with self.world.database.read() as session:
            return webhook_store.list_deliveries(session, subscription.subscription_id, 500)[::-1]

    def find(self, subscription: Subscription) -> Subscription:
        with self.world.database.read() as session:
            found = webhook_store.find_subscription(session, subscription.subscription_id, EVERYTHING)
        assert found is not None
        return found


@pytest.fixture
def place(database: Database, sealer: PhoneSealer, clock: FixedClock) -> Place:
    return make_place(database, sealer, clock)


@pytest.fixture
def small(sqlite_url: str, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Place]:
    """The same on SQLite alone, for what does not depend on the database."""

    opened = open_database(sqlite_url)
    yield make_place(opened, sealer, clock)
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as running:
        yield running


def make_place(database: Database, sealer: PhoneSealer, clock: FixedClock) -> Place:
    return Place.of(World(database, sealer), sealer, clock)
