"""The queries of rosters: entries, who came to a site and as what, and what the registry knows of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.attendance.tables import attendance_days
from core.attendance.visibility import day_is_visible
from core.db import Session, as_model
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.model import Position, Site
from core.registry.tables import (
    affiliations,
    assignment_tasks,
    site_assignments,
    site_tasks,
    worker_occupations,
    workers,
)
from core.registry.visibility import Condition, crew_is_visible, worker_is_visible
from core.scope import EVERYTHING, Scope
from core.statements import insert_rows
from core.tiering.roster_model import EntryState, PlannedWorker, RosterEntry
from core.tiering.roster_tables import roster_entries


@dataclass(frozen=True, slots=True)
class Came:
    """That a worker came to a site with a contractor's crew, from-until; None where nobody knows whose he is."""

    worker_id: WorkerId
    contractor_id: ContractorId | None
    first_day: date
    last_day: date
    days: int


@dataclass(frozen=True, slots=True)
class Known:
    """As what a worker may be proposed at a site: what he is expected as there, registered as, and was before."""

    occupation_codes: tuple[str, ...] = ()
    position: Position = Position.OTHER
    task: str = ""
    hazardous_substances: str = ""
    earlier_occupation: str | None = None
    earlier_position: Position | None = None


def entries_at(
    session: Session, site_id: SiteId, *states: EntryState, scope: Scope = EVERYTHING, worker_id: WorkerId | None = None
) -> list[RosterEntry]:
    """Return the roster entries of a site in some states (all when none is given) that a scope reaches, by date."""
    entry = roster_entries.c
    statement = sa.select(roster_entries).where(entry.site_id == site_id, entry_is_visible(scope))
    if states:
        statement = statement.where(entry.state.in_(states))
    if worker_id is not None:
        statement = statement.where(entry.worker_id == worker_id)
    ordered = statement.order_by(entry.valid_from, entry.roster_entry_id)
    return [as_model(RosterEntry, row) for row in session.execute(ordered)]


