"""A small site, written as who came when: `crew("鉄筋A", "07:40", days=range(10))`."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from core.attendance.model import Direction
from core.clock import JST
from core.tiering.model import ContractorFacts, KnownRelation, Passage, RelationSource, SiteFacts

FIRST_DAY = date(2026, 4, 1)
PRIME = "元請"


def instant(day: int, clock: str, later_min: int = 0) -> datetime:
    return datetime.combine(FIRST_DAY + timedelta(days=day), time.fromisoformat(clock), JST) + timedelta(
        minutes=later_min
    )


def crew(
    contractor_id: str, arrives: str, *, days: Iterable[int], leaves: str = "17:00", people: int = 2, wander: int = 0
) -> list[Passage]:
    """Return a crew's entries and exits. wander shifts day n by n x wander minutes, around the clock's half hour."""
    return [
        passage
        for day in days
        for worker in range(people)
        for passage in (
            Passage(f"{contractor_id}/{worker}", contractor_id, _moved(day, arrives, wander), Direction.ENTRY),
            Passage(f"{contractor_id}/{worker}", contractor_id, _moved(day, leaves, wander), Direction.EXIT),
        )
    ]


def _moved(day: int, clock: str, wander: int) -> datetime:
    return instant(day, clock, day * wander % 30)


def declared(contractor_id: str, upper: str) -> KnownRelation:
    return KnownRelation(contractor_id, upper, RelationSource.DECLARED)


def answered(contractor_id: str, upper: str) -> KnownRelation:
    return KnownRelation(contractor_id, upper, RelationSource.ANSWERED)


def approved(contractor_id: str, upper: str, number: int, *, prime: str = PRIME, years: float = 0.5) -> KnownRelation:
    return KnownRelation(
        contractor_id,
        upper,
        RelationSource.APPROVED_SITE,
        prime_contractor_id=prime,
        site_id=f"{prime}の現場{number}",
        last_seen=FIRST_DAY - timedelta(days=round(365 * years)),
    )


def site(
    *passages: list[Passage],
    contractors: Iterable[ContractorFacts] = (),
    relations: Iterable[KnownRelation] = (),
) -> SiteFacts:
    return SiteFacts(
        site_id="中央ビル",
        prime_contractor_id=PRIME,
        contractors=tuple(contractors),
        passages=tuple(passage for each in passages for passage in each),
        relations=tuple(relations),
    )
