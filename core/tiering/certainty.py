"""How sure a link is: the share of all trees that hold it, corrected by what makes shares too high or low."""

from collections.abc import Mapping, Sequence
from math import log

from core.tiering.picture import Picture
from core.tiering.weights import Weights, logistic

# The signs that correct a share, after the constant.
SIGNS = (
    "constant", "share", "margin", "named", "named_otherwise", "known_own", "known", "never_entered", "few_days",
    "site_size", "under_prime", "two_uppers",
)  # fmt: skip


def signs_of(
    picture: Picture, contractor_id: str, upper: str, shares: Mapping[str, float], *, stands_twice: bool
) -> list[float]:
    """Return the signs for a link; shares are those of all the contractor's possible uppers."""
    history = picture.history
    said = history.said(contractor_id)
    bond = history.bonds.get((contractor_id, upper))
    presence = picture.presence.get(contractor_id)
    second = max((share for other, share in shares.items() if other != upper), default=0.0)
    return [
        1.0,
        _log_odds(shares[upper]),
        max(-5.0, min(7.0, log((shares[upper] + 1e-4) / (second + 1e-4)))),
        float(upper in said),
        float(bool(said) and upper not in said),
        float(bond is not None and bond.own > 0),
        float(bond is not None),
        float(upper != picture.prime and upper not in picture.presence),
        1 / (presence.day_count if presence else 1),
        log(len(picture.entered) + 1),
        float(upper == picture.prime),
        float(stands_twice),
    ]


def confidence(weights: Weights, signs: Sequence[float]) -> float:
    """Return the chance that a link is right."""
    return logistic(sum(weight * sign for weight, sign in zip(weights.certainty, signs, strict=True)))


def _log_odds(share: float) -> float:
    bounded = min(0.9995, max(0.0005, share))
    return log(bounded / (1 - bounded))
