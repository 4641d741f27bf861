"""Why a link is proposed, as values, from what a person can check: never from what is known of other primes' sites."""

from collections.abc import Iterator

from core.tiering.model import Evidence, EvidenceKind
from core.tiering.picture import Picture
from core.tiering.presence import CLOSE_MINUTES, LEAVING_MINUTES, NEAR_MINUTES, Together
from core.tiering.trades import Kinship, kinship

FEW_DAYS = 5
CLEAR = 1.5  # standard deviations above chance from which coming together is told


def evidence_for(picture: Picture, contractor_id: str, upper: str) -> tuple[Evidence, ...]:
    """Return what speaks for a link and what a person should know of it, the weightiest first."""
    found = list(_named(picture, contractor_id, upper))
    found += _earlier(picture, contractor_id, upper)
    if upper == picture.prime:
        found += _alone(picture, contractor_id)
    else:
        if upper in picture.presence and contractor_id in picture.presence:
            found += _together(picture, contractor_id, upper)
        found += _compared(picture, contractor_id, upper)
    if upper != picture.prime and upper not in picture.presence:
        found.append(Evidence(EvidenceKind.NEVER_ENTERED, upper))
    presence = picture.presence.get(contractor_id)
    if presence is not None and presence.day_count < FEW_DAYS:
        found.append(Evidence(EvidenceKind.FEW_DAYS, contractor_id, count=presence.day_count))
    return tuple(found) or (Evidence(EvidenceKind.NOTHING_CLEAR, contractor_id),)


def _named(picture: Picture, contractor_id: str, upper: str) -> Iterator[Evidence]:
    declared = picture.history.declared.get(contractor_id, frozenset())
    answered = picture.history.answered.get(contractor_id, frozenset())
    if upper in declared:
        yield Evidence(EvidenceKind.DECLARED, upper)
    if upper in answered:
        yield Evidence(EvidenceKind.ANSWERED, upper)
    for other in sorted((declared | answered) - {upper}):
        yield Evidence(EvidenceKind.DECLARED_OTHERWISE, other)


def _earlier(picture: Picture, contractor_id: str, upper: str) -> Iterator[Evidence]:
    bond = picture.history.bonds.get((contractor_id, upper))
    if bond is not None and bond.own_sites:
        yield Evidence(EvidenceKind.EARLIER_SITES, upper, count=len(bond.own_sites))


def _together(picture: Picture, contractor_id: str, upper: str) -> Iterator[Evidence]:
    pair = picture.pair(contractor_id, upper)
    ours, theirs = picture.presence[contractor_id], picture.presence[upper]
    is_close = pair.close.surprise >= CLEAR and pair.close.hits * 2 >= pair.near.hits
    came, minutes = (pair.close, CLOSE_MINUTES) if is_close else (pair.near, NEAR_MINUTES)
    yield from _clear(EvidenceKind.CAME_TOGETHER, upper, came, minutes)
    yield from _clear(EvidenceKind.LEFT_TOGETHER, upper, pair.leaving, LEAVING_MINUTES)
    both = (ours.days & theirs.days).bit_count()
    if both:
        yield Evidence(EvidenceKind.PRESENT_WITHIN, upper, count=both, total=ours.day_count)
    span = ((1 << (ours.last_day + 1)) - 1) ^ ((1 << ours.first_day) - 1)
    away = ~theirs.days & span
    if pair.absence_surprise >= CLEAR and away:
        away_too = (away & ~ours.days).bit_count()
        yield Evidence(EvidenceKind.ABSENT_TOGETHER, upper, count=away_too, total=away.bit_count())
    if ours.first_day == theirs.first_day and ours.first_day > 0:
        yield Evidence(EvidenceKind.SAME_FIRST_DAY, upper)
    shared = len(ours.workers & theirs.workers)
    if shared:
        yield Evidence(EvidenceKind.SHARED_WORKERS, upper, count=shared)


def _clear(kind: EvidenceKind, upper: str, found: Together, minutes: int) -> Iterator[Evidence]:
    if found.surprise >= CLEAR and found.hits > 1:
        yield Evidence(kind, upper, count=found.hits, total=found.days, minutes=minutes)


def _compared(picture: Picture, contractor_id: str, upper: str) -> Iterator[Evidence]:
    ours, theirs = picture.facts_of(contractor_id), picture.facts_of(upper)
    if kinship(ours.trade, theirs.trade) is Kinship.SAME:
        yield Evidence(EvidenceKind.SAME_TRADE, upper)
    if theirs.capital_yen and (ours.is_sole or (ours.capital_yen or theirs.capital_yen) * 2 <= theirs.capital_yen):
        yield Evidence(EvidenceKind.LARGER, upper)


def _alone(picture: Picture, contractor_id: str) -> Iterator[Evidence]:
    if picture.is_largest_of_trade(contractor_id) and picture.trades(contractor_id):
        yield Evidence(EvidenceKind.LARGEST_OF_TRADE, contractor_id)
    followed = (picture.pair(contractor_id, other).near.surprise for other in picture.entered)
    if max(followed, default=0.0) < CLEAR + 1:
        yield Evidence(EvidenceKind.FOLLOWS_NOBODY, contractor_id)
