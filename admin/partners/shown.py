"""How partners are shown, and what their pages share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from fastapi import Request

from admin.registry.forms import note
from admin.words import WORDS
from core.accounts.model import Permission
from core.db import Session
from core.partners.model import ApiKey, Holder, KeyScope, Partner
from core.partners.webhook_model import DeliveryState, PauseReason, Subscription

EDIT = Permission.EDIT_SITES
SCOPE_ORDER = tuple(KeyScope)
SHAPES = {
    DeliveryState.DELIVERED: "●",
    DeliveryState.WAITING: "◇",
    DeliveryState.FAILED: "■",
    DeliveryState.WITHHELD: "○",
}
TONES = {DeliveryState.DELIVERED: "good", DeliveryState.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class ShownPartner:
    """One partner of the list: its keys that hold, and its webhooks."""

    partner: Partner
    keys: tuple[ApiKey, ...]
    webhooks: tuple[Subscription, ...]

    @property
    def last_used_at(self) -> datetime | None:
        return max((key.last_used_at for key in self.keys if key.last_used_at), default=None)

    @property
    def needs_somebody(self) -> int:
        """How many webhooks are paused, and by nobody's hand."""
        return sum(each.paused not in (None, PauseReason.BY_HAND) for each in self.webhooks)


def partners_of(holders: Iterable[Holder], subscriptions: Iterable[Subscription]) -> list[ShownPartner]:
    """Return the partners of some keys, in their order."""
    by_partner: dict[UUID, list[Subscription]] = {}
    for each in subscriptions:
        by_partner.setdefault(each.partner_id, []).append(each)
    shown = []
    for _, group in groupby(holders, key=lambda holder: holder.partner.partner_id):
        held = list(group)
        keys = tuple(holder.key for holder in held if holder.key.revoked_at is None)
        own = held[0].partner
        shown.append(ShownPartner(own, keys, tuple(by_partner.get(own.partner_id, ()))))
    return shown


def done_key(done: str) -> str | None:
    """Return the word of what was done just now."""
    key = f"partners.done.{done}"
    return key if key in WORDS else None


def note_partner(request: Request, session: Session, partner: Partner, action: str, **details: object) -> None:
    """Write into the audit log what was done for a partner."""
    note(request, session, action, ("partner", partner.partner_id), partner.prime_contractor_id, **details)
