"""Formal links: who may do what, loops, two at once, history, undoing, and what the registry says afterwards."""

import pytest
import sqlalchemy as sa

from core.db import Database
from core.errors import NotAllowed, NotFound
from core.ids import uuid7
from core.phone import PhoneSealer
from core.registry.store import participations_at
from core.registry.tables import crew_grants
from core.scope import EVERYTHING
from core.tiering import service
from core.tiering.link_model import LinkState, Place, Policy, StructureChanged
from core.tiering.policies import set_policy
from core.tiering.structure import history_of, read_structure
from tests import factories
from tests.tiering.world import DAYS, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    return TierWorld(database, sealer)


@pytest.fixture
def with_sato(world: TierWorld) -> TierWorld:
    """佐藤工業 takes part in the site; nobody has said below whom."""
    with world.database.write() as session:
        factories.participation(session, world.site, world.sato)
    return world


def registered(world: TierWorld) -> dict[str, str]:
    """Return what the registry says: below whom everybody takes part."""
    with world.database.read() as session:
        parts = participations_at(session, world.site.site_id)
    return {
        world.name_of(part.contractor_id): world.name_of(part.upper_contractor_id) if part.upper_contractor_id else "-"
        for part in parts
    }


def seen_below(world: TierWorld) -> set[tuple[str, str]]:
    with world.database.read() as session:
        rows = session.execute(sa.select(crew_grants.c.viewer_id, crew_grants.c.contractor_id))
        return {(world.name_of(row.viewer_id), world.name_of(row.contractor_id)) for row in rows}


def acts(world: TierWorld) -> list[str]:
    with world.database.read() as session:
        events = history_of(session, EVERYTHING, world.site.site_id)
    return [
        f"{event.by_name} {event.act} {world.name_of(event.contractor_id)}" + (" 代行" if event.is_proxy else "")
        for event in reversed(events)
    ]


def test_an_upper_invites_a_lower_accepts_and_the_registry_follows(with_sato: TierWorld) -> None:
    world = with_sato
    place = Place(world.ito.contractor_id, world.sato.contractor_id)
    with world.database.write() as session:
        (link,) = service.invite(session, world.batch(world.sato), world.site.site_id, place).links
        (accepted,) = service.accept(session, world.batch(world.ito), link.link_id).links
    assert (link.state, accepted.state) == (LinkState.INVITED, LinkState.ACCEPTED)
    assert registered(world) == {"伊藤設備": "佐藤工業", "佐藤工業": "-"}
    assert ("佐藤工業", "伊藤設備") in seen_below(world)
    assert acts(world) == ["佐藤工業の事務 invited 伊藤設備", "伊藤設備の事務 accepted 伊藤設備"]


def test_the_prime_acts_for_others_and_this_is_kept(world: TierWorld) -> None:
    place = Place(world.ito.contractor_id, world.sato.contractor_id)
    with world.database.write() as session:
        (link,) = service.invite(session, world.batch(world.prime), world.site.site_id, place).links
        service.accept(session, world.batch(world.prime), link.link_id)
    assert acts(world) == ["大和建設の事務 invited 伊藤設備 代行", "大和建設の事務 accepted 伊藤設備 代行"]


def test_who_has_nothing_to_do_with_a_site_invites_nobody_there(world: TierWorld) -> None:
    place = Place(world.ito.contractor_id, world.sato.contractor_id)
    with world.database.write() as session, pytest.raises(NotAllowed, match="takes no part"):
        service.invite(session, world.batch(world.sato), world.site.site_id, place)


def test_a_stranger_decides_nothing_and_an_upper_does_not_accept_for_its_lower(with_sato: TierWorld) -> None:
    world = with_sato
    place = Place(world.ito.contractor_id, world.sato.contractor_id)
    with world.database.write() as session:
        (link,) = service.invite(session, world.batch(world.sato), world.site.site_id, place).links
        for act in (
            lambda: service.accept(session, world.batch(world.takahashi), link.link_id),
            lambda: service.accept(session, world.batch(world.sato), link.link_id),
            lambda: service.decline(session, world.batch(world.sato), link.link_id),
            lambda: service.withdraw(session, world.batch(world.ito), link.link_id),
            lambda: service.settle(session, world.batch(world.sato), world.site.site_id, [place]),
        ):
            with pytest.raises(NotAllowed, match="somebody else decides this"):
                act()


def test_loops_are_refused(world: TierWorld) -> None:
    prime, sato, ito, takahashi = world.prime, world.sato, world.ito, world.takahashi
    with world.database.write() as session:
        service.settle(session, world.batch(prime), world.site.site_id, world.places((ito, sato), (takahashi, ito)))
    for loop in (
        world.places((sato, takahashi)),
        world.places((sato, ito)),
        world.places((sato, sato)),
        world.places((prime, sato)),
        world.places((sato, ito), (ito, takahashi)),
    ):
        with world.database.write() as session, pytest.raises(NotAllowed):
            service.settle(session, world.batch(prime), world.site.site_id, loop)
        with world.database.write() as session, pytest.raises(NotAllowed):
            service.invite(session, world.batch(prime), world.site.site_id, loop[0])


def test_two_may_change_places_at_once(world: TierWorld) -> None:
    sato, ito, prime = world.sato, world.ito, world.prime
    with world.database.write() as session:
        service.settle(session, world.batch(prime), world.site.site_id, world.places((ito, sato), (sato, prime)))
        done = service.settle(session, world.batch(prime), world.site.site_id, world.places((sato, ito), (ito, prime)))
    assert registered(world) == {"伊藤設備": "大和建設", "佐藤工業": "伊藤設備"}
    with world.database.write() as session:
        service.undo(session, world.batch(prime), done.batch_id)
    assert registered(world) == {"伊藤設備": "佐藤工業", "佐藤工業": "大和建設"}


