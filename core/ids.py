"""Identifiers: ours are UUIDv7, made before the insert; those of CCUS are 14-digit text."""

import secrets
import time
import unicodedata
from typing import NewType
from uuid import UUID

ContractorId = NewType("ContractorId", UUID)
WorkerId = NewType("WorkerId", UUID)
SiteId = NewType("SiteId", UUID)
LineId = NewType("LineId", UUID)
PhoneId = NewType("PhoneId", UUID)
PunchId = NewType("PunchId", UUID)
AccountId = NewType("AccountId", UUID)
CardId = NewType("CardId", UUID)
DeviceId = NewType("DeviceId", UUID)

CCUS_ID_DIGITS = 14  # no check digit is published: an id is never refused by checksum


def uuid7() -> UUID:
    """Return a new time-ordered UUID (RFC 9562, version 7), so that rows made together lie together."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def normalise_digits(text: str) -> str:
    """Return the text with full-width digits made plain and without spaces, hyphens and dots."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        sign for sign in plain if not (sign.isspace() or unicodedata.category(sign) == "Pd" or sign in ".ー−")
    )


def parse_ccus_id(text: str) -> str:
    """Return a CCUS id as 14 digits; zeros that a spreadsheet dropped at the front are put back.

    Raises ValueError when something other than digits is left, or when there are more than 14.
    """
    digits = normalise_digits(text)
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"not a CCUS id: {text!r}")
    if len(digits) > CCUS_ID_DIGITS:
        raise ValueError(f"a CCUS id has 14 digits, this has {len(digits)}: {text!r}")
    return digits.zfill(CCUS_ID_DIGITS)
