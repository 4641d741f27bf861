"""Rules of links and rosters without a database: chains, tiers, loops, and how days are cut."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, NotAllowed
from core.ids import ContractorId, SiteId, WorkerId, uuid7
from core.registry.model import Position, Site
from core.registry.rules import covers
from core.tiering.link_model import Link, LinkState, Place, Policy
from core.tiering.link_rules import Chains, check_place, check_policy, newest_change, tiers_of
from core.tiering.roster_model import EntryState, RosterEntry
from core.tiering.roster_rules import cut

PRIME, A, B, C = (ContractorId(UUID(int=number)) for number in range(1, 5))
SITE = Site(SiteId(UUID(int=9)), "中央ビル", PRIME, date(2026, 11, 1))
DAY = date(2026, 11, 10)


def link(lower: ContractorId, upper: ContractorId, state: LinkState = LinkState.ACCEPTED, **values: object) -> Link:
    given = {"valid_from": SITE.starts_on, "valid_until": None, "participation_id": None, **values}
    return Link(uuid7(), SITE.site_id, PRIME, lower, upper, state, **given)  # type: ignore[arg-type]


def test_a_chain_is_whole_on_the_days_on_which_all_its_links_hold() -> None:
    chains = Chains(SITE, [link(A, PRIME, valid_until=DAY), link(B, A, valid_from=DAY), link(C, B, LinkState.INVITED)])
    days = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    assert [chains.is_whole(A, day) for day in days] == [True, True, False]
    assert [chains.is_whole(B, day) for day in days] == [False, True, False]
    assert [chains.is_whole(PRIME, day) for day in days] == [True, True, True]
    assert not any(chains.is_whole(C, day) for day in days)
    assert (chains.gap(C), chains.gap(B)) == (C, A)


def test_a_contractor_under_two_uppers_needs_one_whole_chain() -> None:
    chains = Chains(SITE, [link(A, PRIME), link(C, B), link(C, A)])
    assert chains.is_whole(C, DAY)


def test_links_that_make_a_loop_are_never_whole() -> None:
    chains = Chains(SITE, [link(A, B), link(B, A)])
    assert (chains.is_whole(A, DAY), chains.gap(A) in {A, B}) == (False, True)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=40))
def test_whatever_is_tried_the_places_that_are_let_through_make_a_tree(tries: list[tuple[int, int]]) -> None:
    links: list[Link] = []
    for lower, upper in tries:
        place = Place(ContractorId(UUID(int=lower)), ContractorId(UUID(int=upper)))
        if any(each.contractor_id == place.contractor_id for each in links):
            continue
        try:
            check_place(SITE, place, links)
        except NotAllowed:
            continue
        links.append(link(place.contractor_id, place.upper_contractor_id))
    for each in links:
        seen, at = {each.contractor_id}, each.upper_contractor_id
        uppers = {one.contractor_id: one.upper_contractor_id for one in links}
        while at in uppers:
            assert at not in seen
            seen.add(at)
            at = uppers[at]
    assert PRIME not in {each.contractor_id for each in links}
    tiers = tiers_of(PRIME, {each.contractor_id: [each.upper_contractor_id] for each in links})
    assert all(tiers[lower] == tiers[upper] + 1 for lower, upper in uppers_in(links) if upper in tiers)


def uppers_in(links: list[Link]) -> list[tuple[ContractorId, ContractorId]]:
    return [(each.contractor_id, each.upper_contractor_id) for each in links]


def test_the_newest_change_of_some_contractors_is_known() -> None:
    links = [link(A, PRIME, seq=3), link(B, A, seq=7), link(A, B, LinkState.REMOVED, seq=5)]
    assert [newest_change(links, given) for given in ({A}, {B}, {A, B}, {C})] == [5, 7, 7, 0]


@pytest.mark.parametrize("tier", [0, 10])
def test_a_policy_names_a_tier_that_can_be(tier: int) -> None:
    with pytest.raises(InvalidInput):
        check_policy(Policy(PRIME, deepest_tier=tier))


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_an_entry_is_cut_without_losing_or_doubling_a_day(length: int, start: int, days: int) -> None:
    until = DAY + timedelta(days=length)
    first = DAY + timedelta(days=min(start, length))
    last = min(until, first + timedelta(days=days))
    pieces = list(cut(entry(DAY, until), first, last))
    covered = [day for piece in pieces for day in dates(DAY, until) if covers(piece.valid_from, piece.valid_until, day)]
    assert covered == dates(DAY, until)
    assert any((piece.valid_from, piece.valid_until) == (first, last) for piece in pieces)
    assert all(one.valid_until < other.valid_from for one, other in pairwise(pieces) if one.valid_until)


def dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def entry(first: date, last: date | None) -> RosterEntry:
    return RosterEntry(
        *(uuid7(), SITE.site_id, PRIME, A, WorkerId(uuid7()), None, "0601", "", Position.OTHER, None, "", ""),
        *(first, last, EntryState.ACCEPTED),
    )
