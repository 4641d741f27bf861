"""The best tree and the shares of its links, beside counting every tree there is."""

from itertools import product
from math import exp, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tiering.tree import best_tree, link_shares, walk_up

ROOT = "root"


@st.composite
def scores(draw: st.DrawFn) -> dict[str, dict[str, float]]:
    names = list("abcde")[: draw(st.integers(1, 5))]
    value = st.floats(-4, 4)
    return {
        name: {ROOT: draw(value)} | {other: draw(value) for other in names if other != name and draw(st.booleans())}
        for name in names
    }


def every_tree(possible: dict[str, dict[str, float]]) -> list[dict[str, str]]:
    names = sorted(possible)
    all_of_them = (dict(zip(names, uppers, strict=True)) for uppers in product(*(possible[name] for name in names)))
    return [each for each in all_of_them if all(reaches_root(name, each) for name in names)]


def reaches_root(name: str, uppers: dict[str, str]) -> bool:
    for _ in uppers:
        name = uppers.get(name, ROOT)
    return name == ROOT


def total(tree: dict[str, str], possible: dict[str, dict[str, float]]) -> float:
    return sum(possible[lower][upper] for lower, upper in tree.items())


@given(scores())
@settings(max_examples=150, deadline=None)
def test_no_tree_is_better_than_the_best(possible: dict[str, dict[str, float]]) -> None:
    found = best_tree(ROOT, possible)
    assert reaches_root_everywhere(found)
    assert total(found, possible) == pytest.approx(max(total(tree, possible) for tree in every_tree(possible)))


def reaches_root_everywhere(tree: dict[str, str]) -> bool:
    return all(list(walk_up(name, tree))[-1] == ROOT for name in tree)


@given(scores())
@settings(max_examples=150, deadline=None)
def test_a_links_share_is_that_of_the_trees_that_hold_it(possible: dict[str, dict[str, float]]) -> None:
    trees = [
        (tree, prod(exp(possible[lower][upper]) for lower, upper in tree.items())) for tree in every_tree(possible)
    ]
    whole = sum(mass for _, mass in trees)
    for (lower, upper), share in link_shares(ROOT, possible).items():
        held = sum(mass for tree, mass in trees if tree[lower] == upper)
        assert share == pytest.approx(held / whole, abs=1e-6)


def test_of_equal_uppers_the_root_is_taken() -> None:
    assert best_tree("z", {"c": {"z": 0.0, "b": 0.0, "a": 0.0}, "b": {"z": 1.0}, "a": {"z": 1.0}})["c"] == "z"
