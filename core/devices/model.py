"""Devices and what they report. Values only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.attendance.model import Direction
from core.ids import AccountId, ContractorId, DeviceId, SiteId, WorkerId
from core.registry.card_model import CardIssue

HEARTBEAT_EVERY = timedelta(seconds=30)
# One heartbeat may be lost. With watching every 15 seconds, people are told within two minutes of the last one.
SILENT_AFTER = timedelta(seconds=90)
HELD_UP_AFTER = timedelta(minutes=10)
SKEW_WORTH_TELLING = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Device:
    """A site PC or tablet that was let in. place_note says where it stands; direction what it records, if fixed.

    public_key is Ed25519, 32 bytes as hexadecimal; directory_key_cipher opens the people it is told of. sequence is the
    number of its newest heartbeat.
    """

    device_id: DeviceId
    site_id: SiteId
    prime_contractor_id: ContractorId
    name: str
    place_note: str
    direction: Direction | None
    public_key: str
    directory_key_cipher: str
    enrolled_at: datetime
    enrolled_by: AccountId | None
    sequence: int = 0
    revoked_at: datetime | None = None
    revoked_by: AccountId | None = None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A one-time code that lets a device in, kept as a hash."""

    code_hash: str
    site_id: SiteId
    name: str
    place_note: str
    direction: Direction | None
    made_by: AccountId | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class UpdateState(StrEnum):
    """How far a device says it is with a release."""

    WAITING = "waiting"  # it has it, or fetches it, and waits for a quiet moment
    REFUSED = "refused"
    TRYING = "trying"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Report:
    """What a device said last. skew_ms is its clock less ours; readers are (name, attached).

    update_why begins with a word that stays, where there is one, and says more after a colon. A tablet takes no
    releases: what it runs is the server's own.
    """

    device_id: DeviceId
    at: datetime
    version: str
    platform: str
    skew_ms: int
    waiting: int
    oldest_waiting_at: datetime | None
    set_aside: int
    spool_salvages: int
    free_bytes: int
    readers: tuple[tuple[str, bool], ...]
    last_punch_at: datetime | None = None
    update_version: str | None = None
    update_state: UpdateState | None = None
    update_why: str | None = None
    takes_releases: bool = True


class DeviceState(StrEnum):
    """What somebody has to know of a device first."""

    WELL = "well"
    NEW = "new"  # let in, and not heard of since
    SILENT = "silent"
    NO_READER = "no_reader"
    CLOCK_WRONG = "clock_wrong"
    HELD_UP = "held_up"  # touches wait for longer than they should
    REVOKED = "revoked"


def state_of(device: Device, report: Report | None, now: datetime) -> DeviceState:
    """Return the worst that is known of a device."""
    if device.revoked_at is not None:
        return DeviceState.REVOKED
    heard_at = report.at if report else device.enrolled_at
    if now - heard_at >= SILENT_AFTER:
        return DeviceState.SILENT
    return _state_told(report, now) if report else DeviceState.NEW


def _state_told(report: Report, now: datetime) -> DeviceState:
    waits_since = report.oldest_waiting_at or now
    troubles = (
        (DeviceState.NO_READER, bool(report.readers) and not any(is_attached for _, is_attached in report.readers)),
        (DeviceState.HELD_UP, now - waits_since >= HELD_UP_AFTER),
        (DeviceState.CLOCK_WRONG, abs(timedelta(milliseconds=report.skew_ms)) >= SKEW_WORTH_TELLING),
    )
    return next((state for state, is_so in troubles if is_so), DeviceState.WELL)


@dataclass(frozen=True, slots=True)
class PersonAtGate:
    """A worker who was at a site or is expected there, with a card of his; cipher is the card's."""

    worker_id: WorkerId
    name: str
    name_kana: str
    language: str
    issue: CardIssue
    cipher: str


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device as the fleet page shows it."""

    device: Device
    site: str
    report: Report | None
    state: DeviceState
