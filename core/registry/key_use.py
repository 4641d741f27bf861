"""Which keys the kept phone numbers are under."""

import sqlalchemy as sa

from core.db import Session
from core.phone import PhoneSealer
from core.registry.tables import phones


def count_under_old_keys(session: Session, sealer: PhoneSealer) -> int:
    """Return how many numbers `genba keys rotate` would still write anew."""
    is_current = phones.c.cipher.startswith(f"{sealer.data.current.key_id}:", autoescape=True) & (
        phones.c.blind_index.startswith(f"{sealer.index.current.key_id}:", autoescape=True)
    )
    return session.execute(sa.select(sa.func.count()).select_from(phones).where(~is_current)).scalar_one()
