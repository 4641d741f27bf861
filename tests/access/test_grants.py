"""The grant tables after any sequence of changes: just what the registry's rows say, worked out here by plain loops."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.attendance import records, visits
from core.attendance.correcting import identify_record
from core.attendance.model import Actor
from core.clock import FixedClock
from core.db import Database, Session
from core.errors import DomainError
from core.ids import uuid7
from core.phone import PhoneSealer
from core.registry import grants, places, service
from core.registry.grants import Visit
from core.registry.model import Contractor, Participation, Site, SkilledWorker
from core.registry.tables import affiliations as affiliations_table
from core.registry.tables import crew_grants, participations, site_visits
from core.registry.tables import grants as grants_table
from core.registry.tables import site_assignments as assignments_table
from core.registry.tables import sites as sites_table
from core.work import service as work
from genba.jobs import HANDLERS, work_off
from genba.runtime import Runtime
from tests import factories
from tests.admin.world import World, at
from tests.conftest import make_settings

TODAY = date(2026, 6, 15)
NOBODY = UUID(int=0)
Grant = tuple[UUID, str, UUID]


@contextmanager
def undone(database: Database) -> Iterator[Session]:
    """Open a session of which nothing stays."""
    with database.engine.connect().execution_options(genba_write=True) as session:
        yield session
        session.rollback()


def held(session: Session) -> tuple[set[Grant], set[tuple[UUID, UUID, UUID]]]:
    """Return the grants and the crew grants."""
    found = {(row.viewer_id, row.kind.value, row.subject_id) for row in session.execute(sa.select(grants_table))}
    crews = {(row.viewer_id, row.site_id, row.contractor_id) for row in session.execute(sa.select(crew_grants))}
    return found, crews


def wanted(session: Session, today: date) -> tuple[set[Grant], set[tuple[UUID, UUID, UUID]]]:
    """Return what they ought to be."""
    employed = session.execute(sa.select(affiliations_table)).all()
    taking_part = session.execute(sa.select(participations)).all()
    prime_of = {row.site_id: row.prime_contractor_id for row in session.execute(sa.select(sites_table))}
    crews = {
        (row.upper_contractor_id, row.site_id, row.contractor_id) for row in taking_part if row.upper_contractor_id
    }
    while further := {(a, s, d) for a, s, b in crews for c, t, d in crews if (b, s) == (c, t)} - crews:
        crews |= further
    crews = {(viewer, site, below) for viewer, site, below in crews if viewer != below}
    presence = {tuple(row) for row in session.execute(sa.select(site_visits))}
    for expected in session.execute(sa.select(assignments_table)):
        employers = [
            row.contractor_id for row in employed if row.worker_id == expected.worker_id and meet(row, expected)
        ]
        presence |= {(expected.site_id, expected.worker_id, employer) for employer in employers or [NOBODY]}
    parts = {(row.site_id, row.contractor_id) for row in taking_part}
    parts |= {(site, contractor) for site, _, contractor in presence if contractor != NOBODY}
    found: set[Grant] = {
        (row.contractor_id, "employee", row.worker_id)
        for row in employed
        if row.valid_until is None or row.valid_until >= today
    }
    seen = {(contractor, site) for site, contractor in parts} | {(viewer, site) for viewer, site, _ in crews}
    found |= {(viewer, "site", site) for viewer, site in seen}
    for site, worker, contractor in presence:
        leading = {viewer for viewer, where, below in crews if (where, below) == (site, contractor)}
        found |= {(viewer, "visitor", worker) for viewer in {prime_of[site], site, *leading}}
    pairs = {(viewer, contractor) for site, contractor in parts for viewer in (prime_of[site], site)}
    pairs |= {(viewer, below) for viewer, _, below in crews}
    pairs |= {(viewer, prime_of[site]) for viewer, site in seen} | set(prime_of.items())
    for row in taking_part:
        if row.upper_contractor_id:
            viewers = (row.contractor_id, row.site_id, prime_of[row.site_id])
            pairs |= {(viewer, row.upper_contractor_id) for viewer in viewers}
    return found | {(viewer, "contractor", subject) for viewer, subject in pairs if viewer != subject}, crews


def meet(one: Any, other: Any) -> bool:
    return (other.valid_until is None or one.valid_from <= other.valid_until) and (
        one.valid_until is None or other.valid_from <= one.valid_until
    )


class Registry:
    """Two primes with sites, three subcontractors, three workers; and what may happen to them, by small numbers."""

    def __init__(self, session: Session, sealer: PhoneSealer) -> None:
        self.session = session
        names = ("元請一", "元請二", "一次", "二次", "三次")
        self.contractors: list[Contractor] = [factories.contractor(session, name) for name in names]
        self.sites: list[Site] = [
            factories.site(session, sealer, f"現場{n}", prime=self.contractors[n % 2]) for n in range(3)
        ]
        self.workers: list[SkilledWorker] = [
            factories.worker(session, sealer, f"技能者{n}", phone=None) for n in range(3)
        ]
        self.affiliations: list[UUID] = []
        self.assignments: list[UUID] = []
        self.participations: list[Participation] = []

    def do(self, what: str, a: int, b: int, c: int) -> None:
        """Do something; what the rules refuse is left."""
        with suppress(DomainError, IndexError):
            getattr(self, what)(a, b, c)

    def affiliate(self, a: int, b: int, c: int) -> None:
        made = service.affiliate(self.session, self.workers[a].worker_id, self._firm(b), month(c), self._end(a + b, c))
        self.affiliations.append(made.affiliation_id)

    def leave(self, a: int, _b: int, c: int) -> None:
        service.end_affiliation(self.session, self.affiliations[a], month(c + 2))

    def assign(self, a: int, b: int, c: int) -> None:
        site_id, worker_id = self.sites[b % 3].site_id, self.workers[a].worker_id
        made = places.assign(self.session, site_id, worker_id, month(c), self._end(a + b, c))
        self.assignments.append(made.assignment_id)

    def unassign(self, a: int, _b: int, c: int) -> None:
        places.end_assignment(self.session, self.assignments[a], month(c + 1))

    def take_part(self, a: int, b: int, c: int) -> None:
        upper = self._firm(c) if c % 3 else None
        site_id = self.sites[a].site_id
        self.participations.append(
            places.take_part(self.session, site_id, self._firm(b), month(1), upper_contractor_id=upper)
        )

    def hand_over(self, a: int, b: int, _c: int) -> None:
        site = places.require_site(self.session, self.sites[a].site_id)
        places.update_site(self.session, replace(site, prime_contractor_id=self._firm(b)))

    def visit(self, a: int, b: int, c: int) -> None:
        contractor_id = self._firm(c) if c % 3 else None
        grants.add_visits(self.session, [Visit(self.sites[b % 3].site_id, self.workers[a].worker_id, contractor_id)])

    def strike(self, a: int, _b: int, _c: int) -> None:
        """Take a participation out as if it had never been, as the undoing of an import does."""
        struck = self.participations[a]
        condition = participations.c.participation_id == struck.participation_id
        self.session.execute(sa.delete(participations).where(condition))
        grants.refresh_site(self.session, struck.site_id, TODAY)

    def forget(self, a: int, _b: int, _c: int) -> None:
        """Take a worker's visits out, as corrected days do over night."""
        worker_id = self.workers[a].worker_id
        self.session.execute(sa.delete(site_visits).where(site_visits.c.worker_id == worker_id))
        grants.refresh_worker(self.session, worker_id, TODAY)

    def _firm(self, n: int) -> Any:
        return self.contractors[n % 5].contractor_id

    def _end(self, n: int, c: int) -> date | None:
        return month(c + 1) if n % 2 else None


