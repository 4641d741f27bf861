"""How the weights are made: learned on some simulated worlds, made honest on others, measured on none of either."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from core.tiering.certainty import SIGNS, confidence, signs_of
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
AUTOMATIC_PRECISION = 0.994  # of what is marked automatic on the calibration worlds
CERTAINTY_PACE = Pace(rounds=30, step=0.05)
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Worlds:
    """Which worlds are used, and how many sites of each."""

    learning: Sequence[int] = LEARNING_WORLDS
    calibration: Sequence[int] = CALIBRATION_WORLDS
    sites: int = SITES_A_WORLD


def train(worlds: Worlds, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the content of the weights' file."""
    say(f"simulating {len(worlds.learning)} worlds to learn from")
    groups = list(_choices(worlds.learning, worlds.sites))
    say(f"learning from {len(groups):,} choices among {sum(len(group.rows) for group in groups):,} links")
    features = [round(value, DIGITS) for value in fit(groups, len(FEATURES), Pace())]
    say(f"simulating {len(worlds.calibration)} worlds to calibrate on")
    judged = list(_judged(worlds.calibration, worlds.sites, Weights(features, (), 1.0)))
    pairs = [group_of([signs, [0.0] * len(SIGNS)], [is_right, not is_right]) for signs, is_right, _ in judged]
    certainty = [round(value, DIGITS) for value in fit(pairs, len(SIGNS), CERTAINTY_PACE)]
    calibrated = Weights(features, certainty, 1.0)
    automatic_from = _automatic_from(
        [(confidence(calibrated, signs), is_right) for signs, is_right, may_be in judged if may_be]
    )
    return {
        "made": {
            "by": "genba tiers train",
            "learned_on": f"{len(groups)} contractors of simulated worlds {_span(worlds.learning)}",
            "calibrated_on": f"{len(judged)} links of simulated worlds {_span(worlds.calibration)}",
            "sites_a_world": worlds.sites,
        },
        "features": dict(zip(FEATURES, features, strict=True)),
        "certainty": dict(zip(SIGNS, certainty, strict=True)),
        "automatic_from": automatic_from,
    }


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


def _judged(numbers: Sequence[int], count: int, weights: Weights) -> Iterator[tuple[list[float], bool, bool]]:
    """Yield the signs of each link that would be proposed, whether it is right, and whether it may be automatic."""
    for site, rng in _sites(numbers, count):
        seen = picture_of(site.facts)
        for facts in _known(site, rng):
            picture = retold(seen, facts.relations)
            chosen = choose(picture, weights)
            for contractor_id in picture.entered:
                upper = chosen.uppers[contractor_id]
                second = second_upper(picture, contractor_id, upper)
                signs = signs_of(
                    picture, contractor_id, upper, chosen.shares[contractor_id], stands_twice=second is not None
                )
                yield signs, site.is_right(contractor_id, upper), second is None


def _automatic_from(confidences: Sequence[tuple[float, bool]]) -> float:
    """Return the lowest confidence from which upwards links were right often enough, counted from the surest down."""
    lowest, right = 1.0, 0
    for number, (sure, is_right) in enumerate(sorted(confidences, reverse=True), 1):
        right += is_right
        if right / number >= AUTOMATIC_PRECISION:
            lowest = sure
    return round(lowest, DIGITS)
