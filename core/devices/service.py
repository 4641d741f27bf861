"""Letting devices in, hearing them, moving and revoking them, and telling them who is expected."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from core.attendance.model import Direction
from core.audit import service as audit
from core.db import Session
from core.devices import store
from core.devices.model import Device, DeviceCode, DeviceLine, PersonAtGate, Report, state_of
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, DeviceId, SiteId, uuid7
from core.phone import PhoneSealer
from core.registry import store as registry
from core.registry.card_rules import is_valid_on
from core.registry.model import Site
from core.scope import Scope

CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
CODE_LENGTH = 12  # 60 bits: nobody guesses one within its day
CODE_VALID_FOR = timedelta(hours=24)
NAME_MAX = 60


def make_code(
    session: Session,
    site_id: SiteId,
    name: str,
    place_note: str,
    direction: Direction | None,
    made_by: AccountId | None,
    now: datetime,
) -> str:
    """Return a new one-time code for a device of a site, as it is typed: ABCD-EFGH-JKLM. It is good for a day.

    Raises NotFound when there is no such site, InvalidInput when the device has no name.
    """
    _require_site(session, site_id)
    _check_name(name, place_note)
    code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    kept = DeviceCode(
        _hash(code), site_id, name.strip(), place_note.strip(), direction, made_by, now, now + CODE_VALID_FOR
    )
    store.add_code(session, kept)
    return "-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def enrol(session: Session, sealer: PhoneSealer, code: str, public_key: bytes, now: datetime) -> tuple[Device, bytes]:
    """Let the holder of a key in by a code; return the device and the key that opens its directory.

    A device that comes again with another code goes on under its id, at the site of that code. Raises NotAllowed when
    the code is none of ours, was used, or is older than a day, and when the key was revoked. The audit log tells of it:
    whoever waits for the log waits for this transaction.
    """
    code_hash = _hash(code)
    found = store.find_code(session, code_hash)
    if found is None:
        raise NotAllowed("there is no such code: check it, or have a new one made")
    if found.used_at is not None or not store.use_code(session, code_hash, now):
        raise NotAllowed("the code was used already: have a new one made")
    if now >= found.expires_at:
        raise NotAllowed("the code is older than a day: have a new one made")
    site = _require_site(session, found.site_id)
    known = store.find_by_key(session, public_key.hex())
    if known is not None:
        return _enrol_again(session, sealer, known, found, site, now)
    new_key = secrets.token_bytes(32)
    device = Device(
        device_id=DeviceId(uuid7()),
        site_id=site.site_id,
        prime_contractor_id=site.prime_contractor_id,
        name=found.name,
        place_note=found.place_note,
        direction=found.direction,
        public_key=public_key.hex(),
        directory_key_cipher=sealer.encrypt(base64.b64encode(new_key).decode()),
        enrolled_at=now,
        enrolled_by=found.made_by,
    )
    store.add_device(session, device)
    store.add_site(session, device.device_id, device.site_id, now)
    _note_enrolment(session, device, found, now)
    return device, new_key


def _enrol_again(
    session: Session, sealer: PhoneSealer, known: Device, code: DeviceCode, site: Site, now: datetime
) -> tuple[Device, bytes]:
    if known.revoked_at is not None:
        raise NotAllowed("this device was revoked: remove its key, then enrol it with a new code")
    device = replace(
        known,
        site_id=site.site_id,
        prime_contractor_id=site.prime_contractor_id,
        name=code.name,
        place_note=code.place_note,
        direction=code.direction,
    )
    store.update_device(session, device)
    store.add_site(session, device.device_id, device.site_id, now)
    _note_enrolment(session, device, code, now, from_site_id=known.site_id)
    return device, directory_key(sealer, device)


def _note_enrolment(session: Session, device: Device, code: DeviceCode, now: datetime, **details: object) -> None:
    """Note that a device was let in, in the name of whoever made its code."""
    audit.record(
        session,
        at=now,
        by=code.made_by,
        action="device.enrolled",
        subject=("device", device.device_id),
        contractor_id=device.prime_contractor_id,
        details={"site_id": device.site_id, **details},
    )


def directory_key(sealer: PhoneSealer, device: Device) -> bytes:
    """Return the key that opens what a device is told of people."""
    return base64.b64decode(sealer.decrypt(device.directory_key_cipher))


def hear(session: Session, device: Device, sequence: int, report: Report) -> int | None:
    """Take a heartbeat; None when it is new, else the highest sequence known: it was heard before."""
    if not store.raise_sequence(session, device.device_id, sequence):
        known = store.find_device(session, device.device_id)
        return known.sequence if known else device.sequence
    store.write_report(session, report)
    return None


def rename(
    session: Session, scope: Scope, device_id: DeviceId, name: str, place_note: str, direction: Direction | None
) -> tuple[Device, Device]:
    """Give a device another name, place or direction; return it before and after.

    Raises NotFound when the scope holds no such device, InvalidInput when it has no name.
    """
    _check_name(name, place_note)
    before = require_device(session, scope, device_id)
    after = replace(before, name=name.strip(), place_note=place_note.strip(), direction=direction)
    store.update_device(session, after)
    return before, after


def move(session: Session, scope: Scope, device_id: DeviceId, site_id: SiteId, now: datetime) -> tuple[Device, Device]:
    """Let a device serve another site from now on; what still waits in it is of the site where it was touched.

    Raises NotFound when the scope holds no such device or site, NotAllowed when it was revoked.
    """
    before = require_device(session, scope, device_id)
    if before.revoked_at is not None:
        raise NotAllowed("a device that was revoked serves no site", device_id=device_id)
    site = _require_site(session, site_id)
    if not scope.everything and site.prime_contractor_id not in scope.primes and site_id not in scope.sites:
        raise NotFound("there is no such site", site_id=site_id)
    after = replace(before, site_id=site_id, prime_contractor_id=site.prime_contractor_id)
    store.update_device(session, after)
    store.add_site(session, device_id, site_id, now)
    return before, after


def site_served(served: Sequence[tuple[datetime, SiteId]], at: datetime) -> SiteId:
    """Return the site of an instant among those that store.sites_of() gave; before all of them, the first."""
    return next((site_id for from_at, site_id in reversed(served) if from_at <= at), served[0][1])


def revoke(session: Session, scope: Scope, device_id: DeviceId, by: AccountId | None, now: datetime) -> Device:
    """Shut a device out, at once and for good. Raises NotFound when the scope holds no such device."""
    device = require_device(session, scope, device_id)
    if device.revoked_at is not None:
        return device
    after = replace(device, revoked_at=now, revoked_by=by)
    store.update_device(session, after)
    return after


def require_device(session: Session, scope: Scope, device_id: DeviceId) -> Device:
    """Return a device of a site that the scope holds whole. Raises NotFound when there is none."""
    device = store.find_device(session, device_id, scope)
    if device is None:
        raise NotFound("there is no such device", device_id=device_id)
    return device


def people_at(session: Session, site_id: SiteId, on: date) -> list[PersonAtGate]:
    """Return whoever was at a site or is expected there, with the cards that speak for them on a day."""
    return [person for person in store.people_at(session, site_id) if is_valid_on(person.issue, on)]


def list_devices(session: Session, scope: Scope, now: datetime) -> list[DeviceLine]:
    """Return the devices of the sites that a scope holds whole, each with the worst that is known of it."""
    found = store.list_devices(session, scope)
    return [DeviceLine(device, site, report, state_of(device, report, now)) for device, site, report in found]


def find_line(session: Session, scope: Scope, device_id: DeviceId, now: datetime) -> DeviceLine:
    """Return a device of a site that the scope holds whole, as list_devices() does. Raises NotFound."""
    for device, site, report in store.list_devices(session, scope, device_id):
        return DeviceLine(device, site, report, state_of(device, report, now))
    raise NotFound("there is no such device", device_id=device_id)


def _require_site(session: Session, site_id: SiteId) -> Site:
    site = registry.find_site(session, site_id)
    if site is None:
        raise NotFound("there is no such site", site_id=site_id)
    return site


def _check_name(name: str, place_note: str) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise InvalidInput(f"a device needs a name of at most {NAME_MAX} characters", field="name")
    if len(place_note) > NAME_MAX:
        raise InvalidInput(f"a place is told in at most {NAME_MAX} characters", field="place_note")


def _hash(code: str) -> str:
    signs = [sign for sign in code.upper() if sign in CODE_SIGNS]
    return hashlib.sha256("".join(signs).encode()).hexdigest()
