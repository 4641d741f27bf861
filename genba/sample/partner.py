"""A partner system of the sample world: a key that nobody holds, and a webhook to an address that nobody has."""

from datetime import datetime

from core.db import Session
from core.errors import NotFound
from core.ids import SiteId
from core.partners import service, store, webhooks
from core.partners.model import KeyScope
from core.partners.webhook_model import EventKind
from core.partners.webhooks import Wanted
from core.phone import PhoneSealer
from core.registry import store as registry
from core.scope import EVERYTHING
from core.settings import WebhookReach

NAME, URL = "安全書類システム（見本）", "https://receiver.example.jp/genba"


def place(session: Session, sealer: PhoneSealer, site_id: SiteId, now: datetime) -> None:
    """Let a partner of a site's prime contractor be told of attendance, structures and rosters."""
    site = registry.find_site(session, site_id)
    if site is None:
        raise NotFound("the sample world has lost its first site", site_id=site_id)
    key, _ = service.give_key(session, site.prime_contractor_id, NAME, list(KeyScope), None, now)
    own = store.require_partner(session, EVERYTHING, key.partner_id)
    webhooks.subscribe(session, sealer, own, Wanted(URL, frozenset(EventKind)), WebhookReach.PUBLIC, None, now)
