"""A site's facts put together once: who was there when, who is in question as an upper, how each two compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import log, sqrt

from core.tiering.history import History, digest
from core.tiering.model import ContractorFacts, KnownRelation, SiteFacts
from core.tiering.presence import NEVER_TOGETHER, Presence, Together, of_all, presences, together
from core.tiering.trades import trades_of

MAX_ABSENT = 40  # uppers that never entered and are in question, the likeliest first
ABSENT_SHARE = 0.2  # of a contractor's history, for an upper that neither entered nor is listed


@dataclass(frozen=True, slots=True)
class Pair:
    """How two contractors' people came, left and stayed away together. The same seen from either side."""

    close: Together
    near: Together
    leaving: Together
    close_of_all: Together  # the same as close and near, beside how often either comes with anybody
    near_of_all: Together
    absence: float  # correlation of presence while both were on the site, from -1 to 1
    absence_days: int

    @property
    def absence_surprise(self) -> float:
        return self.absence * sqrt(self.absence_days)


NO_PAIR = Pair(NEVER_TOGETHER, NEVER_TOGETHER, NEVER_TOGETHER, NEVER_TOGETHER, NEVER_TOGETHER, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A site as the features see it. entered and absent are in order of id and leave the prime out."""

    facts: SiteFacts
    prime: str
    contractors: Mapping[str, ContractorFacts]
    presence: Mapping[str, Presence]
    entered: Sequence[str]
    absent: Sequence[str]
    history: History
    pairs: Mapping[tuple[str, str], Pair]
    companions: Mapping[
        str, Mapping[str, float]
    ]  # of each that entered: the others, by how far beyond chance they came
    trade_heads: Mapping[str, float]
    trade_counts: Mapping[str, int]
    days: int

    def pair(self, one: str, other: str) -> Pair:
        return self.pairs.get((one, other) if one < other else (other, one), NO_PAIR)

    def facts_of(self, contractor_id: str) -> ContractorFacts:
        return self.contractors.get(contractor_id) or ContractorFacts(contractor_id)

    def heads(self, contractor_id: str) -> float:
        presence = self.presence.get(contractor_id)
        return presence.heads if presence else 0.0

    def is_largest_of_trade(self, contractor_id: str) -> bool:
        heads = self.heads(contractor_id)
        return heads > 0 and any(self.trade_heads.get(trade, 0.0) <= heads for trade in self.trades(contractor_id))

    def count_of_trade(self, contractor_id: str) -> int:
        """Return how many contractors of its trade entered, itself included; 0 for an unknown trade."""
        return max((self.trade_counts.get(trade, 0) for trade in self.trades(contractor_id)), default=0)

    def trades(self, contractor_id: str) -> frozenset[str]:
        return trades_of(self.facts_of(contractor_id).trade)

    def uppers_in_question(self, contractor_id: str) -> list[str]:
        """Return whom a contractor may work under: the prime first, then the others in order of id."""
        if contractor_id in self.presence:
            known = self.history.uppers.get(contractor_id, frozenset()) | self.history.said(contractor_id)
            absent = [each for each in self.absent if each in known or each in self.contractors]
            return [self.prime, *(each for each in (*self.entered, *absent) if each != contractor_id)]
        known = self.history.uppers.get(contractor_id, frozenset()) | self.history.said(contractor_id)
        return [self.prime, *(each for each in self.entered if each in known)]


def picture_of(facts: SiteFacts) -> Picture:
    """Return a site's facts put together."""
    presence = presences(facts.passages, facts.day_starts)
    prime = facts.prime_contractor_id
    entered = sorted(contractor_id for contractor_id in presence if contractor_id != prime)
    contractors = {each.contractor_id: each for each in facts.contractors}
    history = digest(facts)
    heads: dict[str, float] = {}
    counts: dict[str, int] = {}
    for contractor_id in entered:
        for trade in trades_of((contractors.get(contractor_id) or ContractorFacts(contractor_id)).trade):
            heads[trade] = max(heads.get(trade, 0.0), presence[contractor_id].heads)
            counts[trade] = counts.get(trade, 0) + 1
    pairs = _pairs(presence)
    absent = _absent(prime, entered, contractors, history)
    return Picture(
        facts=facts,
        prime=prime,
        contractors=contractors,
        presence=presence,
        entered=entered,
        absent=absent,
        history=history,
        pairs=pairs,
        companions=_companions(entered, pairs),
        trade_heads=heads,
        trade_counts=counts,
        days=max((each.last_day + 1 for each in presence.values()), default=0),
    )


def retold(picture: Picture, relations: Sequence[KnownRelation]) -> Picture:
    """Return the same site with other relations known; what the gate showed is not reckoned again."""
    facts = replace(picture.facts, relations=relations)
    history = digest(facts)
    absent = _absent(picture.prime, picture.entered, picture.contractors, history)
    return replace(picture, facts=facts, history=history, absent=absent)


def _absent(
    prime: str, entered: Sequence[str], contractors: Mapping[str, ContractorFacts], history: History
) -> list[str]:
    """Return the uppers in question that never entered: those listed, those named, and old partners."""
    there = {prime, *entered}
    scores = {each: 0.5 for each in contractors if each not in there}
    for contractor_id in entered:
        for upper in history.said(contractor_id) - there:
            scores[upper] = scores.get(upper, 0.0) + 2.0
        for upper in history.uppers.get(contractor_id, frozenset()) - there:
            share = history.bonds[contractor_id, upper].weight / history.totals[contractor_id]
            bond = history.bonds[contractor_id, upper]
            if upper in scores or (bond.own_sites and share >= ABSENT_SHARE):
                scores[upper] = scores.get(upper, 0.0) + share
    likeliest = sorted(scores, key=lambda each: (-scores[each], each))[:MAX_ABSENT]
    return sorted(likeliest)


def _pairs(presence: Mapping[str, Presence]) -> dict[tuple[str, str], Pair]:
    usual = [_usual(presence, kind) for kind in ("close_to", "near_to", "leaving")]
    pairs = {
        (one, other): _pair(presence[one], presence[other], usual)
        for one, other in combinations(sorted(presence), 2)
        if presence[one].first_day <= presence[other].last_day and presence[other].first_day <= presence[one].last_day
    }
    close = of_all({names: pair.close for names, pair in pairs.items()})
    near = of_all({names: pair.near for names, pair in pairs.items()})
    return {names: replace(pair, close_of_all=close[names], near_of_all=near[names]) for names, pair in pairs.items()}


def _companions(entered: Sequence[str], pairs: Mapping[tuple[str, str], Pair]) -> dict[str, dict[str, float]]:
    companions: dict[str, dict[str, float]] = {each: {} for each in entered}
    for (one, other), pair in pairs.items():
        if pair.near.surprise > 1 and one in companions and other in companions:
            companions[one][other] = companions[other][one] = pair.near.surprise
    return companions


def _usual(presence: Mapping[str, Presence], kind: str) -> float:
    """Return the share of days on which any two fall together, from neighbours in order of id."""
    order = sorted(presence)
    hits = days = 0
    for one, other in zip(order, order[1:] + order[:1], strict=True):
        ours = presence[one].departures if kind == "leaving" else presence[one].arrivals
        theirs: Mapping[int, int] = getattr(presence[other], kind)
        shared = ours.keys() & theirs.keys()
        hits += sum(1 for day in shared if ours[day] & theirs[day])
        days += len(shared)
    return (hits + 1) / (days + 5)


def _pair(one: Presence, other: Presence, usual: Sequence[float]) -> Pair:
    absence, days = _absence(one, other)
    return Pair(
        close=together(one.arrivals, other.close_to, usual[0]),
        near=together(one.arrivals, other.near_to, usual[1]),
        leaving=together(one.departures, other.leaving, usual[2]),
        close_of_all=NEVER_TOGETHER,
        near_of_all=NEVER_TOGETHER,
        absence=absence,
        absence_days=days,
    )


def _absence(one: Presence, other: Presence) -> tuple[float, int]:
    """Return the correlation of two contractors' presence in the days that both were on the site, and those days."""
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    days = last - first + 1
    span = ((1 << days) - 1) << first
    ours, theirs = (one.days & span).bit_count(), (other.days & span).bit_count()
    both = (one.days & other.days & span).bit_count()
    spread = ours * (days - ours) * theirs * (days - theirs)
    return ((days * both - ours * theirs) / sqrt(spread) if spread else 0.0), days


def log_size(contractor: ContractorFacts) -> float | None:
    """Return the capital's power of ten; a sole proprietor has none and counts as half a million yen."""
    if contractor.capital_yen:
        return log(contractor.capital_yen, 10)
    return 5.7 if contractor.is_sole else None
