"""The learned numbers: how much each feature counts, and how sure a link's share makes us. Read from a data file.

`genba tiers train` writes the file, and with it how it was made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import Any

from core.tiering.features import FEATURES

WEIGHTS_FILE = Path(__file__).parent / "data" / "weights.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights in the order of FEATURES, and of SIGNS with a constant first.

    From the confidence automatic_from on a link needs no review, if something beyond the entries speaks for it.
    """

    features: Sequence[float]
    certainty: Sequence[float]
    automatic_from: float = 1.0


def load_weights(path: Path = WEIGHTS_FILE) -> Weights:
    """Return the weights of a file; a feature that it does not name counts nothing."""
    return _load(path)


@lru_cache(maxsize=4)
def _load(path: Path) -> Weights:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    features: Mapping[str, float] = content["features"]
    return Weights(
        features=tuple(features.get(name, 0.0) for name in FEATURES),
        certainty=tuple(content["certainty"].values()),
        automatic_from=content["automatic_from"],
    )


def score(weights: Sequence[float], row: Sequence[float]) -> float:
    """Return how well an upper fits: the features' sum, each with its weight."""
    return sum(weight * value for weight, value in zip(weights, row, strict=True) if value)


def logistic(value: float) -> float:
    """Return the chance that odds of e to the value stand for."""
    return 1 / (1 + exp(-value)) if value > 0 else exp(value) / (1 + exp(value))
