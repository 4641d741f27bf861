"""A worker's record is its owner's to change; others propose. On both databases."""

from datetime import UTC, date, datetime

import pytest

from core.db import Database, Session
from core.errors import InvalidInput, NotAllowed
from core.ids import AccountId, uuid7
from core.phone import PhoneSealer
from core.registry import proposal_store, proposing, service, store
from core.registry.model import Contractor
from core.registry.proposal_model import Content, ProposalKind, ProposalState
from core.registry.proposing import Proposer
from core.scope import EVERYTHING, Scope
from tests import factories

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 16)


def office(contractor: Contractor) -> Proposer:
    """Return somebody who may edit the contractor's own people."""
    reach = Scope(primes=frozenset({contractor.contractor_id}), employers=frozenset({contractor.contractor_id}))
    return Proposer(AccountId(uuid7()), contractor.contractor_id, reach)


def test_the_owner_accepts_what_another_proposed(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        employer, prime = factories.contractor(session, "佐藤工業"), factories.contractor(session, "大和建設")
        worker = factories.worker(session, sealer, "山田 太郎", contractor=employer, phone=None)
        kana = Content(text="ヤマダ タロウ")
        asked = proposing.propose(session, office(prime), worker.worker_id, ProposalKind.NAME_KANA, kana, NOW)
        assert asked.state is ProposalState.OPEN
        assert store.find_worker(session, worker.worker_id) == worker
        assert proposal_store.proposals_waiting(session, office(employer).edits, TODAY) == 1
        assert proposal_store.proposals_waiting(session, office(prime).edits, TODAY) == 0
        with pytest.raises(NotAllowed):
            proposing.accept(session, office(prime), asked.proposal_id, NOW)
        proposing.accept(session, office(employer), asked.proposal_id, NOW)
        changed = store.find_worker(session, worker.worker_id)
        assert changed is not None
        assert changed.name_kana == "ヤマダ タロウ"
        assert proposal_store.proposals_waiting(session, EVERYTHING, TODAY) == 0
        with pytest.raises(NotAllowed):
            proposing.decline(session, office(employer), asked.proposal_id, "違います", NOW)


def test_a_declined_proposal_keeps_its_reason_and_both_sides_see_it(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        employer, prime = factories.contractor(session, "佐藤工業"), factories.contractor(session, "大和建設")
        other = factories.contractor(session, "伊藤電設")
        worker = factories.worker(session, sealer, contractor=employer)
        phone = service.keep_phone(session, sealer, "+819099998888")
        number = Content(phone_id=phone.phone_id, valid_from=TODAY)
        asked = proposing.propose(session, office(prime), worker.worker_id, ProposalKind.PHONE, number, NOW)
        with pytest.raises(InvalidInput):
            proposing.propose(session, office(prime), worker.worker_id, ProposalKind.PHONE, number, NOW)
        with pytest.raises(InvalidInput):
            proposing.decline(session, office(employer), asked.proposal_id, "  ", NOW)
        proposing.decline(session, office(employer), asked.proposal_id, "本人の番号ではありません", NOW)
        (row,) = proposal_store.list_proposals(session, office(prime).edits, TODAY, worker.worker_id)
        assert (row.proposal.state, row.proposal.reason, row.phone_mask, row.owner_name) == (
            *(ProposalState.DECLINED, "本人の番号ではありません", "+8190****8888", "佐藤工業"),
        )
        assert len(proposal_store.list_proposals(session, office(employer).edits, TODAY, is_open=False)) == 1
        assert proposal_store.list_proposals(session, office(other).edits, TODAY) == []


def test_what_the_owner_proposes_is_done_at_once(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        employer, new = factories.contractor(session, "佐藤工業"), factories.contractor(session, "伊藤電設")
        worker = factories.worker(session, sealer, contractor=employer)
        move = Content(contractor_id=new.contractor_id, valid_from=date(2026, 12, 1))
        done = proposing.propose(session, office(employer), worker.worker_id, ProposalKind.AFFILIATION, move, NOW)
        assert done.state is ProposalState.ACCEPTED
        held = sorted(store.affiliations_of(session, worker.worker_id), key=lambda each: each.valid_from)
        assert [(each.contractor_id, each.valid_until) for each in held] == [
            (employer.contractor_id, date(2026, 11, 30)),
            (new.contractor_id, None),
        ]


def test_the_operator_owns_the_record_of_a_worker_without_employer(database: Database, sealer: PhoneSealer) -> None:
    def may(session: Session, scope: Scope) -> bool:
        return proposing.may_edit(session, scope, worker.worker_id, TODAY)

    with database.write() as session:
        contractor = factories.contractor(session, "佐藤工業")
        worker = factories.worker(session, sealer)
        assert may(session, EVERYTHING)
        assert not may(session, office(contractor).edits)
        service.affiliate(session, worker.worker_id, contractor.contractor_id, date(2027, 1, 1))
        assert may(session, office(contractor).edits)  # who hired him for later may prepare


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (ProposalKind.NAME, Content(text=" ")),
        (ProposalKind.NAME, Content(text="山田 太郎")),
        (ProposalKind.BIRTH_DATE, Content(text="昨日")),
        (ProposalKind.CCUS_WORKER_ID, Content(text="12ab")),
        (ProposalKind.PHONE, Content(valid_from=TODAY)),
        (ProposalKind.AFFILIATION, Content()),
    ],
)
def test_a_proposal_that_says_nothing_is_not_taken(
    database: Database, sealer: PhoneSealer, kind: ProposalKind, content: Content
) -> None:
    with database.write() as session:
        prime = factories.contractor(session, "大和建設")
        worker = factories.worker(session, sealer)
        with pytest.raises(InvalidInput) as refused:
            proposing.propose(session, office(prime), worker.worker_id, kind, content, NOW)
    assert refused.value.field == kind.value


def test_nobody_changes_to_the_employer_he_has(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        employer = factories.contractor(session, "佐藤工業")
        worker = factories.worker(session, sealer, contractor=employer)
        with pytest.raises(InvalidInput):
            service.change_employer(session, worker.worker_id, employer.contractor_id, TODAY)
