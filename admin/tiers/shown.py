"""A structure as the page tells it: rows with evidence as sentences, what they offer to whom, and what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import Request

from admin.access import scope_of, viewer_of
from admin.pages import language_of
from core.accounts.model import Permission
from core.db import Session
from core.ids import ContractorId
from core.registry.model import Site
from core.registry.reach import employs, is_prime_of
from core.scope import Scope
from core.tiering import link_store, proposal_store
from core.tiering.link_model import LinkAct, LinkEvent, Policy
from core.tiering.model import Evidence, EvidenceKind
from core.tiering.policies import policy_of
from core.tiering.proposal_model import Look, Node, NodeState, Structure
from core.tiering.wording import text_of

A_VISIT = timedelta(minutes=10)  # looking again within it is the same look: what is new stays marked
REASONS_SHOWN = 3
MOST_NEWS = 8
# From which confidence on a proposal is said to be how sure; what is marked for a person is never more than likely.
_LIKELY, _PERHAPS = 0.75, 0.5
_OTHER_UPPER = (EvidenceKind.OTHERWISE_PERHAPS, EvidenceKind.DECLARED_OTHERWISE, EvidenceKind.TWO_UPPERS)


@dataclass(frozen=True, slots=True)
class Means:
    """What a viewer may do about the structure of a site."""

    settles: bool  # decides for everybody, as the prime contractor
    at_once: bool  # and may accept without asking the contractor
    changes_policy: bool
    acts: Scope
    sees_all: bool  # the whole structure with what is proposed, not only the part of its own contractors
    own: tuple[ContractorId, ...]  # contractors in the structure in whose name the viewer acts, besides the prime

    def changes(self, node: Node) -> bool:
        """Whether anything can be done about a place as it now stands."""
        if self.settles or self.speaks_for(node.upper_contractor_id):
            return True
        return node.state is NodeState.INVITED and self.speaks_for(node.contractor_id)

    def accepts(self, node: Node) -> bool:
        return self.settles or self.speaks_for(node.contractor_id)

    def withdraws(self, node: Node) -> bool:
        return self.settles or self.speaks_for(node.upper_contractor_id)

    def is_proxy(self, node: Node) -> bool:
        """Whether accepting would be done in the name of somebody else (代行)."""
        return not (self.acts.everything or node.contractor_id in self.acts.employers)

    def speaks_for(self, contractor_id: ContractorId) -> bool:
        return employs(self.acts, contractor_id)


@dataclass(frozen=True, slots=True)
class Row:
    """One place as it is listed. others are further uppers that the evidence names."""

    node: Node
    anchor: str
    sureness: str  # the last part of a word's key
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]  # what speaks against an accepted link
    others: tuple[tuple[ContractorId, str], ...]
    is_new: bool
    is_twice: bool

    @property
    def needs_decision(self) -> bool:
        return self.node.needs_decision or self.node.question is not None


@dataclass(frozen=True, slots=True)
class News:
    """What others did since the viewer's last look, the newest first."""

    look: Look | None
    events: tuple[LinkEvent, ...]
    own_links: frozenset[UUID] = frozenset()  # which the viewer changed since

    def is_new(self, node: Node) -> bool:
        """Whether somebody else, or the machine, has changed a place since the look."""
        return node.has_changed and node.link_id not in self.own_links


def news_of(request: Request, session: Session, site: Site) -> News:
    """Return what is new for the viewer at a site. Nothing is at the first look."""
    account_id = viewer_of(request).account.account_id
    look = proposal_store.find_look(session, account_id, site.site_id)
    if look is None:
        return News(None, ())
    events = link_store.events_at(session, scope_of(request), site.site_id, after=look.seq)
    theirs = tuple(event for event in events if event.by_account != account_id)
    return News(
        look,
        tuple(without_echoes(theirs)),
        frozenset(event.link_id for event in events if event.by_account == account_id),
    )


def without_echoes(events: Sequence[LinkEvent]) -> list[LinkEvent]:
    """Return events without those that only keep what the same act has just decided of the contractor."""
    decided = {(event.batch_id, event.contractor_id) for event in events if event.act is not LinkAct.KEPT}
    return [
        event
        for event in events
        if event.act is not LinkAct.KEPT or (event.batch_id, event.contractor_id) not in decided
    ]


def means_of(request: Request, session: Session, site: Site, structure: Structure) -> Means:
    """Return what the viewer may do at a site."""
    policy: Policy = policy_of(session, site.prime_contractor_id)
    acts, edits = scope_of(request, Permission.REQUEST), scope_of(request, Permission.EDIT_SITES)
    standing = dict.fromkeys(node.contractor_id for node in structure.nodes)
    return Means(
        settles=is_prime_of(scope_of(request, Permission.SETTLE), site),
        at_once=policy.accepts_at_once,
        changes_policy=edits.everything or site.prime_contractor_id in edits.primes,
        acts=acts,
        sees_all=is_prime_of(scope_of(request), site),
        own=tuple(each for each in standing if each in acts.employers and each != site.prime_contractor_id),
    )


def rows_of(request: Request, structure: Structure, news: News) -> list[Row]:
    """Return the places of a structure as they are listed, in the order of the tree."""
    tell = partial(_sentences, structure, language_of(request))
    seen: dict[ContractorId, int] = {}
    for node in structure.nodes:
        seen[node.contractor_id] = seen.get(node.contractor_id, 0) + 1
    return [_row(structure, node, news, tell, is_twice=seen[node.contractor_id] > 1) for node in structure.nodes]


def anchor_of(node: Node) -> str:
    """Return the name of a place within the page: the random ends of both ids."""
    return f"c-{node.contractor_id.hex[-12:]}-{node.upper_contractor_id.hex[-8:]}"


def _row(
    structure: Structure,
    node: Node,
    news: News,
    tell: Callable[[Sequence[Evidence]], tuple[str, ...]],
    *,
    is_twice: bool,
) -> Row:
    return Row(
        node=node,
        anchor=anchor_of(node),
        sureness=_sureness(node),
        reasons=tell(node.evidence),
        doubts=tell(node.question.evidence) if node.question else (),
        others=_others(structure, node),
        is_new=news.is_new(node),
        is_twice=is_twice,
    )


def _sureness(node: Node) -> str:
    if node.state not in (NodeState.PROPOSED, NodeState.REJECTED):
        return "said"
    if not node.needs_decision:
        return "sure"
    if node.confidence >= _LIKELY:
        return "likely"
    return "perhaps" if node.confidence >= _PERHAPS else "unclear"


def _others(structure: Structure, node: Node) -> tuple[tuple[ContractorId, str], ...]:
    """Return the uppers that the evidence names besides the proposed one, and that which a question names."""
    ids = [ContractorId(UUID(each.other_id)) for each in node.evidence if each.kind in _OTHER_UPPER and each.other_id]
    if node.question is not None:
        ids.insert(0, node.question.upper_contractor_id)
    wanted = [each for each in dict.fromkeys(ids) if each not in (node.upper_contractor_id, node.contractor_id)]
    return tuple((each, structure.names[each]) for each in wanted if each in structure.names)


def _sentences(structure: Structure, language: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    def name_of(other_id: str) -> str:
        return structure.names.get(ContractorId(UUID(other_id)), "") if other_id else ""

    return tuple(text_of(each, language, name_of) for each in evidence)
