"""How sure a link is: the share of all trees that hold it, corrected by what makes shares too high or low."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from core.tiering.picture import Picture
from core.tiering.weights import Weights, logistic

# The signs that correct a share, after the constant.
SIGNS = (
    "constant", "share", "margin", "named", "named_otherwise", "known_own", "known", "never_entered", "few_days",
    "site_size", "under_prime", "two_uppers", "outshone", "share_if_named", "share_if_known",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tree that was taken, and of each contractor the share of every upper it might have."""

    uppers: Mapping[str, str]
    shares: Mapping[str, Mapping[str, float]]


def signs_of(picture: Picture, contractor_id: str, chosen: Chosen, *, stands_twice: bool) -> list[float]:
    """Return the signs for the link that was taken for a contractor."""
    history, upper, shares = picture.history, chosen.uppers[contractor_id], chosen.shares[contractor_id]
    said = history.said(contractor_id)
    bond = history.bonds.get((contractor_id, upper))
    presence = picture.presence.get(contractor_id)
    second = max((share for other, share in shares.items() if other != upper), default=0.0)
    odds = _log_odds(shares[upper])
    return [
        1.0,
        odds,
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
        _outshone(picture, contractor_id, chosen),
        odds if upper in said else 0.0,
        odds if bond is not None else 0.0,
    ]


def _outshone(picture: Picture, contractor_id: str, chosen: Chosen) -> float:
    """Return how much more it comes with somebody who is neither below it nor beside it under the same upper."""
    upper = chosen.uppers[contractor_id]
    others = (
        surprise
        for other, surprise in picture.companions.get(contractor_id, {}).items()
        if other != upper and chosen.uppers[other] not in (contractor_id, upper)
    )
    ours = max(0.0, picture.pair(contractor_id, upper).near.surprise)
    return max(0.0, min(5.0, max(others, default=0.0) - ours))


def is_known(picture: Picture, contractor_id: str, upper: str) -> bool:
    """Whether something beyond the entries speaks for a link: a declaration, an answer or an approved site."""
    history = picture.history
    return upper in history.said(contractor_id) or (contractor_id, upper) in history.bonds


def confidence(weights: Weights, signs: Sequence[float]) -> float:
    """Return the chance that a link is right."""
    return logistic(sum(weight * sign for weight, sign in zip(weights.certainty, signs, strict=True)))


def _log_odds(share: float) -> float:
    bounded = min(0.9995, max(0.0005, share))
    return log(bounded / (1 - bounded))
