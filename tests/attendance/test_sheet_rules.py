"""From recorded times to man-days."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.attendance.sheet_model import ManDay, Proposal, RecordedDay, SheetTerms, Undecided
from core.attendance.sheet_rules import (
    check_terms,
    hours_text,
    man_days_text,
    minutes_at_night,
    parse_hours,
    parse_man_days,
    propose,
    terms_on,
)
from core.clock import JST
from core.errors import InvalidInput
from core.ids import ContractorId, SiteId, WorkerId, uuid7

DAY = date(2026, 11, 16)
SATO, CENTRAL, HARBOUR = ContractorId(uuid7()), SiteId(uuid7()), SiteId(uuid7())
TERMS = SheetTerms(uuid7(), SATO, date(2026, 1, 1))


def at(text: str, days: int = 0) -> datetime:
    hours, minutes = map(int, text.split(":"))
    return datetime(2026, 11, 16, hours, minutes, tzinfo=JST) + timedelta(days=days)


def recorded(
    entry: datetime | None, leave: datetime | None, *, missing: bool = False, inside: bool = False
) -> RecordedDay:
    prime = ContractorId(uuid7())
    return RecordedDay(
        WorkerId(uuid7()), "山田太郎", CENTRAL, "中央ビル", prime, SATO, "佐藤工業", DAY, entry, leave, missing, inside
    )


@pytest.mark.parametrize(
    ("day", "proposal"),
    [
        (recorded(at("8:00"), at("17:00")), Proposal(ManDay(10))),
        (recorded(at("8:00"), at("12:00")), Proposal(ManDay(5))),
        (recorded(at("8:00"), at("14:00")), Proposal(ManDay(10))),
        (recorded(at("8:00"), at("13:59")), Proposal(ManDay(5))),
        (recorded(at("8:00"), at("9:59")), Proposal(ManDay(), Undecided.SHORT)),
        (recorded(at("8:00"), at("18:59")), Proposal(ManDay(10, extra_min=90))),
        (recorded(at("20:00"), at("5:00", 1)), Proposal(ManDay(10, is_night=True))),
        (recorded(at("8:00"), None, missing=True), Proposal(ManDay(), Undecided.NO_EXIT)),
        (recorded(at("8:00"), at("12:00"), missing=True), Proposal(ManDay(), Undecided.NO_EXIT)),
        (recorded(None, at("17:00")), Proposal(ManDay(), Undecided.NO_ENTRY)),
        (recorded(at("8:00"), None, inside=True), Proposal(ManDay(), Undecided.STILL_INSIDE)),
    ],
)
def test_a_day_proposes_man_days_or_leaves_them_to_a_person(day: RecordedDay, proposal: Proposal) -> None:
    assert propose(day, TERMS) == proposal


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (at("8:00"), at("17:00"), 0),
        (at("20:00"), at("23:00"), 60),
        (at("22:00"), at("5:00", 1), 420),
        (at("3:00"), at("12:00"), 120),
        (at("21:00"), at("6:00", 1), 420),
    ],
)
def test_the_night_is_counted_over_midnight(start: datetime, end: datetime, minutes: int) -> None:
    assert minutes_at_night(start, end, TERMS) == minutes


def test_the_terms_of_a_site_come_before_those_of_all_and_newer_ones_hold_from_their_day() -> None:
    of_site = SheetTerms(uuid7(), SATO, date(2026, 11, 1), HARBOUR)
    newer = SheetTerms(uuid7(), SATO, date(2026, 11, 10))
    known = [TERMS, of_site, newer]
    assert terms_on(known, CENTRAL, date(2026, 11, 9)) is TERMS
    assert terms_on(known, CENTRAL, DAY) is newer
    assert terms_on(known, HARBOUR, DAY) is of_site
    assert terms_on(known, CENTRAL, date(2025, 12, 31)) is None


@given(st.integers(0, 30))
def test_man_days_are_read_as_they_are_written(tenths: int) -> None:
    assert parse_man_days(man_days_text(tenths)) == tenths


@given(st.integers(0, 24 * 60))
def test_hours_are_read_as_they_are_written(minutes: int) -> None:
    assert parse_hours(hours_text(minutes), "extra") == minutes


@pytest.mark.parametrize(("text", "tenths"), [("", None), ("１．５", 15), ("1", 10), (" 0.5 ", 5), ("0", 0)])
def test_man_days_may_be_typed_in_full_width(text: str, tenths: int | None) -> None:
    assert parse_man_days(text) == tenths


@pytest.mark.parametrize("text", ["-1", "3.1", "0.55", "一日", "1,0"])
def test_man_days_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_man_days(text)


def test_terms_whose_half_day_is_as_long_as_a_whole_one_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_terms(SheetTerms(uuid7(), SATO, DAY, full_day_min=240, half_day_min=240))
    assert refused.value.field == "half_day_min"
