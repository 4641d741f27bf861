"""What holds for the formal links of a site, whoever acts. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import InvalidInput, NotAllowed
from core.ids import ContractorId
from core.registry.model import Site
from core.registry.reach import employs, is_prime_of
from core.registry.rules import check_upper, covers
from core.scope import Scope
from core.tiering.link_model import Link, LinkState, Place, Policy

DEEPEST_TIER = 9  # that a policy may name


@dataclass(frozen=True, slots=True)
class Party:
    """In whose name an act is done, and whether somebody else does it for him (代行)."""

    contractor_id: ContractorId
    is_proxy: bool


def party_of(scope: Scope, site: Site, owner: ContractorId, *, helpers: Collection[ContractorId] = ()) -> Party:
    """Return in whose name an act of owner is done by somebody with this scope.

    The owner acts for himself; the prime contractor, and the contractors among helpers, may act for him.
    Raises NotAllowed for everybody else.
    """
    is_owner = owner in scope.employers or (owner == site.prime_contractor_id and is_prime_of(scope, site))
    if is_owner:
        return Party(owner, is_proxy=False)
    if is_prime_of(scope, site) or any(employs(scope, helper) for helper in helpers):
        return Party(owner, is_proxy=True)
    raise NotAllowed("somebody else decides this", site_id=site.site_id, contractor_id=owner)


def check_place(site: Site, place: Place, links: Iterable[Link]) -> None:
    """Raises NotAllowed when the prime would stand below somebody, or a contractor below itself, at once or in a loop.

    links are those of the site; only open ones matter.
    """
    if place.contractor_id == site.prime_contractor_id:
        raise NotAllowed("the prime contractor is no subcontractor of its site", site_id=site.site_id)
    uppers: dict[ContractorId, list[ContractorId]] = defaultdict(list)
    for link in links:
        if link.state.is_open:
            uppers[link.contractor_id].append(link.upper_contractor_id)
    check_upper(uppers, place.contractor_id, place.upper_contractor_id)


def is_of(link: Link, place: Place) -> bool:
    """Whether a link is about a place."""
    return (link.contractor_id, link.upper_contractor_id) == (place.contractor_id, place.upper_contractor_id)


def stands_in(link: Link, place: Place) -> bool:
    """Whether a link is invited or accepted for a place."""
    return link.state.is_open and is_of(link, place)


def check_state(link: Link, *allowed: LinkState) -> None:
    """Raises NotAllowed when a link is in none of the states: somebody was faster, or it is decided."""
    if link.state not in allowed:
        raise NotAllowed(f"the link is {link.state}", link_id=link.link_id, state=link.state)


def check_policy(policy: Policy) -> None:
    """Raises InvalidInput when the deepest tier cannot be."""
    if policy.deepest_tier is not None and not 1 <= policy.deepest_tier <= DEEPEST_TIER:
        raise InvalidInput(f"the deepest tier is 1 to {DEEPEST_TIER}", field="deepest_tier")


def tiers_of(prime: ContractorId, uppers: Mapping[ContractorId, Collection[ContractorId]]) -> dict[ContractorId, int]:
    """Return the tier of each contractor that hangs from the prime: the shallowest where it stands twice."""
    lowers: dict[ContractorId, list[ContractorId]] = defaultdict(list)
    for contractor_id, above in uppers.items():
        for upper in above:
            lowers[upper].append(contractor_id)
    tiers, waiting = {prime: 0}, [prime]
    for upper in waiting:
        for lower in lowers[upper]:
            if lower not in tiers:
                tiers[lower] = tiers[upper] + 1
                waiting.append(lower)
    return tiers


@dataclass(frozen=True, slots=True)
class Span:
    """Days from-until, both included; without an end they go on."""

    valid_from: date
    valid_until: date | None


class Chains:
    """On which days contractors hang from the prime by links that are all accepted: what a day needs to count."""

    def __init__(self, site: Site, links: Iterable[Link]) -> None:
        self._site = site
        self._links: dict[ContractorId, list[Link]] = defaultdict(list)
        for link in links:
            if link.state.holds:
                self._links[link.contractor_id].append(link)
        self._spans: dict[ContractorId, list[Span]] = {site.prime_contractor_id: [Span(date.min, None)]}

    def is_whole(self, contractor_id: ContractorId, day: date) -> bool:
        """Whether every link from a contractor up to the prime is accepted on a day."""
        return any(covers(span.valid_from, span.valid_until, day) for span in self.spans(contractor_id))

    def spans(self, contractor_id: ContractorId) -> list[Span]:
        """Return the days on which a contractor's chain is whole, the latest last; under two uppers they may cross."""
        if contractor_id not in self._spans:
            self._spans[contractor_id] = []  # links make no loop; should they ever, it ends here
            found = (
                common
                for link in self._links[contractor_id]
                for above in self.spans(link.upper_contractor_id)
                if (common := _common(link, above)) is not None
            )
            self._spans[contractor_id] = sorted(found, key=lambda span: (span.valid_until or date.max, span.valid_from))
        return self._spans[contractor_id]

    def gap(self, contractor_id: ContractorId) -> ContractorId:
        """Return the contractor whose link is the first to be missing on the way up to the prime."""
        seen: set[ContractorId] = set()
        while contractor_id not in seen:
            seen.add(contractor_id)
            uppers = [link.upper_contractor_id for link in self._links[contractor_id]]
            if not uppers or uppers[-1] == self._site.prime_contractor_id:
                return contractor_id
            contractor_id = uppers[-1]
        return contractor_id


def _common(link: Link, above: Span) -> Span | None:
    first = max(link.valid_from, above.valid_from)
    ends = [end for end in (link.valid_until, above.valid_until) if end is not None]
    last = min(ends, default=None)
    return None if last is not None and last < first else Span(first, last)


def newest_change(links: Sequence[Link], contractor_ids: Collection[ContractorId]) -> int:
    """Return the number of the newest event that concerns one of the contractors as the lower one; 0 for none."""
    return max((link.seq for link in links if link.contractor_id in contractor_ids), default=0)
