"""Writing cards anew under the current keys, as core.registry.rotation does with phone numbers."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.phone import PhoneSealer
from core.registry import cards as sealing
from core.registry.card_model import Card
from core.registry.card_tables import cards
from core.registry.rotation import BATCH_ROWS, NOTHING_YET, Batch, is_old


def rotate_cards(session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = BATCH_ROWS) -> Batch:
    """Re-encrypt and re-index the next cards, by id, that are not under the current keys.

    Raises KeyError when the ring lacks the key of a card.
    """
    index_id = sealer.index.current.key_id
    rows = session.execute(
        sa.select(cards)
        .where(cards.c.card_id > (after or NOTHING_YET))
        .where(is_old(cards.c.cipher, sealer.data.current.key_id) | is_old(cards.c.blind_index, index_id))
        .order_by(cards.c.card_id)
        .limit(limit)
        .with_for_update()
    ).all()
    kept = sum(not _rewrite(session, sealer, as_model(Card, row)) for row in rows)
    return Batch(len(rows) - kept, kept, rows[-1].card_id if rows else None)


def _rewrite(session: Session, sealer: PhoneSealer, card: Card) -> bool:
    """Write a card anew; False when it keeps its index, because the card is there under the current one too."""
    sealed = sealing.seal(sealer, *sealing.unseal(sealer, card.cipher))
    twin = sa.select(cards.c.card_id).where(cards.c.blind_index == sealed.blind_index, cards.c.card_id != card.card_id)
    is_free = session.execute(twin).first() is None
    values = {"cipher": sealed.cipher} | ({"blind_index": sealed.blind_index} if is_free else {})
    session.execute(sa.update(cards).where(cards.c.card_id == card.card_id).values(**values))
    return is_free