def find_entry(session: Session, roster_entry_id: UUID) -> RosterEntry | None:
    statement = sa.select(roster_entries).where(roster_entries.c.roster_entry_id == roster_entry_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(RosterEntry, row)


def entries_of_batch(session: Session, batch_id: UUID) -> list[RosterEntry]:
    """Return the entries that a batch made, accepted or removed."""
    entry = roster_entries.c
    is_of = sa.or_(entry.made_in == batch_id, entry.accepted_in == batch_id, entry.removed_in == batch_id)
    statement = sa.select(roster_entries).where(is_of).order_by(entry.roster_entry_id)
    return [as_model(RosterEntry, row) for row in session.execute(statement)]


def add_entries(session: Session, entries: Iterable[RosterEntry]) -> None:
    insert_rows(session, {roster_entries: list(entries)})


def update_entries(session: Session, entries: Iterable[RosterEntry]) -> None:
    for entry in entries:
        values = asdict(entry)
        key = roster_entries.c.roster_entry_id == values.pop("roster_entry_id")
        session.execute(sa.update(roster_entries).where(key).values(values))


def delete_entries(session: Session, roster_entry_ids: Collection[UUID]) -> None:
    """Forget proposed entries: nobody has ever decided on them."""
    if roster_entry_ids:
        entry = roster_entries.c
        is_open = entry.state == EntryState.PROPOSED
        session.execute(sa.delete(roster_entries).where(entry.roster_entry_id.in_(roster_entry_ids), is_open))


def came_to(session: Session, site_id: SiteId, scope: Scope = EVERYTHING) -> list[Came]:
    """Return who came to a site, with whose crew, from-until, as far as a scope reaches."""
    day = attendance_days.c
    statement = (
        sa.select(
            day.worker_id,
            day.contractor_id,
            sa.func.min(day.work_date).label("first_day"),
            sa.func.max(day.work_date).label("last_day"),
            sa.func.count().label("days"),
        )
        .where(day.site_id == site_id, ~day.is_void, day_is_visible(scope))
        .group_by(day.worker_id, day.contractor_id)
        .order_by(day.worker_id, sa.func.min(day.work_date))
    )
    return [as_model(Came, row) for row in session.execute(statement)]


def known_of(session: Session, site: Site, worker_ids: Collection[WorkerId]) -> dict[WorkerId, Known]:
    """Return as what workers may be proposed at a site.

    What they were before is taken from this prime contractor's sites only: others' are nobody's business here.
    """
    codes = _occupations(session, worker_ids)
    expected = _expected(session, site.site_id, worker_ids)
    earlier = _earlier(session, site, worker_ids)
    found = {}
    for worker_id in worker_ids:
        position, task, substances = expected.get(worker_id, (Position.OTHER, "", ""))
        code, before = earlier.get(worker_id, (None, None))
        found[worker_id] = Known(tuple(codes[worker_id]), position, task, substances, code, before)
    return found


def crew_of(session: Session, scope: Scope, contractor_id: ContractorId, on: date) -> list[PlannedWorker]:
    """Return a contractor's people of a day and after it, as far as a scope reaches, by kana."""
    belongs = affiliations.c
    own = (
        sa.select(belongs.worker_id)
        .where(belongs.contractor_id == contractor_id)
        .where(sa.or_(belongs.valid_until.is_(None), belongs.valid_until >= on))
    )
    statement = (
        sa.select(workers.c.worker_id, workers.c.name, workers.c.ccus_worker_id)
        .where(workers.c.worker_id.in_(own), worker_is_visible(scope))
        .order_by(workers.c.name_kana, workers.c.name, workers.c.worker_id)
    )
    return [as_model(PlannedWorker, row) for row in session.execute(statement)]


def entry_is_visible(scope: Scope) -> Condition:
    """Condition on roster_entries: the site is seen whole, or one employs or leads the crew, or it is one's own."""
    if scope.everything:
        return sa.true()
    entry = roster_entries.c
    return sa.or_(
        entry.prime_contractor_id.in_(scope.primes),
        entry.site_id.in_(scope.sites),
        crew_is_visible(scope, entry.site_id, entry.contractor_id),
        sa.false() if scope.worker_id is None else entry.worker_id == scope.worker_id,
    )


def _occupations(session: Session, worker_ids: Collection[WorkerId]) -> dict[WorkerId, list[str]]:
    has = worker_occupations.c
    statement = sa.select(has.worker_id, has.occupation_code).where(has.worker_id.in_(worker_ids)).order_by(has.rank)
    found: dict[WorkerId, list[str]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.worker_id].append(row.occupation_code)
    return found


def _expected(
    session: Session, site_id: SiteId, worker_ids: Collection[WorkerId]
) -> dict[WorkerId, tuple[Position, str, str]]:
    """Return position, task and substances of those who are expected at the site, the newest assignment's."""
    given = site_assignments.c
    statement = (
        sa.select(given.worker_id, given.position, site_tasks.c.name, site_tasks.c.hazardous_substances)
        .outerjoin(assignment_tasks, assignment_tasks.c.assignment_id == given.assignment_id)
        .outerjoin(site_tasks, site_tasks.c.site_task_id == assignment_tasks.c.site_task_id)
        .where(given.site_id == site_id, given.worker_id.in_(worker_ids))
        .order_by(given.valid_from)
    )
    rows = session.execute(statement)
    return {row.worker_id: (row.position, row.name or "", row.hazardous_substances or "") for row in rows}


def _earlier(
    session: Session, site: Site, worker_ids: Collection[WorkerId]
) -> dict[WorkerId, tuple[str | None, Position | None]]:
    """Return the newest occupation, and the newest position that matters, of workers on this prime's other sites."""
    entry = roster_entries.c
    statement = (
        sa.select(entry.worker_id, entry.occupation_code, entry.position)
        .where(entry.worker_id.in_(worker_ids), entry.site_id != site.site_id, entry.state == EntryState.ACCEPTED)
        .where(entry.prime_contractor_id == site.prime_contractor_id)
        .order_by(entry.valid_from)
    )
    found: dict[WorkerId, tuple[str | None, Position | None]] = {}
    for row in session.execute(statement):
        before = found.get(row.worker_id, (None, None))[1]
        found[row.worker_id] = (row.occupation_code, row.position if row.position != Position.OTHER else before)
    return found
