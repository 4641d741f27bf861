"""Cards that readers read, and to whom they were issued. Values only.

What is on the CCUS card's chip is not public: a card is its technology and its UID, kept as ciphertext, blind index and
mask like a phone number. Who holds it is said by an issue, from-until.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from core.ids import CardId, WorkerId


class CardTech(StrEnum):
    """What a reader says of a card's radio technology. Stored, never renamed."""

    TYPE_A = "type_a"
    TYPE_B = "type_b"
    FELICA = "felica"
    UNKNOWN = "unknown"


class CardEnd(StrEnum):
    """Why a card no longer speaks for its holder. Stored, never renamed."""

    LOST = "lost"  # 紛失
    DAMAGED = "damaged"  # 破損
    REPLACED = "replaced"  # 再発行・更新: there is a newer one
    REVOKED = "revoked"  # 失効


class CardStanding(StrEnum):
    """What a card is on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    LOST = "lost"
    REPLACED = "replaced"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class SealedCard:
    """A card as everything behind the edge knows it."""

    tech: CardTech
    blind_index: str
    cipher: str
    mask: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card that was seen or issued, kept once."""

    card_id: CardId
    tech: CardTech
    blind_index: str
    cipher: str
    mask: str


@dataclass(frozen=True, slots=True)
class CardIssue:
    """That a card was issued to a worker. expires_on is its last day; ended_on the first day on which it is not his.

    A lost card counts as lost from ended_on on, whoever finds it.
    """

    card_issue_id: UUID
    card_id: CardId
    worker_id: WorkerId
    issued_on: date
    expires_on: date | None = None
    ended: CardEnd | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """What the registry knows of the cards and typed CCUS ids of a batch."""

    issues: dict[CardId, tuple[CardIssue, ...]] = field(default_factory=dict)
    workers: dict[str, WorkerId] = field(default_factory=dict)

    def worker_ids(self) -> set[WorkerId]:
        return {issue.worker_id for issue in _flat(self.issues.values())} | set(self.workers.values())


def _flat(issues: Iterable[tuple[CardIssue, ...]]) -> Iterable[CardIssue]:
    return (issue for each in issues for issue in each)
