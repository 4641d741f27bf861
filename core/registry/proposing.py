"""Whose record it is: the owner changes it, others propose, and the owner says yes or no.

The owner of a worker's record is the employer; of a worker nobody employs, the operator, who may decide for all. What
the owner itself would propose is done at once. Whether earlier calls are judged again is for the caller to see to.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, ContractorId, WorkerId, parse_ccus_id, uuid7
from core.registry import proposal_store as store
from core.registry import service
from core.registry.cards import issue_card
from core.registry.model import SkilledWorker
from core.registry.proposal_model import Content, Proposal, ProposalKind, ProposalState
from core.scope import Scope

MAX_REASON_CHARS = 500
OPEN_AT_MOST = 20  # to one record: more is somebody's mistake
_DATED = (ProposalKind.PHONE, ProposalKind.AFFILIATION, ProposalKind.CARD)


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who proposes or decides, in whose name, and what may be edited with it."""

    account_id: AccountId
    contractor_id: ContractorId | None
    edits: Scope


def may_edit(session: Session, edits: Scope, worker_id: WorkerId, today: date) -> bool:
    """Whether a worker's record belongs to those who may edit with this scope."""
    return edits.everything or store.owner_of(session, worker_id, today) in edits.employers


def is_asked(session: Session, worker_id: WorkerId, held: Content) -> bool:
    """Whether it is proposed already that a worker holds a phone or a card."""
    waiting = store.open_of(session, worker_id)
    return any((each.phone_id, each.card_id) == (held.phone_id, held.card_id) for each in waiting)


def propose(
    session: Session, proposer: Proposer, worker_id: WorkerId, kind: ProposalKind, content: Content, now: datetime
) -> Proposal:
    """Propose something to a worker's record; the owner's own proposal is accepted at once.

    Raises NotFound when there is no such worker, InvalidInput when the content does not fit the kind or is proposed
    already, and what accepting raises when it is accepted.
    """
    worker = service.require_worker(session, worker_id)
    today = work_date(now)
    _check(worker, kind, content)
    waiting = store.open_of(session, worker_id)
    if len(waiting) >= OPEN_AT_MOST or any((other.kind, other.content) == (kind, content) for other in waiting):
        raise InvalidInput("it is proposed already", field=field_of(kind))
    proposal = Proposal(
        *(uuid7(), worker_id, kind, content.text, content.phone_id, content.contractor_id, content.valid_from),
        *(proposer.account_id, proposer.contractor_id, now),
        card_id=content.card_id,
    )
    store.add(session, proposal)
    if may_edit(session, proposer.edits, worker_id, today):
        return accept(session, proposer, proposal.proposal_id, now)
    return proposal


def accept(session: Session, owner: Proposer, proposal_id: UUID, now: datetime) -> Proposal:
    """Take a proposal over into the record.

    Raises NotFound, NotAllowed when somebody else owns the record or it is decided, and what the change itself raises:
    Overlap or InvalidInput when it no longer fits.
    """
    proposal = _open(session, owner, proposal_id, now)
    _apply(session, proposal, now)
    return _decided(session, proposal, ProposalState.ACCEPTED, owner.account_id, now)


def decline(session: Session, owner: Proposer, proposal_id: UUID, reason: str, now: datetime) -> Proposal:
    """Leave the record as it is, and say why.

    Raises NotFound, NotAllowed when somebody else owns the record or it is decided, InvalidInput without a reason.
    """
    if not reason.strip() or len(reason) > MAX_REASON_CHARS:
        raise InvalidInput("a reason is needed", field="reason")
    proposal = _open(session, owner, proposal_id, now)
    return _decided(session, proposal, ProposalState.DECLINED, owner.account_id, now, reason.strip())


def withdraw(session: Session, proposal_id: UUID, by: AccountId | None, now: datetime) -> Proposal:
    """Take a proposal back before it is decided. Raises NotFound, NotAllowed when it is decided."""
    proposal = _require_open(session, proposal_id)
    return _decided(session, proposal, ProposalState.WITHDRAWN, by, now)


def may_withdraw(proposal: Proposal, account_id: AccountId, asks: Scope) -> bool:
    """Whether somebody may take a proposal back: who made it, or the contractor in whose name it was made."""
    return proposal.proposed_by == account_id or proposal.proposer_id in asks.viewers


def field_of(kind: ProposalKind) -> str:
    """Return the name of the form's field that holds a kind's content."""
    return kind.value


def _check(worker: SkilledWorker, kind: ProposalKind, content: Content) -> None:
    is_whole = {
        ProposalKind.PHONE: content.phone_id is not None,
        ProposalKind.AFFILIATION: content.contractor_id is not None,
        ProposalKind.CARD: content.card_id is not None,
    }.get(kind, bool(content.text.strip()))
    if not is_whole or (kind in _DATED and content.valid_from is None):
        raise InvalidInput("nothing is proposed", field=field_of(kind))
    if kind not in _DATED and _with(worker, kind, content.text) == worker:
        raise InvalidInput("the record says so already", field=field_of(kind))


def _apply(session: Session, proposal: Proposal, now: datetime) -> None:
    start = proposal.valid_from or work_date(now)
    if proposal.phone_id is not None:
        service.hold_phone(session, proposal.worker_id, proposal.phone_id, start)
    elif proposal.card_id is not None:
        issue_card(session, proposal.worker_id, proposal.card_id, start)
    elif proposal.contractor_id is not None:
        service.change_employer(session, proposal.worker_id, proposal.contractor_id, start)
    else:
        worker = service.require_worker(session, proposal.worker_id)
        service.update_worker(session, _with(worker, proposal.kind, proposal.text))


def _with(worker: SkilledWorker, kind: ProposalKind, text: str) -> SkilledWorker:
    """Return the worker with one field as proposed. Raises InvalidInput when the text is no date, or no CCUS id."""
    try:
        match kind:
            case ProposalKind.BIRTH_DATE:
                return replace(worker, birth_date=date.fromisoformat(text))
            case ProposalKind.CCUS_WORKER_ID:
                return replace(worker, ccus_worker_id=parse_ccus_id(text))
            case ProposalKind.NAME_KANA:
                return replace(worker, name_kana=text)
    except ValueError as error:
        raise InvalidInput(str(error), field=field_of(kind)) from None
    return replace(worker, name=text)


def _open(session: Session, owner: Proposer, proposal_id: UUID, now: datetime) -> Proposal:
    proposal = _require_open(session, proposal_id)
    if not may_edit(session, owner.edits, proposal.worker_id, work_date(now)):
        raise NotAllowed("the record belongs to somebody else", proposal_id=proposal_id)
    return proposal


def _require_open(session: Session, proposal_id: UUID) -> Proposal:
    proposal = store.find(session, proposal_id, lock=True)
    if proposal is None:
        raise NotFound("no such proposal", proposal_id=proposal_id)
    if proposal.state is not ProposalState.OPEN:
        raise NotAllowed("the proposal is decided already", proposal_id=proposal_id)
    return proposal


def _decided(
    session: Session, proposal: Proposal, state: ProposalState, by: AccountId | None, now: datetime, reason: str = ""
) -> Proposal:
    decided = replace(proposal, state=state, decided_by=by, decided_at=now, reason=reason)
    store.decide(session, decided)
    return decided
