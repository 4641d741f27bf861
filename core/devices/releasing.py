"""Releases of the site program: taking them in, offering them to devices, holding devices back.

Whether a release is signed is asked where it is added and again on every device; nothing here could sign one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import Session
from core.devices import release_store as store
from core.devices.model import Device
from core.devices.release_model import Announcement, KeptRelease, Offer, offer_for
from core.devices.service import require_device
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, DeviceId, SiteId, uuid7
from core.scope import Scope

_HISTORY = 200  # releases are few: more announcements than these no page needs


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands with releases: what it is offered, and whether it is held back."""

    offer: Offer | None
    is_held: bool
    may_offer: bool  # there is a release that it could be offered


def add(session: Session, release: KeptRelease, archive: bytes) -> None:
    """Keep a release that was found to be signed. Raises NotAllowed when its version was added before."""
    if store.find_release(session, release.version) is not None:
        raise NotAllowed(f"version {release.version} was added before: a release never changes, build a later one")
    store.add_release(session, release, archive)


def announce(
    session: Session,
    version: str,
    now: datetime,
    by: AccountId | None = None,
    *,
    device_id: DeviceId | None = None,
    site_id: SiteId | None = None,
    percent: int = 100,
) -> Announcement:
    """Offer a release to a device, a site, or a share of all devices; the newest announcement is the one that counts.

    Raises NotFound for a version that was not added or was withdrawn, InvalidInput for a share outside 1 to 100.
    """
    if not 1 <= percent <= 100:
        raise InvalidInput("a share is 1 to 100 percent", field="percent")
    require(session, version)
    made = Announcement(uuid7(), version, device_id, site_id, percent, now, by)
    store.announce(session, made)
    return made


def withdraw(session: Session, version: str, now: datetime) -> None:
    """Offer a release to nobody any more, and hand it out no more; what runs it goes on. Raises NotFound."""
    require(session, version)
    store.withdraw(session, version, now)


def require(session: Session, version: str) -> KeptRelease:
    """Return a release that may be offered. Raises NotFound."""
    release = store.find_release(session, version)
    if release is None or release.withdrawn_at is not None:
        raise NotFound(f"there is no release {version}, or it was withdrawn")
    return release


def offer_to(session: Session, device: Device) -> Offer | None:
    """Return what a device is offered now."""
    return offer_for(device, store.announced(session), is_held=store.is_held(session, device.device_id))


def standings(session: Session, devices: Sequence[Device]) -> dict[DeviceId, Standing]:
    """Return how devices stand with releases."""
    announced = store.announced(session)[:_HISTORY]
    held = store.held_among(session, [device.device_id for device in devices])
    found = {}
    for device in devices:
        is_held = device.device_id in held
        offer = offer_for(device, announced, is_held=is_held)
        found[device.device_id] = Standing(offer, is_held, _latest(announced, device) is not None)
    return found


def hold_back(session: Session, scope: Scope, device_id: DeviceId, by: AccountId | None, now: datetime) -> Device:
    """Offer a device nothing until offer() is called for it. Raises NotFound when the scope holds no such device."""
    device = require_device(session, scope, device_id)
    store.hold(session, device_id, by, now)
    return device


def offer(
    session: Session, scope: Scope, device_id: DeviceId, by: AccountId | None, now: datetime
) -> tuple[Device, Announcement]:
    """Offer a device the newest release that is announced to anybody beyond its share, once more where it failed.

    Raises NotFound when the scope holds no such device, NotAllowed when no release is announced, or it was revoked.
    """
    device = require_device(session, scope, device_id)
    latest = _latest(store.announced(session), device)
    if latest is None or device.revoked_at is not None:
        raise NotAllowed("there is no release to offer", device_id=device_id)
    store.let_go(session, device_id)
    return device, announce(session, latest.version, now, by, device_id=device_id)


def _latest(announced: Sequence[tuple[Announcement, KeptRelease]], device: Device) -> KeptRelease | None:
    """Return the newest release announced to all, even to a share, or to this device or its site."""
    for each, release in announced:
        is_for_all = each.device_id is None and each.site_id is None
        if is_for_all or each.is_for(device):
            return release
    return None


def is_version(text: str) -> bool:
    """Whether a text could be a version at all."""
    return re.fullmatch(r"[0-9][0-9.]{0,39}", text, re.ASCII) is not None
