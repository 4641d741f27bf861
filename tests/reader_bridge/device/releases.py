"""Releases as the tests make them: signed by a key of their own, of archives that start or do not."""

import base64
import hashlib
import io
import zipfile
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from genba.releases import building
from reader_bridge import signing
from reader_bridge.releases import Release, sign
from reader_bridge.wire import Update

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(signing.public_bytes(KEY)).decode()
NOON = "2026-11-17T03:00:00+00:00"


@cache
def archive(version: str) -> bytes:
    """Return the program of here, under a version."""
    return building.build(building.installed(), version)


@cache
def broken(version: str, change: str = "raise RuntimeError('a fault in the release 04a1b2c3d4')\n") -> bytes:
    """Return an archive whose program does something else than to run, once it is started."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive(version))) as whole, zipfile.ZipFile(changed, "w") as other:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "reader_bridge/device/program.py":
                content += change.encode()
            other.writestr(name, content)
    return changed.getvalue()


def update(
    content: bytes,
    version: str = "0.2.0",
    *,
    key: Ed25519PrivateKey = KEY,
    needs: tuple[str, ...] = (),
    instead_of: str | None = None,
    offered_at: str = NOON,
) -> Update:
    """Return an archive on offer, signed."""
    release = Release(version, hashlib.sha256(content).hexdigest(), len(content), needs, instead_of)
    return {
        "version": version,
        "sha256": release.sha256,
        "size": release.size,
        "needs": list(needs),
        "instead_of": instead_of,
        "signature": base64.b64encode(sign(key, release)).decode(),
        "offered_at": offered_at,
    }
