"""A simulated world: contractors with their trades, sizes and habitual partners, and the habits of its region.

Every world draws its habits anew from wide ranges, so that what is learned does not lean on one of them.
"""

from dataclasses import dataclass
from random import Random

from core.tiering.model import ContractorFacts


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade: how people write it, when in a site's life it comes (shares of its length), how often it is needed."""

    texts: tuple[str, ...]
    family: str
    begins: float
    ends: float
    need: float = 1.0
    rain_stops: bool = False


TRADES = (
    Trade(("とび・土工", "とび", "鳶工事", "足場", "とび・土工工事業"), "structure", 0.0, 0.8, 2.0, rain_stops=True),
    Trade(("土工", "掘削", "土工事", "山留・掘削"), "structure", 0.0, 0.4, 1.5, rain_stops=True),
    Trade(("杭工事", "基礎杭", "地業"), "structure", 0.0, 0.2, 0.6, rain_stops=True),
    Trade(("鉄筋", "鉄筋工事", "鉄筋工"), "structure", 0.1, 0.55, 1.5, rain_stops=True),
    Trade(("型枠大工", "型枠", "型枠工事"), "structure", 0.1, 0.55, 1.5, rain_stops=True),
    Trade(("コンクリート圧送", "圧送工"), "structure", 0.1, 0.55, 0.6, rain_stops=True),
    Trade(("鉄骨", "鉄骨工事", "鍛冶工", "溶接"), "structure", 0.2, 0.5, 0.8, rain_stops=True),
    Trade(("解体", "はつり", "解体工事業"), "structure", 0.0, 0.3, 0.6),
    Trade(("電気", "電気工事", "電気設備", "電工", "弱電"), "services", 0.15, 1.0, 2.0),
    Trade(("給排水衛生", "配管", "管工事", "衛生設備"), "services", 0.15, 1.0, 1.6),
    Trade(("空調", "空調設備", "ダクト", "冷媒配管"), "services", 0.3, 1.0, 1.4),
    Trade(("保温", "保温工事", "断熱"), "services", 0.5, 0.95, 0.5),
    Trade(("消防設備", "消火設備"), "services", 0.5, 1.0, 0.4),
    Trade(("内装", "内装仕上", "クロス", "床仕上", "内装工事"), "finishing", 0.5, 1.0, 2.0),
    Trade(("軽鉄・ボード", "軽天", "LGSボード", "ボード張り"), "finishing", 0.45, 0.9, 1.2),
    Trade(("塗装", "塗装工事", "吹付"), "finishing", 0.5, 1.0, 1.0),
    Trade(("左官", "左官工事"), "finishing", 0.4, 0.9, 0.8),
    Trade(("タイル", "タイル工事", "石工"), "finishing", 0.5, 0.9, 0.6),
    Trade(("防水", "防水工事", "シーリング"), "finishing", 0.4, 0.9, 0.8, rain_stops=True),
    Trade(("建具", "サッシ", "ガラス", "金属建具"), "finishing", 0.4, 0.95, 0.8),
    Trade(("大工", "造作大工", "木工事"), "finishing", 0.3, 1.0, 1.0),
    Trade(("屋根", "板金", "屋根板金"), "finishing", 0.4, 0.7, 0.4, rain_stops=True),
    Trade(("外構", "造園", "植栽"), "outside", 0.75, 1.0, 0.5, rain_stops=True),
    Trade(("警備", "交通誘導"), "attending", 0.0, 1.0, 0.5),
    Trade(("クレーン", "揚重", "重機オペ"), "structure", 0.05, 0.7, 0.5, rain_stops=True),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual in a world, as shares unless the name says otherwise."""

    loyalty: float  # a habitual partner is taken
    first_tier: float
    convoy_links: float  # lowers that travel with their upper at all
    convoy_days: float  # days on which such a one does
    spread_min: float
    bound: float  # a lower stays away when its upper does
    inside: float  # a lower's time lies within its upper's
    missed_entry: float
    missed_exit: float
    stray: float  # workers whose affiliation is another contractor's
    shuttle: float  # contractors that travel with one they have nothing to do with
    unseen_upper: float
    twice: float
    unlisted: float  # a fact of the registry is missing
    approved: float  # earlier sites whose structure was approved
    agreed: float  # other primes' sites that may weigh
    cross_trade: float


RANGES: dict[str, tuple[float, float]] = {
    "loyalty": (0.9, 1.0),
    "first_tier": (0.18, 0.36),
    "convoy_links": (0.8, 1.0),
    "convoy_days": (0.5, 0.95),
    "spread_min": (0.8, 3.0),
    "bound": (0.2, 0.8),
    "inside": (0.7, 1.0),
    "missed_entry": (0.02, 0.1),
    "missed_exit": (0.05, 0.25),
    "stray": (0.0, 0.05),
    "shuttle": (0.0, 0.1),
    "unseen_upper": (0.0, 0.08),
    "twice": (0.0, 0.03),
    "unlisted": (0.05, 0.3),
    "approved": (0.7, 1.0),
    "agreed": (0.5, 1.0),
    "cross_trade": (0.05, 0.25),
}


@dataclass(frozen=True, slots=True)
class Firm:
    """A contractor of a world. rank is 0 for large firms, 3 for one person; people is how many it may send."""

    name: str
    trade: int
    rank: int
    people: int
    facts: ContractorFacts


Partners = tuple[tuple[Firm, float], ...]  # lowers, each with how usual it is


@dataclass(frozen=True, slots=True)
class World:
    """Primes, subcontractors, and for each who habitually works under it."""

    number: int
    habits: Habits
    primes: tuple[Firm, ...]
    firms: tuple[Firm, ...]
    habitual: dict[str, Partners]


def build_world(number: int) -> World:
    """Return the world of a number; the same number gives the same world."""
    rng = Random(f"world {number}")  # noqa: S311 - a simulation
    habits = Habits(**{name: rng.uniform(*bounds) for name, bounds in RANGES.items()})
    primes = tuple(_firm(rng, number, f"P{i}", 0, habits) for i in range(rng.randint(2, 5)))
    firms = tuple(_firm(rng, number, f"C{i:03}", _rank(rng), habits) for i in range(rng.randint(200, 500)))
    habitual = _habitual(rng, primes, firms, habits)
    return World(number, habits, primes, firms, habitual)


def _rank(rng: Random) -> int:
    return rng.choices((0, 1, 2, 3), (0.12, 0.28, 0.4, 0.2))[0]


def _firm(rng: Random, world: int, name: str, rank: int, habits: Habits) -> Firm:
    trade = rng.choices(range(len(TRADES)), [each.need for each in TRADES])[0]
    people = rng.randint(*((4, 14), (2, 8), (1, 5), (1, 1))[rank])
    is_sole = rank == 3 or (rank == 2 and rng.random() < 0.4)
    capital = int(10 ** rng.gauss((7.7, 7.1, 6.6, 6.3)[rank], 0.4))
    name = f"w{world}-{rng.getrandbits(32):08x}-{name}"  # the order of names tells nothing
    return Firm(name, trade, rank, people, _registered(rng, name, trade, rank, is_sole, capital, habits.unlisted))


def _registered(
    rng: Random, name: str, trade: int, rank: int, is_sole: bool, capital: int, unlisted: float
) -> ContractorFacts:
    is_licensed = rng.random() < (0.98, 0.9, 0.5, 0.12)[rank]
    return ContractorFacts(
        contractor_id=name,
        trade=None if rng.random() < unlisted else rng.choice(TRADES[trade].texts),
        is_sole=is_sole,
        capital_yen=None if is_sole or rng.random() < unlisted else round(capital, -5),
        is_licensed=None if rng.random() < unlisted / 2 else is_licensed,
    )


def _habitual(rng: Random, primes: tuple[Firm, ...], firms: tuple[Firm, ...], habits: Habits) -> dict[str, Partners]:
    """Return who usually works under whom: a firm has a main upper and seldom more than two others."""
    partners: dict[str, list[tuple[Firm, float]]] = {each.name: [] for each in (*primes, *firms)}
    for firm in firms:
        is_first_tier = rng.random() < (0.75, 0.4, 0.12, 0.03)[firm.rank]
        uppers = [rng.choice(primes) if is_first_tier else _pick_upper(rng, firm, firms, habits.cross_trade)]
        for _ in range(rng.choice((0, 1, 1, 2, 2))):
            may_be_prime = rng.random() < (0.7 if is_first_tier else 0.1)
            uppers.append(rng.choice(primes) if may_be_prime else _pick_upper(rng, firm, firms, habits.cross_trade))
        for upper, weight in zip(uppers, (1.0, 0.7, 0.5), strict=False):
            partners[upper.name].append((firm, weight))
    return {name: tuple(lowers) for name, lowers in partners.items()}


def _pick_upper(rng: Random, lower: Firm, firms: tuple[Firm, ...], cross_trade: float) -> Firm:
    pool = [firm for firm in _near_in_trade(rng, lower, firms, cross_trade) if firm.rank < 3 and firm is not lower]
    larger = [firm for firm in pool if firm.rank < lower.rank]
    pool = larger if larger and rng.random() < 0.85 else pool or list(firms)
    return rng.choice(pool)


def pick_lower(rng: Random, upper: Firm, firms: tuple[Firm, ...], cross_trade: float) -> Firm:
    """Return somebody who might work under a firm: of its trade or a near one, and seldom larger."""
    pool = _near_in_trade(rng, upper, firms, cross_trade)
    smaller = [firm for firm in pool if firm.rank >= upper.rank and firm is not upper]
    pool = smaller if smaller and rng.random() < 0.85 else [firm for firm in pool if firm is not upper] or list(firms)
    return rng.choice(pool)


def _near_in_trade(rng: Random, firm: Firm, firms: tuple[Firm, ...], cross_trade: float) -> list[Firm]:
    reach = rng.random()
    if reach > cross_trade:
        return [other for other in firms if other.trade == firm.trade]
    if reach > cross_trade / 4:
        return [other for other in firms if TRADES[other.trade].family == TRADES[firm.trade].family]
    return list(firms)
