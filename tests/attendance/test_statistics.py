"""利用状況: fiscal years and months, people by legal form, records by channel, as far as a scope reaches."""

from datetime import date, timedelta

import pytest

from core.attendance.channel_counting import count_channels, months_to_count
from core.attendance.model import Channel, Direction, RawPunch
from core.attendance.service import record_punches
from core.attendance.statistics import count_sites_used, read_use, sites_used
from core.attendance.statistics_model import (
    MonthUse,
    People,
    Use,
    YearUse,
    fiscal_year,
    months_of,
    next_month,
    use_by_month,
    use_by_year,
)
from core.clock import work_date
from core.db import Database
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.registry.model import LegalForm
from core.scope import EVERYTHING, NOTHING, Scope
from tests import factories
from tests.admin.world import TODAY, World, a_morning, at

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def use_of(world: World, scope: Scope = EVERYTHING, year: int = 2026, today: date = TODAY) -> Use:
    with world.database.read() as session:
        return read_use(session, scope, today, year)


def touch(world: World, name: str, when: str, direction: Direction) -> None:
    """Let somebody touch a card at 中央ビル."""
    punch = RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"card:{name}:{when}",
        channel=Channel.CARD,
        occurred_at=at(when),
        received_at=at(when),
        named_worker_id=world.workers[name].worker_id,
        named_site_id=world.central.site_id,
        requested_direction=direction,
    )
    with world.database.write() as session:
        record_punches(session, [punch], at(when))


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026), (date(2027, 1, 1), 2026)],
)
def test_a_fiscal_year_runs_from_april_to_march(day: date, year: int) -> None:
    assert fiscal_year(day) == year
    assert (months_of(2026)[0], months_of(2026)[-1], len(months_of(2026))) == (date(2026, 4, 1), date(2027, 3, 1), 12)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_what_was_before_the_year_is_in_its_cumulative_numbers() -> None:
    counted = [(date(2025, 3, 1), 5, 1), (date(2026, 3, 1), 10, 1), (date(2026, 5, 1), 7, 2), (date(2027, 4, 1), 9, 1)]
    april, may, *_, march = use_by_month(2026, counted)
    assert (april, may) == (MonthUse(date(2026, 4, 1), 0, 0, 15), MonthUse(date(2026, 5, 1), 7, 2, 22))
    assert march == MonthUse(date(2027, 3, 1), 0, 0, 22)
    assert use_by_year(counted[:3], 2027) == (
        YearUse(2024, 5, 5),
        YearUse(2025, 10, 15),
        YearUse(2026, 7, 22),
        YearUse(2027, 0, 22),
    )
    assert use_by_year([], 2026) == (YearUse(2026, 0, 0),)


def test_records_are_counted_by_month_and_site(world: World) -> None:
    a_morning(world)
    use = use_of(world)
    assert [(month.month, month.records, month.sites) for month in use.months if month.records] == [(NOVEMBER, 5, 2)]
    assert (use.records, use.cumulative, use.sites) == (5, 5, 2)
    with world.database.read() as session:
        found = sites_used(session, EVERYTHING, 2026)
        assert [(site.name, site.records, site.cumulative) for site in found] == [
            ("中央ビル", 4, 4),
            ("港南マンション", 1, 1),
        ]
        assert [site.name for site in sites_used(session, EVERYTHING, 2026, 1, 1)] == ["港南マンション"]
        assert (count_sites_used(session, EVERYTHING, 2026), count_sites_used(session, EVERYTHING, 2025)) == (2, 0)
        assert [(site.records, site.cumulative) for site in sites_used(session, EVERYTHING, 2027)] == [(0, 4), (0, 1)]


def test_one_person_contractors_are_workers_and_apart_from_contractors(world: World) -> None:
    with world.database.write() as session:
        alone = factories.contractor(session, "一人", legal_form=LegalForm.ONE_PERSON)
        factories.contractor(session, "個人工務店", legal_form=LegalForm.SOLE_PROPRIETOR)
    world.add("山田太郎", world.sato)
    world.add("鈴木一郎", alone)
    people = use_of(world).people
    assert people == People(workers=2, one_person_workers=1, corporations=3, sole_proprietors=1, one_person=1)
    assert people.contractors == 4


def test_registrations_are_dated_by_their_ids(world: World) -> None:
    world.add("山田太郎", world.sato)
    registered_on = world.workers["山田太郎"].worker_id.int >> 80
    today = work_date(at("00:00", date(1970, 1, 1)) + timedelta(hours=9, milliseconds=registered_on))
    registered = use_of(world, year=fiscal_year(today), today=today).registered
    assert (registered[-1].month, registered[-1].workers, registered[-1].contractors) == (today.replace(day=1), 1, 3)
    assert sum(end.workers for end in registered) == 1
    assert use_of(world, year=2030, today=today).registered == ()


def test_a_record_counts_for_the_channel_of_its_first_punch(world: World) -> None:
    world.add("山田太郎", world.sato)
    world.add("鈴木一郎", world.sato)
    world.call("山田太郎", at("07:50"))
    touch(world, "山田太郎", "17:00", Direction.EXIT)
    touch(world, "鈴木一郎", "07:55", Direction.ENTRY)
    world.call("+819099990001", at("08:10"))
    with world.database.read() as session:
        assert months_to_count(session, TODAY) == [date(2026, 10, 1), NOVEMBER]
        assert months_to_count(session, date(2027, 2, 3)) == [NOVEMBER, date(2027, 1, 1), date(2027, 2, 1)]
    for _ in range(2):  # counting anew replaces what was counted
        with world.database.write() as session:
            count_channels(session, NOVEMBER)
    use = use_of(world)
    assert use.channel_totals() == [(Channel.CARD, 1), (Channel.PHONE, 1)]
    assert sum(records for _, records in use.channel_totals()) == use.records
    with world.database.read() as session:
        assert months_to_count(session, date(2027, 2, 3)) == [date(2027, 1, 1), date(2027, 2, 1)]


def test_a_scope_counts_its_own_sites_alone(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        count_channels(session, NOVEMBER)
        other = factories.contractor(session, "他社建設")
    own = Scope(primes=frozenset({world.prime.contractor_id}))
    site = Scope(sites=frozenset({world.harbour.site_id}))
    strange = Scope(primes=frozenset({other.contractor_id}))
    uses = [use_of(world, scope) for scope in (own, site, strange, NOTHING)]
    assert [use.records for use in uses] == [5, 1, 0, 0]
    assert [use.channel_totals() for use in uses] == [[(Channel.PHONE, 5)], [(Channel.PHONE, 1)], [], []]
    assert [use.sites for use in uses] == [2, 1, 0, 0]
    assert uses[2].people == People(0, 0, 1, 0, 0)
