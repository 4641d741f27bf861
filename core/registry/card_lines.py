"""A worker's cards as pages show them, with what each is worth today."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.db import Session
from core.ids import WorkerId
from core.registry import card_store
from core.registry.card_model import Card, CardIssue, CardStanding
from core.registry.card_rules import standing_on

EXPIRES_SOON = timedelta(days=92)  # about three months: a renewal takes some weeks


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card of a worker's. expires_soon: it still speaks for him, and not for long."""

    issue: CardIssue
    card: Card
    standing: CardStanding
    expires_soon: bool


def cards_of(session: Session, worker_id: WorkerId, today: date) -> list[CardLine]:
    """Return a worker's cards, the newest first."""
    return [_line(issue, card, today) for issue, card in card_store.issues_of_worker(session, worker_id)]


def _line(issue: CardIssue, card: Card, today: date) -> CardLine:
    standing = standing_on(issue, today)
    is_near = issue.expires_on is not None and issue.expires_on - today <= EXPIRES_SOON
    return CardLine(issue, card, standing, standing is CardStanding.VALID and is_near)
