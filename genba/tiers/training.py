"""How the weights are made: learned on some simulated worlds, made honest on others, measured on none of either."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any

from core.tiering.certainty import SIGNS, confidence, is_known, signs_of
from core.tiering.features import FEATURES, rows_of
from core.tiering.inference import choose
from core.tiering.model import SiteFacts
from core.tiering.picture import picture_of, retold
from core.tiering.twice import second_upper
from core.tiering.weights import Weights
from genba.tiers.learning import Group, Pace, fit, group_of
from genba.tiers.sites import SimulatedSite, draw_sites
from genba.tiers.world import build_world

LEARNING_WORLDS = range(1, 61)
CALIBRATION_WORLDS = range(1001, 1025)
MEASURING_WORLDS = range(9001, 9021)
SITES_A_WORLD = 8
MAX_DECLARED = 0.6
FEW_LINKS = 200  # among which one may be wrong
AUTOMATIC_PRECISION = 0.991  # of links that need no review, in every state of knowledge
CERTAINTY_PACE = Pace(rounds=30, step=0.05)
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Worlds:
    """Which worlds are used, and how many sites of each."""

    learning: Sequence[int] = LEARNING_WORLDS
    calibration: Sequence[int] = CALIBRATION_WORLDS
    sites: int = SITES_A_WORLD


@dataclass(frozen=True, slots=True)
class _Judged:
    """A link as it would be proposed in one state of knowledge. must_ask: it is put to a person however sure we are."""

    state: int
    signs: list[float]
    is_right: bool
    must_ask: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signs, from which confidence on a link is automatic, and on how many links that rests."""

    certainty: list[float]
    automatic_from: float
    links: int


def train(worlds: Worlds, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the content of the weights' file."""
    say(f"simulating {len(worlds.learning)} worlds to learn from")
    groups = list(_choices(worlds.learning, worlds.sites))
    say(f"learning from {len(groups):,} choices among {sum(len(group.rows) for group in groups):,} links")
    features = [round(value, DIGITS) for value in fit(groups, len(FEATURES), Pace())]
    say(f"simulating {len(worlds.calibration)} worlds to calibrate on")
    calibration = calibrate(features, worlds)
    return {
        "made": {
            "by": "genba tiers train",
            "learned_on": f"{len(groups)} contractors of simulated worlds {_span(worlds.learning)}",
            "calibrated_on": f"{calibration.links} links of simulated worlds {_span(worlds.calibration)}",
            "sites_a_world": worlds.sites,
        },
        "features": dict(zip(FEATURES, features, strict=True)),
        "certainty": dict(zip(SIGNS, calibration.certainty, strict=True)),
        "automatic_from": calibration.automatic_from,
    }


def calibrate(features: Sequence[float], worlds: Worlds) -> Calibration:
    """Return what makes the shares honest that these weights give."""
    judged = list(_judged(worlds.calibration, worlds.sites, Weights(features, ())))
    pairs = [group_of([link.signs, [0.0] * len(SIGNS)], [link.is_right, not link.is_right]) for link in judged]
    certainty = [round(value, DIGITS) for value in fit(pairs, len(SIGNS), CERTAINTY_PACE)]
    weights = Weights(features, certainty)
    return Calibration(
        certainty=certainty,
        automatic_from=_automatic_from(judged, weights),
        links=len(judged),
    )


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}-{numbers[-1]}"


def _sites(numbers: Sequence[int], count: int) -> Iterator[tuple[SimulatedSite, Random]]:
    for number in numbers:
        rng = Random(f"what is known {number}")  # noqa: S311 - a simulation
        for site in draw_sites(build_world(number), count):
            yield site, rng


def _known(site: SimulatedSite, rng: Random) -> Iterator[SiteFacts]:
    """Yield a site as it is told in different states of knowledge."""
    yield site.without_history()
    yield site.with_declared(rng.uniform(0.1, MAX_DECLARED))
    yield site.with_history()
    yield site.with_history(rng.uniform(0.0, MAX_DECLARED))


def _choices(numbers: Sequence[int], count: int) -> Iterator[Group]:
    for site, rng in _sites(numbers, count):
        seen = picture_of(site.facts)
        for facts in rng.sample(list(_known(site, rng)), 2):
            picture = retold(seen, facts.relations)
            for contractor_id in picture.entered:
                uppers = picture.uppers_in_question(contractor_id)
                right = [upper in site.uppers[contractor_id] for upper in uppers]
                if any(right):
                    yield group_of(rows_of(picture, contractor_id, uppers), right)


def _judged(numbers: Sequence[int], count: int, weights: Weights) -> Iterator[_Judged]:
    """Yield each link that would be proposed, in each state of knowledge."""
    for site, rng in _sites(numbers, count):
        seen = picture_of(site.facts)
        for state, facts in enumerate(_known(site, rng)):
            picture = retold(seen, facts.relations)
            chosen = choose(picture, weights)
            for contractor_id in picture.entered:
                upper = chosen.uppers[contractor_id]
                stands_twice = second_upper(picture, contractor_id, upper) is not None
                signs = signs_of(picture, contractor_id, chosen, stands_twice=stands_twice)
                yield _Judged(
                    state,
                    signs,
                    site.is_right(contractor_id, upper),
                    stands_twice or not is_known(picture, contractor_id, upper),
                )


def _automatic_from(judged: Sequence[_Judged], weights: Weights) -> float:
    """Return the lowest confidence from which upwards links were right often enough in every state of knowledge."""
    lowest = 1.0
    links, wrong = Counter[int](), Counter[int]()
    surest = sorted(((round(confidence(weights, link.signs), DIGITS), link) for link in judged), key=_surest)
    for sure, same in groupby(surest, key=lambda each: each[0]):
        for _, link in same:
            if not link.must_ask:
                links[link.state] += 1
                wrong[link.state] += not link.is_right
        if all(wrong[state] <= (1 - AUTOMATIC_PRECISION) * max(FEW_LINKS, links[state]) for state in links):
            lowest = sure
    return lowest


def _surest(each: tuple[float, _Judged]) -> float:
    return -each[0]
