"""The figures of `genba bench tiers` as lines."""

from collections.abc import Iterator, Sequence

from genba.tiers.measuring import Measured

_ROWS = {
    "contractors": "contractors",
    "links_right": "links right",
    "depths_right": "depths right",
    "brier": "Brier score of the confidence",
    "automatic": "marked for automatic approval",
    "automatic_right": "of these right",
    "all_first_tier": "naive: everybody in tier 1",
    "most_frequent_upper": "naive: most frequent upper",
}


def table_of(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the figures side by side, and then how far confidence can be trusted."""
    yield " " * 32 + "".join(f"{each.condition:>18}" for each in measured)
    for name, about in _ROWS.items():
        values = [getattr(each, name) for each in measured]
        yield f"{about:32}" + "".join(map(_cell, values))
    for each in measured:
        yield ""
        yield f"{each.condition}: confidence, right, links"
        for found in each.bins:
            yield f"  {found.confidence:10.3f} {found.right:10.3f} {found.links:10,}"


def _cell(value: float | None) -> str:
    if value is None:
        return f"{'-':>18}"
    return f"{value:>18.4f}" if isinstance(value, float) else f"{value:>18,}"
