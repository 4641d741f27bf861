"""How a device signs what it sends: HTTP message signatures (RFC 9421) over Ed25519, always the same parts.

Signed are the method, the path, the query and the digest of the body (RFC 9530), with the moment by the device's own
clock, a nonce and the device's id. Whether that moment is right is not asked here: a clock that is wrong must not lock
a device out. Used by both ends; nothing here talks to a network or a database.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ENROLLING = "enrolling"  # the key id of a device that has none yet
DIGEST, INPUT, SIGNATURE = "content-digest", "signature-input", "signature"
_LABEL = "genba"
_PARTS = '("@method" "@path" "@query" "content-digest")'
_INPUT = re.compile(
    re.escape(f"{_LABEL}={_PARTS}")
    + r';created=(?P<created>\d{1,12});nonce="(?P<nonce>[A-Za-z0-9_-]{16,64})"'
    + r';keyid="(?P<key_id>[A-Za-z0-9-]{1,64})";alg="ed25519"',
    re.ASCII,
)
_SIGNATURE = re.compile(rf"{_LABEL}=:(?P<value>[A-Za-z0-9+/]+={{0,2}}):")


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of a signed request say; true only once is_signed_by() has been asked."""

    key_id: str
    created_at: datetime
    nonce: str
    signature: bytes
    base: bytes

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the holder of a public key (32 bytes) signed just this."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.base)
        except (InvalidSignature, ValueError):
            return False
        return True


def sign(key: Ed25519PrivateKey, key_id: str, method: str, target: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers that sign a request; target is its path with the query, as it is sent."""
    digest = _digest(body)
    said = f'{_PARTS};created={int(at.timestamp())};nonce="{secrets.token_urlsafe(18)}";keyid="{key_id}";alg="ed25519"'
    signature = key.sign(_base(method, target, digest, said))
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{_LABEL}={said}",
        "Signature": f"{_LABEL}=:{base64.b64encode(signature).decode()}:",
    }


def read(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Signed | None:
    """Return what a request says of its signature; None when it has none of ours, or its body is not the one signed.

    headers are asked for in lower case.
    """
    said = _INPUT.fullmatch(headers.get(INPUT, ""))
    given = _SIGNATURE.fullmatch(headers.get(SIGNATURE, ""))
    digest = _digest(body)
    if said is None or given is None or headers.get(DIGEST, "") != digest:
        return None
    try:
        signature = base64.b64decode(given["value"], validate=True)
        created_at = datetime.fromtimestamp(int(said["created"]), UTC)
    except (ValueError, OverflowError, OSError):  # no base64, or no year of the calendar
        return None
    base = _base(method, target, digest, said[0].removeprefix(f"{_LABEL}="))
    return Signed(said["key_id"], created_at, said["nonce"], signature, base)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of a key: 32 bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _base(method: str, target: str, digest: str, said: str) -> bytes:
    path, _, query = target.partition("?")
    lines = (
        f'"@method": {method.upper()}',
        f'"@path": {path}',
        f'"@query": ?{query}',
        f'"content-digest": {digest}',
        f'"@signature-params": {said}',
    )
    return "\n".join(lines).encode()
