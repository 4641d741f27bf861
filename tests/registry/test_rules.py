"""Validities, checks and names: no database."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.ids import ContractorId, SiteId, WorkerId
from core.registry import rules
from core.registry.model import Contractor, LegalForm, Line, LineMode, Site, SkilledWorker

DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))
SOMEBODY = UUID(int=1)


@dataclass(frozen=True)
class Validity:
    valid_from: date
    valid_until: date | None


@st.composite
def validities(draw: st.DrawFn) -> Validity:
    start = draw(DAYS)
    return Validity(start, draw(st.none() | st.dates(start, date(2026, 3, 31))))


@given(validities(), validities())
def test_two_validities_overlap_just_when_a_day_lies_in_both(one: Validity, other: Validity) -> None:
    days = [date(2026, month, day) for month in (1, 2, 3) for day in range(1, 29)] + [
        date(2026, 1, d) for d in (29, 30, 31)
    ]
    days += [date(2026, 3, d) for d in (29, 30, 31)]
    both = any(
        rules.covers(one.valid_from, one.valid_until, day) and rules.covers(other.valid_from, other.valid_until, day)
        for day in days
    )
    assert rules.overlaps(one, other) == rules.overlaps(other, one) == both


@pytest.mark.parametrize(
    "codes", [["0601"] * 2, ["0601", "0602", "0901", "0902", "1001"], ["601"], ["とび工"], ["０６０１"]]
)
def test_occupations_that_cannot_be_are_refused(codes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        rules.check_occupations(codes)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"site_code": "12"}, "site_code"),
        ({"site_code": "１２３４"}, "site_code"),
        ({"ends_on": date(2025, 12, 31)}, "ends_on"),
        ({"closes_min": 1440}, "closes_min"),
        ({"minimum_stay_min": -1}, "minimum_stay_min"),
        ({"ccus_site_id": "123"}, "ccus_site_id"),
        ({"name": " "}, "name"),
    ],
)
def test_a_site_that_cannot_be_is_refused(values: dict[str, Any], field: str) -> None:
    site = Site(SiteId(SOMEBODY), "中央ビル", ContractorId(SOMEBODY), starts_on=date(2026, 1, 1))
    with pytest.raises(InvalidInput) as error:
        rules.check_site(replace(site, **values))
    assert error.value.field == field


def test_contractors_workers_and_lines_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput, match="capital"):
        rules.check_contractor(Contractor(ContractorId(SOMEBODY), "佐藤", LegalForm.CORPORATION, capital_yen=-1))
    with pytest.raises(InvalidInput, match="experience"):
        rules.check_worker(SkilledWorker(WorkerId(SOMEBODY), "山田", experience_years=99))
    with pytest.raises(InvalidInput, match="number"):
        rules.check_line(Line(SiteId(SOMEBODY), "05012345678", "twilio", mode=LineMode.MENU))  # type: ignore[arg-type]


def test_the_lowest_free_code_is_given_and_never_0000() -> None:
    assert rules.free_code(set()) == "0001"
    assert rules.free_code({"0001", "0003"}) == "0002"
    with pytest.raises(InvalidInput):
        rules.free_code({f"{number:04}" for number in range(1, 10_000)})


def test_a_surname_does_where_it_is_the_only_one() -> None:
    ids = [WorkerId(UUID(int=number)) for number in range(4)]
    names = dict(zip(ids, ["山田 太郎", "山田　花子", "鈴木 次郎", "ボビー"], strict=True))
    assert list(rules.display_names(names).values()) == ["山田太郎", "山田花子", "鈴木", "ボビー"]
