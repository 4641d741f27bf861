"""Whom a device is told of: the people of its site by their cards, sealed for that device alone."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.clock import work_date
from core.db import Session
from core.devices import service as devices
from core.devices.model import Device, PersonAtGate
from core.phone import NONCE_BYTES, PhoneSealer
from core.registry import cards
from core.registry import store as registry
from reader_bridge.wire import DeviceShown, DirectoryAnswer, People, PersonShown, SiteShown, card_key


def show_device(session: Session, device: Device) -> DeviceShown:
    """Return what a device is told of itself."""
    return {
        "device_id": str(device.device_id),
        "name": device.name,
        "place_note": device.place_note,
        "direction": device.direction.value if device.direction else None,
        "site": show_site(session, device),
    }


def show_site(session: Session, device: Device) -> SiteShown:
    site = registry.find_site(session, device.site_id)
    if site is None:
        raise AssertionError("a device's site cannot be removed")
    minutes = int(site.day_starts.total_seconds() // 60)
    return {"site_id": str(site.site_id), "name": site.name, "day_starts_min": minutes}


def directory_version(session: Session, device: Device, now: datetime) -> str:
    """Return what changes whenever the directory does; nothing is decrypted for it."""
    return _version(device, devices.people_at(session, device.site_id, work_date(now)))


def directory(session: Session, sealer: PhoneSealer, device: Device, now: datetime) -> DirectoryAnswer:
    """Return the people of a device's site, sealed for it."""
    key = devices.directory_key(sealer, device)
    known = devices.people_at(session, device.site_id, work_date(now))
    whole: People = {"site": show_site(session, device), "people": [_shown(sealer, key, person) for person in known]}
    version, nonce = _version(device, known), secrets.token_bytes(NONCE_BYTES)
    plain = json.dumps(whole, ensure_ascii=False).encode()
    sealed = nonce + AESGCM(key).encrypt(nonce, plain, version.encode())
    return {"version": version, "sealed": base64.b64encode(sealed).decode()}


def _shown(sealer: PhoneSealer, key: bytes, person: PersonAtGate) -> PersonShown:
    tech, uid = cards.unseal(sealer, person.cipher)
    return {
        "card_key": card_key(key, {"tech": tech.value, "uid": uid}),
        "name": person.name,
        "name_kana": person.name_kana,
        "language": person.language,
        "valid_until": person.issue.expires_on.isoformat() if person.issue.expires_on else None,
    }


def _version(device: Device, people: Iterable[PersonAtGate]) -> str:
    told = "\n".join([str(device.site_id), *map(repr, people)])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
