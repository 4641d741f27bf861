"""The simulated sites, learning from them, and how good proposals are on a few of them."""

from itertools import pairwise

import pytest

from core.tiering.features import FEATURES
from core.tiering.weights import load_weights
from genba.tiers.learning import Pace, fit, group_of
from genba.tiers.measuring import measure
from genba.tiers.sites import SimulatedSite, draw_sites
from genba.tiers.structure import MAX_TIER
from genba.tiers.telling import table_of
from genba.tiers.training import CALIBRATION_WORLDS, LEARNING_WORLDS, MEASURING_WORLDS
from genba.tiers.world import build_world

WORLD = 8001


@pytest.fixture(scope="module")
def sites() -> list[SimulatedSite]:
    return draw_sites(build_world(WORLD), 3)


def test_the_same_number_gives_the_same_sites(sites: list[SimulatedSite]) -> None:
    assert draw_sites(build_world(WORLD), 3) == sites


def test_no_world_that_is_learned_from_is_measured() -> None:
    ranges = (LEARNING_WORLDS, CALIBRATION_WORLDS, MEASURING_WORLDS)
    assert all(set(one).isdisjoint(other) for one, other in pairwise((*ranges, ranges[0])))


def test_true_uppers_lead_to_the_prime_within_four_tiers(sites: list[SimulatedSite]) -> None:
    for site in sites:
        assert {each.contractor_id for each in site.facts.passages} - {site.facts.prime_contractor_id} == set(
            site.uppers
        )
        assert all(0 <= tier <= MAX_TIER for tier in site.tiers.values())


def test_the_facts_do_not_carry_the_truth(sites: list[SimulatedSite]) -> None:
    for site in sites:
        assert site.without_history().relations == ()
        assert all(each.site_id != site.facts.site_id for each in site.with_history().relations)
        assert len(site.with_declared().relations) <= len(site.uppers) // 2


def test_learning_finds_what_makes_a_choice_right() -> None:
    groups = [group_of([[1.0, number % 3], [0.0, (number + 1) % 3]], [True, False]) for number in range(60)]
    for_it, beside_it = fit(groups, 2, Pace(rounds=20))
    assert for_it > 2
    assert abs(beside_it) < for_it / 4


def test_every_feature_has_a_learned_weight() -> None:
    weights = load_weights()
    assert len(weights.features) == len(FEATURES)
    assert sum(1 for weight in weights.features if weight) > len(FEATURES) * 0.8
    assert 0.9 < weights.automatic_from < 1


def test_proposals_beat_the_naive_rules_and_are_sure_only_where_they_are_right() -> None:
    none, declared, history = measure(load_weights(), (WORLD, WORLD + 1), 3)
    assert none.links_right > none.all_first_tier + 0.15
    assert declared.links_right > none.links_right
    assert history.links_right > history.most_frequent_upper + 0.1
    assert history.automatic > 0.4
    # Of some fifty sure links one or two may be wrong here: the long run is measured by the bench.
    assert all(each.automatic_right is not None and each.automatic_right > 0.94 for each in (declared, history))
    assert (none.automatic, none.automatic_right) == (0, None)
    assert all(each.brier < 0.2 for each in (none, declared, history))
    assert len({len(line) for line in list(table_of([none, declared, history]))[:9]}) == 1
