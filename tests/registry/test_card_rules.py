"""How long a CCUS card lasts, and what it is worth on a day."""

from datetime import date

import pytest

from core.ids import CardId, WorkerId, uuid7
from core.registry.card_model import CardEnd, CardIssue, CardStanding
from core.registry.card_rules import expiry_of, issue_on, standing_on


@pytest.mark.parametrize(
    ("issued_on", "born_on", "has_papers", "last_day"),
    [
        ("2020-04-15", "1985-04-16", True, "2029-04-16"),  # the first birthday nine years or more after the issue
        ("2020-04-15", "1985-04-15", True, "2029-04-15"),
        ("2020-04-15", "1985-04-14", True, "2030-04-14"),
        ("2020-04-15", "1960-04-15", True, "2034-04-15"),  # sixty on that very day
        ("2020-04-15", "1960-04-16", True, "2029-04-16"),  # a day too young
        ("2020-04-15", "1985-08-01", False, "2021-08-01"),
        ("2020-04-15", "1985-01-01", False, "2022-01-01"),
        ("2020-04-15", "1984-02-29", True, "2030-02-28"),
    ],
)
def test_the_birthday_that_ends_a_card(issued_on: str, born_on: str, *, has_papers: bool, last_day: str) -> None:
    issued, born = date.fromisoformat(issued_on), date.fromisoformat(born_on)
    assert expiry_of(issued, born, has_papers=has_papers) == date.fromisoformat(last_day)


ISSUE = CardIssue(uuid7(), CardId(uuid7()), WorkerId(uuid7()), date(2020, 4, 15), date(2030, 4, 14))


@pytest.mark.parametrize(
    ("ended", "day", "standing"),
    [
        (None, date(2030, 4, 14), CardStanding.VALID),
        (None, date(2030, 4, 15), CardStanding.EXPIRED),
        (CardEnd.LOST, date(2026, 11, 15), CardStanding.VALID),
        (CardEnd.LOST, date(2026, 11, 16), CardStanding.LOST),
        (CardEnd.DAMAGED, date(2026, 11, 16), CardStanding.REPLACED),
        (CardEnd.REVOKED, date(2031, 1, 1), CardStanding.REVOKED),
    ],
)
def test_what_a_card_is_on_a_day(ended: CardEnd | None, day: date, standing: CardStanding) -> None:
    issue = CardIssue(
        ISSUE.card_issue_id,
        ISSUE.card_id,
        ISSUE.worker_id,
        ISSUE.issued_on,
        ISSUE.expires_on,
        ended,
        date(2026, 11, 16) if ended else None,
    )
    assert standing_on(issue, day) is standing


def test_a_card_is_his_to_whom_it_was_issued_last() -> None:
    later = CardIssue(uuid7(), ISSUE.card_id, WorkerId(uuid7()), date(2026, 1, 1))
    assert issue_on([later, ISSUE], date(2025, 12, 31)) == ISSUE
    assert issue_on([later, ISSUE], date(2026, 1, 1)) == later
    assert issue_on([later, ISSUE], date(2020, 4, 14)) is None