def test_a_contractor_stands_under_two_and_is_merged_again(world: TierWorld) -> None:
    sato, ito, takahashi, prime = world.sato, world.ito, world.takahashi, world.prime
    both = world.places((ito, sato), (ito, takahashi), (sato, prime), (takahashi, prime))
    with world.database.write() as session:
        service.settle(session, world.batch(prime), world.site.site_id, both)
        nodes = read_structure(session, EVERYTHING, world.site.site_id).nodes
        assert [node.upper_name for node in nodes if node.name == "伊藤設備"] == ["佐藤工業", "高橋塗装"]
        service.settle(session, world.batch(prime), world.site.site_id, both[:1])
    assert world.uppers()["伊藤設備"] == "佐藤工業 2 accepted"
    assert registered(world)["伊藤設備"] == "佐藤工業"


def test_what_was_declared_gives_way_and_comes_back(world: TierWorld) -> None:
    with world.database.write() as session:
        factories.participation(session, world.site, world.ito, upper=world.takahashi)
        done = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.sato))
        )
    assert registered(world) == {"伊藤設備": "佐藤工業"}
    with world.database.write() as session:
        service.undo(session, world.batch(world.prime), done.batch_id)
    assert registered(world) == {"伊藤設備": "高橋塗装"}


def test_removal_leaves_history_and_is_undone(world: TierWorld) -> None:
    place = world.places((world.ito, world.sato))
    with world.database.write() as session:
        (link,) = service.settle(session, world.batch(world.prime), world.site.site_id, place).links
        removed = service.remove(session, world.batch(world.prime), link.link_id, "別会社でした")
    assert (registered(world), world.uppers()) == ({"伊藤設備": "-"}, {})
    with world.database.write() as session:
        service.undo(session, world.batch(world.prime), removed.batch_id)
    assert registered(world) == {"伊藤設備": "佐藤工業"}
    assert [act.split()[1] for act in acts(world)] == ["settled", "removed", "undone"]


def test_a_number_in_a_note_is_kept_masked(world: TierWorld) -> None:
    place = world.places((world.ito, world.sato))
    with world.database.write() as session:
        (link,) = service.settle(session, world.batch(world.prime), world.site.site_id, place).links
        service.remove(session, world.batch(world.prime), link.link_id, "090-1234-5678に電話")
    with world.database.read() as session:
        events = history_of(session, EVERYTHING, world.site.site_id)
    assert {event.note for event in events} == {"", "****5678に電話"}


def test_who_left_keeps_what_was_until_the_last_day(world: TierWorld) -> None:
    with world.database.write() as session:
        (link,) = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.sato))
        ).links
        ended = service.end(session, world.batch(world.prime), link.link_id, DAYS[1])
        (part,) = participations_at(session, world.site.site_id)
        assert (part.valid_until, ended.links[0].state) == (DAYS[1], LinkState.ENDED)
        service.undo(session, world.batch(world.prime), ended.batch_id)
        (part,) = participations_at(session, world.site.site_id)
    assert (part.valid_until, world.uppers()["伊藤設備"]) == (None, "佐藤工業 2 accepted")
    assert world.uppers()["佐藤工業"] == "大和建設 1 proposed"  # nobody has placed it yet: it is to be decided


def test_the_second_of_two_admins_is_told_that_somebody_was_faster(world: TierWorld) -> None:
    with world.database.write() as session:
        seen = read_structure(session, EVERYTHING, world.site.site_id).seq
        first = world.batch(world.prime, seen=seen)
        service.settle(session, first, world.site.site_id, world.places((world.ito, world.sato)))
    second = world.batch(world.prime, seen=seen)
    with world.database.write() as session, pytest.raises(StructureChanged):
        service.settle(session, second, world.site.site_id, world.places((world.ito, world.takahashi)))
    with world.database.write() as session:  # another contractor is nobody's quarrel
        service.settle(session, second, world.site.site_id, world.places((world.takahashi, world.prime)))


def test_an_undoing_waits_for_what_builds_on_it(world: TierWorld) -> None:
    with world.database.write() as session:
        first = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.sato))
        )
        service.settle(session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.prime)))
        with pytest.raises(NotAllowed, match="something newer"):
            service.undo(session, world.batch(world.prime), first.batch_id)
        with pytest.raises(NotFound):
            service.undo(session, world.batch(world.prime), uuid7())


def test_the_policy_may_ask_each_contractor_itself(world: TierWorld) -> None:
    with world.database.write() as session:
        set_policy(session, Policy(world.prime.contractor_id, accepts_at_once=False))
        with pytest.raises(NotAllowed, match="policy"):
            service.settle(session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.sato)))


def test_deeper_than_the_prime_allows_is_flagged(world: TierWorld) -> None:
    chain = world.places((world.sato, world.prime), (world.ito, world.sato), (world.takahashi, world.ito))
    with world.database.write() as session:
        set_policy(session, Policy(world.prime.contractor_id, deepest_tier=2))
        service.settle(session, world.batch(world.prime), world.site.site_id, chain)
        nodes = read_structure(session, EVERYTHING, world.site.site_id).nodes
    assert [(node.name, node.tier, node.is_too_deep) for node in nodes] == [
        ("佐藤工業", 1, False),
        ("伊藤設備", 2, False),
        ("高橋塗装", 3, True),
    ]


def test_a_sign_that_no_database_keeps_is_left_out_of_a_note(world: TierWorld) -> None:
    (place,) = world.places((world.sato, world.ito))
    with world.database.write() as session:
        service.reject(session, world.batch(world.prime), world.site.site_id, place, "違\0う")
    with world.database.read() as session:
        assert [event.note for event in history_of(session, EVERYTHING, world.site.site_id)] == ["違う"]
