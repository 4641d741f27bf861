"""How long a card lasts, and what it is worth on a day. Pure."""

from collections.abc import Iterable
from datetime import date

from core.ids import WorkerId
from core.registry.card_model import CardEnd, CardIssue, CardStanding

# Source: service.buildee.jp mag060 and misora.or.jp. Years from the issue after which the next birthday ends the card.
YEARS = 9
YEARS_FROM_SIXTY = 14
YEARS_WITHOUT_PAPERS = 2
SIXTY = 60

_ENDED = {
    CardEnd.LOST: CardStanding.LOST,
    CardEnd.DAMAGED: CardStanding.REPLACED,
    CardEnd.REPLACED: CardStanding.REPLACED,
    CardEnd.REVOKED: CardStanding.REVOKED,
}


def expiry_of(issued_on: date, birth_date: date, *, has_papers: bool = True) -> date:
    """Return the last day of a CCUS card: the first birthday nine years or more after its issue.

    From the age of sixty on it is the fourteenth birthday after the issue, and without identity papers the second. What
    becomes of a birthday on 29 February is UNKNOWN: here it is 28 February where there is no other.
    """
    if not has_papers:
        return _birthday_after(issued_on, birth_date, YEARS_WITHOUT_PAPERS)
    if _birthday(birth_date, birth_date.year + SIXTY) <= issued_on:
        return _birthday_after(issued_on, birth_date, YEARS_FROM_SIXTY)
    nine_years_on = _birthday(issued_on, issued_on.year + YEARS)
    birthday = _birthday(birth_date, nine_years_on.year)
    return birthday if birthday >= nine_years_on else _birthday(birth_date, nine_years_on.year + 1)


def issue_on(issues: Iterable[CardIssue], day: date) -> CardIssue | None:
    """Return whose card it was on a day: the newest issue by then; None when it was issued to nobody yet."""
    begun = [issue for issue in issues if issue.issued_on <= day]
    return max(begun, key=lambda issue: (issue.issued_on, issue.card_issue_id), default=None)


def is_anothers_later(
    issues: Iterable[CardIssue], worker_id: WorkerId, issued_on: date, expires_on: date | None
) -> bool:
    """Whether somebody else got the card after a day, while it would still be this worker's.

    An issue that was ended on its first day never counted, and stands in nobody's way.
    """
    return any(
        issue.worker_id != worker_id
        and issue.issued_on > issued_on
        and (expires_on is None or issue.issued_on <= expires_on)
        and (issue.ended is None or issue.ended_on != issue.issued_on)
        for issue in issues
    )


def standing_on(issue: CardIssue, day: date) -> CardStanding:
    """Return what an issued card is on a day. What ended it says more than that it has expired, too."""
    if issue.ended is not None and issue.ended_on is not None and day >= issue.ended_on:
        return _ENDED[issue.ended]
    is_expired = issue.expires_on is not None and day > issue.expires_on
    return CardStanding.EXPIRED if is_expired else CardStanding.VALID


def is_valid_on(issue: CardIssue, day: date) -> bool:
    return issue.issued_on <= day and standing_on(issue, day) is CardStanding.VALID


def _birthday_after(day: date, birth_date: date, count: int) -> date:
    first = day.year if _birthday(birth_date, day.year) > day else day.year + 1
    return _birthday(birth_date, first + count - 1)


def _birthday(birth_date: date, year: int) -> date:
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
