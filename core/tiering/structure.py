"""The structure of a site as people look at it: what was decided, what was declared, and what the machine proposes.

What people decided goes before what is declared, and both before what is proposed; it is always a tree below the prime.
Who does not see the site whole sees the formal links of its own and of the tiers below it, and nothing proposed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.db import Session
from core.ids import AccountId, ContractorId, SiteId
from core.registry.model import Participation, Site
from core.registry.reach import is_prime_of, reach_site
from core.scope import Scope
from core.tiering import link_store, proposal_store, structure_store
from core.tiering.link_model import Link, LinkEvent, LinkState
from core.tiering.link_rules import tiers_of
from core.tiering.model import Evidence
from core.tiering.policies import policy_of
from core.tiering.proposal_model import SURE, KeptLink, Look, Node, NodeState, Question, Structure
from core.tiering.structure_store import Seen

Uppers = dict[ContractorId, list[ContractorId]]
_FORMAL = {LinkState.ACCEPTED: NodeState.ACCEPTED, LinkState.INVITED: NodeState.INVITED}


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of a site's structure, as far as one viewer sees it."""

    site: Site
    links: Sequence[Link]
    declared: Sequence[Participation]
    proposed: Mapping[ContractorId, KeptLink]
    seen: Mapping[ContractorId, Seen]
    names: Mapping[ContractorId, str]
    look: Look | None
    deepest_tier: int | None
    is_whole: bool  # the viewer sees the site whole


def read_structure(session: Session, scope: Scope, site_id: SiteId, account_id: AccountId | None = None) -> Structure:
    """Return the structure of a site. With an account, what changed since its last look is told.

    Raises NotFound when the scope does not reach the site.
    """
    site = reach_site(session, scope, site_id)
    told = _told(session, scope, site, account_id)
    proposal = proposal_store.find_proposal(session, scope, site_id)
    return Structure(
        site_id=site_id,
        site_name=site.name,
        prime_contractor_id=site.prime_contractor_id,
        prime_name=told.names.get(site.prime_contractor_id, ""),
        nodes=tuple(_in_order(site.prime_contractor_id, _finished(told, _nodes(told)))),
        seq=max((link.seq for link in told.links), default=0),
        proposed_at=proposal.made_at if proposal else None,
        deepest_tier=told.deepest_tier,
        names=told.names,
    )


def history_of(session: Session, scope: Scope, site_id: SiteId) -> list[LinkEvent]:
    """Return who did what to the links of a site, the newest first, as far as the scope reaches."""
    return link_store.events_at(session, scope, site_id)


def note_look(session: Session, account_id: AccountId, structure: Structure, now: datetime) -> None:
    """Keep that an account has looked at a structure: from now on only what is newer counts as changed."""
    proposal_store.write_look(session, Look(account_id, structure.site_id, structure.seq, now))


def _told(session: Session, scope: Scope, site: Site, account_id: AccountId | None) -> Told:
    links = link_store.links_at(session, site.site_id, scope)
    bound = {link.participation_id for link in links if link.state.holds}
    parts = structure_store.parts_with_upper(session, scope, site.site_id)
    proposed = {link.contractor_id: link for link in proposal_store.proposed_at(session, site.site_id, scope)}
    declared = [part for part in parts if part.participation_id not in bound]
    ids = {site.prime_contractor_id}
    placed: list[Link | KeptLink | Participation] = [*links, *declared, *proposed.values()]
    for each in placed:
        ids |= {each.contractor_id, each.upper_contractor_id or each.contractor_id}
    for kept in proposed.values():
        ids |= {ContractorId(UUID(evidence.other_id)) for evidence in kept.evidence if evidence.other_id}
    return Told(
        site=site,
        links=links,
        declared=declared,
        proposed=proposed,
        seen=structure_store.seen_at(session, scope, site.site_id),
        names=structure_store.names_of(session, ids),
        look=proposal_store.find_look(session, account_id, site.site_id) if account_id else None,
        deepest_tier=policy_of(session, site.prime_contractor_id).deepest_tier,
        is_whole=is_prime_of(scope, site),
    )


def _nodes(told: Told) -> list[Node]:
    """Return every place: one for each open link, else each declared upper, else what is proposed."""
    nodes = [_formal(told, link) for link in told.links if link.state.is_open]
    decided = {node.contractor_id for node in nodes}
    nodes += [_declared(told, part) for part in told.declared if part.contractor_id not in decided]
    spoken = {node.contractor_id for node in nodes}
    uppers: Uppers = defaultdict(list)
    for node in nodes:
        uppers[node.contractor_id].append(node.upper_contractor_id)
    for kept in sorted(told.proposed.values(), key=lambda link: (link.tier, link.contractor_id)):
        if kept.contractor_id not in spoken:
            node = _proposed(told, kept)
            if _hangs_from(uppers, kept.upper_contractor_id, kept.contractor_id):
                node = replace(node, upper_contractor_id=told.site.prime_contractor_id, needs_decision=True)
            uppers[node.contractor_id].append(node.upper_contractor_id)
            nodes.append(node)
    if told.is_whole:  # to others it may well be placed
        nodes += [_unknown(told, upper) for upper in sorted(_missing(told, uppers))]
    return nodes


def _formal(told: Told, link: Link) -> Node:
    node = _node(told, link.contractor_id, link.upper_contractor_id, _FORMAL[link.state])
    question = _question(told, link) if link.state is LinkState.ACCEPTED else None
    has_changed = told.look is not None and (link.seq > told.look.seq or (question is not None and node.has_changed))
    evidence = _evidence_for(told, link.contractor_id, link.upper_contractor_id)
    return replace(
        node,
        link_id=link.link_id,
        link_state=link.state,
        question=question,
        has_changed=has_changed,
        evidence=evidence,
    )


