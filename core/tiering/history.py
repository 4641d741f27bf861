"""What is known of who worked under whom: declarations for this site, and structures approved elsewhere, by age.

A relation from another prime's site weighs in the same way but is kept apart: it is never shown, not even as a count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.clock import JST
from core.tiering.model import KnownRelation, RelationSource, SiteFacts

HALF_LIFE_YEARS = 2.0
UNDATED_YEARS = 2.0  # an approved site without a date is taken to be this old
OLDEST_YEARS = 99.0  # whatever is older weighs as much: as good as nothing, and yet something to divide by
NOBODY: frozenset[str] = frozenset()
DAYS_A_YEAR = 365.25


@dataclass(slots=True)
class Bond:
    """What sites elsewhere say of one contractor under another: weight by age, on this prime's sites and on others'."""

    own: float = 0.0
    others: float = 0.0
    own_sites: set[str] = field(default_factory=set)
    years: float = OLDEST_YEARS

    @property
    def weight(self) -> float:
        return self.own + self.others


@dataclass(frozen=True, slots=True)
class History:
    """Bonds by (contractor, upper). Directly under the prime of an earlier site counts as under this site's prime."""

    bonds: Mapping[tuple[str, str], Bond]
    totals: Mapping[str, float]
    own_totals: Mapping[str, float]
    uppers: Mapping[str, frozenset[str]]
    latest: Mapping[str, float]
    lowers: Mapping[str, int]
    declared: Mapping[str, frozenset[str]]
    answered: Mapping[str, frozenset[str]]
    named: Mapping[str, frozenset[str]]
    named_by: Mapping[str, frozenset[str]]

    def said(self, contractor_id: str) -> frozenset[str]:
        """Return the uppers that somebody named for this site."""
        return self.named.get(contractor_id, NOBODY)

    def said_of(self, upper: str) -> frozenset[str]:
        """Return the contractors for which it was named as an upper."""
        return self.named_by.get(upper, NOBODY)


def digest(facts: SiteFacts) -> History:
    """Return what the relations of a site's facts say."""
    today = _reference_date(facts)
    bonds: defaultdict[tuple[str, str], Bond] = defaultdict(Bond)
    declared: defaultdict[str, set[str]] = defaultdict(set)
    answered: defaultdict[str, set[str]] = defaultdict(set)
    for relation in facts.relations:
        lower, upper = relation.contractor_id, _as_here(relation, facts)
        if lower in (upper, facts.prime_contractor_id):
            continue
        if relation.source is RelationSource.ANSWERED:
            answered[lower].add(upper)
        elif relation.source is RelationSource.DECLARED or relation.site_id == facts.site_id:
            declared[lower].add(upper)
        else:
            _add(bonds[lower, upper], relation, facts.prime_contractor_id, today)
    return _summed(bonds, declared, answered)


def _reference_date(facts: SiteFacts) -> date:
    if facts.passages:
        return max(passage.at for passage in facts.passages).astimezone(JST).date()
    return max((relation.last_seen for relation in facts.relations if relation.last_seen), default=date.min)


def _as_here(relation: KnownRelation, facts: SiteFacts) -> str:
    is_under_prime = relation.upper_contractor_id == relation.prime_contractor_id
    return facts.prime_contractor_id if is_under_prime else relation.upper_contractor_id


def _add(bond: Bond, relation: KnownRelation, prime_contractor_id: str, today: date) -> None:
    seen = relation.last_seen
    years = UNDATED_YEARS if seen is None else min(max(0.0, (today - seen).days / DAYS_A_YEAR), OLDEST_YEARS)
    weight = 0.5 ** (years / HALF_LIFE_YEARS)
    if relation.prime_contractor_id == prime_contractor_id:
        bond.own += weight
        bond.own_sites.add(relation.site_id or f"{relation.last_seen}")
    else:
        bond.others += weight
    bond.years = min(bond.years, years)


def _summed(
    bonds: Mapping[tuple[str, str], Bond],
    declared: Mapping[str, Iterable[str]],
    answered: Mapping[str, Iterable[str]],
) -> History:
    totals: defaultdict[str, float] = defaultdict(float)
    own_totals: defaultdict[str, float] = defaultdict(float)
    uppers: defaultdict[str, set[str]] = defaultdict(set)
    lowers: defaultdict[str, set[str]] = defaultdict(set)
    latest: dict[str, float] = {}
    named = {lower: frozenset((*declared.get(lower, ()), *answered.get(lower, ()))) for lower in (*declared, *answered)}
    named_by: defaultdict[str, set[str]] = defaultdict(set)
    for lower, names in named.items():
        for upper in names:
            named_by[upper].add(lower)
    for (lower, upper), bond in sorted(bonds.items()):
        totals[lower] += bond.weight
        own_totals[lower] += bond.own
        uppers[lower].add(upper)
        lowers[upper].add(lower)
        latest[lower] = min(bond.years, latest.get(lower, bond.years))
    return History(
        bonds=dict(bonds),
        totals=dict(totals),
        own_totals=dict(own_totals),
        uppers={lower: frozenset(names) for lower, names in uppers.items()},
        latest=latest,
        lowers={upper: len(names) for upper, names in lowers.items()},
        declared={lower: frozenset(names) for lower, names in declared.items()},
        answered={lower: frozenset(names) for lower, names in answered.items()},
        named=named,
        named_by={upper: frozenset(names) for upper, names in named_by.items()},
    )
