"""The queries of proposals: those a scope may see, those that wait for it, and whose the worker's record is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.ids import ContractorId, WorkerId
from core.registry.card_tables import cards
from core.registry.model import GrantKind
from core.registry.proposal_model import Proposal, ProposalState
from core.registry.search import Condition
from core.registry.tables import affiliations, contractors, phones, proposals, sites, workers
from core.registry.visibility import granted
from core.scope import Scope
from core.statements import insert_rows

LISTED_ROWS = 100


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as a page shows it: with the names and the mask its ids stand for."""

    proposal: Proposal
    worker_name: str
    owner_id: ContractorId | None
    owner_name: str | None
    proposer_name: str | None
    contractor_name: str | None
    phone_mask: str | None
    card_mask: str | None


def add(session: Session, proposal: Proposal) -> None:
    insert_rows(session, {proposals: [proposal]})


def decide(session: Session, decided: Proposal) -> None:
    """Store the decision of a proposal."""
    session.execute(
        sa.update(proposals)
        .where(proposals.c.proposal_id == decided.proposal_id)
        .values(
            state=decided.state, decided_by=decided.decided_by, decided_at=decided.decided_at, reason=decided.reason
        )
    )


def find(session: Session, proposal_id: UUID, *, lock: bool = False) -> Proposal | None:
    statement = sa.select(proposals).where(proposals.c.proposal_id == proposal_id)
    row = session.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else as_model(Proposal, row)


def open_of(session: Session, worker_id: WorkerId) -> list[Proposal]:
    """Return the open proposals to a worker's record."""
    rows = session.execute(
        sa.select(proposals).where(proposals.c.worker_id == worker_id, proposals.c.state == ProposalState.OPEN)
    )
    return [as_model(Proposal, row) for row in rows]


def owner_of(session: Session, worker_id: WorkerId, today: date) -> ContractorId | None:
    """Return whose the worker's record is: the employer's today or, hired for later, then; None is the operator's."""
    owner: ContractorId | None = session.scalar(sa.select(_owner_of(sa.literal(worker_id, sa.Uuid), today)))
    return owner


def list_proposals(
    session: Session, scope: Scope, today: date, worker_id: WorkerId | None = None, *, is_open: bool | None = None
) -> list[ProposalRow]:
    """Return the newest proposals a scope may see: those it made, and those to the records it owns."""
    conditions = [proposal_is_visible(scope)]
    if worker_id is not None:
        conditions.append(proposals.c.worker_id == worker_id)
    if is_open is not None:
        state = proposals.c.state
        conditions.append(state == ProposalState.OPEN if is_open else state != ProposalState.OPEN)
    return _rows(session, conditions, today)


def proposals_waiting(session: Session, scope: Scope, today: date) -> int:
    """Return how many proposals wait for those who may edit with this scope."""
    owner = _owner_of(proposals.c.worker_id, today)
    statement = sa.select(sa.func.count()).select_from(proposals).where(proposals.c.state == ProposalState.OPEN)
    if not scope.everything:
        statement = statement.where(owner.in_(scope.employers))
    return session.scalar(statement) or 0


def waiting_by_owner(session: Session, today: date) -> dict[ContractorId | None, int]:
    """Return how many proposals wait for each owner; None is the operator."""
    owner = _owner_of(proposals.c.worker_id, today).label("owner_id")
    waiting = sa.select(owner).where(proposals.c.state == ProposalState.OPEN).subquery()
    statement = sa.select(waiting.c.owner_id, sa.func.count()).group_by(waiting.c.owner_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def proposal_is_visible(scope: Scope) -> Condition:
    """Condition on proposals: made in the viewer's name, or to the record of an employee of the viewer's."""
    if scope.everything:
        return sa.true()
    of_sites = sa.select(sites.c.prime_contractor_id).where(sites.c.site_id.in_(scope.sites))
    return sa.or_(
        proposals.c.proposer_id.in_(scope.viewers),
        proposals.c.worker_id.in_(granted(scope.employers, GrantKind.EMPLOYEE)) if scope.employers else sa.false(),
        proposals.c.proposer_id.in_(of_sites) if scope.sites else sa.false(),
    )


def _owner_of(worker_id: sa.ColumnElement[UUID], today: date) -> sa.ScalarSelect[ContractorId | None]:
    held = affiliations.alias()
    return (
        sa.select(held.c.contractor_id)
        .where(held.c.worker_id == worker_id, sa.or_(held.c.valid_until.is_(None), held.c.valid_until >= today))
        .order_by(held.c.valid_from)
        .limit(1)
        .scalar_subquery()
    )


def _rows(session: Session, conditions: Sequence[Condition], today: date) -> list[ProposalRow]:
    owners, proposers, employers = contractors.alias(), contractors.alias(), contractors.alias()
    statement = (
        sa.select(
            *proposals.columns,
            workers.c.name.label("worker_name"),
            owners.c.contractor_id.label("owner_id"),
            owners.c.name.label("owner_name"),
            proposers.c.name.label("proposer_name"),
            employers.c.name.label("employer_name"),
            phones.c.mask,
            cards.c.mask.label("card_mask"),
        )
        .join(workers, workers.c.worker_id == proposals.c.worker_id)
        .outerjoin(owners, owners.c.contractor_id == _owner_of(proposals.c.worker_id, today))
        .outerjoin(proposers, proposers.c.contractor_id == proposals.c.proposer_id)
        .outerjoin(employers, employers.c.contractor_id == proposals.c.contractor_id)
        .outerjoin(phones, phones.c.phone_id == proposals.c.phone_id)
        .outerjoin(cards, cards.c.card_id == proposals.c.card_id)
        .where(*conditions)
        .order_by(proposals.c.proposed_at.desc(), proposals.c.proposal_id)
        .limit(LISTED_ROWS)
    )
    return [
        ProposalRow(
            as_model(Proposal, row),
            *(row.worker_name, row.owner_id, row.owner_name, row.proposer_name, row.employer_name),
            *(row.mask, row.card_mask),
        )
        for row in session.execute(statement)
    ]
