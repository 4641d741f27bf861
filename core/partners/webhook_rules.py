"""How webhooks are signed, which addresses may be called, and when a failed one is tried again. Pure.

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, timestamp and body.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from core.errors import InvalidInput
from core.partners.model import KeyScope
from core.partners.webhook_model import READS, Event, EventKind
from core.settings import WebhookReach

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = 32
OLD_SECRET_FOR = timedelta(days=1)
URL_MAX = 500
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=8)
GIVEN_UP_AFTER = timedelta(days=3)
EVENTS_A_DELIVERY = 100
ANSWER_CHARS = 500
# What reaches IPv4 addresses by other names: NAT64 and 6to4.
_WRAPPED = ((IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes: the parts of its address."""

    url: str
    host: str
    port: int
    is_secure: bool


def parse_target(url: str, reach: WebhookReach) -> Target:
    """Return the parts of a webhook's address. Raises InvalidInput when it may not be called."""
    parts = _split(url)
    secure = parts.scheme == "https"
    if not secure and not (reach is WebhookReach.ANY and parts.scheme == "http"):
        raise InvalidInput("a webhook goes to an https address", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidInput("the address holds neither user nor password, nor a part after #", field="url")
    target = Target(url, parts.hostname or "", parts.port or (443 if secure else 80), secure)
    try:
        address = ip_address(target.host)
    except ValueError:
        if _is_number(target.host):
            message = "an address in numbers is written as four numbers with points, or in brackets"
            raise InvalidInput(message, field="url") from None
        return target
    if not may_call(address, reach):
        raise InvalidInput("the address lies in a network that is not public", field="url")
    return target


def may_call(address: IPv4Address | IPv6Address, reach: WebhookReach) -> bool:
    """Whether a resolved address may be called: a public one, unless the settings let all be called."""
    if reach is WebhookReach.ANY:
        return True
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = address.ipv4_mapped or _wrapped(address)
        if inner is not None:
            return may_call(inner, reach)
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def new_secret() -> str:
    """Return a fresh secret in the form that receivers' libraries take."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(in_use: Iterable[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers that sign a body: one signature for each secret in use."""
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.{body}".encode()
    made = [hmac.digest(base64.b64decode(each[len(SECRET_PREFIX) :]), content, hashlib.sha256) for each in in_use]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made),
    }


def delay_after(failures: int, chance: float) -> timedelta:
    """Return how long to wait after failures: 10 s, 40 s … 8 h, a fifth more or less by a chance from 0 to 1."""
    plain_s = min(FIRST_DELAY.total_seconds() * 4.0 ** min(max(failures - 1, 0), 8), LONGEST_DELAY.total_seconds())
    return timedelta(seconds=plain_s * (0.8 + 0.4 * chance))


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= GIVEN_UP_AFTER


def may_be_told(kinds: Iterable[EventKind], scopes: Iterable[KeyScope]) -> bool:
    """Whether a partner that holds keys with these scopes may be told of all these kinds."""
    held = set(scopes)
    return all(READS[kind] in held for kind in kinds)


def body_of(events: Sequence[Event]) -> str:
    """Return what is sent of events: ids and changed facts, in their order."""
    told = [
        {"id": str(each.event_id), "type": each.kind.value, "at": each.at.isoformat(), **_facts(each.facts)}
        for each in events
    ]
    return _json({"type": "events", "timestamp": events[-1].at.isoformat(), "data": {"events": told}})


def body_of_test(now: datetime) -> str:
    """Return what a test event says."""
    return _json({"type": "test", "timestamp": now.isoformat(), "data": {"events": []}})


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))


def _facts(text: str) -> dict[str, Any]:
    """Return the facts in one form, whichever database wrote them: ids with hyphens, instants in ISO 8601, flags."""
    return {name: _fact(name, value) for name, value in json.loads(text).items()}


def _fact(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_id"):
        return str(UUID(value))
    if name.endswith("_at"):
        return datetime.fromisoformat(value).isoformat()
    return bool(value) if name in ("missing_exit", "is_direct") else value


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_right = urlsplit(""), False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not (plain and port_is_right and parts.hostname and len(url) <= URL_MAX):
        message = f"a webhook needs an address such as https://example.jp/genba, of at most {URL_MAX} signs"
        raise InvalidInput(message, field="url")
    return parts


def _is_number(host: str) -> bool:
    """Whether a host is an IPv4 address in a form that few libraries read alike: 0177.0.0.1, 127.1, 2130706433."""
    return re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", host.rstrip(".").rpartition(".")[2]) is not None


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    for network, shift in _WRAPPED:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
