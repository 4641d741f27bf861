"""月締め確認: prime and subcontractor each tick a contractor's month at a site as checked, with what they saw.

When the days change afterwards, or the two saw different things, the month needs a person again: open_differences().
Which days those are is in core.attendance.month_changes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from core.attendance import month_check_store as store
from core.attendance.calendar_model import (
    DifferenceKind,
    MonthCheck,
    MonthDifference,
    MonthSeen,
    Party,
    previous_month,
)
from core.clock import work_date
from core.db import Session
from core.errors import DomainError, NotAllowed
from core.ids import ContractorId, SiteId
from core.registry.places import require_site
from core.registry.store import lock
from core.scope import EVERYTHING, Scope


class MonthChanged(DomainError):
    """The month is no longer what whoever ticks it has seen."""

    code = "month_changed"


def month_seen(session: Session, site_id: SiteId, contractor_id: ContractorId, month: date) -> MonthSeen:
    """Return how many records a contractor's month at a site has, and the hash of its rows."""
    rows = sorted(
        f"{worker_id}|{on}|{store.moment(entry)}|{store.moment(leave)}"
        for worker_id, on, entry, leave in store.rows_of(session, site_id, contractor_id, month)
    )
    return MonthSeen(len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())


def check_month(
    session: Session,
    place: tuple[SiteId, ContractorId],
    month: date,
    party: Party,
    seen_hash: str,
    by: tuple[UUID, str],
    now: datetime,
) -> MonthCheck:
    """Tick a month as checked in the name of a party; by is the account and its holder's name.

    Raises NotFound when there is no such site, NotAllowed when the month has not begun, holds no days, or the prime's
    own people would be checked by a subcontractor, MonthChanged when seen_hash is not what the month holds now.
    """
    site_id, contractor_id = place
    site = require_site(session, site_id)
    if party is Party.SUBCONTRACTOR and contractor_id == site.prime_contractor_id:
        raise NotAllowed("the prime contractor checks its own people as the prime", site_id=site_id)
    if month > work_date(now):
        raise NotAllowed("the month has not begun", site_id=site_id)
    lock(session, site_id, contractor_id)
    seen = month_seen(session, site_id, contractor_id, month)
    if not seen.records:
        raise NotAllowed("the month holds no days", site_id=site_id, contractor_id=contractor_id)
    if seen.rows_hash != seen_hash:
        raise MonthChanged("the month changed meanwhile", site_id=site_id, contractor_id=contractor_id)
    check = MonthCheck(
        site_id=site_id,
        contractor_id=contractor_id,
        month=month,
        party=party,
        seq=_next_seq(session, place, month, party),
        prime_contractor_id=site.prime_contractor_id,
        is_checked=True,
        records=seen.records,
        rows_hash=seen.rows_hash,
        by_account=by[0],
        by_name=by[1],
        at=now,
    )
    store.add(session, check)
    return check


def uncheck_month(
    session: Session,
    place: tuple[SiteId, ContractorId],
    month: date,
    party: Party,
    by: tuple[UUID, str],
    now: datetime,
) -> MonthCheck:
    """Take a party's check back; it stays in the history. Raises NotAllowed when the party has none."""
    lock(session, *place)
    held = holding(store.history_of(session, EVERYTHING, *place, month)).get(party)
    if held is None:
        raise NotAllowed("the month is not checked", site_id=place[0], contractor_id=place[1])
    undone = replace(held, seq=held.seq + 1, is_checked=False, by_account=by[0], by_name=by[1], at=now)
    store.add(session, undone)
    return undone


def holding(history: Iterable[MonthCheck]) -> dict[Party, MonthCheck]:
    """Return the check of each party that holds, out of the history of one month."""
    newest: dict[Party, MonthCheck] = {}
    for check in history:
        if check.party not in newest or check.seq > newest[check.party].seq:
            newest[check.party] = check
    return {party: check for party, check in newest.items() if check.is_checked}


def difference_between(seen: MonthSeen, held: Iterable[MonthCheck]) -> DifferenceKind | None:
    """Return why a month needs a person again, from what it holds now and the checks that hold; None: it does not."""
    hashes = {check.rows_hash for check in held}
    if len(hashes) > 1:
        return DifferenceKind.SEEN_DIFFERENTLY
    return DifferenceKind.CHANGED_SINCE if hashes - {seen.rows_hash} else None


def outdated_since(seen: MonthSeen, held: Iterable[MonthCheck]) -> datetime | None:
    """Return when the oldest check was made that a month no longer fits; None when all fit."""
    return min((check.at for check in held if check.rows_hash != seen.rows_hash), default=None)


def open_differences(session: Session, scope: Scope, now: datetime) -> list[MonthDifference]:
    """Return the checked months that need a person again, the newest first."""
    return list(find_differences(session, scope, work_date(now)))


def find_differences(session: Session, scope: Scope, today: date) -> Iterator[MonthDifference]:
    """Give the checked months that need a person again, the newest first; without the days that changed.

    Looked at are the months that may still be corrected: the present one and the two before it (missed touches are
    approved until the end of the next month).
    """
    since = previous_month(previous_month(today.replace(day=1)))
    months: dict[tuple[SiteId, ContractorId, date], list[tuple[MonthCheck, bool, str, str]]] = defaultdict(list)
    for found in store.touched_checks(session, scope, since):
        months[found[0].site_id, found[0].contractor_id, found[0].month].append(found)
    differences = (_difference(session, found) for found in months.values() if _may_differ(found))
    return (difference for difference in differences if difference is not None)


def _may_differ(found: list[tuple[MonthCheck, bool, str, str]]) -> bool:
    return any(is_touched for _, is_touched, _, _ in found) or len({check.rows_hash for check, *_ in found}) > 1


def _difference(session: Session, found: list[tuple[MonthCheck, bool, str, str]]) -> MonthDifference | None:
    first, _, site_name, contractor_name = found[0]
    seen = month_seen(session, first.site_id, first.contractor_id, first.month)
    checks = [check for check, *_ in found]
    kind, since = difference_between(seen, checks), outdated_since(seen, checks)
    if kind is None or since is None:
        return None
    held = {check.party: check for check in checks}
    return MonthDifference(
        site_id=first.site_id,
        site_name=site_name,
        contractor_id=first.contractor_id,
        contractor_name=contractor_name,
        prime_contractor_id=first.prime_contractor_id,
        month=first.month,
        kind=kind,
        records_now=seen.records,
        prime=held.get(Party.PRIME),
        subcontractor=held.get(Party.SUBCONTRACTOR),
        since=since,
    )


def _next_seq(session: Session, place: tuple[SiteId, ContractorId], month: date, party: Party) -> int:
    history = store.history_of(session, EVERYTHING, *place, month)
    return max((check.seq for check in history if check.party is party), default=0) + 1
