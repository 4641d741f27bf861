"""Releases of the site program as the server keeps and offers them. Values only; who signed them the devices ask."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.devices.model import Device
from core.ids import AccountId, DeviceId, SiteId


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release without its archive. signature is base64; needs are separated by blanks."""

    version: str
    sha256: str
    size: int
    needs: str
    instead_of: str | None
    signature: str
    added_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A release that is offered: to one device, to one site, or to a share (1 to 100) of all devices."""

    announcement_id: UUID
    version: str
    device_id: DeviceId | None
    site_id: SiteId | None
    percent: int
    announced_at: datetime
    announced_by: AccountId | None

    def is_for(self, device: Device) -> bool:
        """Whether a device is among those it is offered to; a larger share takes in everybody of a smaller one."""
        if self.device_id is not None:
            return self.device_id == device.device_id
        if self.site_id is not None:
            return self.site_id == device.site_id
        return _place(device.device_id, self.version) < self.percent


@dataclass(frozen=True, slots=True)
class Offer:
    """A release as it is offered to one device, since when."""

    release: KeptRelease
    offered_at: datetime


def offer_for(device: Device, announced: Iterable[tuple[Announcement, KeptRelease]], *, is_held: bool) -> Offer | None:
    """Return what a device is offered: the newest announcement that is for it, whatever its version.

    None while it is held back, or revoked.
    """
    if is_held or device.revoked_at is not None:
        return None
    meant = [(each, release) for each, release in announced if each.is_for(device)]
    if not meant:
        return None
    newest, release = max(meant, key=lambda pair: (pair[0].announced_at, pair[0].announcement_id))
    return Offer(release, newest.announced_at)


def _place(device_id: DeviceId, version: str) -> int:
    """Return where among a hundred a device stands for a version: always the same, and another for another version."""
    digest = hashlib.sha256(f"{version} {device_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100
