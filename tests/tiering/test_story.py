"""Calls of three new contractors become a proposal, an approved structure, a roster and days that count; and back."""

from datetime import datetime, timedelta

import pytest

from core.clock import JST
from core.db import Database
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.tiering import service
from core.tiering.credit_store import held_by
from core.tiering.link_model import Place
from core.tiering.roster_model import EntryState
from core.tiering.roster_store import entries_at
from core.tiering.structure import read_structure
from tests.tiering.world import DAYS, NOW, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    world = TierWorld(database, sealer)
    world.work()
    world.think()
    return world


def credited(world: TierWorld) -> int:
    with world.database.read() as session:
        return len(held_by(session, EVERYTHING, list(world.worker_ids.values()), DAYS[0], DAYS[-1]))


def accept_corrected(world: TierWorld) -> service.Done:
    """Accept what is proposed, but with 高橋塗装 below 佐藤工業."""
    with world.database.write() as session:
        nodes = read_structure(session, EVERYTHING, world.site.site_id).nodes
        places = [Place(node.contractor_id, node.upper_contractor_id) for node in nodes if node.name != "高橋塗装"]
        places += world.places((world.takahashi, world.sato))
        return service.settle(session, world.batch(world.prime), world.site.site_id, places)


def test_calls_become_a_proposal_for_everybody_who_came(world: TierWorld) -> None:
    with world.database.read() as session:
        structure = read_structure(session, EVERYTHING, world.site.site_id)
    assert {node.name for node in structure.nodes} == {"佐藤工業", "伊藤設備", "高橋塗装"}
    assert all((node.state, node.workers) == ("proposed", 2) for node in structure.nodes)
    assert all(0 <= node.confidence <= 1 and node.evidence for node in structure.nodes)
    assert world.uppers()["佐藤工業"] == "大和建設 1 proposed"
    assert credited(world) == 0


def test_what_is_accepted_makes_rosters_and_last_weeks_days_count_and_undoing_takes_it_back(world: TierWorld) -> None:
    done = accept_corrected(world)
    assert (len(done.links), len(done.entries), done.given) == (3, 6, 30)
    assert world.uppers()["高橋塗装"] == "佐藤工業 2 accepted"
    with world.database.read() as session:
        entries = entries_at(session, world.site.site_id, EntryState.ACCEPTED)
    assert {(entry.valid_from, entry.valid_until, entry.decided_by) for entry in entries} == {
        (DAYS[0], None, "大和建設の事務")
    }
    assert credited(world) == 30
    with world.database.write() as session:
        undone = service.undo(session, world.batch(world.prime), done.batch_id)
    assert (undone.withdrawn, credited(world)) == (30, 0)
    with world.database.read() as session:
        assert {entry.state for entry in entries_at(session, world.site.site_id)} == {EntryState.PROPOSED}
    assert world.uppers()["佐藤工業"] == "大和建設 1 proposed"


def test_later_days_count_without_anybody_doing_anything(world: TierWorld) -> None:
    accept_corrected(world)
    monday = DAYS[-1] + timedelta(days=3)
    world.work([monday])
    world.think(datetime(2026, 11, 16, 21, 0, tzinfo=JST))
    with world.database.read() as session:
        held = held_by(session, EVERYTHING, [world.worker_ids["佐藤一"]], monday, monday)
    assert [(credit.contractor_id, credit.occupation_code) for credit in held] == [(world.sato.contractor_id, "0601")]


def test_a_chain_that_is_not_whole_gives_no_credit(world: TierWorld) -> None:
    with world.database.write() as session:
        one = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.sato))
        )
        assert (len(one.entries), one.given) == (2, 0)
        rest = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.sato, world.prime))
        )
    assert rest.given == 20


def test_the_machine_never_changes_what_is_accepted_and_asks_only_once(world: TierWorld) -> None:
    """高橋塗装 comes with nobody; accepted below 佐藤工業 it stays there, whatever is thought of it."""
    accept_corrected(world)
    world.think(NOW + timedelta(hours=1))
    assert world.uppers()["高橋塗装"] == "佐藤工業 2 accepted"


def test_doing_it_twice_changes_nothing(world: TierWorld) -> None:
    accept_corrected(world)
    again = accept_corrected(world)
    world.think()
    assert (again.given, again.withdrawn, again.entries) == (0, 0, ())