def month(n: int) -> date:
    return date(2026, 1 + n, 1)


def work_marks(session: Session, today: date) -> None:
    """Do what the background work does with the marks that are due."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    marks = work.take_marks(session, grants.MARK, noon, 1000)
    grants.refresh(session, today, worker_ids=[UUID(mark.subject) for mark in marks])  # type: ignore[misc]
    work.finish(session, marks)


WHAT = ("affiliate", "leave", "assign", "unassign", "take_part", "hand_over", "visit", "strike", "forget")
steps = st.lists(
    st.tuples(st.sampled_from(WHAT), st.integers(0, 2), st.integers(0, 4), st.integers(0, 7)), min_size=3, max_size=14
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(steps=steps)
def test_grants_follow_whatever_happens_to_the_registry(
    database: Database, sealer: PhoneSealer, steps: list[tuple[str, int, int, int]]
) -> None:
    with undone(database) as session:
        registry = Registry(session, sealer)
        for step in steps:
            registry.do(*step)
        work_marks(session, TODAY)
        assert held(session) == wanted(session, TODAY)
        grants.rebuild(session, TODAY)
        assert held(session) == wanted(session, TODAY)


def test_a_rebuild_mends_what_was_lost_and_what_was_too_much(database: Database, sealer: PhoneSealer) -> None:
    with undone(database) as session:
        registry = Registry(session, sealer)
        for step in (("take_part", 0, 2, 0), ("take_part", 0, 3, 2), ("affiliate", 1, 3, 0), ("assign", 1, 0, 1)):
            registry.do(*step)
        right = held(session)
        session.execute(sa.delete(grants_table).where(grants_table.c.kind == "visitor"))
        session.execute(sa.delete(crew_grants))
        session.execute(sa.insert(grants_table), {"viewer_id": uuid7(), "kind": "employee", "subject_id": uuid7()})
        grants.rebuild(session, TODAY)
        assert held(session) == right
        assert {kind for _, kind, _ in right[0]} == {"site", "contractor", "employee", "visitor"}


@pytest.mark.parametrize(("today", "is_seen"), [(date(2026, 4, 1), True), (date(2026, 4, 2), False)])
def test_an_employer_sees_its_people_until_their_last_day(
    database: Database, sealer: PhoneSealer, today: date, is_seen: bool
) -> None:
    with undone(database) as session:
        registry = Registry(session, sealer)
        registry.affiliate(0, 2, 0)
        registry.leave(0, 0, 1)  # on 1 April
        work_marks(session, today)
        grant = (registry.contractors[2].contractor_id, "employee", registry.workers[0].worker_id)
        assert (grant in held(session)[0]) is is_seen


def test_the_days_of_the_ledger_become_visits_and_are_granted(database: Database, sealer: PhoneSealer) -> None:
    world = World(database, sealer)
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:52"), world.harbour)
    worker_id = world.workers["山田太郎"].worker_id
    today = date(2026, 11, 16)
    with database.write() as session:
        assert (world.prime.contractor_id, "visitor", worker_id) not in held(session)[0]
        grants.add_visits(session, visits.find_newest(session, today))
        assert visits.find_newest(session, today) == []
        followed = held(session)
        assert followed == wanted(session, today)
        assert {
            (world.prime.contractor_id, "visitor", worker_id),
            (world.harbour.site_id, "visitor", worker_id),
            (world.prime.contractor_id, "contractor", world.sato.contractor_id),
            (world.sato.contractor_id, "site", world.harbour.site_id),
        } <= followed[0]
        session.execute(sa.insert(site_visits), {"site_id": uuid7(), "worker_id": uuid7(), "contractor_id": NOBODY})
        visits.rebuild(session, today)
        assert held(session) == followed


def test_what_an_end_has_marked_is_worked_off_in_the_background(
    database: Database, database_url: str, sealer: PhoneSealer, clock: FixedClock, tmp_path: Any
) -> None:
    runtime = Runtime(make_settings(database_url, sealer, tmp_path), database, clock)
    today = clock.now().date()
    with database.write() as session:
        registry = Registry(session, sealer)
        registry.affiliate(0, 2, 0)
        service.end_affiliation(session, registry.affiliations[0], today - timedelta(days=10))
    handler = next(handler for handler in HANDLERS if handler.kind == grants.MARK)
    assert work_off(runtime, handler) == 1
    with database.read() as session:
        assert [kind for _, kind, _ in held(session)[0] if kind == "employee"] == []


def test_a_call_that_a_person_attaches_is_granted_at_once_however_old_it_is(
    database: Database, sealer: PhoneSealer
) -> None:
    world = World(database, sealer)
    world.add("山田太郎", world.sato)
    world.call("+818011112222", at("07:52", date(2026, 6, 1)))
    worker_id = world.workers["山田太郎"].worker_id
    with database.write() as session:
        (line,) = records.list_punches(session)
        actor = Actor("木村花子", is_operator=True)
        identify_record(session, line.punch_id, worker_id, world.central.site_id, actor, at("08:00"))
        assert (world.prime.contractor_id, "visitor", worker_id) in held(session)[0]
