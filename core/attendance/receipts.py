"""What a receipt for a recorded punch needs to know: one query over the ledger and the registry."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.attendance.model import Direction, Verdict
from core.attendance.tables import judgements, punches
from core.db import Session, as_model
from core.ids import PunchId
from core.registry.model import Language
from core.registry.tables import lines, phones, sites, workers


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted punch by phone, as the worker is told of it; the number as ciphertext and mask only."""

    punch_id: PunchId
    cipher: str
    mask: str
    name: str
    language: Language
    site: str
    direction: Direction
    effective_at: datetime
    received_at: datetime
    line_e164: str
    carrier: str


def find_receipt(session: Session, punch_id: PunchId) -> Receipt | None:
    """Return a punch's receipt by the judgement that holds now.

    None when there is nothing to confirm: no such punch, not or no longer accepted, a withheld number, a site that
    wants no receipts, a line that is not ours.
    """
    later = judgements.alias("later")
    is_newest = ~sa.exists().where(later.c.punch_id == judgements.c.punch_id, later.c.seq > judgements.c.seq)
    statement = (
        sa.select(
            punches.c.punch_id,
            phones.c.cipher,
            phones.c.mask,
            workers.c.name,
            workers.c.language,
            sites.c.name.label("site"),
            judgements.c.direction,
            judgements.c.effective_at,
            punches.c.received_at,
            lines.c.e164.label("line_e164"),
            lines.c.carrier,
        )
        .select_from(punches)
        .join(judgements, judgements.c.punch_id == punches.c.punch_id)
        .join(phones, phones.c.phone_id == punches.c.phone_id)
        .join(workers, workers.c.worker_id == judgements.c.worker_id)
        .join(sites, sites.c.site_id == judgements.c.site_id)
        .join(lines, lines.c.e164 == punches.c.line_e164)
        .where(
            punches.c.punch_id == punch_id,
            is_newest,
            judgements.c.verdict == Verdict.ACCEPTED,
            judgements.c.direction.is_not(None),
            sites.c.sms_receipt.is_(True),
        )
    )
    row = session.execute(statement).first()
    return as_model(Receipt, row) if row else None
