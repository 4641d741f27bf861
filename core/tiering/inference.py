"""From a site's facts to a proposal: score every possible upper, take the best tree, say how sure and why.

Pure and deterministic; standard library only.
"""

from collections.abc import Mapping

from core.tiering.certainty import Chosen, confidence, is_known, signs_of
from core.tiering.evidence import evidence_for
from core.tiering.features import rows_of
from core.tiering.model import Evidence, EvidenceKind, Proposal, ProposedLink, SiteFacts
from core.tiering.picture import Picture, picture_of
from core.tiering.tree import best_tree, link_shares, walk_up
from core.tiering.twice import second_upper
from core.tiering.weights import Weights, score

ALTERNATIVE_SHARE = 0.2  # from which another upper is named as possible
DIGITS = 4


def infer(facts: SiteFacts, weights: Weights) -> Proposal:
    """Return the proposal for a site: a link for each contractor that entered, and for uppers that stand between.

    A link that leans on another which needs review is proposed on its own merits: its upper is what is judged.
    """
    return propose(picture_of(facts), weights)


def propose(picture: Picture, weights: Weights) -> Proposal:
    """Return the proposal for a site that has been put together already."""
    chosen = choose(picture, weights)
    in_tree = {each for entered in picture.entered for each in (entered, *walk_up(entered, chosen.uppers))} - {
        picture.prime
    }
    links = [_link(picture, chosen, weights, each) for each in in_tree]
    return Proposal(
        site_id=picture.facts.site_id,
        prime_contractor_id=picture.prime,
        links=tuple(sorted(links, key=lambda link: (link.tier, link.contractor_id))),
    )


def choose(picture: Picture, weights: Weights) -> Chosen:
    """Return the best tree of all contractors in question."""
    scores: dict[str, dict[str, float]] = {}
    for contractor_id in (*picture.entered, *picture.absent):
        uppers = picture.uppers_in_question(contractor_id)
        rows = rows_of(picture, contractor_id, uppers)
        scores[contractor_id] = {upper: score(weights.features, row) for upper, row in zip(uppers, rows, strict=True)}
    shares: dict[str, dict[str, float]] = {contractor_id: {} for contractor_id in scores}
    for (lower, upper), share in link_shares(picture.prime, scores).items():
        shares[lower][upper] = share
    return Chosen(best_tree(picture.prime, scores), shares)


def _link(picture: Picture, chosen: Chosen, weights: Weights, contractor_id: str) -> ProposedLink:
    upper = chosen.uppers[contractor_id]
    shares = chosen.shares[contractor_id]
    second = second_upper(picture, contractor_id, upper)
    signs = signs_of(picture, contractor_id, chosen, stands_twice=second is not None)
    sure = round(confidence(weights, signs), DIGITS)
    has_entered = contractor_id in picture.presence
    may_be_automatic = has_entered and second is None and is_known(picture, contractor_id, upper)
    needs_review = not may_be_automatic or sure < weights.automatic_from
    doubts = tuple(_doubts(picture, contractor_id, upper, second, shares)) if needs_review else ()
    return ProposedLink(
        contractor_id=contractor_id,
        upper_contractor_id=upper,
        tier=sum(1 for _ in walk_up(contractor_id, chosen.uppers)),
        confidence=sure,
        needs_review=needs_review,
        evidence=evidence_for(picture, contractor_id, upper) + doubts,
        has_entered=has_entered,
    )


def _doubts(
    picture: Picture, contractor_id: str, upper: str, second: str | None, shares: Mapping[str, float]
) -> list[Evidence]:
    """Return what a person should decide: a second upper, or another that nearly was proposed."""
    if second is not None:
        return [Evidence(EvidenceKind.TWO_UPPERS, second)]
    other = max((each for each in sorted(shares) if each != upper), key=lambda each: shares[each], default=None)
    if other is None or shares[other] < ALTERNATIVE_SHARE or not _may_be_named(picture, contractor_id, other):
        return []
    return [Evidence(EvidenceKind.OTHERWISE_PERHAPS, other)]


def _may_be_named(picture: Picture, contractor_id: str, other: str) -> bool:
    """Whether naming another upper gives nothing away: what speaks for it is not only another prime's site."""
    bond = picture.history.bonds.get((contractor_id, other))
    return bond is None or bool(bond.own_sites)
