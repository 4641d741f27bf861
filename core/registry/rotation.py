"""Writing what is sealed anew under the current keys: phone numbers with their indexes, and the sites' day-code keys.

Numbers are found under every index key of the ring, so look-ups work before, during and after. Each batch is a
transaction of the caller's; what is done is recognised by its key ids, so that a rotation that was cut off goes on.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from core.db import Session, as_model
from core.phone import PhoneSealer
from core.registry.model import Phone
from core.registry.tables import phones, sites

BATCH_ROWS = 500
NOTHING_YET = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. last_id is where the next one goes on, None when nothing is left.

    kept is how many numbers kept their old index, because the number is there under the current one too: a process
    that did not know the new key yet took it for an unknown number.
    """

    rotated: int
    kept: int
    last_id: UUID | None


def rotate_phones(session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = BATCH_ROWS) -> Batch:
    """Re-encrypt and re-index the next phones, by id, that are not under the current keys.

    Raises KeyError when the ring lacks the key of a phone.
    """
    rows = session.execute(
        sa.select(phones)
        .where(phones.c.phone_id > (after or NOTHING_YET))
        .where(is_old(phones.c.cipher, sealer.data.current.key_id) | is_old(phones.c.blind_index, _index_id(sealer)))
        .order_by(phones.c.phone_id)
        .limit(limit)
        .with_for_update()
    ).all()
    sealed = [_resealed(sealer, as_model(Phone, row)) for row in rows]
    taken = set(
        session.scalars(
            sa.select(phones.c.blind_index).where(
                phones.c.blind_index.in_([phone.blind_index for phone in sealed]),
                phones.c.phone_id.not_in([phone.phone_id for phone in sealed]),
            )
        )
    )
    moved: list[Phone] = []
    kept: list[Phone] = []
    for phone in sealed:
        (kept if phone.blind_index in taken else moved).append(phone)
        taken.add(phone.blind_index)
    _store(session, moved, ("blind_index", "last4_index", "cipher"))
    _store(session, kept, ("last4_index", "cipher"))
    return Batch(len(moved), len(kept), sealed[-1].phone_id if sealed else None)


def rotate_day_code_keys(
    session: Session, sealer: PhoneSealer, after: UUID | None = None, limit: int = BATCH_ROWS
) -> Batch:
    """Re-encrypt the next sites' day-code keys, by the site's id, that are not under the current data key.

    Raises KeyError when the ring lacks the key of one.
    """
    rows = session.execute(
        sa.select(sites.c.site_id, sites.c.day_code_key)
        .where(sites.c.site_id > (after or NOTHING_YET))
        .where(sites.c.day_code_key != "", is_old(sites.c.day_code_key, sealer.data.current.key_id))
        .order_by(sites.c.site_id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        session.execute(
            sa.update(sites)
            .where(sites.c.site_id == row.site_id)
            .values(day_code_key=sealer.encrypt(sealer.decrypt(row.day_code_key)))
        )
    return Batch(len(rows), 0, rows[-1].site_id if rows else None)


def _resealed(sealer: PhoneSealer, phone: Phone) -> Phone:
    sealed = sealer.seal(sealer.decrypt(phone.cipher))
    return Phone(phone.phone_id, sealed.blind_index, sealed.last4_index, sealed.cipher, sealed.mask)


def _store(session: Session, changed: list[Phone], columns: tuple[str, ...]) -> None:
    if changed:
        session.execute(
            sa.update(phones)
            .where(phones.c.phone_id == sa.bindparam("b_phone_id"))
            .values({name: sa.bindparam(f"b_{name}") for name in columns}),
            [
                {"b_phone_id": phone.phone_id, **{f"b_{name}": getattr(phone, name) for name in columns}}
                for phone in changed
            ],
        )


def is_old(column: sa.Column[str], key_id: str) -> sa.ColumnElement[bool]:
    """Condition: what the column holds is not under a key."""
    return ~column.startswith(f"{key_id}:", autoescape=True)


def _index_id(sealer: PhoneSealer) -> str:
    return sealer.index.current.key_id
