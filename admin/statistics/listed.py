"""利用状況 as one list: every number of the page on a line of its own, with what it counts and for when."""

from collections.abc import Iterable, Iterator
from datetime import date

from admin.words import word
from core.attendance.statistics_model import SiteUse, Use
from core.documents.sheets import Column, Kind, Row


def headings(lang: str) -> list[Column]:
    """Return the headings of the list."""
    return [
        Column(word("statistics.group", lang)),
        Column(word("statistics.item", lang), Kind.LONG_TEXT),
        Column(word("statistics.period", lang)),
        Column(word("statistics.number", lang), Kind.NUMBER),
        Column(word("statistics.active_sites", lang), Kind.NUMBER),
        Column(word("statistics.cumulative", lang), Kind.NUMBER),
    ]


def use_rows(use: Use, sites: Iterable[SiteUse], today: date, lang: str) -> Iterator[Row]:
    """Give the rows: people, then records by month, channel, fiscal year and site, and who was registered when."""
    year = word("statistics.year_of", lang, year=use.year)
    yield from _people(use, today, lang)
    group, records = word("statistics.by_month", lang), word("statistics.records", lang)
    for month in use.months:
        if month.month <= today:
            yield group, records, _month(month.month, lang), month.records, month.sites, month.cumulative
    yield group, word("statistics.total", lang), year, use.records, use.sites, use.cumulative
    for channel, number in use.channel_totals():
        yield word("statistics.by_channel", lang), word(f"channel.{channel}", lang), year, number, None, None
    for one in use.years:
        of = word("statistics.year_of", lang, year=one.year)
        yield word("statistics.by_year", lang), records, of, one.records, None, one.cumulative
    for end in use.registered:
        counts = {"workers": end.workers, "contractors": end.contractors, "one_person": end.one_person}
        for item, number in counts.items():
            label, on = word(f"statistics.{item}", lang), _month(end.month, lang)
            yield word("statistics.registered", lang), label, on, number, None, None
    for site in sites:
        yield word("statistics.sites", lang), site.name, year, site.records, None, site.cumulative


def _people(use: Use, today: date, lang: str) -> Iterator[Row]:
    """Give who there is today: workers with 一人親方, contractors without, and 一人親方 on a line of their own."""
    people = use.people
    counts = {
        "workers": people.workers,
        "one_person_workers": people.one_person_workers,
        "contractors": people.contractors,
        "corporations": people.corporations,
        "sole_proprietors": people.sole_proprietors,
        "one_person": people.one_person,
    }
    on = word("statistics.day_of", lang, year=today.year, month=today.month, day=today.day)
    for item, number in counts.items():
        yield word("statistics.registered_today", lang), word(f"statistics.{item}", lang), on, number, None, None


def _month(month: date, lang: str) -> str:
    return word("statistics.month_of", lang, year=month.year, month=month.month)
