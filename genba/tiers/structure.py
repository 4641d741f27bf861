"""The true structure of a simulated site: who was taken by whom, by habit or anew, up to four tiers."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from genba.tiers.world import TRADES, Firm, World, pick_lower

MAX_TIER = 4
WITHOUT_PARTNERS = 0.2  # how likely a firm that has no habitual lowers takes any
TIER_WEIGHTS = {1: 1.0, 2: 0.5, 3: 0.3}


@dataclass(slots=True)
class Structure:
    """Who stands where. A firm that stands twice has two uppers; its tier is that under the first."""

    prime: Firm
    uppers: dict[str, list[str]] = field(default_factory=dict)
    tier: dict[str, int] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)

    def add(self, firm: Firm, upper: str) -> None:
        self.uppers[firm.name] = [upper]
        self.tier[firm.name] = self.tier.get(upper, 0) + 1
        self.firms[firm.name] = firm

    def lowers(self, upper: str) -> list[str]:
        return [name for name, uppers in self.uppers.items() if upper in uppers]


def draw_structure(world: World, prime: Firm, size: int, rng: Random) -> Structure:
    """Return a structure of about `size` contractors below a prime."""
    structure = Structure(prime)
    for _ in range(size * 12):
        if len(structure.firms) >= size:
            break
        firm: Firm | None
        if not structure.firms or rng.random() < world.habits.first_tier:
            firm = _first_tier(world, structure, rng)
            upper = prime.name
        else:
            upper = _upper(world, structure, rng)
            firm = _lower(world, structure, structure.firms[upper], rng)
        if firm is not None and firm.name not in structure.firms:
            structure.add(firm, upper)
    _place_twice(world, structure, rng)
    return structure


def _first_tier(world: World, structure: Structure, rng: Random) -> Firm:
    habitual = world.habitual[structure.prime.name]
    is_habit = bool(habitual) and rng.random() < world.habits.loyalty
    pool = habitual if is_habit else tuple((firm, (1.0, 0.7, 0.3, 0.1)[firm.rank]) for firm in world.firms)
    counts = Counter(firm.trade for firm in structure.firms.values())
    weights = [TRADES[firm.trade].need * usual / (1 + counts[firm.trade]) for firm, usual in pool]
    return rng.choices(pool, weights)[0][0]


def _upper(world: World, structure: Structure, rng: Random) -> str:
    possible = [name for name, tier in structure.tier.items() if tier < MAX_TIER and structure.firms[name].rank < 3]
    if not possible:
        return rng.choice(list(structure.firms))
    weights = [
        TIER_WEIGHTS[structure.tier[name]]
        * (1.0, 0.7, 0.3)[structure.firms[name].rank]
        * (1.0 if world.habitual[name] else WITHOUT_PARTNERS)
        for name in possible
    ]
    return rng.choices(possible, weights)[0]


def _lower(world: World, structure: Structure, upper: Firm, rng: Random) -> Firm | None:
    """Return whom an upper takes; None where its habitual partners are all there and it wants nobody else."""
    habitual = [each for each in world.habitual[upper.name] if each[0].name not in structure.firms]
    if rng.random() < world.habits.loyalty:
        return rng.choices(habitual, [usual for _, usual in habitual])[0][0] if habitual else None
    return pick_lower(rng, upper, world.firms, world.habits.cross_trade)


def _place_twice(world: World, structure: Structure, rng: Random) -> None:
    """Let a few contractors work under a second upper as well, one that is not below them."""
    for name, uppers in structure.uppers.items():
        if structure.tier[name] < 2 or structure.lowers(name) or rng.random() > world.habits.twice:
            continue
        near = [
            other
            for other, firm in structure.firms.items()
            if other not in (name, *uppers)
            and structure.lowers(other)
            and TRADES[firm.trade].family == TRADES[structure.firms[name].trade].family
        ]
        if near:
            uppers.append(rng.choice(near))
