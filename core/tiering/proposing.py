"""Bringing a site's proposal up to date, in the background: gather, infer, keep.

For contractors that nobody has decided on, what people accepted of the others weighs as their word. For those with an
accepted link the machine looks once more without it: what it then says is no proposal but a question, should it differ.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.attendance.visits import TIERS
from core.clock import work_date
from core.db import Session
from core.ids import ContractorId, SiteId, WorkerId
from core.registry.places import require_site
from core.tiering import proposal_store as store
from core.tiering.gathering import Gathered, gather
from core.tiering.inference import infer
from core.tiering.link_store import links_at
from core.tiering.model import ProposedLink
from core.tiering.policies import policy_of
from core.tiering.proposal_model import Answer, KeptLink, KeptProposal
from core.tiering.weights import load_weights
from core.work.service import mark

MOST_CHOICES = 2  # uppers that a caller is asked about: with a third he would have to listen for ten seconds


def think(session: Session, site_id: SiteId, now: datetime) -> tuple[KeptProposal, list[KeptLink]]:
    """Return what a site's proposal is now, without storing it: on a large site it takes a second or two.

    Raises NotFound when there is no such site.
    """
    site = require_site(session, site_id)
    gathered = gather(session, site, work_date(now))
    proposal = KeptProposal(site_id, site.prime_contractor_id, now, len(gathered.facts.passages))
    return proposal, [_kept(proposal, link) for link in _links(gathered)]


def keep(session: Session, proposal: KeptProposal, links: Iterable[KeptLink]) -> None:
    """Store a proposal in place of the one before. What it says as before keeps its date."""
    before = {link.contractor_id: link for link in store.proposed_at(session, proposal.site_id)}
    kept = [_dated(link, before.get(link.contractor_id)) for link in links]
    store.replace_proposal(session, proposal, kept)


def choices_for(session: Session, site_id: SiteId, contractor_id: ContractorId) -> list[ContractorId]:
    """Return the likeliest uppers of a contractor whose caller may be asked, the prime contractor among them.

    Empty where nobody is to be asked: the prime does not want it, it was asked before, people have decided already, or
    there is nothing to choose from.
    """
    site = require_site(session, site_id)
    is_asked = store.find_answer(session, site_id, contractor_id) is not None
    if is_asked or contractor_id == site.prime_contractor_id:
        return []
    if not policy_of(session, site.prime_contractor_id).asks_callers:
        return []
    if any(link.contractor_id == contractor_id and link.state.is_open for link in links_at(session, site_id)):
        return []
    proposed = store.proposed_at(session, site_id)
    mine = [link.upper_contractor_id for link in proposed if link.contractor_id == contractor_id]
    leaders = [link.contractor_id for link in proposed if link.tier == 1 and link.contractor_id != contractor_id]
    found = list(dict.fromkeys([*mine, site.prime_contractor_id, *leaders]))[:MOST_CHOICES]
    return found if len(found) > 1 else []


def keep_answer(
    session: Session,
    site_id: SiteId,
    contractor_id: ContractorId,
    worker_id: WorkerId,
    upper_contractor_id: ContractorId | None,
    now: datetime,
) -> None:
    """Keep what a caller answered, None for nothing: he is not asked again, and neither are his colleagues.

    The site's proposal is stale then, which is marked. Raises NotFound when there is no such site.
    """
    site = require_site(session, site_id)
    upper = None if upper_contractor_id == contractor_id else upper_contractor_id
    store.write_answer(session, Answer(site_id, contractor_id, site.prime_contractor_id, worker_id, upper, now))
    if upper is not None:
        mark(session, TIERS, [site_id], now)


def _links(gathered: Gathered) -> list[ProposedLink]:
    weights, facts = load_weights(), gathered.facts
    alone = infer(facts, weights).links
    if not gathered.accepted:
        return list(alone)
    decided = {relation.contractor_id for relation in gathered.accepted}
    told = infer(replace(facts, relations=(*facts.relations, *gathered.accepted)), weights).links
    return [
        *(link for link in told if link.contractor_id not in decided),
        *(link for link in alone if link.contractor_id in decided),
    ]


def _kept(proposal: KeptProposal, link: ProposedLink) -> KeptLink:
    return KeptLink(
        site_id=proposal.site_id,
        contractor_id=ContractorId(UUID(link.contractor_id)),
        prime_contractor_id=proposal.prime_contractor_id,
        upper_contractor_id=ContractorId(UUID(link.upper_contractor_id)),
        tier=link.tier,
        confidence=link.confidence,
        needs_review=link.needs_review,
        has_entered=link.has_entered,
        evidence=link.evidence,
        changed_at=proposal.made_at,
    )


def _dated(link: KeptLink, before: KeptLink | None) -> KeptLink:
    if before is None:
        return link
    if before.upper_contractor_id == link.upper_contractor_id:
        return replace(link, changed_at=before.changed_at, was_under=before.was_under)
    return replace(link, was_under=before.upper_contractor_id)
