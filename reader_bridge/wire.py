"""The shapes that devices and partners send to /intake/v1/ and get back, as JSON. Both ends read them here.

Instants are ISO 8601 with a zone. boot_id names the run of a machine from one start to the next, boottime_ms counts
within it and goes on while the machine sleeps: with both the server can say when a touch was, whatever the device's
clock showed. card_key() lets a device know the people of its site by their cards without holding a card's number.
"""

import hashlib
import hmac
from typing import (
    Literal,
    NotRequired,  # typing's own says too little before Python 3.12
)

from typing_extensions import TypedDict

PUNCHES, ENROL = "/intake/v1/punches", "/intake/v1/enrol"
HEARTBEAT, DIRECTORY = "/intake/v1/heartbeat", "/intake/v1/directory"
RELEASES = "/intake/v1/releases/"  # and the version: the archive itself, as it was signed

MAX_ITEMS = 500
MAX_BODY_BYTES = 1_000_000

DirectionName = Literal["entry", "exit"]
# accepted: it is in the ledger, whatever became of it. duplicate: it was there already. refused: it can never be taken,
# code and message say why; the device keeps it aside for a person. retry: not now.
Result = Literal["accepted", "duplicate", "refused", "retry"]


class Card(TypedDict):
    """What a reader sees of a card: its technology, and its UID, IDm or PUPI in lower-case hexadecimal."""

    tech: Literal["type_a", "type_b", "felica", "unknown"]
    uid: str


class Item(TypedDict):
    """One touch. Who is a card, a CCUS id of 14 digits, or (partners) a worker of ours; a partner says where, too."""

    id: str  # a device's: the UUIDv7 made when the touch was written down
    channel: NotRequired[Literal["card", "keypad", "face", "qr", "partner", "logger"]]
    card: NotRequired[Card]
    ccus_worker_id: NotRequired[str]
    site_id: NotRequired[str]  # a device's: the site it knew itself at when it was touched
    direction: NotRequired[DirectionName | None]
    occurred_at: str
    boot_id: NotRequired[str]
    boottime_ms: NotRequired[int]
    # The server's time at the beginning of that boot, in ms since 1970, where the device learnt it while it lasted.
    boot_began_ms: NotRequired[int | None]
    clock_ok: NotRequired[bool]  # false: as far as the machine knows, nothing had kept its clock right


class Sent(TypedDict):
    """The device's clocks at the moment of sending."""

    at: str
    boot_id: str
    boottime_ms: int


class Batch(TypedDict):
    """At most MAX_ITEMS touches in the order they were written, and at most MAX_BODY_BYTES."""

    items: list[Item]
    sent: NotRequired[Sent]


class ItemAnswer(TypedDict):
    """What became of one touch; reason is a value of the closed list, worker and direction what the screen corrects.

    A partner is told the names of those alone who came to its prime contractor's sites before, or are expected there. A
    device is told the worker's language too, and a person: the same text for whatever one worker touches or types
    there, of no use elsewhere.
    """

    id: str
    result: Result
    verdict: NotRequired[str]
    reason: NotRequired[str]
    direction: NotRequired[str]
    worker: NotRequired[str]
    language: NotRequired[str]
    person: NotRequired[str]
    code: NotRequired[str]
    message: NotRequired[str]


class BatchAnswer(TypedDict):
    now: str
    items: list[ItemAnswer]


class Enrolment(TypedDict):
    """Signed with the very key it brings, under the key id "enrolling"."""

    code: str
    public_key: str  # base64, 32 bytes
    version: str
    platform: str


class SiteShown(TypedDict):
    site_id: str
    name: str
    day_starts_min: int  # minutes after midnight, Japan time, at which the site's day begins


class DeviceShown(TypedDict):
    """What the server says of a device; place_note is where its reader stands, direction what it records if fixed."""

    device_id: str
    name: str
    place_note: str
    direction: DirectionName | None
    site: SiteShown


class Enrolled(TypedDict):
    now: str
    device: DeviceShown
    directory_key: str  # base64, 32 bytes: opens what /intake/v1/directory gives (AES-256-GCM)
    heartbeat_every_s: int
    # base64, 32 bytes: whose releases it takes. It is told here alone, so that a server that was taken over later
    # cannot name another.
    release_key: NotRequired[str | None]


class ReaderShown(TypedDict):
    name: str
    attached: bool


UpdateState = Literal["waiting", "refused", "trying", "rolled_back"]


class UpdateShown(TypedDict):
    """How far a device is with a release: why begins with a word that stays, and says more after a colon."""

    version: str
    state: UpdateState
    why: str


class Heartbeat(TypedDict):
    """sequence rises with every heartbeat; one that does not is refused, with the last one known.

    update is null while the program has nothing to tell of one; who takes no releases, as tablets do, leaves it out.
    """

    sequence: int
    sent: Sent
    version: str
    platform: NotRequired[str]
    update: NotRequired[UpdateShown | None]
    waiting: int
    oldest_waiting_at: str | None
    set_aside: int  # refused for good, kept for a person
    spool_salvages: int  # how often a damaged spool was set aside
    free_bytes: int
    readers: list[ReaderShown]


class Update(TypedDict):
    """A release on offer, as reader_bridge.releases verifies it. It is offered anew at a later offered_at."""

    version: str
    sha256: str
    size: int
    needs: list[str]
    instead_of: str | None
    signature: str  # base64
    offered_at: str


class HeartbeatAnswer(TypedDict):
    now: str
    device: DeviceShown
    directory_version: str
    heartbeat_every_s: NotRequired[int]
    update: Update | None


class DirectoryAnswer(TypedDict):
    """sealed: base64 of a nonce of 12 bytes and the AES-256-GCM of a People in JSON; the version is authenticated."""

    version: str
    sealed: str


class PersonShown(TypedDict):
    card_key: str
    name: str
    name_kana: str
    language: str
    valid_until: str | None  # the last day of the card, 2030-04-12


class People(TypedDict):
    site: SiteShown
    people: list[PersonShown]


class Problem(TypedDict):
    """Every answer that is not 200: a stable code, a sentence, and what the code needs."""

    code: str
    message: str
    last_sequence: NotRequired[int]


def person_key(directory_key: bytes, worker_id: str) -> str:
    """Return by what a device knows that a card and a typed id are of one person: of no use on another device."""
    return hmac.digest(directory_key, f"person|{worker_id}".encode(), hashlib.sha256).hex()[:32]


def card_key(directory_key: bytes, card: Card) -> str:
    """Return by what a device knows a card: of no use on another device."""
    return hmac.digest(directory_key, f"card|{card['tech']}|{card['uid']}".encode(), hashlib.sha256).hex()[:32]
