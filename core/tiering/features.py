"""What is looked at for each contractor and each possible upper, as numbers of which a person could say what they mean.

Every feature is of the pair; what is only of the contractor speaks for or against the prime.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log1p

from core.tiering.picture import Pair, Picture, log_size
from core.tiering.presence import Presence
from core.tiering.trades import Kinship, kinship

FEATURES = (
    "prime", "prime_licensed", "prime_unlicensed", "prime_sole", "prime_size", "prime_size_unknown", "prime_heads",
    "prime_largest_of_trade", "prime_only_of_trade", "prime_small_in_trade", "prime_trade_unknown", "prime_follows",
    "prime_follows_often", "prime_earliest_of_trade", "prime_site_size", "prime_came_together", "prime_leads",
    "prime_days", "prime_one_person",
    "close", "close_strong", "close_lift", "close_best", "near", "near_strong", "near_lift", "near_best",
    "leaving", "leaving_strong", "leaving_best", "no_common_day",
    "close_of_all", "close_of_all_strong", "close_of_all_lift", "close_of_all_best",
    "near_of_all", "near_of_all_strong", "near_of_all_lift", "near_of_all_best",
    "behind_best", "follows_same", "rank", "rank_for_upper",
    "within", "within_little", "covers", "alone", "upper_alone", "absence", "absence_surprise", "absence_best",
    "starts_before", "starts_after", "same_first_day", "ends_before", "ends_after",
    "trade_same", "trade_family", "trade_apart", "trade_same_only", "trade_same_many",
    "trade_same_largest",
    "larger", "smaller", "size_unknown", "licensed_over", "unlicensed_over", "upper_sole", "upper_unlicensed",
    "heads_more", "heads_fewer", "upper_one_person",
    "absent", "absent_listed", "absent_trade_same", "absent_for_follower",
    "known", "known_own", "known_share", "known_here_share", "known_steady", "known_others_here", "known_near",
    "known_latest", "known_years", "known_prime",
    "known_prime_share", "stranger", "stranger_prime", "reverse", "sibling", "upper_leads", "upper_known_first_tier",
    "declared", "declared_otherwise", "declared_reverse", "declared_leads",
)  # fmt: skip
INDEX = {name: position for position, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the others' pairs say of one contractor: its best companions, and its place in its trade."""

    close: float
    near: float
    leaving: float
    close_of_all: float
    near_of_all: float
    lift: float
    absence: float
    is_earliest_of_trade: bool
    known_here: float


def rows_of(picture: Picture, contractor_id: str, uppers: Sequence[str]) -> list[list[float]]:
    """Return the features of a contractor with each upper in question."""
    standing = _standing(picture, contractor_id, uppers)
    rows = []
    for upper in uppers:
        values: dict[str, float] = {}
        if upper == picture.prime:
            _prime(values, picture, contractor_id, standing)
        else:
            _presence(values, picture, contractor_id, upper, standing)
            _trade(values, picture, contractor_id, upper)
            _size(values, picture, contractor_id, upper)
            _absent(values, picture, contractor_id, upper, standing)
        _known(values, picture, contractor_id, upper, standing)
        row = [0.0] * len(FEATURES)
        for name, value in values.items():
            row[INDEX[name]] = float(value)
        rows.append(row)
    return rows


def _standing(picture: Picture, contractor_id: str, uppers: Sequence[str]) -> Standing:
    pairs = [picture.pair(contractor_id, upper) for upper in uppers if upper != picture.prime]
    history, here = picture.history, set(uppers)
    presence = picture.presence.get(contractor_id)
    trades = picture.trades(contractor_id)
    first = presence.first_day if presence else 0
    return Standing(
        close=max((pair.close.surprise for pair in pairs), default=0.0),
        near=max((pair.near.surprise for pair in pairs), default=0.0),
        leaving=max((pair.leaving.surprise for pair in pairs), default=0.0),
        close_of_all=max((pair.close_of_all.surprise for pair in pairs), default=0.0),
        near_of_all=max((pair.near_of_all.surprise for pair in pairs), default=0.0),
        lift=max((pair.near.lift for pair in pairs if pair.near.days > 2), default=0.0),
        absence=max((pair.absence_surprise for pair in pairs), default=0.0),
        is_earliest_of_trade=bool(trades)
        and all(picture.presence[each].first_day >= first for each in picture.entered if trades & picture.trades(each)),
        known_here=sum(
            history.bonds[contractor_id, upper].weight
            for upper in sorted(history.uppers.get(contractor_id, frozenset()) & here)
        ),
    )


