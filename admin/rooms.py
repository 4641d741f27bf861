"""The rooms of the pages: each brings its routes, its words, and its entries of the navigation.

A room is a package: `pages.py` (routes), `words.py` (WORDS), templates in `templates/<room>/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter

from admin import now, sign_in
from admin.pages import NavEntry
from core.accounts.model import Permission


@dataclass(frozen=True, slots=True)
class Room:
    """What one room brings."""

    router: APIRouter
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    nav: tuple[NavEntry, ...] = ()


ROOMS: tuple[Room, ...] = (
    Room(sign_in.router),
    Room(now.router, nav=(NavEntry("/", "nav.now", Permission.SEE),)),
)
