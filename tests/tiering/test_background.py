"""What the background does: a newcomer's call becomes a proposal; what others know weighs, and is never shown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import orjson
import pytest

from core.attendance import records
from core.attendance.correcting import cancel_record
from core.attendance.model import Actor, CorrectionCode
from core.clock import FixedClock
from core.db import Database
from core.errors import NotAllowed
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.settings import Settings
from core.tiering import proposing, service
from core.tiering.credit_store import held_by
from core.tiering.gathering import gather
from core.tiering.link_model import LinkState, Place, Policy, StructureChanged
from core.tiering.link_store import links_at
from core.tiering.model import EvidenceKind, RelationSource
from core.tiering.policies import set_policy
from core.tiering.proposal_store import find_proposal
from core.tiering.structure import read_structure
from core.work import service as work
from genba import tier_jobs
from genba.jobs import JobLoop
from genba.runtime import Runtime
from tests import factories
from tests.tiering.world import DAYS, NOW, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    return TierWorld(database, sealer)


def test_a_new_contractors_first_call_is_a_proposal_within_a_minute(world: TierWorld, settings: Settings) -> None:
    clock = FixedClock(NOW)
    loop = JobLoop(Runtime(settings, world.database, clock))
    world.work(DAYS[-1:])
    for _ in range(4):
        loop.tick()
        clock.at += timedelta(seconds=15)
    with world.database.read() as session:
        proposal = find_proposal(session, EVERYTHING, world.site.site_id)
        assert [waiting.kind for waiting in work.waiting(session)] == []
    assert proposal is not None
    assert proposal.made_at <= NOW + timedelta(minutes=1)
    assert set(world.uppers()) == {"佐藤工業", "伊藤設備", "高橋塗装"}


def test_every_night_all_sites_at_which_somebody_was_are_marked_one_after_another(
    world: TierWorld, settings: Settings
) -> None:
    world.work(DAYS[-1:], ["佐藤一"])
    first = world.site
    with world.database.write() as session:
        second = factories.site(session, world.sealer, "駅前ビル", prime=world.prime, site_code="0002")
        world.line = factories.line(session, "+815012345679", sites=[second])
    world.work(DAYS[-1:], ["伊藤一"])
    tier_jobs.mark_sites(Runtime(settings, world.database, FixedClock(NOW)))
    with world.database.write() as session:
        at_once = work.take_marks(session, "tiers", NOW)
        later = work.take_marks(session, "tiers", NOW + tier_jobs.SPREAD_OVER)
    assert len(at_once) == 1
    assert {mark.subject for mark in (*at_once, *later)} == {str(first.site_id), str(second.site_id)}


def test_a_site_to_which_nobody_came_has_an_empty_proposal(world: TierWorld) -> None:
    world.think()
    with world.database.read() as session:
        structure = read_structure(session, EVERYTHING, world.site.site_id)
    assert (structure.nodes, structure.proposed_at) == ((), NOW)


def test_an_approval_lets_the_rest_be_thought_about_again(world: TierWorld) -> None:
    world.work()
    world.think()
    with world.database.write() as session:
        service.settle(session, world.batch(world.prime), world.site.site_id, world.places((world.sato, world.prime)))
        assert [mark.subject for mark in work.take_marks(session, "tiers", NOW)] == [str(world.site.site_id)]


def test_an_accepted_link_is_questioned_with_evidence_and_kept_by_a_person(world: TierWorld) -> None:
    """The registry knows from three earlier sites that 伊藤設備 works below 佐藤工業; accepted is something else."""
    with world.database.write() as session:
        for number in range(4):
            site = factories.site(
                session, world.sealer, f"第{number}現場", prime=world.prime, site_code=f"00{number + 10}"
            )
            factories.participation(session, site, world.sato, upper=world.prime)
            factories.participation(session, site, world.ito, upper=world.sato)
    world.work()
    world.think()
    with world.database.write() as session:
        chain = world.places((world.sato, world.prime), (world.takahashi, world.prime), (world.ito, world.takahashi))
        links = service.settle(session, world.batch(world.prime), world.site.site_id, chain).links
    world.think()
    with world.database.read() as session:
        structure = read_structure(session, EVERYTHING, world.site.site_id)
    (asked,) = structure.to_decide
    assert (asked.name, asked.upper_name, asked.state) == ("伊藤設備", "高橋塗装", "accepted")
    assert asked.question is not None
    assert asked.question.upper_name == "佐藤工業"
    assert EvidenceKind.EARLIER_SITES in {evidence.kind for evidence in asked.question.evidence}
    with world.database.write() as session:
        kept = service.keep(session, world.batch(world.prime), links[2].link_id, world.sato.contractor_id)
        assert read_structure(session, EVERYTHING, world.site.site_id).to_decide == ()
        service.undo(session, world.batch(world.prime), kept.batch_id)
        assert len(read_structure(session, EVERYTHING, world.site.site_id).to_decide) == 1


def test_what_other_primes_know_weighs_where_both_agreed_and_names_nobody_new(world: TierWorld) -> None:
    world.work()
    with world.database.write() as session:
        other = factories.contractor(session, "西海組")
        unknown = factories.contractor(session, "別府電工")
        site = factories.site(session, world.sealer, "西海ビル", prime=other, site_code="0777")
        factories.participation(session, site, world.ito, upper=world.sato)
        factories.participation(session, site, world.sato, upper=other)
        factories.participation(session, site, world.takahashi, upper=unknown)
    relations = []
    for shares in ((), (other,), (world.prime,), (world.prime, other)):
        with world.database.write() as session:
            for prime in (world.prime, other):
                set_policy(session, Policy(prime.contractor_id, shares_history=prime in shares))
            facts = gather(session, world.site, DAYS[-1]).facts
        relations.append([each for each in facts.relations if each.source is RelationSource.APPROVED_SITE])
    assert [len(each) for each in relations] == [0, 0, 0, 2]
    names = {str(unknown.contractor_id)}
    assert not names & {each.upper_contractor_id for each in relations[-1]}
    assert not names & {each.contractor_id for each in facts.contractors}
    world.think()
    with world.database.read() as session:
        shown = read_structure(session, EVERYTHING, world.site.site_id)
    told = orjson.dumps([node.evidence for node in shown.nodes]).decode() + str(shown.names)
    assert EvidenceKind.EARLIER_SITES.value not in told
    assert all(str(secret) not in told for secret in (other.contractor_id, unknown.contractor_id, "西海組", "別府電工"))


def test_of_two_who_settle_the_same_at_the_same_moment_one_is_told(database: Database, sealer: PhoneSealer) -> None:
    world = TierWorld(database, sealer)
    started = Barrier(2)

    def act(upper: object) -> str:
        batch = world.batch(world.prime, seen=0)
        started.wait()
        with world.database.write() as session:
            try:
                place = Place(world.ito.contractor_id, upper.contractor_id)  # type: ignore[attr-defined]
                service.settle(session, batch, world.site.site_id, [place])
            except StructureChanged:
                return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, (world.sato, world.takahashi))) == ["done", "told"]
    with world.database.read() as session:
        assert [link.state for link in links_at(session, world.site.site_id)] == [LinkState.ACCEPTED]


def test_a_caller_is_asked_once_where_the_prime_wants_it(world: TierWorld) -> None:
    world.work(DAYS[:1])
    world.think()
    who = (world.site.site_id, world.ito.contractor_id)
    with world.database.write() as session:
        assert proposing.choices_for(session, *who) == []
        set_policy(session, Policy(world.prime.contractor_id, asks_callers=True))
        choices = proposing.choices_for(session, *who)
        assert world.prime.contractor_id in choices
        assert len(choices) == proposing.MOST_CHOICES
        proposing.keep_answer(session, *who, world.worker_ids["伊藤一"], world.sato.contractor_id, NOW)
        assert proposing.choices_for(session, *who) == []
    world.think()
    assert world.uppers()["伊藤設備"] == "佐藤工業 2 proposed"


def test_a_rejected_proposal_waits_for_a_person(world: TierWorld) -> None:
    world.work()
    world.think()
    with world.database.write() as session:
        (node,) = (
            node for node in read_structure(session, EVERYTHING, world.site.site_id).nodes if node.name == "高橋塗装"
        )
        place = Place(node.contractor_id, node.upper_contractor_id)
        service.reject(session, world.batch(world.prime), world.site.site_id, place)
        with pytest.raises(NotAllowed):
            service.reject(session, world.batch(world.sato), world.site.site_id, place)
    assert world.uppers()["高橋塗装"].endswith("rejected")


def test_a_day_that_is_cancelled_loses_its_credit(world: TierWorld) -> None:
    world.work(DAYS[:1])
    world.note_visits()
    world.think()
    chain = world.places((world.sato, world.prime))
    with world.database.write() as session:
        assert service.settle(session, world.batch(world.prime), world.site.site_id, chain).given == 2
    with world.database.write() as session:
        for line in records.list_punches(session):
            if line.worker_id == world.worker_ids["佐藤一"]:
                cancel_record(session, line.punch_id, CorrectionCode.NOT_PRESENT, Actor("事務"), NOW)
    world.think()
    with world.database.read() as session:
        held = held_by(session, EVERYTHING, list(world.worker_ids.values()), DAYS[0], DAYS[0])
    assert [credit.worker_id for credit in held] == [world.worker_ids["佐藤二"]]