def _clip(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def _prime(values: dict[str, float], picture: Picture, contractor_id: str, standing: Standing) -> None:
    contractor = picture.facts_of(contractor_id)
    size, heads = log_size(contractor), picture.heads(contractor_id)
    presence = picture.presence.get(contractor_id)
    of_trade = picture.count_of_trade(contractor_id)
    values["prime"] = 1
    values["prime_licensed"] = contractor.is_licensed is True
    values["prime_unlicensed"] = contractor.is_licensed is False
    values["prime_sole"] = contractor.is_sole
    values["prime_size"] = 0.0 if size is None else _clip(size - 7, -2, 2)
    values["prime_size_unknown"] = size is None
    values["prime_heads"] = log(heads) if heads else 0.0
    values["prime_largest_of_trade"] = picture.is_largest_of_trade(contractor_id)
    values["prime_only_of_trade"] = of_trade == 1
    values["prime_small_in_trade"] = log(of_trade) if of_trade > 1 and not values["prime_largest_of_trade"] else 0.0
    values["prime_trade_unknown"] = of_trade == 0
    values["prime_follows"] = _clip(standing.near, 0, 8)
    values["prime_follows_often"] = _clip(standing.lift, 0, 1)
    values["prime_earliest_of_trade"] = standing.is_earliest_of_trade
    values["prime_site_size"] = log(len(picture.entered) + 1)
    values["prime_came_together"] = _clip(picture.pair(contractor_id, picture.prime).near.surprise, -3, 6)
    values["prime_leads"] = log1p(picture.history.lowers.get(contractor_id, 0))
    values["prime_days"] = log1p(presence.day_count) if presence else 0.0
    values["prime_one_person"] = presence is not None and len(presence.workers) == 1


def _presence(values: dict[str, float], picture: Picture, contractor_id: str, upper: str, standing: Standing) -> None:
    ours, theirs = picture.presence.get(contractor_id), picture.presence.get(upper)
    if ours is None or theirs is None:
        return
    pair = picture.pair(contractor_id, upper)
    _arrivals(values, pair, standing)
    _companions(values, picture, contractor_id, upper)
    both = (ours.days & theirs.days).bit_count()
    within = both / ours.day_count
    values["no_common_day"] = both == 0
    values["within"] = within
    values["within_little"] = within < 0.5
    values["covers"] = both / theirs.day_count
    values["alone"] = log((ours.day_count - both + 0.5) / (ours.day_count + 1))
    values["upper_alone"] = log((theirs.day_count - both + 0.5) / (theirs.day_count + 1))
    values["absence"] = _clip(pair.absence, -0.5, 1)
    values["absence_surprise"] = _clip(pair.absence_surprise, -3, 6)
    values["absence_best"] = pair.absence_surprise > 1.5 and pair.absence_surprise >= standing.absence
    _spans(values, ours, theirs)


def _arrivals(values: dict[str, float], pair: Pair, standing: Standing) -> None:
    close, near, leaving = pair.close.surprise, pair.near.surprise, pair.leaving.surprise
    values["close"] = _clip(close, -3, 8)
    values["close_strong"] = _clip(close - 3, 0, 6)
    values["close_lift"] = pair.close.lift
    values["close_best"] = close > 1.5 and close >= standing.close
    values["near"] = _clip(near, -3, 8)
    values["near_strong"] = _clip(near - 3, 0, 6)
    values["near_lift"] = pair.near.lift
    values["near_best"] = near > 1.5 and near >= standing.near
    _of_all(values, pair, standing)
    values["leaving"] = _clip(leaving, -3, 8)
    values["leaving_strong"] = _clip(leaving - 3, 0, 6)
    values["leaving_best"] = leaving > 1.5 and leaving >= standing.leaving


def _of_all(values: dict[str, float], pair: Pair, standing: Standing) -> None:
    close, near = pair.close_of_all.surprise, pair.near_of_all.surprise
    values["close_of_all"] = _clip(close, -3, 8)
    values["close_of_all_strong"] = _clip(close - 3, 0, 6)
    values["close_of_all_lift"] = pair.close_of_all.lift
    values["close_of_all_best"] = close > 1.5 and close >= standing.close_of_all
    values["near_of_all"] = _clip(near, -3, 8)
    values["near_of_all_strong"] = _clip(near - 3, 0, 6)
    values["near_of_all_lift"] = pair.near_of_all.lift
    values["near_of_all_best"] = near > 1.5 and near >= standing.near_of_all


def _companions(values: dict[str, float], picture: Picture, contractor_id: str, upper: str) -> None:
    """Compare with the others that either comes with: two that both follow a third more closely are seldom a link."""
    near = picture.pair(contractor_id, upper).near.surprise
    ours, theirs = picture.companions[contractor_id], picture.companions[upper]
    values["follows_same"] = _clip(
        max((min(value, theirs[other]) for other, value in ours.items() if other in theirs), default=0.0) - near, 0, 5
    )
    values["behind_best"] = max(ours.values(), default=0.0) - near > 3
    values["rank"] = log1p(sum(1 for value in ours.values() if value > near))
    values["rank_for_upper"] = log1p(sum(1 for value in theirs.values() if value > near))


def _spans(values: dict[str, float], ours: Presence, theirs: Presence) -> None:
    values["starts_before"] = log1p(max(0, ours.first_day - theirs.first_day))
    values["starts_after"] = log1p(max(0, theirs.first_day - ours.first_day))
    values["same_first_day"] = ours.first_day == theirs.first_day and ours.first_day > 0
    values["ends_before"] = log1p(max(0, ours.last_day - theirs.last_day))
    values["ends_after"] = log1p(max(0, theirs.last_day - ours.last_day))


def _trade(values: dict[str, float], picture: Picture, contractor_id: str, upper: str) -> None:
    theirs = picture.facts_of(upper).trade
    near = kinship(picture.facts_of(contractor_id).trade, theirs)
    is_same = near is Kinship.SAME
    others = picture.count_of_trade(contractor_id) - 1
    values["trade_same"] = is_same
    values["trade_family"] = near is Kinship.FAMILY
    values["trade_apart"] = near is Kinship.APART
    values["trade_same_only"] = is_same and others == 1
    values["trade_same_many"] = log(others) if is_same and others > 1 else 0.0
    values["trade_same_largest"] = is_same and picture.is_largest_of_trade(upper)


def _size(values: dict[str, float], picture: Picture, contractor_id: str, upper: str) -> None:
    ours, theirs = picture.facts_of(contractor_id), picture.facts_of(upper)
    our_size, their_size = log_size(ours), log_size(theirs)
    if our_size is None or their_size is None:
        values["size_unknown"] = 1
    else:
        values["larger"] = _clip(their_size - our_size, 0, 2)
        values["smaller"] = _clip(our_size - their_size, 0, 2)
    values["licensed_over"] = theirs.is_licensed is True and ours.is_licensed is False
    values["unlicensed_over"] = theirs.is_licensed is False and ours.is_licensed is True
    values["upper_unlicensed"] = theirs.is_licensed is False
    values["upper_sole"] = theirs.is_sole
    our_heads, their_heads = picture.heads(contractor_id), picture.heads(upper)
    if our_heads and their_heads:
        values["heads_more"] = _clip(log(their_heads / our_heads), 0, 2)
        values["heads_fewer"] = _clip(log(our_heads / their_heads), 0, 2)
        values["upper_one_person"] = len(picture.presence[upper].workers) == 1


def _absent(values: dict[str, float], picture: Picture, contractor_id: str, upper: str, standing: Standing) -> None:
    if upper in picture.presence:
        return
    values["absent"] = 1
    values["absent_listed"] = upper in picture.contractors
    values["absent_trade_same"] = (
        kinship(picture.facts_of(contractor_id).trade, picture.facts_of(upper).trade) is Kinship.SAME
    )
    values["absent_for_follower"] = _clip(standing.near, 0, 8)


def _known(values: dict[str, float], picture: Picture, contractor_id: str, upper: str, standing: Standing) -> None:
    history, is_prime = picture.history, upper == picture.prime
    bond = history.bonds.get((contractor_id, upper))
    total = history.totals.get(contractor_id, 0.0)
    if bond is not None:
        share = bond.weight / total
        values["known_prime" if is_prime else "known"] = log1p(bond.weight)
        values["known_own"] = log1p(bond.own)
        values["known_prime_share" if is_prime else "known_share"] = share
        values["known_steady"] = bond.weight / (total + 1)
        values["known_others_here"] = (standing.known_here - bond.weight) / (standing.known_here + 1)
        values["known_near"] = share * _clip(picture.pair(contractor_id, upper).near.surprise, 0, 5)
        values["known_here_share"] = bond.weight / standing.known_here if standing.known_here else 0.0
        values["known_latest"] = bond.years <= history.latest[contractor_id]
        values["known_years"] = _clip(bond.years, 0, 5)
    elif total:
        values["stranger_prime" if is_prime else "stranger"] = log1p(total)
        values["known_others_here"] = standing.known_here / (standing.known_here + 1)
    _said(values, picture, contractor_id, upper)
    if is_prime:
        return
    reverse = history.bonds.get((upper, contractor_id))
    values["reverse"] = log1p(reverse.weight) if reverse else 0.0
    ours, theirs = history.uppers.get(contractor_id, frozenset()), history.uppers.get(upper, frozenset())
    values["sibling"] = log1p(len((ours & theirs) - {picture.prime}))
    values["upper_leads"] = log1p(history.lowers.get(upper, 0))
    first_tier = history.bonds.get((upper, picture.prime))
    values["upper_known_first_tier"] = first_tier.weight / history.totals[upper] if first_tier else 0.0


def _said(values: dict[str, float], picture: Picture, contractor_id: str, upper: str) -> None:
    said = picture.history.said(contractor_id)
    values["declared"] = upper in said
    values["declared_otherwise"] = bool(said) and upper not in said
    values["declared_reverse"] = contractor_id in picture.history.said(upper)
    values["declared_leads"] = upper != picture.prime and bool(picture.history.said_of(upper) - {contractor_id})
