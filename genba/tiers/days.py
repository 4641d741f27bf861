"""The days of a simulated site: who came when, with whom, and what of it was recorded."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from core.attendance.model import Direction
from core.clock import JST
from core.tiering.model import Passage
from genba.tiers.structure import Structure
from genba.tiers.world import TRADES, Firm, Habits, World

SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """When a firm is on the site and how it travels. leader is whom its crew follows on convoy days."""

    begins: float
    ends: float
    active: float
    arrives_min: float
    leaves_min: float
    crew: int
    leaders: tuple[str, ...]
    bound: float


@dataclass(frozen=True, slots=True)
class Day:
    """One firm's day: when its crew comes and goes, in minutes of the day."""

    arrives_min: float
    leaves_min: float


def working_days(first: date, count: int) -> list[date]:
    """Return so many days, Sundays left out."""
    days: list[date] = []
    while len(days) < count:
        if first.weekday() != SUNDAY:
            days.append(first)
        first += timedelta(days=1)
    return days


def draw_passages(
    world: World, structure: Structure, unseen: set[str], days: list[date], window: tuple[float, float], rng: Random
) -> list[Passage]:
    """Return the entries and exits of the days, which are the part `window` of the whole site's time."""
    plans = _plans(world.habits, structure, rng)
    crews = {name: _crew(world, structure, name, plan.crew, rng) for name, plan in plans.items()}
    passages: list[Passage] = []
    for number, day in enumerate(days):
        at = window[0] + (window[1] - window[0]) * number / max(1, len(days) - 1)
        is_raining = rng.random() < 0.08
        seen = _day(structure, plans, at, is_raining, world.habits, rng)
        for name, crew_day in seen.items():
            if name not in unseen:
                passages += _recorded(crews[name], crew_day, day, world.habits, rng)
    return passages


def _plans(habits: Habits, structure: Structure, rng: Random) -> dict[str, Plan]:
    plans = {structure.prime.name: Plan(0, 1, 0.97, rng.gauss(435, 8), rng.gauss(1055, 15), 3, (), 0.0)}
    for name, firm in sorted(structure.firms.items(), key=lambda item: structure.tier[item[0]]):
        uppers = structure.uppers[name]
        plans[name] = _plan(firm, plans[uppers[0]], structure.tier[name], habits, rng)
        plans[name] = _with_leaders(plans[name], name, structure, habits, rng)
    return plans


def _plan(firm: Firm, upper: Plan, tier: int, habits: Habits, rng: Random) -> Plan:
    trade = TRADES[firm.trade]
    low, high = (trade.begins, trade.ends) if tier == 1 else (upper.begins, upper.ends)
    length = max(0.05, (high - low) * rng.uniform(0.55, 1.0))
    begins = low + max(0.0, high - low - length) * (rng.random() if rng.random() < 0.65 else 0.0)
    if tier > 1 and rng.random() > habits.inside:
        begins += rng.uniform(-0.15, 0.15)
    return Plan(
        begins=begins,
        ends=begins + length,
        active=rng.uniform(0.75, 0.98) if tier == 1 else rng.uniform(0.6, 0.95),
        arrives_min=rng.gauss(455, 20),
        leaves_min=rng.gauss(1040, 25),
        crew=rng.randint((firm.people + 1) // 2, firm.people),
        leaders=(),
        bound=habits.bound * rng.uniform(0.4, 1.3) if tier > 1 else 0.0,
    )


def _with_leaders(plan: Plan, name: str, structure: Structure, habits: Habits, rng: Random) -> Plan:
    leaders: tuple[str, ...] = ()
    if structure.tier[name] > 1 and rng.random() < habits.convoy_links:
        leaders = tuple(structure.uppers[name])
    elif rng.random() < habits.shuttle:
        leaders = (rng.choice(sorted(structure.firms)),)
    return Plan(plan.begins, plan.ends, plan.active, plan.arrives_min, plan.leaves_min, plan.crew, leaders, plan.bound)


def _crew(world: World, structure: Structure, name: str, size: int, rng: Random) -> list[tuple[str, str]]:
    """Return the people a firm sends, each with the contractor he is registered with."""
    crew = []
    for number in range(size):
        registered = name
        if rng.random() < world.habits.stray and name != structure.prime.name:
            pool = sorted(structure.firms) if rng.random() < 0.7 else [firm.name for firm in world.firms]
            registered = rng.choice(pool)
        crew.append((f"{name}/{number}", registered))
    return crew


def _day(
    structure: Structure, plans: dict[str, Plan], at: float, is_raining: bool, habits: Habits, rng: Random
) -> dict[str, Day]:
    days: dict[str, Day] = {}
    # A firm that is away may still lead: those who follow it meet at its yard.
    moving: dict[str, Day] = {}
    for name, plan in plans.items():
        own = Day(plan.arrives_min + rng.gauss(0, 7), plan.leaves_min + rng.gauss(0, 15))
        leader = moving.get(rng.choice(plan.leaders)) if plan.leaders else None
        if leader is not None and rng.random() < habits.convoy_days:
            own = Day(leader.arrives_min + rng.gauss(0, habits.spread_min), own.leaves_min)
            if rng.random() < 0.5:
                own = Day(own.arrives_min, leader.leaves_min + rng.gauss(0, habits.spread_min + 2))
        moving[name] = own
        if plan.begins <= at <= plan.ends and _is_there(structure, name, plan, days, is_raining, rng):
            days[name] = own
    return days


def _is_there(structure: Structure, name: str, plan: Plan, days: dict[str, Day], is_raining: bool, rng: Random) -> bool:
    firm = structure.firms.get(name)
    if firm is not None and is_raining and TRADES[firm.trade].rain_stops and rng.random() < 0.85:
        return False
    uppers = structure.uppers.get(name, [])
    is_left_alone = bool(uppers) and not any(upper in days for upper in uppers)
    return rng.random() < plan.active * (1 - plan.bound if is_left_alone else 1)


def _recorded(crew: list[tuple[str, str]], crew_day: Day, day: date, habits: Habits, rng: Random) -> list[Passage]:
    there = [each for each in crew if rng.random() < 0.85] or [rng.choice(crew)]
    passages = []
    for worker, registered in there:
        comes_alone = rng.random() < 0.1
        arrives = crew_day.arrives_min + (rng.gauss(0, 15) if comes_alone else rng.expovariate(1.0))
        leaves = crew_day.leaves_min + (rng.gauss(0, 20) if comes_alone else rng.expovariate(0.7))
        if rng.random() > habits.missed_entry:
            passages.append(Passage(worker, registered, _instant(day, arrives), Direction.ENTRY))
        if rng.random() > habits.missed_exit:
            passages.append(Passage(worker, registered, _instant(day, leaves), Direction.EXIT))
    return passages


def _instant(day: date, minutes: float) -> datetime:
    return datetime.combine(day, time(), JST) + timedelta(seconds=round(max(300.0, min(1430.0, minutes)) * 60))
