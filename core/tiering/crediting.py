"""Which days count, and with what: credit follows from the ledger's days, the accepted roster and the accepted chain.

Credit is only ever brought up to date: whatever changed, the difference between what ought to be credited and what is
becomes new rows. So an approval reaches back, an undoing takes back, and doing it twice does nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from core.db import Session
from core.ids import WorkerId
from core.registry.model import Site
from core.registry.rules import covers
from core.tiering import credit_store as store
from core.tiering import link_store, roster_store
from core.tiering.link_rules import Chains
from core.tiering.roster_model import DayCredit, EntryState, RosterEntry

Key = tuple[WorkerId, date]


@dataclass(frozen=True, slots=True)
class Credited:
    """How many days were given credit, or another one, and of how many it was taken back."""

    given: int
    withdrawn: int


def refresh_credit(session: Session, site: Site, now: datetime, batch_id: UUID | None = None) -> Credited:
    """Let the days of a site be credited just as roster and chain say by now; batch_id is what made the difference."""
    links = link_store.links_at(session, site.site_id)
    entries = roster_store.entries_at(session, site.site_id, EntryState.ACCEPTED)
    newest = {(credit.worker_id, credit.work_date): credit for credit in store.newest_at(session, site.site_id)}
    workers = {entry.worker_id for entry in entries} | {worker_id for worker_id, _ in newest}
    days = store.days_at(session, site.site_id, workers) if workers else []
    wanted = _wanted(days, entries, Chains(site, links), now)
    given = [credit for credit in wanted.values() if _differs(credit, newest.get((credit.worker_id, credit.work_date)))]
    gone = [credit for key, credit in newest.items() if not credit.is_withdrawn and key not in wanted]
    rows = [replace(credit, seq=_next(newest.get((credit.worker_id, credit.work_date)))) for credit in given]
    rows += [replace(credit, seq=credit.seq + 1, is_withdrawn=True, approval_id=batch_id, at=now) for credit in gone]
    store.add(session, rows)
    return Credited(len(given), len(gone))


def _wanted(
    days: Iterable[Key], entries: Sequence[RosterEntry], chains: Chains, now: datetime
) -> Mapping[Key, DayCredit]:
    by_worker: dict[WorkerId, list[RosterEntry]] = defaultdict(list)
    for entry in entries:
        by_worker[entry.worker_id].append(entry)
    found: dict[Key, DayCredit] = {}
    for worker_id, day in days:
        for entry in by_worker[worker_id]:
            if covers(entry.valid_from, entry.valid_until, day) and chains.is_whole(entry.contractor_id, day):
                found[worker_id, day] = _credit(entry, day, now)
    return found


def _credit(entry: RosterEntry, day: date, now: datetime) -> DayCredit:
    if entry.occupation_code is None:
        raise AssertionError("an accepted entry has an occupation")
    return DayCredit(
        worker_id=entry.worker_id,
        site_id=entry.site_id,
        work_date=day,
        seq=0,
        prime_contractor_id=entry.prime_contractor_id,
        roster_entry_id=entry.roster_entry_id,
        approval_id=entry.accepted_in,
        contractor_id=entry.contractor_id,
        occupation_code=entry.occupation_code,
        position=entry.position,
        is_withdrawn=False,
        at=now,
    )


def _differs(credit: DayCredit, held: DayCredit | None) -> bool:
    return held is None or replace(held, seq=0, at=credit.at, approval_id=credit.approval_id) != credit


def _next(held: DayCredit | None) -> int:
    return held.seq + 1 if held else 1
