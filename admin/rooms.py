"""The rooms of the pages: each brings its routes, its words, and its entries of the navigation.

A room is a package: `pages.py` (routes), `words.py` (WORDS), templates in `templates/<room>/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter

from admin import sign_in
from admin.accounts import pages as accounts
from admin.accounts import words as accounts_words
from admin.audit import pages as audit
from admin.audit import words as audit_words
from admin.devices import pages as devices
from admin.devices import words as devices_words
from admin.imports import pages as imports
from admin.imports import words as imports_words
from admin.me import pages as me
from admin.me import words as me_words
from admin.months import pages as months
from admin.months import words as months_words
from admin.notices import pages as notices
from admin.notices import words as notices_words
from admin.now import pages as now
from admin.now import words as now_words
from admin.pages import NavEntry
from admin.papers import pages as papers
from admin.papers import words as papers_words
from admin.partners import pages as partners
from admin.partners import words as partners_words
from admin.registry import pages as registry
from admin.registry import words as registry_words
from admin.review import pages as review
from admin.review import words as review_words
from admin.sheet import pages as sheet
from admin.sheet import words as sheet_words
from admin.statistics import pages as statistics
from admin.statistics import words as statistics_words
from admin.technicians import pages as technicians
from admin.technicians import words as technicians_words
from admin.tiers import pages as tiers
from admin.tiers import words as tiers_words
from admin.training import pages as training
from admin.training import words as training_words
from core.accounts.model import Permission


@dataclass(frozen=True, slots=True)
class Room:
    """What one room brings."""

    router: APIRouter
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    nav: tuple[NavEntry, ...] = ()


# Structure and rosters lie below their site in the address, and belong to 施工体制 all the same.
_TIERS = "/sites/[^/]+/(?:contractors/[^/]+/roster|tiers|roster|arrivals)(?:/.*)?"

ROOMS: tuple[Room, ...] = (
    Room(sign_in.router),
    Room(
        accounts.router,
        accounts_words.WORDS,
        (NavEntry("/accounts", "accounts.title", Permission.MANAGE_ACCOUNTS, "admin"),),
    ),
    Room(audit.router, audit_words.WORDS, (NavEntry("/audit", "audit.title", Permission.SEE_AUDIT, "admin"),)),
    Room(now.router, now_words.WORDS, (NavEntry("/", "nav.now", Permission.SEE, covers="/now/.*"),)),
    Room(
        review.router,
        review_words.WORDS,
        (NavEntry("/review", "review.title", Permission.SEE, count_path="/review/count"),),
    ),
    Room(
        tiers.router,
        tiers_words.WORDS,
        (NavEntry("/tiers", "tiers.title", Permission.SEE, count_path="/tiers/count", covers=_TIERS),),
    ),
    Room(
        notices.router,
        notices_words.WORDS,
        (NavEntry("/notices", "notices.title", Permission.SEE, "daily", "/notices/count"),),
    ),
    Room(papers.router, papers_words.WORDS, (NavEntry("/papers", "papers.title", Permission.EXPORT, "papers"),)),
    Room(imports.router, imports_words.WORDS, (NavEntry("/import", "import.title", Permission.IMPORT, "registry"),)),
    Room(devices.router, devices_words.WORDS, (NavEntry("/devices", "devices.title", Permission.SEE, "admin"),)),
    Room(
        partners.router,
        partners_words.WORDS,
        (NavEntry("/partners", "partners.title", Permission.EDIT_SITES, "admin"),),
    ),
    Room(training.router, training_words.WORDS, (NavEntry("/training", "training.title", Permission.SEE, "admin"),)),
    Room(months.router, months_words.WORDS, (NavEntry("/calendar", "months.title", Permission.SEE),)),
    Room(sheet.router, sheet_words.WORDS, (NavEntry("/sheet", "sheet.title", Permission.SEE),)),
    Room(technicians.router, technicians_words.WORDS),
    Room(
        registry.router,
        registry_words.WORDS,
        (
            NavEntry("/sites", "registry.sites", Permission.SEE, "registry"),
            NavEntry("/workers", "registry.workers", Permission.SEE, "registry"),
            NavEntry("/contractors", "registry.contractors", Permission.SEE, "registry"),
            NavEntry("/lines", "registry.lines", Permission.SEE, "registry"),
            NavEntry("/proposals", "registry.proposals", Permission.REQUEST, "registry", "/proposals/count"),
        ),
    ),
    Room(
        statistics.router,
        statistics_words.WORDS,
        (NavEntry("/statistics", "statistics.title", Permission.SEE_USE, "papers"),),
    ),
    Room(me.router, me_words.WORDS),
)
