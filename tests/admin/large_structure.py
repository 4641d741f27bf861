"""A simulated site of sixty contractors in the pages' database, as the machine proposes it: nobody has decided yet."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from core.db import Session
from core.ids import ContractorId, uuid7
from core.phone import PhoneSealer
from core.registry.model import Contractor, LegalForm, Site
from core.registry.service import add_contractor
from core.tiering import proposal_store
from core.tiering.inference import infer
from core.tiering.model import Evidence, ProposedLink, SiteFacts
from core.tiering.proposal_model import KeptLink, KeptProposal
from core.tiering.weights import load_weights
from genba.tiers.sites import draw_sites
from genba.tiers.world import build_world
from tests import factories
from tests.tiering.world import NOW

_WORLD, _SITE = 8057, 5  # of all simulated sites one with as many contractors
_PLACES = ("東央", "武蔵野", "多摩川", "三栄", "大和田", "北関東", "山之内", "新日本橋", "八王子", "相模")
_TRADES = ("鉄筋工業", "設備", "電気工事", "建材", "塗装店", "内装", "組", "総合防水")


def add_large_site(session: Session, sealer: PhoneSealer, prime: Contractor, *, has_history: bool) -> Site:
    """Add the site with its proposal. Without history nothing is sure, and every contractor asks for a decision."""
    site = factories.site(session, sealer, "大きな現場", prime=prime, site_code="0999")
    facts = _facts(has_history)
    firms = {facts.prime_contractor_id: prime.contractor_id}
    names = _names()
    links = infer(facts, load_weights()).links
    for each in (*facts.contractors, *links):
        if each.contractor_id not in firms:
            firm = Contractor(ContractorId(uuid7()), next(names), LegalForm.CORPORATION)
            firms[each.contractor_id] = add_contractor(session, firm).contractor_id
    kept = [_kept(site, firms, link) for link in links]
    proposal_store.replace_proposal(session, KeptProposal(site.site_id, prime.contractor_id, NOW, 100), kept)
    return site


@cache
def _facts(has_history: bool) -> SiteFacts:
    site = draw_sites(build_world(_WORLD), _SITE + 1)[_SITE]
    return site.with_history() if has_history else site.without_history()


def _names() -> Iterator[str]:
    return (f"株式会社{place}{trade}" for trade, place in product(_TRADES, _PLACES))


def _kept(site: Site, firms: dict[str, ContractorId], link: ProposedLink) -> KeptLink:
    return KeptLink(
        site_id=site.site_id,
        contractor_id=firms[link.contractor_id],
        prime_contractor_id=site.prime_contractor_id,
        upper_contractor_id=firms[link.upper_contractor_id],
        tier=link.tier,
        confidence=link.confidence,
        needs_review=link.needs_review,
        has_entered=link.has_entered,
        evidence=tuple(_renamed(firms, each) for each in link.evidence),
        changed_at=NOW,
    )


def _renamed(firms: dict[str, ContractorId], evidence: Evidence) -> Evidence:
    return replace(evidence, other_id=str(firms[evidence.other_id])) if evidence.other_id else evidence
