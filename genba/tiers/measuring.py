"""How good proposals are on worlds that nothing was learned from, beside two naive rules."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.tiering.inference import propose
from core.tiering.model import ProposedLink, SiteFacts
from core.tiering.picture import Picture, picture_of, retold
from core.tiering.weights import Weights
from genba.tiers.sites import SimulatedSite, draw_sites
from genba.tiers.world import build_world

BINS = 10
CONDITIONS: Mapping[str, Callable[[SimulatedSite], SiteFacts]] = {
    "no history": SimulatedSite.without_history,
    "a third declared": SimulatedSite.with_declared,
    "with history": SimulatedSite.with_history,
}


@dataclass(frozen=True, slots=True)
class Bin:
    """Links of about one confidence: how sure we were on average, and how many were right."""

    links: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One state of knowledge. Shares of the contractors that entered and have a place in the structure.

    Automatic approvals are counted over all that entered: one for a contractor that is not in the structure, or that
    stands twice, is wrong.
    """

    condition: str
    contractors: int
    links_right: float
    depths_right: float
    brier: float
    automatic: float
    automatic_right: float | None  # None where nothing was marked
    all_first_tier: float
    most_frequent_upper: float
    bins: tuple[Bin, ...]


@dataclass(slots=True)
class _Tally:
    """One link as it was judged. is_placed: the contractor is in the true structure."""

    link: ProposedLink
    is_among: bool
    is_right: bool
    is_depth_right: bool
    is_placed: bool
    is_first_tier: bool
    is_most_frequent: bool


def measure(weights: Weights, worlds: Sequence[int], sites: int) -> list[Measured]:
    """Return the figures for each state of knowledge."""
    tallies: dict[str, list[_Tally]] = {condition: [] for condition in CONDITIONS}
    for number in worlds:
        for site in draw_sites(build_world(number), sites):
            seen = picture_of(site.facts)
            for condition, told in CONDITIONS.items():
                tallies[condition] += _judge(site, retold(seen, told(site).relations), weights)
    return [_summed(condition, found) for condition, found in tallies.items()]


def _judge(site: SimulatedSite, picture: Picture, weights: Weights) -> list[_Tally]:
    facts = picture.facts
    frequent = most_frequent_uppers(facts)
    return [
        _Tally(
            link=link,
            is_among=link.upper_contractor_id in site.uppers[link.contractor_id],
            is_right=site.is_right(link.contractor_id, link.upper_contractor_id),
            is_depth_right=link.tier == site.tiers[link.contractor_id],
            is_placed=bool(site.uppers[link.contractor_id]),
            is_first_tier=facts.prime_contractor_id in site.uppers[link.contractor_id],
            is_most_frequent=frequent.get(link.contractor_id, facts.prime_contractor_id)
            in site.uppers[link.contractor_id],
        )
        for link in propose(picture, weights).links
        if link.has_entered
    ]


def most_frequent_uppers(facts: SiteFacts) -> dict[str, str]:
    """Return the upper each contractor is most often known under; the prime of any site stands for this one's."""
    counts: dict[str, Counter[str]] = {}
    for relation in facts.relations:
        is_prime = relation.upper_contractor_id == relation.prime_contractor_id
        upper = facts.prime_contractor_id if is_prime else relation.upper_contractor_id
        counts.setdefault(relation.contractor_id, Counter())[upper] += 1
    return {
        contractor_id: min(found, key=lambda upper: (-found[upper], upper)) for contractor_id, found in counts.items()
    }


def _summed(condition: str, tallies: Sequence[_Tally]) -> Measured:
    placed = [each for each in tallies if each.is_placed]
    automatic = [each for each in tallies if not each.link.needs_review]
    return Measured(
        condition=condition,
        contractors=len(placed),
        links_right=_share([each.is_among for each in placed]),
        depths_right=_share([each.is_depth_right for each in placed]),
        brier=sum((each.link.confidence - each.is_right) ** 2 for each in tallies) / max(1, len(tallies)),
        automatic=len(automatic) / max(1, len(tallies)),
        automatic_right=_share([each.is_right for each in automatic]) if automatic else None,
        all_first_tier=_share([each.is_first_tier for each in placed]),
        most_frequent_upper=_share([each.is_most_frequent for each in placed]),
        bins=_bins(tallies),
    )


def _share(values: Sequence[bool]) -> float:
    return sum(values) / max(1, len(values))


def _bins(tallies: Sequence[_Tally]) -> tuple[Bin, ...]:
    bins: list[list[_Tally]] = [[] for _ in range(BINS)]
    for each in tallies:
        bins[min(BINS - 1, int(each.link.confidence * BINS))].append(each)
    return tuple(
        Bin(
            links=len(found),
            confidence=sum(each.link.confidence for each in found) / len(found),
            right=_share([each.is_right for each in found]),
        )
        for found in bins
        if found
    )
