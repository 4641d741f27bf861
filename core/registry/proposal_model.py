"""Proposals to a worker's record: what somebody other than its owner would like to have in it. Values only."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, CardId, ContractorId, PhoneId, WorkerId


class ProposalKind(StrEnum):
    """What of a record is proposed. Values are stored and never renamed."""

    PHONE = "phone"
    AFFILIATION = "affiliation"
    NAME = "name"
    NAME_KANA = "name_kana"
    BIRTH_DATE = "birth_date"
    CCUS_WORKER_ID = "ccus_worker_id"
    CARD = "card"


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by those who proposed it


@dataclass(frozen=True, slots=True)
class Content:
    """What is proposed: a text (a date in ISO form), or from a day on a phone, an employer or a card."""

    text: str = ""
    phone_id: PhoneId | None = None
    contractor_id: ContractorId | None = None
    valid_from: date | None = None
    card_id: CardId | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal. A phone number in it lies in the vault, as every other; proposer_id is None for the operator."""

    proposal_id: UUID
    worker_id: WorkerId
    kind: ProposalKind
    text: str
    phone_id: PhoneId | None
    contractor_id: ContractorId | None
    valid_from: date | None
    proposed_by: AccountId
    proposer_id: ContractorId | None  # in whose name the account proposed
    proposed_at: datetime
    state: ProposalState = ProposalState.OPEN
    decided_by: AccountId | None = None
    decided_at: datetime | None = None
    reason: str = ""
    card_id: CardId | None = None

    @property
    def content(self) -> Content:
        return Content(self.text, self.phone_id, self.contractor_id, self.valid_from, self.card_id)
