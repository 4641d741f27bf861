"""Links that keep a site's numbers on a screen without signing in: read only, for one site, and to be ended.

A link is signed, not kept: the database holds its id, so that nobody who reads the database has the link. It works only
as long as the account that made it may settle at the site.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa

from core.accounts import service as accounts
from core.accounts.model import Permission
from core.accounts.tables import accounts as accounts_table
from core.attendance.board import find_site
from core.attendance.tables import display_links
from core.db import Session, as_model
from core.errors import NotFound
from core.ids import AccountId, SiteId, uuid7
from core.registry.model import Site
from core.statements import insert_rows

LINK_LIMIT = timedelta(days=180)
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class DisplayLink:
    """A link of a site; account_id is who made it."""

    display_link_id: UUID
    site_id: SiteId
    account_id: AccountId
    made_at: datetime
    expires_at: datetime


def make_link(session: Session, site_id: SiteId, account_id: AccountId, now: datetime) -> DisplayLink:
    """Add a link to a site that the account may settle at, and return it. Whether it may is asked at each use too."""
    link = DisplayLink(uuid7(), site_id, account_id, now, now + LINK_LIMIT)
    insert_rows(session, {display_links: [link]})
    return link


def links_of(session: Session, site_id: SiteId, now: datetime) -> list[tuple[DisplayLink, str]]:
    """Return the links of a site that have not run out, the newest first, each with the name of who made it."""
    statement = (
        sa.select(display_links, accounts_table.c.name)
        .join(accounts_table, accounts_table.c.account_id == display_links.c.account_id)
        .where(display_links.c.site_id == site_id, display_links.c.expires_at > now)
        .order_by(display_links.c.display_link_id.desc())
    )
    return [(as_model(DisplayLink, row), row.name) for row in session.execute(statement)]


def end_link(session: Session, site_id: SiteId, display_link_id: UUID) -> None:
    """End a link of a site at once. Raises NotFound when the site has none of this id."""
    ended = session.execute(
        sa.delete(display_links).where(
            display_links.c.display_link_id == display_link_id, display_links.c.site_id == site_id
        )
    )
    if not ended.rowcount:
        raise NotFound("there is no such link", display_link_id=display_link_id)


def token_of(link: DisplayLink, secret_key: str) -> str:
    """Return what the link's address ends with: 64 signs."""
    return urlsafe_b64encode(link.display_link_id.bytes + _signature(link.display_link_id, secret_key)).decode()


def find_linked_site(session: Session, token: str, secret_key: str, now: datetime) -> Site | None:
    """Return the site a link shows; None when it is forged, ended, run out, or its maker may settle there no more."""
    display_link_id = _checked_id(token, secret_key)
    statement = sa.select(display_links).where(display_links.c.display_link_id == display_link_id)
    row = session.execute(statement).one_or_none() if display_link_id else None
    if row is None or row.expires_at <= now:
        return None
    viewer = accounts.get_viewer(session, row.account_id)
    if viewer.account.disabled_at is not None:
        return None
    scope = viewer.scope(Permission.SETTLE)
    site = find_site(session, scope, row.site_id)
    is_whole = site is not None and (
        scope.everything or site.prime_contractor_id in scope.primes or site.site_id in scope.sites
    )
    return site if is_whole else None


def _checked_id(token: str, secret_key: str) -> UUID | None:
    try:
        raw = urlsafe_b64decode(token)
        display_link_id = UUID(bytes=raw[:_ID_BYTES])
    except (NotBase64, ValueError):
        return None
    is_ours = hmac.compare_digest(raw[_ID_BYTES:], _signature(display_link_id, secret_key))
    return display_link_id if is_ours else None


def _signature(display_link_id: UUID, secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"display-link:" + display_link_id.bytes, sha256)
