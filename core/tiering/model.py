"""The words of the inference: what is known of a site goes in, a proposal for its tiers comes out. Values only.

Ids are text, so that a file from outside and the store may both use them. How a proposal is kept, approved and changed
is not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.attendance.model import Direction

DAY_STARTS = timedelta(hours=4)  # a night shift's arrivals until then count for the evening's date


class RelationSource(StrEnum):
    """How we know that one contractor worked under another."""

    DECLARED = "declared"  # somebody said so, for this site
    ANSWERED = "answered"  # a caller keyed it when he was asked
    APPROVED_SITE = "approved_site"  # it is in the approved structure of a site


class EvidenceKind(StrEnum):
    """What speaks for a link, or against being sure of it. Values are stored and never renamed."""

    DECLARED = "declared"
    ANSWERED = "answered"
    DECLARED_OTHERWISE = "declared_otherwise"
    CAME_TOGETHER = "came_together"
    LEFT_TOGETHER = "left_together"
    PRESENT_WITHIN = "present_within"
    ABSENT_TOGETHER = "absent_together"
    SAME_FIRST_DAY = "same_first_day"
    EARLIER_SITES = "earlier_sites"
    SAME_TRADE = "same_trade"
    LARGEST_OF_TRADE = "largest_of_trade"
    LARGER = "larger"
    SHARED_WORKERS = "shared_workers"
    FOLLOWS_NOBODY = "follows_nobody"
    NEVER_ENTERED = "never_entered"
    TWO_UPPERS = "two_uppers"
    OTHERWISE_PERHAPS = "otherwise_perhaps"
    FEW_DAYS = "few_days"
    NOTHING_CLEAR = "nothing_clear"


@dataclass(frozen=True, slots=True)
class ContractorFacts:
    """A contractor as the registry knows it; what is not known is None. is_sole: 個人事業主 or 一人親方."""

    contractor_id: str
    trade: str | None = None
    is_sole: bool = False
    capital_yen: int | None = None
    is_licensed: bool | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """One accepted entry or exit of a worker, with the contractor he was affiliated to at the time."""

    worker_id: str
    contractor_id: str
    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class KnownRelation:
    """One contractor directly under another: declared for this site, or approved on a site of some prime.

    A relation from another prime's site is handed in only where both sides agreed that it may weigh.
    """

    contractor_id: str
    upper_contractor_id: str
    source: RelationSource
    prime_contractor_id: str | None = None
    site_id: str | None = None
    last_seen: date | None = None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """All that the inference is told of a site. The order of nothing in it matters."""

    site_id: str
    prime_contractor_id: str
    contractors: Sequence[ContractorFacts]
    passages: Sequence[Passage]
    relations: Sequence[KnownRelation] = ()
    day_starts: timedelta = DAY_STARTS


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a link, as values; wording.text_of() makes it a sentence.

    other_id is the contractor it is about, count and total are days or sites.
    """

    kind: EvidenceKind
    other_id: str = ""
    count: int = 0
    total: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class ProposedLink:
    """A contractor's proposed upper. confidence is the chance that the upper is right; tier 1 is under the prime.

    has_entered is False for an upper that only follows from others: it stands in the tree and waits for review.
    """

    contractor_id: str
    upper_contractor_id: str
    tier: int
    confidence: float
    needs_review: bool
    evidence: tuple[Evidence, ...]
    has_entered: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tree that hangs from the prime: one link for each contractor in it but the prime, in order of tier and id."""

    site_id: str
    prime_contractor_id: str
    links: tuple[ProposedLink, ...]
