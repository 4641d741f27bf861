"""A process that sends what waits for one subscription, to be killed at it: DATABASE KEYS SUBSCRIPTION NOW."""

import sys
from datetime import datetime
from uuid import UUID

from core.clock import FixedClock
from core.db import open_database
from core.partners.webhook_sending import Sender, send
from core.phone import Key, KeyRing, PhoneSealer
from core.settings import WebhookReach

if __name__ == "__main__":
    url, keys, subscription_id, now = sys.argv[1:]
    data, index = (each.split(":") for each in keys.split(","))
    sealer = PhoneSealer(*(KeyRing((Key(key_id, bytes.fromhex(secret)),)) for key_id, secret in (data, index)))
    sender = Sender(open_database(url), sealer, FixedClock(datetime.fromisoformat(now)), WebhookReach.ANY)
    send(sender, UUID(subscription_id))
