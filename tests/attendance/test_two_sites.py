"""Somebody at two sites on one date: what is known of the one counts for the other, in whatever order it arrives."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.attendance import records
from core.attendance.correcting import cancel_record, move_record
from core.attendance.ledger import Ledger
from core.attendance.model import Channel, CorrectionCode, Direction, RawPunch
from core.attendance.picture import Picture
from core.clock import JST
from core.db import Database
from core.ids import ContractorId, PunchId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry.lookup import Person, Place
from core.registry.model import Language
from core.registry.site_terms import SiteTerms
from tests import factories
from tests.attendance.world import DAY, OFFICE, World, at, entered

EAST = "+815011110000"


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    world = World(database, sealer)
    with database.write() as session:
        other_prime = factories.contractor(session, "東建設")
        east = factories.site(session, sealer, "東ビル", prime=other_prime)
        factories.line(session, EAST, sites=[east])
    return world


def test_an_entry_that_arrives_late_makes_a_later_one_elsewhere_stand_out(world: World) -> None:
    assert world.call("09:00", line=EAST) == "accepted entry"
    world.record(replace(world.punch("07:52"), received_at=at("10:00")))
    assert world.held() == ["accepted entry", "accepted entry two_sites_at_once"]


def test_two_sites_within_minutes_need_review_whichever_arrives_first(world: World) -> None:
    world.call("07:57", line=EAST)
    world.record(replace(world.punch("07:52"), received_at=at("10:00")))
    assert world.held() == ["accepted entry", "needs_review entry two_sites_at_once"]
    assert [void for *_, void in world.days()] in ([False, True], [True, False])


def test_what_is_cancelled_at_one_site_clears_the_other(world: World) -> None:
    world.call("07:52")
    world.call("07:57", line=EAST)
    with world.database.write() as session:
        first = records.list_punches(session)[-1]
        cancel_record(session, first.punch_id, CorrectionCode.NOT_PRESENT, OFFICE, at("12:00"))
    assert world.held() == ["refused - cancelled", "accepted entry"]
    assert sorted(void for *_, void in world.days()) == [False, True]


def test_what_is_moved_to_another_direction_clears_the_other_site(world: World) -> None:
    world.call("07:52")
    world.call("09:00", line=EAST)
    with world.database.write() as session:
        first = records.list_punches(session)[-1]
        moved = entered(world, "07:52", Direction.EXIT, CorrectionCode.WRONG_DIRECTION)
        move_record(session, first.punch_id, moved, OFFICE, at("12:00"))
    assert world.held() == ["accepted exit", "accepted entry"]


def test_a_third_site_does_not_hide_the_one_he_is_still_inside(world: World) -> None:
    third = "+815011110001"
    with world.database.write() as session:
        north = factories.site(session, world.sealer, "北ビル", prime=world.prime)
        factories.line(session, third, sites=[north])
    world.call("08:00")
    assert world.call("12:00", line=EAST) == "accepted entry two_sites_at_once"
    assert world.call("12:30") == "accepted exit"
    assert world.call("12:31", line=third) == "accepted entry two_sites_at_once"
    assert world.call("12:40", line=EAST) == "accepted exit"
    assert world.call("17:00", line=third) == "accepted exit"


PLACES = tuple(
    Place(
        asks_callers=False,
        site_id=SiteId(uuid7()),
        prime_contractor_id=ContractorId(uuid7()),
        name=name,
        name_kana="",
        starts_on=DAY,
        ends_on=None,
        site_code="0000",
        terms=SiteTerms(day_starts=timedelta(hours=4), closes=timedelta(hours=20), minimum_stay=timedelta(minutes=30)),
        day_code_required=False,
        sms_receipt=False,
    )
    for name in ("西", "東", "北")
)
PERSON = Person(WorkerId(uuid7()), "山田", "", Language.JAPANESE)

Event = tuple[int, int, Direction | None]  # minutes after 05:00, at which site, and what was requested


def end_state(events: Sequence[Event]) -> dict[int, tuple[object, ...]]:
    """Return what holds at each minute after punches arrived in the order given, and that the days agree."""
    ledger = Ledger(Picture(), at("23:00"), {place.site_id: place for place in PLACES})
    minutes: dict[PunchId, int] = {}
    for minute, where, requested in events:
        instant = at("05:00").astimezone(JST) + timedelta(minutes=minute)
        punch = RawPunch(PunchId(uuid7()), str(minute), Channel.PHONE, instant, instant)
        minutes[punch.punch_id] = minute
        ledger.accept(punch, PERSON, PLACES[where], requested)
    newest = {judgement.punch_id: judgement for judgement in ledger.changes.judgements}
    return {minutes[each]: (held.verdict, held.reason, held.direction) for each, held in newest.items()}


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    minutes = draw(st.lists(st.integers(0, 1100), min_size=2, max_size=9, unique=True))
    direction = st.sampled_from([None, None, *Direction])
    events = [(minute, draw(st.integers(0, 2)), draw(direction)) for minute in minutes]
    return sorted(events, key=lambda event: event[0]), draw(st.permutations(events))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrivals())
def test_any_order_of_arrival_ends_as_the_order_of_time_does(both: tuple[list[Event], list[Event]]) -> None:
    in_order, shuffled = both
    assert end_state(shuffled) == end_state(in_order)
