"""When a contractor's people were there: work dates and minutes of the day as bits, so that comparing two is cheap."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from math import log, sqrt

from core.attendance.model import Direction
from core.clock import JST
from core.tiering.model import Passage

CLOSE_MINUTES, NEAR_MINUTES, LEAVING_MINUTES = 2, 6, 4
_STEPS = (1, 3, 7)  # days apart: what two would show on unlike days is what chance gives them


@dataclass(frozen=True, slots=True)
class Presence:
    """A contractor's days on a site: bit n of days is the site's nth work date.

    arrivals and departures hold for a day the minutes in which its people were first seen coming and last seen going.
    """

    days: int
    arrivals: Mapping[int, int]
    departures: Mapping[int, int]
    close_to: Mapping[int, int]
    near_to: Mapping[int, int]
    leaving: Mapping[int, int]
    workers: frozenset[str]
    heads: float
    day_count: int

    @property
    def first_day(self) -> int:
        return (self.days & -self.days).bit_length() - 1

    @property
    def last_day(self) -> int:
        return self.days.bit_length() - 1


@dataclass(frozen=True, slots=True)
class Together:
    """How often two were seen together on the days that both were there, and how far that is from chance."""

    hits: int
    days: int
    by_chance: float
    surprise: float  # signed root of the likelihood ratio against chance, in standard deviations

    @property
    def lift(self) -> float:
        return self.hits / self.days - self.by_chance if self.days else 0.0


def beside_chance(hits: int, days: int, by_chance: float) -> Together:
    """Return how far so many hits are from chance; by_chance is kept away from never and always."""
    chance = min(0.98, max(0.02, by_chance))
    if not days:
        return Together(hits, days, chance, 0.0)
    share = hits / days
    ratio = _term(share, chance) + _term(1 - share, 1 - chance)
    size = sqrt(max(0.0, 2 * days * ratio))
    return Together(hits, days, chance, size if share >= chance else -size)


NEVER_TOGETHER = Together(0, 0, 0.0, 0.0)


def _term(share: float, chance: float) -> float:
    return share * log(share / chance) if share > 0 else 0.0


@dataclass(slots=True)
class _Gate:
    """What is gathered of one contractor, per day and worker: the first minute in and the last minute out."""

    first_in: dict[int, dict[str, int]]
    last_out: dict[int, dict[str, int]]
    seen: dict[int, set[str]]


def presences(passages: Sequence[Passage], day_starts: timedelta) -> dict[str, Presence]:
    """Return every contractor's presence; days are numbered in order of the work dates on which anybody came."""
    moments = [(passage, passage.at.astimezone(JST) - day_starts) for passage in passages]
    number = {day: index for index, day in enumerate(sorted({local.toordinal() for _, local in moments}))}
    gates: defaultdict[str, _Gate] = defaultdict(lambda: _Gate({}, {}, {}))
    for passage, local in moments:
        _note(gates[passage.contractor_id], passage, number[local.toordinal()], local.hour * 60 + local.minute)
    return {contractor_id: _presence(gate) for contractor_id, gate in gates.items()}


def _note(gate: _Gate, passage: Passage, day: int, minute: int) -> None:
    gate.seen.setdefault(day, set()).add(passage.worker_id)
    if passage.direction is Direction.ENTRY:
        firsts = gate.first_in.setdefault(day, {})
        firsts[passage.worker_id] = min(minute, firsts.get(passage.worker_id, minute))
    else:
        lasts = gate.last_out.setdefault(day, {})
        lasts[passage.worker_id] = max(minute, lasts.get(passage.worker_id, minute))


def _presence(gate: _Gate) -> Presence:
    arrivals = {day: _minutes(firsts.values()) for day, firsts in gate.first_in.items()}
    departures = {day: _minutes(lasts.values()) for day, lasts in gate.last_out.items()}
    return Presence(
        days=sum(1 << day for day in gate.seen),
        arrivals=arrivals,
        departures=departures,
        close_to={day: widened(minutes, CLOSE_MINUTES) for day, minutes in arrivals.items()},
        near_to={day: widened(minutes, NEAR_MINUTES) for day, minutes in arrivals.items()},
        leaving={day: widened(minutes, LEAVING_MINUTES) for day, minutes in departures.items()},
        workers=frozenset().union(*gate.seen.values()),
        heads=sum(map(len, gate.seen.values())) / len(gate.seen),
        day_count=len(gate.seen),
    )


def _minutes(values: Iterable[int]) -> int:
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits


@lru_cache(maxsize=65536)
def widened(minutes: int, reach: int) -> int:
    """Return the minutes with those up to `reach` before and after them."""
    for _ in range(reach):
        minutes |= minutes << 1 | minutes >> 1
    return minutes


def together(ours: Mapping[int, int], theirs: Mapping[int, int], usual: float) -> Together:
    """Return how often minutes of two fell together on a day, beside how often they do on unlike days.

    One of the two is already widened. usual is the site's share, which steadies a short acquaintance.
    """
    days = sorted(ours.keys() & theirs.keys())
    hits = sum(1 for day in days if ours[day] & theirs[day])
    apart_hits, apart_days = 0, 0
    for step in _STEPS:
        if step < len(days):
            shifted = days[step:] + days[:step]
            apart_hits += sum(1 for day, other in zip(days, shifted, strict=True) if ours[day] & theirs[other])
            apart_days += len(days)
    chance = (apart_hits + 4 * usual) / (apart_days + 4)
    return beside_chance(hits, len(days), chance)


def of_all(pairs: Mapping[tuple[str, str], Together]) -> dict[tuple[str, str], Together]:
    """Return each pair beside what is expected of two who come so often with anybody as these two do."""
    hits: defaultdict[str, float] = defaultdict(float)
    days: defaultdict[str, float] = defaultdict(float)
    for names, pair in pairs.items():
        for name in names:
            hits[name] += pair.hits
            days[name] += pair.days
    overall = (sum(hits.values()) + 1) / (sum(days.values()) + 5)
    result = {}
    for (one, other), pair in pairs.items():
        shares = [(hits[name] - pair.hits + 5 * overall) / (days[name] - pair.days + 5) for name in (one, other)]
        result[one, other] = beside_chance(pair.hits, pair.days, shares[0] * shares[1] / overall)
    return result
