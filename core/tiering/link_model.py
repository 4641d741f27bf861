"""The formal side of the tiers, as CCUS has it: invited by the upper, accepted by the lower. Values only.

A link is one contractor directly under another on a site. Its events are its history and never change; the link itself
is what they add up to. What the machine proposes is no link, it is in proposal_model.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.attendance.counting import Mover
from core.errors import DomainError
from core.ids import AccountId, ContractorId, SiteId, uuid7
from core.registry.rules import covers
from core.scope import Scope


class LinkState(StrEnum):
    """Where a link stands. Values are stored and never renamed."""

    INVITED = "invited"  # 招待: waits for the lower one's word
    ACCEPTED = "accepted"  # 承認
    ENDED = "ended"  # the contractor left; what was until its last day stays
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # the invitation, or the whole act, was taken back
    REMOVED = "removed"  # it was wrong, from its first day on
    REJECTED = "rejected"  # proposed by the machine, and refused by a person

    @property
    def holds(self) -> bool:
        """Whether the link is part of the approved structure, at least until its last day."""
        return self in (LinkState.ACCEPTED, LinkState.ENDED)

    @property
    def is_open(self) -> bool:
        """Whether the link stands, or may come to stand, in the structure of today."""
        return self in (LinkState.INVITED, LinkState.ACCEPTED)


class LinkAct(StrEnum):
    """What somebody did to a link. Values are stored and never renamed."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    SETTLED = "settled"  # 一括承認: invited and accepted at once by the prime
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    REMOVED = "removed"
    REJECTED = "rejected"
    KEPT = "kept"  # questioned by the machine, and kept by a person
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Link:
    """One contractor directly under another on a site. seq is the number of its newest event on the site.

    kept_against is the upper that the machine held to be likelier when a person kept the link all the same; instead_of
    is the upper that the registry named before the link was accepted.
    """

    link_id: UUID
    site_id: SiteId
    prime_contractor_id: ContractorId
    contractor_id: ContractorId
    upper_contractor_id: ContractorId
    state: LinkState
    valid_from: date
    valid_until: date | None
    participation_id: UUID | None
    kept_against: ContractorId | None = None
    instead_of: ContractorId | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """That somebody did something to a link; numbered by site. is_proxy: 代行, in the name of another contractor.

    acted_for is the contractor in whose name it was done. before and after are the states; before is None where the
    link began with it. undoes is the batch that an UNDONE event took back.
    """

    site_id: SiteId
    seq: int
    link_id: UUID
    prime_contractor_id: ContractorId
    contractor_id: ContractorId
    upper_contractor_id: ContractorId
    act: LinkAct
    before: LinkState | None
    after: LinkState
    acted_for: ContractorId
    is_proxy: bool
    by_account: AccountId | None
    by_name: str
    at: datetime
    batch_id: UUID
    undoes: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Linker:
    """Who acts: the account (None for the command line), the name kept with it, and in whose names it may act."""

    account_id: AccountId | None
    name: str
    acts: Scope


@dataclass(frozen=True, slots=True)
class Batch:
    """Acts that belong together and are undone together: who, and when.

    seen is the number of the newest event on the site that whoever acts has seen; None: it does not matter.
    """

    by: Linker
    now: datetime
    seen: int | None = None
    batch_id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contractor is to stand: directly under another. Under two uppers it has two places."""

    contractor_id: ContractorId
    upper_contractor_id: ContractorId


@dataclass(frozen=True, slots=True)
class Policy:
    """What a prime contractor has decided about its tiers.

    deepest_tier is the tier below which a contractor is flagged, None for no limit. shares_history: what its approved
    sites say weighs in the proposals of other primes who share theirs, and theirs in its own; it is never shown.
    """

    prime_contractor_id: ContractorId
    deepest_tier: int | None = None
    accepts_at_once: bool = True
    asks_callers: bool = False
    shares_history: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one contractor on a site. whole_from is None while it is not whole; mover can do the next step."""

    site_id: SiteId
    contractor_id: ContractorId
    prime_contractor_id: ContractorId
    whole_from: date | None
    whole_until: date | None
    mover: Mover

    def is_whole(self, day: date) -> bool:
        return self.whole_from is not None and covers(self.whole_from, self.whole_until, day)


class StructureChanged(DomainError):
    """Somebody else changed the place of one of these contractors since whoever acts looked."""

    code = "structure_changed"
