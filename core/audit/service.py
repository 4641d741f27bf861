"""The audit log: written beside every change, in its transaction, and checked as a chain.

Each row's hash covers the row and the hash before it, so that a row that was changed, added between or taken out is
found. That rows are missing at the end is seen by whoever kept the last hash, which verify() tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.audit import store
from core.audit.model import NO_HASH, Entry, canonical, hash_of
from core.db import Session
from core.ids import AccountId, ContractorId


@dataclass(frozen=True, slots=True)
class Chain:
    """What a walk along the log found: how many rows hold, the last one's hash, and the seq where it first breaks."""

    rows: int
    head: str
    broken_seq: int | None


def record(
    session: Session,
    *,
    at: datetime,
    by: AccountId | None,
    action: str,
    subject: tuple[str, UUID | str],
    contractor_id: ContractorId | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add a row: who did what to which subject, given as its kind and id.

    by is None for the command line and the background work. contractor_id says whose matter it is, and so who may
    read it besides the operator. Whoever adds waits for those who added before and have not committed: call it last.

    Raises ValueError when the subject's id or the details hold anything but ids, field names, codes, dates and counts.
    """
    kind, subject_id = subject
    canonical({kind: str(subject_id)})
    store.lock(session)
    last_seq, last_hash = store.last_bound(session) or (0, NO_HASH)
    entry = Entry(
        seq=last_seq + 1,
        at=at,
        account_id=by,
        action=action,
        subject_kind=kind,
        subject_id=str(subject_id),
        contractor_id=contractor_id,
        details=canonical(details or {}),
        prev_hash=last_hash,
        hash="",
    )
    store.add_entry(session, replace(entry, hash=hash_of(entry)))


def verify(session: Session) -> int | None:
    """Return the seq of the first row that is not as it was written, or follows a missing one; None when all hold."""
    return walk(session).broken_seq


def walk(session: Session) -> Chain:
    """Follow the chain from its first row to its end, or to where it breaks."""
    rows, head = 0, NO_HASH
    with store.streaming(session) as entries:
        for entry in entries:
            if entry.seq != rows + 1 or entry.prev_hash != head or entry.hash != hash_of(entry):
                return Chain(rows, head, entry.seq)
            rows, head = entry.seq, entry.hash
    return Chain(rows, head, None)
