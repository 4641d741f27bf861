"""What is looked at, on small sites. A line reads: the feature, of which link, and its value."""

from math import log

import pytest

from core.tiering.features import FEATURES, rows_of
from core.tiering.model import ContractorFacts, SiteFacts
from core.tiering.picture import picture_of
from tests.tiering.site import PRIME, approved, crew, declared, site

BIG = ContractorFacts("大手", trade="鉄筋工事", capital_yen=100_000_000, is_licensed=True)
SMALL = ContractorFacts("小", trade="鉄筋", is_sole=True, is_licensed=False)
OTHER = ContractorFacts("他", trade="内装")
FOLLOWING = site(
    crew("大手", "07:30", days=range(20), people=4, wander=7),
    crew("小", "07:31", days=range(5, 15), people=1, wander=7),
    crew("他", "07:45", days=range(0, 20, 2), wander=11),
    crew(PRIME, "07:00", days=range(20)),
    contractors=(BIG, SMALL, OTHER),
)


def feature(facts: SiteFacts, contractor_id: str, upper: str, name: str) -> float:
    row = rows_of(picture_of(facts), contractor_id, picture_of(facts).uppers_in_question(contractor_id))
    return row[picture_of(facts).uppers_in_question(contractor_id).index(upper)][FEATURES.index(name)]


@pytest.mark.parametrize(
    ("contractor_id", "upper", "name", "value"),
    [
        ("小", "大手", "within", 1),
        ("大手", "小", "within", 0.5),
        ("小", "大手", "covers", 0.5),
        ("小", "大手", "near_best", 1),
        ("小", "他", "near_best", 0),
        ("小", "大手", "trade_same", 1),
        ("小", "大手", "trade_same_only", 1),
        ("小", "他", "trade_apart", 1),
        ("小", "大手", "upper_sole", 0),
        ("大手", "小", "upper_sole", 1),
        ("小", "大手", "licensed_over", 1),
        ("大手", "小", "unlicensed_over", 1),
        ("小", "大手", "heads_more", log(4)),
        ("大手", "小", "heads_fewer", log(4)),
        ("大手", "小", "smaller", 2),
        ("小", "他", "size_unknown", 1),
        ("小", PRIME, "prime_sole", 1),
        ("大手", PRIME, "prime_largest_of_trade", 1),
        ("小", PRIME, "prime_largest_of_trade", 0),
        ("他", PRIME, "prime_only_of_trade", 1),
        ("小", "大手", "starts_before", log(6)),
        ("大手", "小", "starts_after", log(6)),
        ("小", "大手", "ends_after", log(6)),
    ],
)
def test_features_of_a_site_where_a_small_one_follows_a_large_one(
    contractor_id: str, upper: str, name: str, value: float
) -> None:
    assert feature(FOLLOWING, contractor_id, upper, name) == pytest.approx(value)


def test_coming_together_is_more_than_coming_at_the_usual_hour() -> None:
    facts = site(
        crew("甲", "07:30", days=range(20), wander=7),
        crew("甲の下", "07:31", days=range(20), wander=7),
        crew("乙", "07:40", days=range(20)),
        crew("乙と同じ時刻", "07:40", days=range(20)),
    )
    assert feature(facts, "甲の下", "甲", "close") > 4
    assert feature(facts, "乙と同じ時刻", "乙", "close") < 1.5


@pytest.mark.parametrize(
    ("upper", "name", "value"),
    [
        ("大手", "known_share", 0.5),
        ("他", "known_share", 0.5),
        (PRIME, "known_prime_share", 0),
        (PRIME, "stranger_prime", log(1 + 2 * 0.5**0.25)),
        ("大手", "declared", 1),
        ("他", "declared_otherwise", 1),
        (PRIME, "declared_otherwise", 1),
    ],
)
def test_features_of_what_is_known(upper: str, name: str, value: float) -> None:
    facts = site(
        crew("大手", "07:30", days=range(5)),
        crew("小", "07:30", days=range(5)),
        crew("他", "07:30", days=range(5)),
        relations=(
            approved("小", "大手", 1, years=0.5),
            approved("小", "他", 2, prime="別の元請", years=0.5),
            declared("小", "大手"),
        ),
    )
    assert feature(facts, "小", upper, name) == pytest.approx(value, abs=0.01)


def test_older_sites_weigh_less() -> None:
    def known(years: float) -> float:
        passages = crew("大手", "07:30", days=range(3)) + crew("小", "07:30", days=range(3))
        return feature(site(passages, relations=(approved("小", "大手", 1, years=years),)), "小", "大手", "known_own")

    assert known(0.2) > known(2) > known(8) > 0


def test_under_the_prime_of_another_site_counts_as_under_this_one() -> None:
    facts = site(crew("大手", "07:30", days=range(3)), relations=(approved("大手", "別の元請", 1, prime="別の元請"),))
    assert feature(facts, "大手", PRIME, "known_prime_share") == 1
