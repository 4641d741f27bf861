"""What of a board one page shows: names while they are few, else those of one contractor; a page of the overview."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from core.attendance.board_model import Board, Overview, SiteCount, Tally
from core.ids import ContractorId

NAMES_AT_ONCE = 150
SITES_AT_ONCE = 50
NO_CONTRACTOR = "none"  # how an address names the people whose contractor is not known


class _OfContractor(Protocol):
    @property
    def contractor_id(self) -> ContractorId | None: ...


Person = TypeVar("Person", bound=_OfContractor)


@dataclass(frozen=True, slots=True)
class SitePage:
    """A board cut to what fits: with names of all or of one contractor, or (has_names false) with counts alone."""

    board: Board
    company: str
    has_names: bool
    cut: int  # how many names did not fit


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """One page of the sites."""

    counts: tuple[SiteCount, ...]
    number: int
    first: int
    last: int
    total: int


def site_page(board: Board, company: str) -> SitePage:
    """Return the board as a page shows it. company is a contractor's id, NO_CONTRACTOR, or "" for all of them."""
    if not any(company_code(tally) == company for tally in board.tallies):
        company = ""
    if not company and _names(board) > NAMES_AT_ONCE:
        return SitePage(replace(board, crews=(), absent=(), left=(), unclosed=()), company, has_names=False, cut=0)
    shown = _only(board, company) if company else board
    whole = _names(shown)
    shown = _shortened(shown)
    return SitePage(shown, company, has_names=True, cut=whole - _names(shown))


def company_code(of: Tally) -> str:
    """Return how an address names a contractor."""
    return str(of.contractor_id) if of.contractor_id else NO_CONTRACTOR


def overview_page(overview: Overview, number: int, search: str) -> OverviewPage:
    """Return a page of the sites whose name contains the text, counted from 1."""
    found = [count for count in overview.counts if search.casefold() in count.name.casefold()]
    pages = max(1, -(-len(found) // SITES_AT_ONCE))
    number = min(max(number, 1), pages)
    start = (number - 1) * SITES_AT_ONCE
    shown = tuple(found[start : start + SITES_AT_ONCE])
    return OverviewPage(shown, number, start + 1, start + len(shown), len(found))


def _names(board: Board) -> int:
    return board.inside + len(board.absent) + len(board.left) + len(board.unclosed)


def _only(board: Board, company: str) -> Board:
    def of_company(people: Iterable[Person]) -> tuple[Person, ...]:
        return tuple(one for one in people if str(one.contractor_id or NO_CONTRACTOR) == company)

    return replace(
        board,
        crews=of_company(board.crews),
        absent=of_company(board.absent),
        left=of_company(board.left),
        unclosed=of_company(board.unclosed),
    )


def _shortened(board: Board) -> Board:
    crews = tuple(replace(crew, workers=crew.workers[:NAMES_AT_ONCE]) for crew in board.crews)
    return replace(
        board,
        crews=crews,
        absent=board.absent[:NAMES_AT_ONCE],
        left=board.left[:NAMES_AT_ONCE],
        unclosed=board.unclosed[:NAMES_AT_ONCE],
    )
