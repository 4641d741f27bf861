"""Which days count, which step is missing and whose move it is: as the month calendar shows it, to whom it may."""

import pytest

from core.attendance.calendar import MonthQuery
from core.attendance.counting import Mover, Step
from core.db import Database
from core.phone import PhoneSealer
from core.scope import EVERYTHING, Scope
from core.tiering import service
from core.tiering.counting import read_matrix, worker_month
from tests.tiering.world import MONTH, NOW, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    world = TierWorld(database, sealer)
    world.work()
    world.note_visits()
    world.think()
    return world


def lacks(world: TierWorld, name: str, scope: Scope = EVERYTHING) -> set[tuple[tuple[Step, Mover], ...]]:
    """Return what a worker's days lack, each kind once, as a viewer is shown it."""
    with world.database.read(scope) as session:
        days = worker_month(session, scope, world.worker_ids[name], MONTH, NOW)
    assert len(days) == 5
    return {tuple((step.step, step.mover) for step in day.missing) for day in days}


def settle(world: TierWorld, *, with_rosters: bool = True) -> service.Done:
    chain = world.places((world.sato, world.prime), (world.ito, world.sato), (world.takahashi, world.prime))
    with world.database.write() as session:
        return service.settle(session, world.batch(world.prime), world.site.site_id, chain, with_rosters=with_rosters)


def test_a_day_waits_for_the_chain_then_for_the_roster_then_counts(world: TierWorld) -> None:
    assert lacks(world, "伊藤一") == {((Step.CHAIN, Mover.PRIME),)}
    settle(world, with_rosters=False)
    assert lacks(world, "伊藤一") == {((Step.ROSTER, Mover.EMPLOYER),)}
    with world.database.write() as session:
        done = service.accept_rosters(session, world.batch(world.ito), world.site.site_id, [world.ito.contractor_id])
    assert (done.given, lacks(world, "伊藤一")) == (10, {()})
    with world.database.read() as session:
        matrix = read_matrix(session, EVERYTHING, MonthQuery(MONTH, site_id=world.site.site_id), NOW)
    assert {row.worker_name: row.totals.counting_days for row in matrix.rows} == {
        "伊藤一": 5,
        "伊藤二": 5,
        "佐藤一": 0,
        "佐藤二": 0,
        "高橋一": 0,
        "高橋二": 0,
    }


def test_it_is_the_move_of_whoever_is_invited(world: TierWorld) -> None:
    (place,) = world.places((world.sato, world.prime))
    (below,) = world.places((world.ito, world.sato))
    with world.database.write() as session:
        service.invite(session, world.batch(world.prime), world.site.site_id, place)
        (link,) = service.invite(session, world.batch(world.sato), world.site.site_id, below).links
        assert lacks_in(world, session, "伊藤一") == Mover.EMPLOYER
        service.accept(session, world.batch(world.ito), link.link_id)
        assert lacks_in(world, session, "伊藤一") == Mover.UPPER
        assert lacks_in(world, session, "佐藤一") == Mover.EMPLOYER


def lacks_in(world: TierWorld, session: object, name: str) -> Mover:
    days = worker_month(session, EVERYTHING, world.worker_ids[name], MONTH, NOW)  # type: ignore[arg-type]
    (mover,) = {day.missing[0].mover for day in days}
    return mover


def test_who_sees_not_the_links_above_is_told_the_same(world: TierWorld) -> None:
    settle(world, with_rosters=False)
    own = Scope(worker_id=world.worker_ids["伊藤一"])
    for scope in (world.scope(world.ito), world.scope(world.sato), world.scope(world.prime), own):
        assert lacks(world, "伊藤一", scope) == {((Step.ROSTER, Mover.EMPLOYER),)}
    settle(world)
    for scope in (world.scope(world.ito), world.scope(world.sato), world.scope(world.prime), own):
        assert lacks(world, "伊藤一", scope) == {()}


def test_a_day_counts_with_what_the_roster_says(world: TierWorld) -> None:
    settle(world)
    with world.database.read() as session:
        days = worker_month(session, EVERYTHING, world.worker_ids["高橋一"], MONTH, NOW)
    assert {(day.occupation, day.position, day.contractor_name, day.counts) for day in days} == {
        ("塗装工", "other", "高橋塗装", True)
    }
