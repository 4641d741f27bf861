"""Simulated sites as the inference is told of them, beside the truth that it is not told."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from math import exp, log
from random import Random

from core.tiering.model import ContractorFacts, KnownRelation, RelationSource, SiteFacts
from genba.tiers.days import draw_passages, working_days
from genba.tiers.structure import Structure, draw_structure
from genba.tiers.world import Firm, World

WRONG_DECLARATIONS = 0.02
WRONG_APPROVALS = 0.01
EARLIER_SITES = (60, 150)
MIN_CONTRACTORS = 3
THIRD = 1 / 3


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """A site's facts without any relation, the relations that might be known, and the truth.

    uppers has one or two names for each contractor; whoever entered without being on the site has none there.
    """

    facts: SiteFacts
    history: tuple[KnownRelation, ...]
    declarations: tuple[KnownRelation, ...]
    uppers: dict[str, tuple[str, ...]]
    tiers: dict[str, int]

    def is_right(self, contractor_id: str, upper: str) -> bool:
        """Whether an upper is the true one. Of a contractor that stands twice neither is: that is to be asked."""
        return self.uppers[contractor_id] == (upper,)

    def without_history(self) -> SiteFacts:
        return self.facts

    def with_declared(self, share: float = THIRD) -> SiteFacts:
        """Return the facts with this share of the contractors' uppers declared."""
        return replace(self.facts, relations=self.declarations[: round(len(self.declarations) * share)])

    def with_history(self, declared: float = 0.0) -> SiteFacts:
        """Return the facts with what earlier sites showed, and with a share of declarations."""
        return replace(self.facts, relations=(*self.history, *self.with_declared(declared).relations))


def draw_sites(world: World, count: int) -> list[SimulatedSite]:
    """Return sites of a world, with the earlier sites of the same world as their history."""
    rng = Random(f"sites {world.number}")  # noqa: S311 - a simulation
    today = date(2026, 4, 1)
    earlier = [_earlier(world, number, today, rng) for number in range(rng.randint(*EARLIER_SITES))]
    drawn = (_site(world, number, today, earlier, rng) for number in range(count * 3))
    return list(islice((site for site in drawn if len(site.uppers) >= MIN_CONTRACTORS), count))


def _size(rng: Random) -> int:
    return round(exp(rng.uniform(log(3), log(60))))


def _earlier(world: World, number: int, today: date, rng: Random) -> tuple[str, list[KnownRelation]]:
    """Return an approved site of the last four years: its prime and its relations; none when it was not approved."""
    prime = rng.choice(world.primes)
    structure = draw_structure(world, prime, _size(rng), rng)
    if rng.random() > world.habits.approved:
        return prime.name, []
    ended = today - timedelta(days=rng.randint(20, 1460))
    return prime.name, [
        KnownRelation(
            contractor_id=name,
            upper_contractor_id=_told(upper, structure, WRONG_APPROVALS, rng),
            source=RelationSource.APPROVED_SITE,
            prime_contractor_id=prime.name,
            site_id=f"w{world.number}-earlier-{number}",
            last_seen=ended - timedelta(days=rng.randint(0, 60)),
        )
        for name, uppers in structure.uppers.items()
        for upper in uppers
    ]


def _told(upper: str, structure: Structure, wrong: float, rng: Random) -> str:
    return rng.choice(sorted(structure.firms)) if rng.random() < wrong else upper


def _site(
    world: World, number: int, today: date, earlier: list[tuple[str, list[KnownRelation]]], rng: Random
) -> SimulatedSite:
    prime = rng.choice(world.primes)
    structure = draw_structure(world, prime, _size(rng), rng)
    unseen = {name for name in structure.firms if structure.lowers(name) and rng.random() < world.habits.unseen_upper}
    passages = draw_passages(
        world, structure, unseen, working_days(today, rng.choice((40, 60, 90, 120, 150, 200))), _window(rng), rng
    )
    entered = sorted({each.contractor_id for each in passages} - {prime.name})
    rng.shuffle(entered)
    facts = SiteFacts(
        site_id=f"w{world.number}-site-{number}",
        prime_contractor_id=prime.name,
        contractors=_listed(world, structure, prime, [*entered, *sorted(unseen)], entered, rng),
        passages=tuple(passages),
    )
    agreed = {each.name: each.name == prime.name or rng.random() < world.habits.agreed for each in world.primes}
    known = {each.contractor_id for each in facts.contractors}
    return SimulatedSite(
        facts=facts,
        history=tuple(
            relation
            for whose, relations in earlier
            if agreed[whose]
            for relation in relations
            if relation.contractor_id in known
        ),
        declarations=tuple(
            KnownRelation(
                contractor_id=name,
                upper_contractor_id=_told(rng.choice(structure.uppers[name]), structure, WRONG_DECLARATIONS, rng),
                source=RelationSource.DECLARED,
                site_id=facts.site_id,
            )
            for name in entered
            if name in structure.uppers
        ),
        uppers={name: tuple(structure.uppers.get(name, ())) for name in entered},
        tiers={name: structure.tier.get(name, 0) for name in entered},
    )


def _window(rng: Random) -> tuple[float, float]:
    """Return which part of the site's time is looked at: often all of it so far, sometimes a piece."""
    begins = rng.choice((0.0, 0.0, rng.uniform(0, 0.5)))
    return begins, min(1.0, begins + rng.uniform(0.5, 1.0))


def _listed(
    world: World, structure: Structure, prime: Firm, names: list[str], entered: list[str], rng: Random
) -> tuple[ContractorFacts, ...]:
    """Return the registry's facts: of all who entered, of most uppers that never did, and of a few strangers."""
    facts = {firm.name: firm.facts for firm in world.firms}
    there = set(entered)
    listed = [facts[name] for name in names if name in there or rng.random() < 0.6]
    strangers = [rng.choice(world.firms).facts for _ in range(rng.choice((0, 0, 0, 0, 1, 2)))]
    known = {each.contractor_id for each in listed}
    return (prime.facts, *listed, *(each for each in strangers if each.contractor_id not in known))
