"""Handing a roster in: a snapshot that no later change of a record rewrites.

Each person's row is sealed under a key of his own, which is sealed under the data keys: whoever has to be forgotten is
forgotten in every submission by destroying that one key.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from secrets import token_hex
from typing import Any
from uuid import UUID

from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import ContractorId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer, new_key, parse_key_ring
from core.registry.places import require_site
from core.registry.qualification_store import qualifications_of
from core.registry.rotation import Batch as Rotated
from core.registry.service import require_contractor, require_worker
from core.registry.store import lock
from core.scope import EVERYTHING, Scope
from core.tiering import link_store
from core.tiering import submission_store as store
from core.tiering.link_model import Batch
from core.tiering.link_rules import party_of
from core.tiering.roster import RosterRow, roster_at
from core.tiering.roster_model import EntryState, Submission

KEY_ID_BYTES = 6
KEYS_A_BATCH = 500
_NOT_KEPT = frozenset({"emergency_phone_id"})  # a number lies in the vault, and nowhere else


def submit(
    session: Session, sealer: PhoneSealer, batch: Batch, site_id: SiteId, contractor_id: ContractorId
) -> Submission:
    """Hand in a contractor's roster as it is now: the accepted entries, with all that the paper shows of each person.

    Raises NotFound, NotAllowed when somebody else decides this, or nobody stands in the roster.
    """
    site = require_site(session, site_id)
    lock(session, site_id)
    links = link_store.links_at(session, site_id)
    uppers = [link.upper_contractor_id for link in links if link.contractor_id == contractor_id and link.state.holds]
    party_of(batch.by.acts, site, contractor_id, helpers=uppers)
    shown = roster_at(session, EVERYTHING, site_id, contractor_id=contractor_id)
    rows = [row for row in shown if row.entry.state is EntryState.ACCEPTED]
    if not rows:
        raise NotAllowed("nobody stands in this roster yet", site_id=site_id, contractor_id=contractor_id)
    submission = Submission(
        submission_id=uuid7(),
        site_id=site_id,
        prime_contractor_id=site.prime_contractor_id,
        contractor_id=contractor_id,
        by_account=batch.by.account_id,
        by_name=batch.by.name,
        at=batch.now,
        people=len({row.entry.worker_id for row in rows}),
    )
    store.add_submission(session, submission, _sealed(session, sealer, submission, rows))
    return submission


def submissions_of(
    session: Session, scope: Scope, site_id: SiteId, contractor_id: ContractorId | None = None
) -> list[Submission]:
    """Return what was handed in of a site's rosters, the newest first, within the scope."""
    return store.submissions_at(session, scope, site_id, contractor_id)


def read_submission(
    session: Session, scope: Scope, sealer: PhoneSealer, submission_id: UUID
) -> tuple[Submission, list[dict[str, Any] | None]]:
    """Return a submission with its rows as they were; None stands for somebody who was erased since.

    Raises NotFound when the scope does not reach it.
    """
    submission = store.find_submission(session, scope, submission_id)
    if submission is None:
        raise NotFound("no such submission", submission_id=submission_id)
    rows = store.rows_of(session, submission_id)
    keys = store.sealed_keys(session, {worker_id for worker_id, _ in rows})
    people = {worker_id: _of_person(sealer, key) for worker_id, key in keys.items()}
    return submission, [_opened(people.get(worker_id), sealed) for worker_id, sealed in rows]


def count_of_person(session: Session, worker_id: WorkerId) -> int:
    """Return in how many submissions a person can be read; 0 once he was forgotten."""
    key = store.sealed_keys(session, [worker_id]).get(worker_id)
    return store.count_submissions_of(session, worker_id) if key else 0


def forget_person(session: Session, worker_id: WorkerId) -> None:
    """Destroy the key of a person: his rows in all submissions so far can be read by nobody any more."""
    store.delete_key(session, worker_id)


def rotate_person_keys(session: Session, sealer: PhoneSealer, after: UUID | None = None) -> Rotated:
    """Seal the next keys of people, by their ids, under the current data key. Raises KeyError as decrypting does."""
    found = store.next_keys(session, after or UUID(int=0), KEYS_A_BATCH)
    old = {each: key for each, key in found.items() if not key.startswith(f"{sealer.data.current.key_id}:")}
    for worker_id, key in old.items():
        store.update_key(session, worker_id, sealer.encrypt(sealer.decrypt(key)))
    return Rotated(len(old), 0, max(found) if found else None)


def _sealed(
    session: Session, sealer: PhoneSealer, submission: Submission, rows: Sequence[RosterRow]
) -> list[dict[str, Any]]:
    people = {row.entry.worker_id for row in rows}
    keys = _keys(session, sealer, people)
    contractor = asdict(require_contractor(session, submission.contractor_id))
    held = qualifications_of(session, people)
    sealed = []
    for number, row in enumerate(rows, start=1):
        worker = asdict(require_worker(session, row.entry.worker_id))
        content = {
            "contractor": contractor,
            "worker": {name: value for name, value in worker.items() if name not in _NOT_KEPT},
            "age": _age(worker["birth_date"], submission),
            "entry": asdict(row.entry),
            "occupation": row.occupation_name,
            "qualifications": [asdict(each) for each in held.get(row.entry.worker_id, ())],
            "first_entry_on": row.first_entry_on,
            "checks": {check.kind: check.done_on for check in row.checks},
        }
        text = json.dumps(content, ensure_ascii=False, default=str)
        own = _of_person(sealer, keys[row.entry.worker_id])
        sealed.append(
            {
                "submission_id": submission.submission_id,
                "number": number,
                "roster_entry_id": row.entry.roster_entry_id,
                "worker_id": row.entry.worker_id,
                "sealed": own.encrypt(text),
            }
        )
    return sealed


def _age(born: date | None, submission: Submission) -> int | None:
    """Return how old somebody is on the day of the submission; None where nobody knows."""
    if born is None:
        return None
    today = work_date(submission.at)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _keys(session: Session, sealer: PhoneSealer, people: set[WorkerId]) -> dict[WorkerId, str]:
    """Return the sealed key of each person; who has none gets one, known by its id from one that was destroyed."""
    keys = store.sealed_keys(session, people)
    new = {
        worker_id: sealer.encrypt(new_key(f"p{token_hex(KEY_ID_BYTES)}")) for worker_id in sorted(people - keys.keys())
    }
    store.add_keys(session, new)
    return keys | new


def _opened(own: PhoneSealer | None, sealed: str) -> dict[str, Any] | None:
    """Return a row as it was; None where its key was destroyed, also when the person has another since."""
    if own is None or sealed.partition(":")[0] != own.data.current.key_id:
        return None
    row: dict[str, Any] = json.loads(own.decrypt(sealed))
    return row


def _of_person(sealer: PhoneSealer, sealed_key: str) -> PhoneSealer:
    return replace(sealer, data=parse_key_ring(sealer.decrypt(sealed_key)))
