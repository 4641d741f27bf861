"""The outside format of `genba tiers infer`, read strictly and written: its names are translated here and nowhere else.

What is wrong in a file is told with the path of the value, as in `entries[12].at`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from core.attendance.model import Direction
from core.clock import JST
from core.errors import DomainError
from core.tiering.model import ContractorFacts, KnownRelation, Passage, Proposal, RelationSource, SiteFacts
from core.tiering.wording import text_of

T = TypeVar("T")
KINDS = {"corporation": False, "sole": True}
MAX_YEN = 10**15
DIRECTIONS = {each.value: each for each in Direction}
SOURCES = {each.value: each for each in (RelationSource.DECLARED, RelationSource.APPROVED_SITE)}


class UnreadableFacts(DomainError):
    """A file that is not what the format says; the text begins with where."""

    code = "unreadable_facts"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}", where=where)


def read_facts(path: Path) -> SiteFacts:
    """Return the facts of a file.

    Raises UnreadableFacts when something in it is missing or is not what it should be.
    """
    try:
        content = json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise UnreadableFacts(f"line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise UnreadableFacts("$", "not JSON in UTF-8, or a number or nesting beyond measure") from None
    return facts_of(content)


def facts_of(content: object) -> SiteFacts:
    """Return the facts of a decoded file; raises UnreadableFacts as read_facts() does."""
    top = _Reader(_object(content, "$"), "")
    contractors = top.each("companies", _contractor)
    _refuse_repeated(contractors)
    passages = top.each("entries", _passage)
    return SiteFacts(
        site_id=top.text("site_id"),
        prime_contractor_id=top.text("prime_company_id"),
        contractors=contractors,
        passages=passages,
        relations=top.each("known_relations", _relation),
    )


def edges_of(proposal: Proposal, language: str) -> dict[str, list[dict[str, Any]]]:
    """Return a proposal in the outside format: an edge for each contractor that entered, in order of tier and id."""
    return {
        "edges": [
            {
                "company_id": link.contractor_id,
                "upper_company_id": link.upper_contractor_id,
                "tier": link.tier,
                "confidence": link.confidence,
                "needs_review": link.needs_review,
                "evidence": [text_of(each, language) for each in link.evidence],
            }
            for link in proposal.links
            if link.has_entered
        ]
    }


class _Reader:
    """An object of the file, with the path that leads to it."""

    def __init__(self, values: Mapping[str, object], path: str) -> None:
        self._values = values
        self._path = path

    def where(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def value(self, name: str) -> object:
        if name not in self._values:
            raise UnreadableFacts(self.where(name), "is missing")
        return self._values[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not value or not _is_utf8(value):
            raise UnreadableFacts(self.where(name), f"should be text that is not empty, not {_shown(value)}")
        return value

    def text_or_none(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise UnreadableFacts(self.where(name), f"should be text or null, not {_shown(value)}")
        return value or None

    def choice(self, name: str, choices: Mapping[str, T]) -> T:
        value = self.value(name)
        if not isinstance(value, str) or value not in choices:
            raise UnreadableFacts(self.where(name), f"should be {' or '.join(choices)}, not {_shown(value)}")
        return choices[value]

    def yen_or_none(self, name: str) -> int | None:
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_YEN:
            raise UnreadableFacts(self.where(name), f"should be whole yen or null, not {_shown(value)}")
        return value

    def claim_or_none(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise UnreadableFacts(self.where(name), f"should be true, false or null, not {_shown(value)}")
        return value

    def instant(self, name: str) -> datetime:
        text = self.text(name)
        try:
            instant = datetime.fromisoformat(text)
            if instant.tzinfo is not None:
                instant.astimezone(JST) - timedelta(days=1)  # whatever is reckoned from it stays a date
        except (ValueError, OverflowError):
            raise UnreadableFacts(self.where(name), f"should be an ISO 8601 instant, not {_shown(text)}") from None
        if instant.tzinfo is None:
            raise UnreadableFacts(self.where(name), f"has no time zone: {_shown(text)}")
        return instant

    def date_or_none(self, name: str) -> date | None:
        text = self.text_or_none(name)
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            what = f"should be an ISO 8601 date or null, not {_shown(text)}"
            raise UnreadableFacts(self.where(name), what) from None

    def each(self, name: str, read: "Callable[[_Reader], T]") -> tuple[T, ...]:
        values = self.value(name)
        if not isinstance(values, list):
            raise UnreadableFacts(self.where(name), f"should be a list, not {_shown(values)}")
        path = self.where(name)
        return tuple(
            read(_Reader(_object(value, f"{path}[{index}]"), f"{path}[{index}]")) for index, value in enumerate(values)
        )


def _object(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UnreadableFacts(path, f"should be an object, not {_shown(value)}")
    return value


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _shown(value: object) -> str:
    text = " ".join(json.dumps(value, ensure_ascii=False).encode(errors="replace").decode().splitlines())
    return text if len(text) <= 40 else text[:37] + "..."


def _contractor(company: _Reader) -> ContractorFacts:
    return ContractorFacts(
        contractor_id=company.text("company_id"),
        trade=company.text_or_none("trade"),
        is_sole=company.choice("kind", KINDS),
        capital_yen=company.yen_or_none("capital_yen"),
        is_licensed=company.claim_or_none("licensed"),
    )


def _refuse_repeated(contractors: tuple[ContractorFacts, ...]) -> None:
    seen: set[str] = set()
    for index, contractor in enumerate(contractors):
        if contractor.contractor_id in seen:
            raise UnreadableFacts(f"companies[{index}].company_id", f"{_shown(contractor.contractor_id)} stands twice")
        seen.add(contractor.contractor_id)


def _passage(entry: _Reader) -> Passage:
    return Passage(
        worker_id=entry.text("worker_id"),
        contractor_id=entry.text("company_id"),
        at=entry.instant("at"),
        direction=entry.choice("direction", DIRECTIONS),
    )


def _relation(relation: _Reader) -> KnownRelation:
    return KnownRelation(
        contractor_id=relation.text("company_id"),
        upper_contractor_id=relation.text("upper_company_id"),
        source=relation.choice("source", SOURCES),
        prime_contractor_id=relation.text_or_none("prime_company_id"),
        site_id=relation.text_or_none("site_id"),
        last_seen=relation.date_or_none("last_seen"),
    )
