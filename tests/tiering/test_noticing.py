"""What of the structures is told to whom: what waits for somebody stands until it is done, the rest is told once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import JST
from core.db import Database
from core.ids import AccountId
from core.notices import service as notices
from core.notices.model import NoticeKind
from core.phone import PhoneSealer
from core.registry.model import Contractor
from core.tiering import noticing, proposal_store, service
from tests.tiering.world import NOW, TierWorld

MORNING = datetime(2026, 11, 14, 8, 0, tzinfo=JST)
Told = list[tuple[str, str, int]]


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    return TierWorld(database, sealer)


def facts(world: TierWorld, now: datetime = NOW) -> Told:
    """Return what is told: what, to whom, how many."""
    with world.database.read() as session:
        found = noticing.find_facts(session, now)
    return sorted(
        (each.kind.value, world.name_of(each.prime_contractor_id or each.owner_id), each.count) for each in found
    )  # type: ignore[arg-type]


def invite(world: TierWorld, lower: Contractor, upper: Contractor) -> UUID:
    with world.database.write() as session:
        done = service.invite(session, world.batch(world.prime), world.site.site_id, *world.places((lower, upper)))
    return done.links[0].link_id


def test_the_invited_is_told_until_it_answers(world: TierWorld) -> None:
    link_id = invite(world, world.ito, world.sato)
    assert facts(world) == facts(world, NOW + timedelta(days=30)) == [("tier_invitations", "伊藤設備", 1)]
    with world.database.write() as session:
        service.accept(session, world.batch(world.ito), link_id)
    assert facts(world) == []


def test_acceptances_are_told_to_the_prime_on_the_next_morning_and_then_no_more(world: TierWorld) -> None:
    for lower in (world.ito, world.takahashi):
        link_id = invite(world, lower, world.sato)
        with world.database.write() as session:
            service.accept(session, world.batch(lower), link_id)
    assert facts(world, MORNING) == [("tier_acceptances", "大和建設", 2)]
    assert facts(world, MORNING + timedelta(days=1)) == []


def test_what_the_prime_accepts_itself_is_no_news_to_it(world: TierWorld) -> None:
    link_id = invite(world, world.ito, world.sato)
    with world.database.write() as session:
        service.accept(session, world.batch(world.prime), link_id)
        service.settle(session, world.batch(world.prime), world.site.site_id, world.places((world.sato, world.prime)))
    assert facts(world, MORNING) == []


def test_a_refusal_is_told_until_there_is_another_place(world: TierWorld) -> None:
    link_id = invite(world, world.ito, world.sato)
    with world.database.write() as session:
        service.decline(session, world.batch(world.ito), link_id)
    refused = [("tier_refusals", "大和建設", 1)]
    assert facts(world) == facts(world, MORNING) == refused
    assert facts(world, NOW + noticing.REFUSALS_TOLD + timedelta(days=1)) == []
    invite(world, world.ito, world.takahashi)
    assert facts(world) == [("tier_invitations", "伊藤設備", 1)]


def test_a_question_is_told_until_somebody_keeps_the_link(world: TierWorld) -> None:
    world.work()
    world.note_visits()
    world.think()
    with world.database.write() as session:
        done = service.settle(
            session, world.batch(world.prime), world.site.site_id, world.places((world.ito, world.takahashi))
        )
    assert facts(world, MORNING) == []
    be_sure(world, world.ito)
    assert facts(world, MORNING) == [("tier_questions", "大和建設", 1)]
    with world.database.write() as session:
        service.keep(session, world.batch(world.prime), done.links[0].link_id, world.sato.contractor_id)
    assert facts(world, MORNING) == []


def be_sure(world: TierWorld, contractor: Contractor) -> None:
    """Let the machine be sure of what it proposes for a contractor."""
    with world.database.write() as session:
        proposal = proposal_store.find_proposal(session, world.batch().by.acts, world.site.site_id)
        links = proposal_store.proposed_at(session, world.site.site_id)
        sure = {"confidence": 0.99, "needs_review": False}
        told = [replace(each, **(sure if each.contractor_id == contractor.contractor_id else {})) for each in links]
        assert proposal is not None
        proposal_store.replace_proposal(session, proposal, told)


def office(world: TierWorld, role: Role, contractor: Contractor) -> AccountId:
    with world.database.write() as session:
        account = accounts.create_account(session, f"{role}-{contractor.name}", "事務", "a long enough password")
        accounts.join(session, account.account_id, role, contractor.contractor_id)
    return account.account_id


def told(world: TierWorld, account_id: AccountId, days: Sequence[datetime]) -> list[NoticeKind]:
    for now in days:
        for minutes in (0, 5):
            at = now + timedelta(minutes=minutes)
            with world.database.write() as session:
                notices.tell(session, noticing.find_facts(session, at), at)
    with world.database.read() as session:
        return [notice.kind for notice in notices.list_notices(session, account_id, days[-1])]


def test_each_is_told_what_is_its_own_and_once_a_day(world: TierWorld) -> None:
    prime = office(world, Role.PRIME_OFFICE, world.prime)
    ito = office(world, Role.SUBCONTRACTOR_OFFICE, world.ito)
    sato = office(world, Role.SUBCONTRACTOR_OFFICE, world.sato)
    link_id = invite(world, world.ito, world.sato)
    assert told(world, ito, [MORNING]) == [NoticeKind.TIER_INVITATIONS]
    with world.database.write() as session:
        service.decline(session, world.batch(world.ito), link_id)
    assert told(world, prime, [MORNING + timedelta(minutes=30)]) == [NoticeKind.TIER_REFUSALS]
    assert told(world, sato, [MORNING + timedelta(minutes=60)]) == []
