"""The code of the day: four digits on a sheet or screen at the gate, different every day. Pure."""

import hashlib
import hmac
from datetime import date

DIGITS = 4


def day_code(site_key: bytes, on: date) -> str:
    """Return the code of a site for a work date, derived from the site's key alone."""
    digest = hmac.digest(site_key, on.isoformat().encode(), hashlib.sha256)
    return str(int.from_bytes(digest[:8]) % 10**DIGITS).zfill(DIGITS)


def is_day_code(site_key: bytes, on: date, keyed: str) -> bool:
    """Whether what was keyed is the code of that date; takes the same time for a wrong one."""
    return hmac.compare_digest(day_code(site_key, on).encode(), keyed.encode())
