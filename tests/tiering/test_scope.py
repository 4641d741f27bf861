"""Who sees what of tiers and rosters: in the queries' own conditions, and in the database's rows alike."""

import pytest
import sqlalchemy as sa

from core.accounts import store
from core.accounts.model import Account
from core.db import Database
from core.errors import NotFound
from core.ids import AccountId, uuid7
from core.phone import PhoneSealer
from core.registry import grants
from core.scope import EVERYTHING, NOTHING, Scope
from core.tiering import arrivals, service, submitting
from core.tiering.credit_store import held_by
from core.tiering.link_store import links_at
from core.tiering.proposal_store import find_proposal, proposed_at
from core.tiering.roster import roster_at
from core.tiering.roster_model import ArrivalCheckKind
from core.tiering.structure import history_of, note_look, read_structure
from tests.tiering.world import DAYS, NOW, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    """佐藤工業 with 伊藤設備 below it, 高橋塗装 beside them; all accepted, credited, ticked and submitted."""
    world = TierWorld(database, sealer)
    world.work()
    world.note_visits()
    world.think()
    chain = world.places((world.sato, world.prime), (world.ito, world.sato), (world.takahashi, world.prime))
    with database.write() as session:
        service.settle(session, world.batch(world.prime), world.site.site_id, chain)
        for worker_id in world.worker_ids.values():
            batch = world.batch(world.prime)
            arrivals.tick(session, batch, world.site.site_id, worker_id, ArrivalCheckKind.INDUCTION)
        for firm in (world.sato, world.ito, world.takahashi):
            submitting.submit(session, sealer, world.batch(firm), world.site.site_id, firm.contractor_id)
        grants.rebuild(session, DAYS[-1])
    world.think()
    return world


def scopes(world: TierWorld) -> dict[str, Scope]:
    return {
        "operator": EVERYTHING,
        "prime": world.scope(world.prime),
        "site manager": Scope(sites=frozenset({world.site.site_id})),
        "upper": world.scope(world.sato),
        "lower": world.scope(world.ito),
        "beside": world.scope(world.takahashi),
        "worker": Scope(worker_id=world.worker_ids["伊藤一"]),
        "nobody": NOTHING,
    }


def counts(world: TierWorld, session: sa.Connection, scope: Scope) -> tuple[int, ...]:
    """Return how many links, events, entries, credits, ticks, submissions and proposed links the queries show."""
    site_id, people = world.site.site_id, list(world.worker_ids.values())
    rows = roster_at(session, scope, site_id)
    return (
        len(links_at(session, site_id, scope)),
        len(history_of(session, scope, site_id)),
        len(rows),
        len(held_by(session, scope, people, DAYS[0], DAYS[-1])),
        sum(len(row.checks) for row in rows),
        len(submitting.submissions_of(session, scope, site_id)),
        len(proposed_at(session, site_id, scope)),
    )


SHOWN = {
    "operator": (3, 3, 6, 30, 6, 3, 3),
    "prime": (3, 3, 6, 30, 6, 3, 3),
    "site manager": (3, 3, 6, 30, 6, 3, 3),
    "upper": (2, 2, 4, 20, 4, 2, 0),
    "lower": (1, 1, 2, 10, 2, 1, 0),
    "beside": (1, 1, 2, 10, 2, 1, 0),
    "worker": (0, 0, 1, 5, 1, 0, 0),
    "nobody": (0, 0, 0, 0, 0, 0, 0),
}


def test_a_subcontractor_sees_itself_and_what_is_below_it(world: TierWorld) -> None:
    with world.database.read() as session:
        assert {name: counts(world, session, scope) for name, scope in scopes(world).items()} == SHOWN


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_database_itself_shows_no_more_and_no_less(world: TierWorld) -> None:
    found = {}
    for name, scope in scopes(world).items():
        with world.database.read(scope) as session:
            found[name] = counts(world, session, EVERYTHING)
    assert found == SHOWN


def test_what_is_proposed_is_for_who_sees_the_site_whole(world: TierWorld) -> None:
    with world.database.read() as session:
        for scope in (world.scope(world.sato), NOTHING):
            assert find_proposal(session, scope, world.site.site_id) is None
        nodes = read_structure(session, world.scope(world.sato), world.site.site_id).nodes
        with pytest.raises(NotFound):
            read_structure(session, NOTHING, world.site.site_id)
    assert [(node.name, node.upper_name, node.question) for node in nodes] == [
        ("佐藤工業", "大和建設", None),
        ("伊藤設備", "佐藤工業", None),
    ]


def test_a_look_tells_what_is_new(world: TierWorld) -> None:
    scope, site_id, account_id = world.scope(world.prime), world.site.site_id, AccountId(uuid7())
    with world.database.write() as session:
        store.add_account(session, Account(account_id, "office", "木村花子", "nobody signs in here"))
        first = read_structure(session, scope, site_id, account_id)
        assert (first.seq, [node.has_changed for node in first.nodes]) == (3, [False] * 3)
        note_look(session, account_id, first, NOW)
        move = world.places((world.takahashi, world.sato))
        service.settle(session, world.batch(world.prime, seen=first.seq), site_id, move)
        second = read_structure(session, scope, site_id, account_id)
    assert {node.name for node in second.nodes if node.has_changed} == {"高橋塗装"}
