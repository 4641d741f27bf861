"""利用状況: how much the service is used, as values; the fiscal year is that of Japan, April to March. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from core.attendance.model import Channel
from core.ids import SiteId

FIRST_MONTH = 4  # a fiscal year is named after the year it begins in


@dataclass(frozen=True, slots=True)
class MonthUse:
    """One month: records, and on how many sites they were made. cumulative: all records until its end."""

    month: date
    records: int
    sites: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class YearUse:
    """One fiscal year, and all records until its end."""

    year: int
    records: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class Registered:
    """How many were registered at the end of a month. workers include 一人親方, contractors do not."""

    month: date
    workers: int
    contractors: int
    one_person: int


@dataclass(frozen=True, slots=True)
class People:
    """How many there are today; one_person_workers of the workers belong to a one-person contractor (一人親方)."""

    workers: int
    one_person_workers: int
    corporations: int
    sole_proprietors: int
    one_person: int

    @property
    def contractors(self) -> int:
        """Contractors without 一人親方, who are counted as workers."""
        return self.corporations + self.sole_proprietors


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """The records of a month that began by a channel."""

    month: date
    channel: Channel
    records: int


@dataclass(frozen=True, slots=True)
class SiteUse:
    """The records of one site: in the fiscal year, and all."""

    site_id: SiteId
    name: str
    records: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class Use:
    """The use in one fiscal year; years has every year with records. sites counts those with records in the year."""

    year: int
    people: People
    sites: int
    months: tuple[MonthUse, ...]
    years: tuple[YearUse, ...]
    registered: tuple[Registered, ...]
    channels: tuple[ChannelUse, ...]

    @property
    def records(self) -> int:
        return sum(month.records for month in self.months)

    @property
    def cumulative(self) -> int:
        """All records until the end of the fiscal year."""
        return self.months[-1].cumulative

    def channel_totals(self) -> list[tuple[Channel, int]]:
        """Return the year's records by channel, the most used first."""
        totals: dict[Channel, int] = {}
        for use in self.channels:
            totals[use.channel] = totals.get(use.channel, 0) + use.records
        return sorted(totals.items(), key=lambda entry: (-entry[1], entry[0]))


def fiscal_year(day: date) -> int:
    """Return the fiscal year a day lies in: 2026 for 2027-03-31."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def months_of(year: int) -> list[date]:
    """Return the first days of a fiscal year's twelve months."""
    return [date(year + (number > 12), (number - 1) % 12 + 1, 1) for number in range(FIRST_MONTH, FIRST_MONTH + 12)]


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def use_by_month(year: int, counted: Sequence[tuple[date, int, int]]) -> tuple[MonthUse, ...]:
    """Return the twelve months of a fiscal year from all months' (month, records, sites)."""
    by_month = {month: (records, sites) for month, records, sites in counted}
    before = sum(records for month, records, _ in counted if month < months_of(year)[0])
    months = []
    for month in months_of(year):
        records, sites = by_month.get(month, (0, 0))
        before += records
        months.append(MonthUse(month, records, sites, before))
    return tuple(months)


def use_by_year(counted: Iterable[tuple[date, int, int]], until: int) -> tuple[YearUse, ...]:
    """Return every fiscal year from the first with records until one."""
    records: dict[int, int] = {until: 0}
    for month, number, _ in counted:
        records[fiscal_year(month)] = records.get(fiscal_year(month), 0) + number
    years = range(min(records), max(records) + 1)
    cumulative = accumulate(records.get(year, 0) for year in years)
    return tuple(YearUse(year, records.get(year, 0), total) for year, total in zip(years, cumulative, strict=True))
