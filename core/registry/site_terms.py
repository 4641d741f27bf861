"""What a site says of its days: when one begins, when the site closes, and how soon nobody leaves again. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from core import clock

# The same instants and the same few hours are reckoned with over and over, all morning.
_work_date = lru_cache(maxsize=1024)(clock.work_date)
_instant_on = lru_cache(maxsize=4096)(clock.instant_on)


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """The hours of a site; day_starts and closes are counted from midnight JST."""

    day_starts: timedelta
    closes: timedelta
    minimum_stay: timedelta

    def work_date(self, at: datetime) -> date:
        """Return the work date an instant counts for at the site."""
        return _work_date(at, self.day_starts)

    def closing(self, day: date) -> datetime:
        """Return when the site closes on a work date; a night site closes on the next calendar day."""
        after_midnight = timedelta(days=1) if self.closes <= self.day_starts else timedelta(0)
        return _instant_on(day, self.closes + after_midnight)

    def day_ends(self, day: date) -> datetime:
        return _instant_on(day, self.day_starts + timedelta(days=1))
