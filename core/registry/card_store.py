"""The queries of cards and their issues."""

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Session, as_model, is_postgresql
from core.ids import CardId, WorkerId
from core.registry.card_model import Card, CardIssue
from core.registry.card_tables import card_issues, cards
from core.registry.tables import workers


def find_cards(session: Session, blind_indexes: Collection[str]) -> dict[str, CardId]:
    """Return the cards kept under any of the indexes, by index."""
    statement = sa.select(cards.c.blind_index, cards.c.card_id).where(cards.c.blind_index.in_(blind_indexes))
    return {row.blind_index: CardId(row.card_id) for row in session.execute(statement)}


def add_cards(session: Session, new: Iterable[Card]) -> None:
    """Keep cards; one that somebody else kept at the same moment stays as it is."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    names = ("card_id", "tech", "blind_index", "cipher", "mask")
    rows = [{name: getattr(card, name) for name in names} for card in new]
    session.execute(insert(cards).on_conflict_do_nothing(index_elements=["blind_index"]), rows)


def find_card(session: Session, card_id: CardId) -> Card | None:
    row = session.execute(sa.select(cards).where(cards.c.card_id == card_id)).first()
    return as_model(Card, row) if row else None


def issues_of_cards(session: Session, card_ids: Collection[CardId]) -> list[CardIssue]:
    statement = sa.select(card_issues).where(card_issues.c.card_id.in_(card_ids))
    return [as_model(CardIssue, row) for row in session.execute(statement)]


def issues_of_worker(session: Session, worker_id: WorkerId) -> list[tuple[CardIssue, Card]]:
    """Return a worker's cards, the newest first."""
    statement = (
        sa.select(card_issues, cards.c.tech, cards.c.blind_index, cards.c.cipher, cards.c.mask)
        .join(cards, cards.c.card_id == card_issues.c.card_id)
        .where(card_issues.c.worker_id == worker_id)
        .order_by(card_issues.c.issued_on.desc(), card_issues.c.card_issue_id.desc())
    )
    return [(as_model(CardIssue, row), as_model(Card, row)) for row in session.execute(statement)]


def find_issue(session: Session, card_issue_id: UUID) -> CardIssue | None:
    row = session.execute(sa.select(card_issues).where(card_issues.c.card_issue_id == card_issue_id)).first()
    return as_model(CardIssue, row) if row else None


def add_issue(session: Session, issue: CardIssue) -> None:
    session.execute(sa.insert(card_issues).values(**_row(issue)))


def update_issue(session: Session, issue: CardIssue) -> None:
    statement = sa.update(card_issues).where(card_issues.c.card_issue_id == issue.card_issue_id)
    session.execute(statement.values(**_row(issue)))


def delete_issue(session: Session, card_issue_id: UUID) -> None:
    session.execute(sa.delete(card_issues).where(card_issues.c.card_issue_id == card_issue_id))


def workers_by_ccus_id(session: Session, ccus_ids: Collection[str]) -> dict[str, WorkerId]:
    statement = sa.select(workers.c.ccus_worker_id, workers.c.worker_id).where(workers.c.ccus_worker_id.in_(ccus_ids))
    return {row.ccus_worker_id: WorkerId(row.worker_id) for row in session.execute(statement)}


def _row(issue: CardIssue) -> dict[str, object]:
    return {column.name: getattr(issue, column.name) for column in card_issues.columns}
