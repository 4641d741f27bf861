"""Writing the devices' directory keys anew under the current data key; the keys themselves stay what they are."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.devices.tables import devices
from core.phone import PhoneSealer
from core.registry.rotation import BATCH_ROWS, NOTHING_YET, Batch, is_old


def rotate_directory_keys(
    session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = BATCH_ROWS
) -> Batch:
    """Re-encrypt the next devices' directory keys, by the device's id. Raises KeyError when the ring lacks a key."""
    rows = session.execute(
        sa.select(devices.c.device_id, devices.c.directory_key_cipher)
        .where(devices.c.device_id > (after or NOTHING_YET))
        .where(is_old(devices.c.directory_key_cipher, sealer.data.current.key_id))
        .order_by(devices.c.device_id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        cipher = sealer.encrypt(sealer.decrypt(row.directory_key_cipher))
        own = devices.c.device_id == row.device_id
        session.execute(sa.update(devices).where(own).values(directory_key_cipher=cipher))
    return Batch(len(rows), 0, rows[-1].device_id if rows else None)