def _question(told: Told, link: Link) -> Question | None:
    """Return what speaks against an accepted link, unless a person has kept it against just that."""
    kept = told.proposed.get(link.contractor_id)
    if kept is None or kept.needs_review or kept.confidence < SURE:
        return None
    stands = {other.upper_contractor_id for other in told.links if _is_accepted_of(other, link.contractor_id)}
    if kept.upper_contractor_id in stands or kept.upper_contractor_id == link.kept_against:
        return None
    name = told.names.get(kept.upper_contractor_id, "")
    return Question(kept.upper_contractor_id, name, kept.confidence, kept.evidence)


def _is_accepted_of(link: Link, contractor_id: ContractorId) -> bool:
    return link.state is LinkState.ACCEPTED and link.contractor_id == contractor_id


def _declared(told: Told, part: Participation) -> Node:
    if part.upper_contractor_id is None:
        raise AssertionError("only participations with an upper are declared places")
    node = _node(told, part.contractor_id, part.upper_contractor_id, NodeState.DECLARED)
    kept = told.proposed.get(part.contractor_id)
    is_doubted = kept is not None and kept.upper_contractor_id != part.upper_contractor_id and kept.confidence >= SURE
    evidence = _evidence_for(told, part.contractor_id, part.upper_contractor_id)
    return replace(node, needs_decision=is_doubted, evidence=evidence)


def _proposed(told: Told, kept: KeptLink) -> Node:
    node = _node(told, kept.contractor_id, kept.upper_contractor_id, NodeState.PROPOSED)
    rejected = [link for link in told.links if link.state is LinkState.REJECTED and _is_same(link, kept)]
    return replace(
        node,
        state=NodeState.REJECTED if rejected else NodeState.PROPOSED,
        link_id=rejected[-1].link_id if rejected else None,
        link_state=LinkState.REJECTED if rejected else None,
        confidence=kept.confidence,
        needs_decision=kept.needs_review or bool(rejected),
        evidence=kept.evidence,
    )


def _is_same(link: Link, kept: KeptLink) -> bool:
    return (link.contractor_id, link.upper_contractor_id) == (kept.contractor_id, kept.upper_contractor_id)


def _unknown(told: Told, contractor_id: ContractorId) -> Node:
    """Return the place of an upper that nobody, not even the machine, has placed."""
    node = _node(told, contractor_id, told.site.prime_contractor_id, NodeState.PROPOSED)
    return replace(node, confidence=0.0, needs_decision=True)


def _node(told: Told, contractor_id: ContractorId, upper: ContractorId, state: NodeState) -> Node:
    seen, kept = told.seen.get(contractor_id, Seen(0, None, None)), told.proposed.get(contractor_id)
    return Node(
        contractor_id=contractor_id,
        name=told.names.get(contractor_id, ""),
        upper_contractor_id=upper,
        upper_name=told.names.get(upper, ""),
        tier=0,
        state=state,
        link_state=None,
        link_id=None,
        confidence=1.0,
        needs_decision=False,
        is_too_deep=False,
        has_changed=told.look is not None and kept is not None and kept.changed_at > told.look.looked_at,
        evidence=(),
        question=None,
        workers=seen.workers,
        first_day=seen.first_day,
        last_day=seen.last_day,
    )


def _evidence_for(told: Told, contractor_id: ContractorId, upper: ContractorId) -> tuple[Evidence, ...]:
    kept = told.proposed.get(contractor_id)
    return kept.evidence if kept is not None and kept.upper_contractor_id == upper else ()


def _hangs_from(uppers: Uppers, contractor_id: ContractorId, above: ContractorId) -> bool:
    """Whether a contractor stands below another, or is it."""
    reached, waiting = set[ContractorId](), [contractor_id]
    while waiting:
        each = waiting.pop()
        if each == above:
            return True
        if each not in reached:
            reached.add(each)
            waiting.extend(uppers.get(each, ()))
    return False


def _missing(told: Told, uppers: Uppers) -> set[ContractorId]:
    named = {upper for above in uppers.values() for upper in above}
    return named - uppers.keys() - {told.site.prime_contractor_id}


def _finished(told: Told, nodes: Iterable[Node]) -> list[Node]:
    """Return the nodes with their tiers, and what is deeper than the prime allows flagged."""
    found = list(nodes)
    uppers: Uppers = defaultdict(list)
    for node in found:
        uppers[node.contractor_id].append(node.upper_contractor_id)
    tiers = tiers_of(told.site.prime_contractor_id, uppers)
    deepest = told.deepest_tier
    return [
        replace(
            node,
            tier=tier,
            upper_name=told.names.get(node.upper_contractor_id, ""),
            is_too_deep=deepest is not None and tier > deepest,
        )
        for node in found
        for tier in [tiers[node.upper_contractor_id] + 1 if node.upper_contractor_id in tiers else 0]
    ]


def _in_order(prime: ContractorId, nodes: Sequence[Node]) -> list[Node]:
    """Return nodes in the order of the tree; those whose upper the viewer does not see stand at its top."""
    lowers: dict[ContractorId, list[Node]] = defaultdict(list)
    for node in sorted(nodes, key=lambda node: (node.name, node.contractor_id)):
        lowers[node.upper_contractor_id].append(node)
    standing = {node.contractor_id for node in nodes}
    tops = [upper for upper in lowers if upper != prime and upper not in standing]
    ordered: list[Node] = []
    walked: set[ContractorId] = set()

    def walk(upper: ContractorId) -> None:
        if upper in walked:
            return
        walked.add(upper)
        for node in lowers[upper]:
            ordered.append(node)
            walk(node.contractor_id)

    for top in [prime, *sorted(tops)]:
        walk(top)
    return ordered
