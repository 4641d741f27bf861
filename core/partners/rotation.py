"""Writing the secrets of webhooks anew under the current data key; the secrets themselves stay what they are."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.partners.webhook_tables import webhook_subscriptions
from core.phone import PhoneSealer
from core.registry.rotation import BATCH_ROWS, NOTHING_YET, Batch, is_old


def rotate_webhook_secrets(
    session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = BATCH_ROWS
) -> Batch:
    """Re-encrypt the next subscriptions' secrets, by their ids. Raises KeyError when the ring lacks a key."""
    own = webhook_subscriptions.c
    ciphers = (own.secret_cipher, own.old_secret_cipher)
    rows = session.execute(
        sa.select(own.subscription_id, *ciphers)
        .where(own.subscription_id > (after or NOTHING_YET))
        .where(sa.or_(*(is_old(cipher, sealer.data.current.key_id) for cipher in ciphers)))
        .order_by(own.subscription_id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        anew = {cipher.name: _anew(sealer, row._mapping[cipher.name]) for cipher in ciphers}  # noqa: SLF001
        this = own.subscription_id == row.subscription_id
        session.execute(sa.update(webhook_subscriptions).where(this).values(**anew))
    return Batch(len(rows), 0, rows[-1].subscription_id if rows else None)


def _anew(sealer: PhoneSealer, cipher: str | None) -> str | None:
    return None if cipher is None else sealer.encrypt(sealer.decrypt(cipher))
