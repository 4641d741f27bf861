"""The best tree that hangs from a root, and the share of each of its links in all the trees there could be."""

from collections.abc import Iterator, Mapping
from math import exp

Scores = Mapping[str, Mapping[str, float]]  # of each contractor its possible uppers; a higher score is likelier
_Edges = dict[int, dict[int, tuple[float, int, int]]]  # lower: upper: score, and the edge it stands for

PIVOT_FLOOR = 1e-300  # a contractor that nothing connects; its shares come out as they may


def best_tree(root: str, scores: Scores) -> dict[str, str]:
    """Return each contractor's upper in the tree with the greatest sum of scores (Chu-Liu/Edmonds).

    Every contractor has the root among its possible uppers. Of equal ones the root is taken, then the smaller id.
    """
    names = [root, *sorted(scores)]
    number = {name: index for index, name in enumerate(names)}
    edges: _Edges = {
        number[lower]: {number[upper]: (score, number[lower], number[upper]) for upper, score in sorted(uppers.items())}
        for lower, uppers in sorted(scores.items())
    }
    chosen = _solve(edges, len(names))
    return {names[lower]: names[upper] for lower, upper in sorted(chosen.items())}


def _solve(edges: _Edges, unused: int) -> dict[int, int]:
    """Return the best tree's edges as they were before any contraction. `unused` is a number no node has."""
    best = {lower: max(uppers, key=lambda upper: (uppers[upper][0], -upper)) for lower, uppers in edges.items()}
    loop = _find_loop(best)
    if loop is None:
        return {edges[lower][upper][1]: edges[lower][upper][2] for lower, upper in best.items()}
    chosen = _solve(_contracted(edges, best, loop, unused), unused + 1)
    entered = set(chosen)
    for member in loop:
        if entered.isdisjoint(lower for _, lower, _ in edges[member].values()):
            _, lower, upper = edges[member][best[member]]
            chosen[lower] = upper
    return chosen


def _find_loop(best: Mapping[int, int]) -> set[int] | None:
    done: set[int] = set()
    for start in best:
        path: list[int] = []
        at = start
        while at in best and at not in done and at not in path:
            path.append(at)
            at = best[at]
        if at in path:
            return set(path[path.index(at) :])
        done.update(path)
    return None


def _contracted(edges: _Edges, best: Mapping[int, int], loop: set[int], merged: int) -> _Edges:
    """Return the edges with the loop as one node: entering it costs the loop edge that is given up."""
    result: _Edges = {merged: {}}
    for lower, uppers in edges.items():
        target = result[merged] if lower in loop else result.setdefault(lower, {})
        given_up = uppers[best[lower]][0] if lower in loop else 0.0
        for upper, (score, *edge) in uppers.items():
            if lower in loop and upper in loop:
                continue
            source = merged if upper in loop else upper
            candidate = (score - given_up, edge[0], edge[1])
            if source not in target or candidate[0] > target[source][0]:
                target[source] = candidate
    return result


def link_shares(root: str, scores: Scores) -> dict[tuple[str, str], float]:
    """Return for each possible link the share of trees that hold it, each tree weighing e to the sum of its scores.

    By the matrix-tree theorem: with L the Laplacian of the weights without the root, the share of lower under upper is
    weight x (L^-1[lower, lower] - L^-1[upper, lower]).
    """
    names = sorted(scores)
    number = {name: index for index, name in enumerate(names)}
    weights = [_weights(scores[name]) for name in names]
    laplacian = [[0.0] * len(names) for _ in names]
    for lower, uppers in enumerate(weights):
        laplacian[lower][lower] = sum(uppers.values())
        for upper, weight in uppers.items():
            if upper != root:
                laplacian[lower][number[upper]] -= weight
    inverse = _inverse(laplacian)
    return {
        (names[lower], upper): _share(inverse, lower, None if upper == root else number[upper], weight)
        for lower, uppers in enumerate(weights)
        for upper, weight in uppers.items()
    }


def _weights(uppers: Mapping[str, float]) -> dict[str, float]:
    highest = max(uppers.values())
    return {upper: exp(max(-40.0, score - highest)) for upper, score in sorted(uppers.items())}


def _share(inverse: list[list[float]], lower: int, upper: int | None, weight: float) -> float:
    # Rows of the Laplacian are lowers: the derivative by a weight is read from the column of the lower.
    value = inverse[lower][lower] - (inverse[upper][lower] if upper is not None else 0.0)
    return min(1.0, max(0.0, weight * value))


def _inverse(matrix: list[list[float]]) -> list[list[float]]:
    """Return the inverse, by Gauss-Jordan with the largest pivot of each column."""
    size = len(matrix)
    rows = [[*row, *(1.0 if column == index else 0.0 for column in range(size))] for index, row in enumerate(matrix)]
    for index in range(size):
        pivot = max(range(index, size), key=lambda row: abs(rows[row][index]))
        rows[index], rows[pivot] = rows[pivot], rows[index]
        divisor = rows[index][index] if abs(rows[index][index]) > PIVOT_FLOOR else PIVOT_FLOOR
        top = rows[index] = [value / divisor for value in rows[index]]
        for other in range(size):
            factor = rows[other][index]
            if other != index and factor:
                rows[other] = [value - factor * above for value, above in zip(rows[other], top, strict=True)]
    return [row[size:] for row in rows]


def walk_up(contractor_id: str, uppers: Mapping[str, str]) -> Iterator[str]:
    """Yield the uppers of a contractor, from its own to the root."""
    while contractor_id in uppers:
        contractor_id = uppers[contractor_id]
        yield contractor_id
