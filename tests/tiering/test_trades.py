"""Free text that names a trade. A line reads: two texts, and how near they are."""

import pytest

from core.tiering.trades import Kinship, kinship, trades_of


@pytest.mark.parametrize(
    ("text", "trades"),
    [
        ("鉄筋工事業", {"rebar"}),
        ("とび・土工", {"scaffold", "earthwork"}),
        ("ﾀｲﾙ工事", {"tile"}),
        ("ＬＧＳボード", {"interior"}),
        ("Electrical works", {"electric"}),
        ("井戸さく井工事", {"井戸さく井"}),
        ("", set()),
        ("   ", set()),
        (None, set()),
        ("建築一式", set()),
    ],
)
def test_a_text_names_trades(text: str | None, trades: set[str]) -> None:
    assert trades_of(text) == trades


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("鉄筋", "鉄筋工", Kinship.SAME),
        ("とび・土工", "掘削", Kinship.SAME),
        ("配管", "空調設備", Kinship.FAMILY),
        ("鉄筋", "クロス", Kinship.APART),
        ("井戸工事", "井戸", Kinship.SAME),
        ("井戸工事", "鉄筋", Kinship.APART),
        (None, "鉄筋", Kinship.UNKNOWN),
        (None, None, Kinship.UNKNOWN),
    ],
)
def test_two_trades_are_near_or_apart_from_either_side(first: str | None, second: str | None, near: Kinship) -> None:
    assert (kinship(first, second), kinship(second, first)) == (near, near)
