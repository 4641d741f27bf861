"""The roster of a site as people look at it, and who waits to be taken into it, with what is missing. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.tables import affiliations, contractors, occupations, workers
from core.scope import Scope
from core.tiering import arrival_store, link_store, roster_store
from core.tiering.roster_model import ArrivalCheck, EntryState, Lack, RosterEntry
from core.tiering.roster_store import Came
from core.tiering.structure_store import names_of


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One entry with the names it stands for. first_entry_on is 入場年月日; checks are the newcomer's that hold."""

    entry: RosterEntry
    worker_name: str
    worker_name_kana: str
    ccus_worker_id: str | None
    contractor_name: str
    occupation_name: str
    first_entry_on: date | None
    checks: tuple[ArrivalCheck, ...]


@dataclass(frozen=True, slots=True)
class WaitingWorker:
    """Somebody who came to a site and does not stand in its roster, or without effect, with what is missing.

    contractor is his crew's; None where nobody knows. last_contractor is one of this site's contractors that employed
    him before: whom to ask whether he is its own again.
    """

    worker_id: WorkerId
    name: str
    contractor_id: ContractorId | None
    contractor_name: str
    last_contractor_id: ContractorId | None
    last_contractor_name: str
    first_day: date
    last_day: date
    days: int
    entry: RosterEntry | None
    lacks: tuple[Lack, ...]


def roster_at(
    session: Session, scope: Scope, site_id: SiteId, *, contractor_id: ContractorId | None = None
) -> list[RosterRow]:
    """Return the entries of a site's roster, proposed ones among them, by contractor and name, within the scope."""
    open_states = (EntryState.PROPOSED, EntryState.ACCEPTED)
    entries = [
        entry
        for entry in roster_store.entries_at(session, site_id, *open_states, scope=scope)
        if contractor_id in (None, entry.contractor_id)
    ]
    people = _people(session, {entry.worker_id for entry in entries})
    firms = names_of(session, {entry.contractor_id for entry in entries})
    trades = _occupation_names(session)
    first = _first_days(roster_store.came_to(session, site_id, scope))
    checks = arrival_store.checks_at(session, scope, site_id)
    rows = [
        RosterRow(
            entry=entry,
            worker_name=people[entry.worker_id].name,
            worker_name_kana=people[entry.worker_id].name_kana,
            ccus_worker_id=people[entry.worker_id].ccus_worker_id,
            contractor_name=firms.get(entry.contractor_id, ""),
            occupation_name=trades.get(entry.occupation_code or "", entry.trade),
            first_entry_on=first.get(entry.worker_id),
            checks=tuple(checks.get(entry.worker_id, ())),
        )
        for entry in entries
        if entry.worker_id in people
    ]
    return sorted(rows, key=lambda row: (row.contractor_name, row.worker_name_kana, row.worker_name, _day(row)))


def waiting_at(session: Session, scope: Scope, site_id: SiteId) -> list[WaitingWorker]:
    """Return who came to a site and waits, the most days first, within the scope."""
    came = roster_store.came_to(session, site_id, scope)
    entries = _by_worker(roster_store.entries_at(session, site_id, scope=scope))
    people = _people(session, {each.worker_id for each in came})
    whole = {chain.contractor_id for chain in link_store.chains_at(session, [site_id]) if chain.whole_from is not None}
    firms = {each.contractor_id for each in came if each.contractor_id is not None}
    before = _last_contractors(session, {each.worker_id for each in came if each.contractor_id is None}, firms)
    names = names_of(session, firms)
    found = []
    for each in _current(came):
        entry = _standing(entries[each.worker_id], each.contractor_id)
        lacks = _lacks(each, entry, people.get(each.worker_id), is_whole=each.contractor_id in whole)
        if not lacks and entry is not None and entry.state is EntryState.ACCEPTED:
            continue
        person, last = people.get(each.worker_id), before.get(each.worker_id)
        found.append(
            WaitingWorker(
                worker_id=each.worker_id,
                name=person.name if person else "",
                contractor_id=each.contractor_id,
                contractor_name=names.get(each.contractor_id, "") if each.contractor_id else "",
                last_contractor_id=last,
                last_contractor_name=names.get(last, "") if last else "",
                first_day=each.first_day,
                last_day=each.last_day,
                days=each.days,
                entry=entry,
                lacks=lacks,
            )
        )
    return sorted(found, key=lambda worker: (-worker.days, worker.name, worker.worker_id))


def _lacks(came: Came, entry: RosterEntry | None, person: Any, *, is_whole: bool) -> tuple[Lack, ...]:
    if came.contractor_id is None:
        return (Lack.AFFILIATION,)
    wanted = (
        (Lack.OCCUPATION, entry is None or entry.occupation_code is None),
        (Lack.CCUS_ID, person is not None and person.ccus_worker_id is None),
        (Lack.CHAIN, not is_whole),
    )
    return tuple(lack for lack, is_missing in wanted if is_missing)


def _current(came: Iterable[Came]) -> list[Came]:
    """Return how each worker came last: of days without a contractor only where he never came with one."""
    newest: dict[WorkerId, Came] = {}
    for each in came:
        before = newest.get(each.worker_id)
        rank = (each.contractor_id is not None, each.last_day)
        if before is None or rank > (before.contractor_id is not None, before.last_day):
            newest[each.worker_id] = each
    return list(newest.values())


def _standing(entries: Iterable[RosterEntry], contractor_id: ContractorId | None) -> RosterEntry | None:
    """Return the entry with which a worker stands, or may come to stand, in the roster for a contractor."""
    mine = [
        entry for entry in entries if entry.contractor_id == contractor_id and entry.state is not EntryState.REMOVED
    ]
    return max(mine, key=lambda entry: (entry.state is EntryState.ACCEPTED, entry.valid_from), default=None)


def _by_worker(entries: Iterable[RosterEntry]) -> dict[WorkerId, list[RosterEntry]]:
    found: dict[WorkerId, list[RosterEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.worker_id].append(entry)
    return found


def _first_days(came: Iterable[Came]) -> dict[WorkerId, date]:
    found: dict[WorkerId, date] = {}
    for each in came:
        found[each.worker_id] = min(each.first_day, found.get(each.worker_id, each.first_day))
    return found


def _day(row: RosterRow) -> date:
    return row.entry.valid_from


def _people(session: Session, worker_ids: Collection[WorkerId]) -> dict[WorkerId, Any]:
    columns = (workers.c[name] for name in ("worker_id", "name", "name_kana", "ccus_worker_id"))
    rows = session.execute(sa.select(*columns).where(workers.c.worker_id.in_(worker_ids)))
    return {row.worker_id: row for row in rows}


def _occupation_names(session: Session) -> dict[str, str]:
    return {row.occupation_code: row.name for row in session.execute(sa.select(occupations))}


def _last_contractors(
    session: Session, worker_ids: Collection[WorkerId], firms: Collection[ContractorId]
) -> dict[WorkerId, ContractorId]:
    """Return which of some contractors employed workers last."""
    belongs = affiliations.c
    statement = (
        sa.select(belongs.worker_id, belongs.contractor_id)
        .join(contractors, contractors.c.contractor_id == belongs.contractor_id)
        .where(belongs.worker_id.in_(worker_ids), belongs.contractor_id.in_(firms))
        .order_by(belongs.valid_from)
    )
    return {row.worker_id: row.contractor_id for row in session.execute(statement)}
