"""Which rows a typed text means: names in any spelling, CCUS ids by their first digits, phones by their last four."""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.ids import CCUS_ID_DIGITS, normalise_digits
from core.phone import PhoneSealer
from core.registry.folding import fold
from core.registry.tables import contractors, phone_numbers, phones, sites, workers

Condition = sa.ColumnElement[bool]

MAX_WORDS = 8
LAST_DIGITS = 4
SITE_CODE_DIGITS = 4


def worker_matches(text: str, sealer: PhoneSealer | None = None) -> Condition:
    """Condition on workers: each word of the text fits. Four digits may also end a number of theirs, past ones too."""
    return all_of(_fits(workers, "worker", word, sealer) for word in words_of(text))


def contractor_matches(text: str) -> Condition:
    """Condition on contractors: each word of the text fits."""
    return all_of(_fits(contractors, "contractor", word) for word in words_of(text))


def site_matches(text: str) -> Condition:
    """Condition on sites: each word of the text fits. Four digits may also be the code that callers key."""
    return all_of(_fits(sites, "site", word) for word in words_of(text))


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Return one condition for all of them: plainly true when none narrows anything."""
    narrowing = [condition for condition in conditions if not isinstance(condition, sa.True_)]
    return sa.and_(*narrowing) if narrowing else sa.true()


def words_of(text: str) -> list[str]:
    """Return the words that all have to fit; signs alone are none."""
    return [word for word in text.split() if fold(word)][:MAX_WORDS]


def _fits(table: sa.Table, what: str, word: str, sealer: PhoneSealer | None = None) -> Condition:
    by_name = table.c.search_text.contains(fold(word), autoescape=True)
    digits = normalise_digits(word)
    if not re.fullmatch(rf"[0-9]{{2,{CCUS_ID_DIGITS}}}", digits):
        return by_name
    own_id, ccus_id = table.c[f"{what}_id"], table.c[f"ccus_{what}_id"]
    # Each part by its own index: a single OR would have the whole table read.
    found = [
        sa.select(own_id).where(by_name),
        sa.select(own_id).where(ccus_id.between(digits.ljust(CCUS_ID_DIGITS, "0"), digits.ljust(CCUS_ID_DIGITS, "9"))),
    ]
    if sealer is not None and len(digits) == LAST_DIGITS:
        found.append(_with_number_ending(sealer.last4_index(digits)))
    if table is sites and len(digits) == SITE_CODE_DIGITS:
        found.append(sa.select(own_id).where(sites.c.site_code == digits))
    return own_id.in_(sa.union(*found))


def _with_number_ending(last4_index: str) -> sa.Select[Any]:
    held = sa.select(phone_numbers.c.worker_id).join(phones, phones.c.phone_id == phone_numbers.c.phone_id)
    return held.where(phones.c.last4_index == last4_index)
