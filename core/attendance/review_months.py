"""Checked months that changed afterwards, or that the parties saw differently, as items to review. Reads only."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from core.attendance.calendar_model import MonthDifference
from core.attendance.month_changes import with_changes
from core.attendance.month_checks import find_differences
from core.attendance.review_model import ReviewItem, ReviewKind, Wanted
from core.db import Session
from core.scope import Scope

MONTHS_MOST = 100  # so many are looked into for a list


def list_months(session: Session, scope: Scope, wanted: Wanted, today: date) -> list[ReviewItem]:
    """Return the months that need a person again; with a wanted date, those in which that day changed."""
    found = islice(_wanted_months(session, scope, wanted, today), MONTHS_MOST)
    items = [_month_item(with_changes(session, scope, difference)) for difference in found]
    return [item for item in items if wanted.on is None or _has_changed(item, wanted.on)]


def count_months(session: Session, settling: Scope, employing: Scope, today: date, most: int) -> int:
    """Return how many months need again whoever settles at the site, or employs the people; it stops at most."""
    found = find_differences(session, settling | employing, today)
    return sum(1 for _ in islice((each for each in found if _concerns(each, settling, employing)), most))


def _wanted_months(session: Session, scope: Scope, wanted: Wanted, today: date) -> Iterator[MonthDifference]:
    return (
        difference
        for difference in find_differences(session, scope, today)
        if wanted.site_id in (None, difference.site_id)
        and (wanted.on is None or wanted.on.replace(day=1) == difference.month)
    )


def _concerns(difference: MonthDifference, settling: Scope, employing: Scope) -> bool:
    is_prime = difference.prime_contractor_id in settling.primes or difference.site_id in settling.sites
    return settling.everything or is_prime or difference.contractor_id in employing.employers


def _month_item(difference: MonthDifference) -> ReviewItem:
    checks = [check for check in (difference.prime, difference.subcontractor) if check is not None]
    moments = [change.changed_at for change in difference.changes] or [check.at for check in checks]
    return ReviewItem(
        kind=ReviewKind.MONTH_DIFFERENCE,
        listed_at=max(moments),
        worker_id=None,
        worker=None,
        site_id=difference.site_id,
        site=difference.site_name,
        prime_contractor_id=difference.prime_contractor_id,
        contractor=difference.contractor_name,
        work_date=None,
        happened_at=None,
        difference=difference,
    )


def _has_changed(item: ReviewItem, on: date) -> bool:
    return item.difference is not None and any(change.work_date == on for change in item.difference.changes)
