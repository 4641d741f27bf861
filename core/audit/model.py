"""The audit log: who did what to whom, when, and in whose matter. Values only; no personal data in any of them."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.clock import JST, instant_on
from core.ids import AccountId, ContractorId

NO_HASH = "0" * 64  # what the first row is bound to
_PLAIN = re.compile(r"[A-Za-z0-9_.:,/+-]{0,80}")
_PHONE = re.compile(r"\+?\d{10,13}")  # a CCUS id has 14 digits, and is no phone number
_TIME = "%Y-%m-%dT%H:%M:%S.%f+00:00"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log. hash covers every other field, so the one of the row before too."""

    seq: int
    at: datetime
    account_id: AccountId | None  # who did it; None = the command line or the background work
    action: str  # e.g. worker.changed
    subject_kind: str
    subject_id: str
    contractor_id: ContractorId | None  # whose matter it is: who may read it; None = the operator alone
    details: str  # JSON: ids, field names, counts
    prev_hash: str
    hash: str

    @property
    def facts(self) -> dict[str, Any]:
        """Return the details."""
        facts: dict[str, Any] = json.loads(self.details)
        return facts

    @property
    def work_date(self) -> date:
        """Return the day in Japan on which it was done."""
        return self.at.astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the log is asked for; None and "" ask for all. Dates are days in Japan, both included."""

    account_id: AccountId | None = None
    area: str = ""  # what comes before the point of an action
    subject_kind: str = ""
    subject_id: str = ""
    first_day: date | None = None
    last_day: date | None = None

    @property
    def since(self) -> datetime | None:
        return None if self.first_day is None else instant_on(self.first_day, timedelta())

    @property
    def until(self) -> datetime | None:
        return None if self.last_day is None else instant_on(self.last_day, timedelta(days=1))


def canonical(facts: Mapping[str, Any]) -> str:
    """Return facts as JSON that is always the same for the same facts.

    Raises ValueError for a text that is no id, field name, code or date: names and phone numbers never get in here.
    """
    for text in _texts(facts):
        if not _PLAIN.fullmatch(text) or _PHONE.fullmatch(text):
            raise ValueError("the audit log takes ids, field names and counts only: resolve names when it is shown")
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), default=_text)


def hash_of(entry: Entry) -> str:
    """Return what the entry's hash must be: SHA-256 over its fields, prev_hash among them."""
    fields = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).strftime(_TIME),
        "account_id": None if entry.account_id is None else str(entry.account_id),
        "action": entry.action,
        "subject": [entry.subject_kind, entry.subject_id],
        "contractor_id": None if entry.contractor_id is None else str(entry.contractor_id),
        "details": entry.details,
        "prev_hash": entry.prev_hash,
    }
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _texts(value: object) -> Iterator[str]:
    """Return every text in a value, however deep it lies."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, (bool, int, float)):
        yield _text(value)


def _text(value: object) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(_text, value))
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
