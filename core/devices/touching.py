"""Cards that nobody holds and that were touched lately, for whoever issues one to choose from."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.attendance.review_model import ReviewKind
from core.attendance.tables import punches, review_items
from core.db import Session
from core.devices.tables import devices
from core.ids import CardId
from core.registry.card_model import CardTech
from core.registry.card_tables import cards
from core.registry.tables import sites
from core.registry.visibility import site_is_whole
from core.scope import Scope

LISTED_CARDS = 20
READ_TOUCHES = 200  # one card may be touched again and again


@dataclass(frozen=True, slots=True)
class TouchedCard:
    """An unknown card, with its newest touch."""

    card_id: CardId
    tech: CardTech
    mask: str
    at: datetime
    site: str
    device: str | None


def unknown_cards(session: Session, scope: Scope, since: datetime) -> list[TouchedCard]:
    """Return the unknown cards that were touched since an instant at sites seen whole, the newest first."""
    item = review_items.c
    statement = (
        sa.select(
            *(cards.c[name] for name in ("card_id", "tech", "mask")),
            item.happened_at.label("at"),
            sites.c.name.label("site"),
            devices.c.name.label("device"),
        )
        .select_from(review_items)
        .join(punches, punches.c.punch_id == item.punch_id)
        .join(cards, cards.c.card_id == item.card_id)
        .join(sites, sites.c.site_id == item.site_id)
        .outerjoin(devices, devices.c.device_id == punches.c.device_id)
        .where(sa.text("review_items.is_open and review_items.card_id is not null"))  # as its index is written
        .where(item.kind == ReviewKind.UNKNOWN_CARD, item.happened_at >= since, site_is_whole(scope))
        .order_by(item.happened_at.desc(), item.punch_id.desc())
        .limit(READ_TOUCHES)
    )
    found: dict[CardId, TouchedCard] = {}
    for row in session.execute(statement):
        found.setdefault(
            CardId(row.card_id), TouchedCard(row.card_id, row.tech, row.mask, row.at, row.site, row.device)
        )
    return list(found.values())[:LISTED_CARDS]
