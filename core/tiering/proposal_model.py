"""What is kept of the machine's proposals, and the structure of a site as people look at it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId, SiteId, WorkerId
from core.tiering.link_model import LinkState
from core.tiering.model import Evidence

SURE = 0.9  # an opinion against an approved link below this is not worth a person's time


@dataclass(frozen=True, slots=True)
class KeptLink:
    """A contractor's proposed upper as it is kept: replaced whenever the proposal is made anew.

    changed_at is since when the machine says so, was_under what it said before that.
    """

    site_id: SiteId
    contractor_id: ContractorId
    prime_contractor_id: ContractorId
    upper_contractor_id: ContractorId
    tier: int
    confidence: float
    needs_review: bool
    has_entered: bool
    evidence: tuple[Evidence, ...]
    changed_at: datetime
    was_under: ContractorId | None = None


@dataclass(frozen=True, slots=True)
class KeptProposal:
    """When a site's proposal was last made, and from how many entries and exits."""

    site_id: SiteId
    prime_contractor_id: ContractorId
    made_at: datetime
    passages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """That a caller was asked under whom his contractor works, once for a site; upper is None where he said nothing."""

    site_id: SiteId
    contractor_id: ContractorId
    prime_contractor_id: ContractorId
    worker_id: WorkerId
    upper_contractor_id: ContractorId | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Up to which event, and when, an account has looked at a site's structure."""

    account_id: AccountId
    site_id: SiteId
    seq: int
    looked_at: datetime


class NodeState(StrEnum):
    """What a place in the structure rests on: shown by line style and text."""

    PROPOSED = "proposed"  # 推定（未承認）: the machine's word
    DECLARED = "declared"  # entered in the registry, and not accepted yet
    INVITED = "invited"
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # the proposed upper was refused: somebody has to say which it is


@dataclass(frozen=True, slots=True)
class Question:
    """That the machine holds another upper to be right for a link that is accepted."""

    upper_contractor_id: ContractorId
    upper_name: str
    confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One contractor's place in the structure of a site; one that stands under two uppers has two.

    tier is 0 where the viewer does not see the chain up to the prime. confidence is 1 where people have spoken.
    needs_decision: nobody has decided, and the machine is not sure.
    is_too_deep: deeper than the prime contractor allows. link_id is None where nothing formal is there.
    """

    contractor_id: ContractorId
    name: str
    upper_contractor_id: ContractorId
    upper_name: str
    tier: int
    state: NodeState
    link_state: LinkState | None
    link_id: UUID | None
    confidence: float
    needs_decision: bool
    is_too_deep: bool
    has_changed: bool  # since the viewer's last look
    evidence: tuple[Evidence, ...]
    question: Question | None
    workers: int
    first_day: date | None
    last_day: date | None

    @property
    def is_sure(self) -> bool:
        """Whether it may be accepted with all that is sure."""
        return self.state in (NodeState.PROPOSED, NodeState.DECLARED) and not self.needs_decision


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure of a site as one viewer sees it: nodes in the order of the tree, those of each upper by name.

    seq is the number of the newest event; it is handed back with what the viewer then does. proposed_at is None as
    long as no proposal was made, or where the viewer sees none. names are those of all who are mentioned.
    """

    site_id: SiteId
    site_name: str
    prime_contractor_id: ContractorId
    prime_name: str
    nodes: tuple[Node, ...]
    seq: int
    proposed_at: datetime | None
    deepest_tier: int | None
    names: Mapping[ContractorId, str] = field(default_factory=dict)

    @property
    def to_decide(self) -> tuple[Node, ...]:
        """What needs a person, that which is questioned among it."""
        return tuple(node for node in self.nodes if node.needs_decision or node.question is not None)

    @property
    def sure(self) -> tuple[Node, ...]:
        """What may be accepted at once."""
        return tuple(node for node in self.nodes if node.is_sure)
