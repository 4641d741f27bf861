"""Learning by choice: of each group of rows one is right, and weights are sought that make the right ones likely.

A conditional logit, fitted by adaptive steps (AdaGrad) over shuffled groups; the mean of the later rounds is taken. The
same numbers always give the same weights.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, sqrt
from operator import mul
from random import Random


@dataclass(frozen=True, slots=True)
class Row:
    """A row without its zeros."""

    places: "array[int]"  # not subscriptable at run time before Python 3.12
    values: "array[float]"


@dataclass(frozen=True, slots=True)
class Group:
    """A choice: its rows, and which of them are right. At least one is."""

    rows: tuple[Row, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how boldly is learned; ridge draws weights that nothing supports to zero."""

    rounds: int = 12
    step: float = 0.1
    ridge: float = 1e-5


def group_of(rows: Iterable[Sequence[float]], right: Iterable[bool]) -> Group:
    """Return a choice from full rows."""
    return Group(tuple(_row(row) for row in rows), tuple(right))


def _row(row: Sequence[float]) -> Row:
    places = [place for place, value in enumerate(row) if value]
    return Row(array("H", places), array("d", [row[place] for place in places]))


def fit(groups: Sequence[Group], size: int, pace: Pace) -> list[float]:
    """Return the weights under which the right rows are likeliest."""
    weights, squares, total = [0.0] * size, [1e-6] * size, [0.0] * size
    rng = Random("learning")  # noqa: S311 - the order of examples
    order = list(range(len(groups)))
    kept = 0
    for number in range(pace.rounds):
        rng.shuffle(order)
        for index in order:
            _learn(groups[index], weights, squares, pace)
        if number >= pace.rounds // 2:
            kept += 1
            total = [one + other for one, other in zip(total, weights, strict=True)]
    return [value / kept for value in total]


def _learn(group: Group, weights: list[float], squares: list[float], pace: Pace) -> None:
    slope: dict[int, float] = {}
    for row, pull in zip(group.rows, _pulls(group, weights), strict=True):
        if abs(pull) > 1e-4:
            for place, value in zip(row.places, row.values, strict=True):
                slope[place] = slope.get(place, 0.0) + pull * value
    for place, value in slope.items():
        down = value - pace.ridge * weights[place]
        squares[place] += down * down
        weights[place] += pace.step * down / sqrt(squares[place])


def _pulls(group: Group, weights: list[float]) -> list[float]:
    """Return for each row how far its chance is from what it should be."""
    scores = [sum(map(mul, map(weights.__getitem__, row.places), row.values)) for row in group.rows]
    highest = max(scores)
    masses = [exp(score - highest) for score in scores]
    whole = sum(masses)
    right = sum(mass for mass, is_right in zip(masses, group.right, strict=True) if is_right)
    if right <= 0.0:
        right = 1e-300
    return [
        (mass / right if is_right else 0.0) - mass / whole for mass, is_right in zip(masses, group.right, strict=True)
    ]
