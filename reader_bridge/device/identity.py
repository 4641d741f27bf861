"""Who this device is: its private key, which never leaves the folder, and what the server said when it was enrolled."""

import base64
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reader_bridge.device.folder import write_whole
from reader_bridge.wire import DeviceShown, DirectionName, Enrolled

KEY_FILE, IDENTITY_FILE = "device.key", "device.json"
DEFAULT_HEARTBEAT_S = 30


class NotEnrolledError(Exception):
    """The device does not belong to a site yet."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the device knows of itself. revoked stays until it is enrolled again."""

    url: str
    device_id: str
    name: str
    place_note: str
    direction: DirectionName | None
    site_name: str
    day_starts_min: int
    directory_key: str  # base64
    heartbeat_every_s: int = DEFAULT_HEARTBEAT_S
    revoked: bool = False
    site_id: str | None = None
    release_key: str | None = None  # base64: whose releases it takes; None: nobody's

    @property
    def directory_key_bytes(self) -> bytes:
        return base64.b64decode(self.directory_key)

    def shown_as(self, device: DeviceShown) -> "Identity":
        """Return what the device is after the office renamed or moved it."""
        return replace(
            self,
            name=device["name"],
            place_note=device["place_note"],
            direction=device["direction"],
            site_name=device["site"]["name"],
            day_starts_min=device["site"]["day_starts_min"],
            site_id=device["site"]["site_id"],
        )


def identity_from(url: str, enrolled: Enrolled) -> Identity:
    """Return what the device is after its enrolment. Raises KeyError and TypeError when the answer is not one."""
    device = enrolled["device"]
    return Identity(
        url=url,
        device_id=device["device_id"],
        name=device["name"],
        place_note=device["place_note"],
        direction=device["direction"],
        site_name=device["site"]["name"],
        day_starts_min=device["site"]["day_starts_min"],
        directory_key=enrolled["directory_key"],
        heartbeat_every_s=max(1, enrolled["heartbeat_every_s"]),
        site_id=device["site"]["site_id"],
        release_key=enrolled.get("release_key"),
    )


def load(folder: Path) -> tuple[Identity, Ed25519PrivateKey]:
    """Return who the device is. Raises NotEnrolledError when it is nobody, or its files cannot be read."""
    try:
        kept: dict[str, Any] = json.loads((folder / IDENTITY_FILE).read_bytes())
        key = Ed25519PrivateKey.from_private_bytes((folder / KEY_FILE).read_bytes())
        known = {field.name for field in fields(Identity)}  # a later version, gone back from, may have written more
        return Identity(**{name: value for name, value in kept.items() if name in known}), key
    except (OSError, ValueError, TypeError) as error:
        raise NotEnrolledError(str(folder)) from error


def keep(folder: Path, identity: Identity) -> None:
    """Write down who the device is."""
    write_whole(folder / IDENTITY_FILE, json.dumps(asdict(identity), ensure_ascii=False, indent=1).encode())


def keep_change(folder: Path, identity: Identity) -> None:
    """Write down what became of a device, unless the folder is another's by now: it may have been enrolled again."""
    try:
        kept, _ = load(folder)
    except NotEnrolledError:
        return
    if (kept.device_id, kept.directory_key) == (identity.device_id, identity.directory_key):
        keep(folder, identity)


def keep_key(folder: Path, key: Ed25519PrivateKey) -> None:
    """Write down the private key, for its owner alone."""
    write_whole(folder / KEY_FILE, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(os.urandom(32))
