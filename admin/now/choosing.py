"""Which site, or which sites, the board shows: what the address says, else the viewer's own, else all he reaches."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from admin.access import scope_of, viewer_of
from core.attendance.board import find_site
from core.attendance.board_overview import OpenSite
from core.db import Session
from core.ids import SiteId
from core.registry.model import Site

ALL_SITES, MY_SITES = "all", "mine"
FAVOURITES_COOKIE = "my_sites"
MAX_FAVOURITES = 30
MAX_CHOICES = 100  # more of them are no longer chosen from a list, but found in the overview


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown: one site, or the sites of `mine`, or all (None) that the viewer reaches."""

    site: Site | None
    mine: frozenset[SiteId] | None
    has_mine: bool

    @property
    def code(self) -> str:
        """The choice as the address says it."""
        if self.site is not None:
            return str(self.site.site_id)
        return ALL_SITES if self.mine is None else MY_SITES


def choose(request: Request, session: Session, asked: str, there: Iterable[OpenSite]) -> Choice:
    """Return what an address asks for; there are the open sites that the viewer reaches."""
    reached = {site.site_id for site in there}
    mine = my_sites(request) & reached
    site = _asked_site(request, session, asked, mine or reached)
    if site is not None:
        return Choice(site, None, bool(mine))
    is_mine = bool(mine) and asked in ("", MY_SITES)
    return Choice(None, frozenset(mine) if is_mine else None, bool(mine))


def my_sites(request: Request) -> set[SiteId]:
    """Return the sites the viewer manages, and those he marked as his with this browser."""
    managed = (site_id for membership in viewer_of(request).memberships for site_id in membership.site_ids)
    return {*managed, *favourites(request)}


def favourites(request: Request) -> list[SiteId]:
    """Return the sites marked with this browser, the last one first. They are not checked: only narrow with them."""
    found = (parse_site_id(text) for text in request.cookies.get(FAVOURITES_COOKIE, "").split("."))
    return [site_id for site_id in found if site_id is not None][:MAX_FAVOURITES]


def parse_site_id(text: str) -> SiteId | None:
    """Return the id a text stands for; None for any other text."""
    try:
        return SiteId(UUID(text))
    except ValueError:
        return None


def _asked_site(request: Request, session: Session, asked: str, default: set[SiteId]) -> Site | None:
    alone = next(iter(default)) if len(default) == 1 else None  # whoever has just one site wants to see it
    site_id = parse_site_id(asked) if asked else alone
    return None if site_id is None else find_site(session, scope_of(request), site_id)
