"""How workers come to their own page: codes to their phones, links from the office, and sessions. Values only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.ids import AccountId, PhoneId, WorkerId

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
TRIES = 5  # wrong codes and wrong birth dates together
LINK_LIFETIME = timedelta(hours=24)
SESSION_LIMIT = timedelta(days=30)  # his own phone, locked by himself
SHARED_SESSION_LIMIT = timedelta(hours=1)  # a phone that goes from hand to hand

# How many codes may be asked for. A site's Wi-Fi, or a carrier, gives many people one address.
CODES_A_NUMBER = ((5, timedelta(hours=1)), (10, timedelta(days=1)))
CODES_AN_ADDRESS = ((60, timedelta(minutes=15)),)
KEPT_FOR = timedelta(days=1)

TEXT = "own_code"
"""The kind of mark that has a code sent; its subject is the id of the attempt."""


@dataclass(frozen=True, slots=True)
class OwnAttempt:
    """That somebody typed a number and was asked for the code. phone_id is None when nobody here has the number.

    The code is sealed; token_hash binds the attempt to one browser.
    """

    attempt_id: UUID
    token_hash: str
    number_index: str
    phone_id: PhoneId | None
    code_cipher: str
    address_hash: str
    made_at: datetime
    expires_at: datetime
    tries: int = 0
    proved_at: datetime | None = None  # the code was right, and the birth date is asked for
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link the office hands to a worker: works once."""

    token_hash: str
    worker_id: WorkerId
    made_by: AccountId
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A worker's browser. With a phone_id it lasts only as long as the worker holds that number."""

    token_hash: str
    worker_id: WorkerId
    phone_id: PhoneId | None
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A code on its way to a phone: both sealed; from which of our lines, and in which language."""

    cipher: str
    mask: str
    code_cipher: str
    expires_at: datetime
    language: str
