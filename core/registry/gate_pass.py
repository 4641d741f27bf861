"""The pass a worker shows at the gate: says for ten minutes whose page to look at, signed with our key. Pure.

It opens nothing by itself: whoever reads it signs in, and sees no more of the worker than he may anyway.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.errors import NotFound
from core.ids import WorkerId

PASS_LIFETIME = timedelta(minutes=10)
_MAC_BYTES, _ID_BYTES, _TIME_BYTES = 16, 16, 4


def make_pass(secret_key: str, worker_id: WorkerId, now: datetime) -> str:
    """Return a pass that holds for PASS_LIFETIME."""
    until = int((now + PASS_LIFETIME).timestamp())
    content = worker_id.bytes + until.to_bytes(_TIME_BYTES, "big")
    return base64.urlsafe_b64encode(content + _mac(secret_key, content)).decode().rstrip("=")


def read_pass(secret_key: str, text: str) -> tuple[WorkerId, datetime]:
    """Return whose pass it is and until when it holds, in UTC. Raises NotFound when it is not one of ours."""
    try:
        signed = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except ValueError:
        signed = b""
    content, mac = signed[: _ID_BYTES + _TIME_BYTES], signed[_ID_BYTES + _TIME_BYTES :]
    if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, _mac(secret_key, content)):
        raise NotFound("no such pass")
    until = datetime.fromtimestamp(int.from_bytes(content[_ID_BYTES:], "big"), UTC)
    return WorkerId(UUID(bytes=content[:_ID_BYTES])), until


def _mac(secret_key: str, content: bytes) -> bytes:
    return hmac.digest(secret_key.encode(), b"gate|" + content, hashlib.sha256)[:_MAC_BYTES]
