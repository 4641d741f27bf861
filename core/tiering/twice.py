"""Whether a contractor seems to stand under two uppers at once. The machine does not decide that: it asks."""

from core.tiering.picture import Picture

CLEAR = 2.5  # standard deviations above chance, for each of the two
MIN_DAYS = 5  # on which it came with the one and not with the other


def second_upper(picture: Picture, contractor_id: str, upper: str) -> str | None:
    """Return another contractor under which this one seems to work as well; None when there is no such sign.

    Two were named, or it came now with the one and now with the other. Coming with both at once says nothing:
    an upper and its own upper may travel together.
    """
    named = sorted(picture.history.said(contractor_id) - {upper})
    if named and upper in picture.history.said(contractor_id):
        return named[0]
    if upper == picture.prime or upper not in picture.presence or contractor_id not in picture.presence:
        return None
    with_upper = days_together(picture, contractor_id, upper)
    if picture.pair(contractor_id, upper).near.surprise < CLEAR:
        return None
    likely = [
        (surprise, other)
        for other in picture.entered
        if other not in (contractor_id, upper)
        and (surprise := picture.pair(contractor_id, other).near.surprise) >= CLEAR
        and _is_apart(picture, contractor_id, other, with_upper)
    ]
    return min(likely, key=lambda each: (-each[0], each[1]))[1] if likely else None


def days_together(picture: Picture, one: str, other: str) -> set[int]:
    """Return the numbers of the days on which two came together."""
    ours, theirs = picture.presence[one].arrivals, picture.presence[other].near_to
    return {day for day in ours.keys() & theirs.keys() if ours[day] & theirs[day]}


def _is_apart(picture: Picture, contractor_id: str, other: str, with_upper: set[int]) -> bool:
    """Whether it comes with one of the two on most days, and hardly ever with both."""
    with_other = days_together(picture, contractor_id, other)
    chance = picture.pair(contractor_id, other).near.by_chance
    both = len(with_upper & with_other)
    only_upper, only_other = len(with_upper) - both, len(with_other) - both
    is_most = (only_upper + only_other) * 2 >= len(picture.presence[contractor_id].arrivals)
    return is_most and min(only_upper, only_other) >= MIN_DAYS and both <= len(with_upper) * min(0.5, chance + 0.1)
