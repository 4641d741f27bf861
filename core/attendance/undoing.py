"""Taking back what a person settled, as long as nothing newer builds on it. What held before holds again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.attendance import correcting, records, settlements
from core.attendance.model import Actor, CorrectionCode
from core.attendance.review_model import Settlement, Step
from core.attendance.senders import came_by
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import AccountId
from core.registry import proposal_store, proposing
from core.registry.proposal_model import ProposalState
from core.registry.withdrawing import withdraw_card, withdraw_phone


def undo(
    session: Session, settlement_ids: Sequence[UUID], actor: Actor, now: datetime, account_id: AccountId | None = None
) -> list[Settlement]:
    """Take settlements back, the newest first; a registered number or card is taken off the worker again.

    What was proposed to the worker's record with it is withdrawn, in the name of the account.

    Raises NotFound when there is none, NotAllowed when one was undone already, something newer builds on it, or the
    owner has accepted what was proposed.
    """
    found = [_require(session, settlement_id) for settlement_id in settlement_ids]
    for settlement in sorted(found, key=lambda one: one.settlement_id, reverse=True):
        _undo(session, settlement, actor, now)
        if settlement.proposal_id is not None:
            _take_proposal_back(session, settlement, settlement.proposal_id, account_id, now)
    return found


def _undo(session: Session, settlement: Settlement, actor: Actor, now: datetime) -> None:
    if not settlements.mark_undone(session, settlement.settlement_id, actor.name, now):
        raise NotAllowed("undone already", settlement_id=settlement.settlement_id, why="undone_already")
    steps = settlements.steps_of(session, settlement.settlement_id)
    for step in steps:
        _check_newest(session, step, settlement)
    if settlement.phone_number_id is not None or settlement.card_issue_id is not None:
        _take_registration_back(session, settlement)
    for step in reversed(steps):
        _take_back(session, step, actor, now)
    settlements.reopen(session, settlement)
    if settlement.missed_touch_id is not None:
        settlements.reopen_missed_touch(session, settlement.missed_touch_id)


def _require(session: Session, settlement_id: UUID) -> Settlement:
    settlement = settlements.find(session, settlement_id)
    if settlement is None:
        raise NotFound("nothing of that kind was settled", settlement_id=settlement_id)
    return settlement


def _check_newest(session: Session, step: Step, settlement: Settlement) -> None:
    """See that no person has decided on the punch since; what the order of events changed is no obstacle."""
    holds = records.holding_judgement(session, step.punch_id)
    if holds is not None and holds.seq != step.seq_after and holds.is_by_person:
        raise NotAllowed(
            "somebody has changed one of these records since: undo that first",
            settlement_id=settlement.settlement_id,
            why="changed_since",
        )


def _take_registration_back(session: Session, settlement: Settlement) -> None:
    if settlement.punch_id is None or settlement.worker_id is None:
        raise AssertionError("a number or card is registered from a worker's punch")
    came = came_by(session, settlement.punch_id)
    if came.is_known and settlements.has_later_records(session, came, settlement.worker_id, settlement.settlement_id):
        raise NotAllowed(
            "the number or card has been used since: end it at the worker's record instead",
            settlement_id=settlement.settlement_id,
            why="used_since" if settlement.card_issue_id is None else "card_used_since",
        )
    if settlement.phone_number_id is not None:
        withdraw_phone(session, settlement.phone_number_id)
    if settlement.card_issue_id is not None:
        withdraw_card(session, settlement.card_issue_id)


def _take_proposal_back(
    session: Session, settlement: Settlement, proposal_id: UUID, account_id: AccountId | None, now: datetime
) -> None:
    proposal = proposal_store.find(session, proposal_id, lock=True)
    if proposal is None:
        return
    if proposal.state is ProposalState.ACCEPTED:
        raise NotAllowed(
            "the owner has registered it: he ends it at the worker's record",
            settlement_id=settlement.settlement_id,
            why="accepted_since" if proposal.card_id is None else "card_accepted_since",
        )
    if proposal.state is ProposalState.OPEN:
        proposing.withdraw(session, proposal_id, account_id, now)


def _take_back(session: Session, step: Step, actor: Actor, now: datetime) -> None:
    if step.seq_before == 0:
        correcting.cancel_record(session, step.punch_id, CorrectionCode.OTHER, actor, now)
        return
    correcting.restore_record(session, settlements.judgement_numbered(session, step.punch_id, step.seq_before), now)
