"""The month calendar, its checks, and the attendance sheet, read from a ledger that judged real calls."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from core.attendance import records, visits
from core.attendance.calendar import read_matrix, totals_of, worker_month
from core.attendance.calendar_model import DayTimes, DifferenceKind, MonthQuery, Party
from core.attendance.correcting import Entered, identify_record, move_record
from core.attendance.counting import Step
from core.attendance.model import Actor, CorrectionCode, Direction
from core.attendance.month_changes import with_changes
from core.attendance.month_check_store import history_of
from core.attendance.month_checks import (
    MonthChanged,
    check_month,
    holding,
    month_seen,
    open_differences,
    uncheck_month,
)
from core.attendance.sheet import find_sheet_day, make_sheet, set_terms, sheet_days, withdraw_entry, write_entry
from core.attendance.sheet_model import ManDay, SheetTerms
from core.attendance.tables import attendance_days, month_checks, sheet_entries
from core.db import Database
from core.errors import NotAllowed, NotFound
from core.ids import uuid7
from core.phone import PhoneSealer
from core.registry import service
from core.registry.model import Contractor, Occupation
from core.scope import EVERYTHING, NOTHING, Scope
from tests.admin.world import TODAY, YESTERDAY, World, at

MONTH = date(2026, 11, 1)
NOW = at("20:30")
KIMURA = (uuid7(), "木村花子")


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    """山田 worked two days at 中央ビル, on the second also at 港南マンション; 高橋 forgot to leave."""
    world = World(database, sealer)
    world.add("山田太郎", world.sato)
    world.add("高橋健", world.ito)
    world.call("山田太郎", at("08:00", YESTERDAY))
    world.call("山田太郎", at("17:00", YESTERDAY))
    world.call("高橋健", at("08:10", YESTERDAY))
    world.call("山田太郎", at("08:00"))
    world.call("山田太郎", at("12:00"))
    world.call("山田太郎", at("13:00"), world.harbour)
    world.call("山田太郎", at("19:00"), world.harbour)
    return world


def work_more(world: World, day: date = YESTERDAY - timedelta(days=1)) -> None:
    world.call("山田太郎", at("08:00", day))
    world.call("山田太郎", at("17:00", day))


def test_two_sites_on_a_date_are_two_records_and_one_day_worked(world: World) -> None:
    with world.database.write() as session:
        worker = world.workers["山田太郎"]
        days = worker_month(session, EVERYTHING, worker.worker_id, MONTH, NOW)
    assert [(day.work_date, day.site_name, day.prime_name) for day in days] == [
        (YESTERDAY, "中央ビル", "大和建設"),
        (TODAY, "中央ビル", "大和建設"),
        (TODAY, "港南マンション", "大和建設"),
    ]
    totals = totals_of(days)
    assert (totals.records, totals.days_worked, totals.counting_days) == (3, 2, 0)


def test_a_day_counts_once_id_employer_and_occupation_are_there(world: World) -> None:
    worker = world.workers["山田太郎"]
    with world.database.write() as session:
        before = worker_month(session, EVERYTHING, worker.worker_id, MONTH, NOW)
        service.add_occupations(session, [Occupation("0101", "特殊作業員")])
        service.set_occupations(session, worker.worker_id, ["0101"])
        session.execute(
            sa.text("update workers set ccus_worker_id = '00000000000123' where worker_id = :id").bindparams(
                sa.bindparam("id", worker.worker_id, sa.Uuid)
            )
        )
        after = worker_month(session, EVERYTHING, worker.worker_id, MONTH, NOW)
    assert [step.step for step in before[0].missing] == [Step.CCUS_ID, Step.OCCUPATION]
    assert (after[0].missing, after[0].counts, after[0].occupation) == ((), True, "特殊作業員")


def test_a_day_of_nothing_but_unclear_punches_is_shown_and_is_no_record(world: World) -> None:
    world.add("渡辺誠", world.ito)
    world.call("渡辺誠", at("20:20"))  # after closing: likely a forgotten entry
    with world.database.read() as session:
        days = worker_month(session, EVERYTHING, world.workers["渡辺誠"].worker_id, MONTH, NOW)
    assert [(day.is_recorded, day.has_hole, day.missing[0].step) for day in days] == [(False, True, Step.REVIEW)]
    assert totals_of(days).records == 0


def test_a_worker_with_nothing_but_unclear_punches_stands_in_the_month_of_site_and_contractor(world: World) -> None:
    world.add("渡辺誠", world.ito)
    world.call("渡辺誠", at("20:20"))  # after closing: likely a forgotten entry
    site, ito, sato = world.central.site_id, world.ito.contractor_id, world.sato.contractor_id
    queries = [
        MonthQuery(MONTH, site_id=site),
        MonthQuery(MONTH, contractor_id=ito),
        MonthQuery(MONTH, None, site, ito),
    ]
    with world.database.read() as session:
        found = [read_matrix(session, EVERYTHING, query, NOW) for query in queries]
        others = [
            read_matrix(session, EVERYTHING, MonthQuery(MONTH, None, site, sato), NOW),
            read_matrix(session, EVERYTHING, MonthQuery(MONTH, site_id=world.harbour.site_id), NOW),
            read_matrix(session, Scope(employers=frozenset({sato})), queries[0], NOW),
        ]
    for matrix in found:
        (row,) = [row for row in matrix.rows if row.worker_name == "渡辺誠"]
        assert ([day.is_recorded for day in row.days[TODAY]], row.totals.records) == ([False], 0)
        assert len(matrix.rows) == matrix.workers
    assert [matrix.records for matrix in found] == [3, 1, 1]
    for matrix in others:
        assert [row.worker_name for row in matrix.rows] == ["山田太郎"]


def test_a_site_shows_its_workers_by_date_with_the_holes(world: World) -> None:
    with world.database.read() as session:
        matrix = read_matrix(session, EVERYTHING, MonthQuery(MONTH, site_id=world.central.site_id), NOW)
    rows = {row.worker_name: row for row in matrix.rows}
    assert sorted(rows["山田太郎"].days) == [YESTERDAY, TODAY]
    assert (rows["高橋健"].totals.holes, rows["高橋健"].contractor_names) == (1, ("伊藤電設",))
    assert (matrix.workers, matrix.records, matrix.days_worked) == (2, 3, 3)


def test_nobody_sees_days_beyond_the_scope(world: World) -> None:
    sato = Scope(employers=frozenset({world.sato.contractor_id}))
    site = MonthQuery(MONTH, site_id=world.central.site_id)
    with world.database.read() as session:
        seen = read_matrix(session, sato, site, NOW)
        unseen = worker_month(session, sato, world.workers["高橋健"].worker_id, MONTH, NOW)
        nothing = read_matrix(session, NOTHING, site, NOW)
        sheet = sheet_days(session, sato, MONTH, site_id=world.central.site_id)
    assert [row.worker_name for row in seen.rows] == ["山田太郎"]
    assert (unseen, nothing.rows, nothing.workers) == ((), (), 0)
    assert {day.recorded.worker_name for day in sheet} == {"山田太郎"}


def test_a_month_that_both_parties_checked_is_settled(world: World) -> None:
    place = (world.central.site_id, world.sato.contractor_id)
    with world.database.write() as session:
        seen = month_seen(session, *place, MONTH)
        for party in Party:
            check_month(session, place, MONTH, party, seen.rows_hash, KIMURA, NOW)
        assert seen.records == 2
        assert open_differences(session, EVERYTHING, NOW) == []


def test_a_day_that_comes_after_the_check_is_a_difference_until_it_is_checked_again(world: World) -> None:
    place = (world.central.site_id, world.sato.contractor_id)
    checked_at = at("17:30", YESTERDAY)
    with world.database.write() as session:
        check_month(
            session, place, MONTH, Party.PRIME, month_seen(session, *place, MONTH).rows_hash, KIMURA, checked_at
        )
    work_more(world, TODAY + timedelta(days=1))
    with world.database.write() as session:
        (difference,) = open_differences(session, EVERYTHING, NOW)
        assert (difference.kind, difference.records_now) == (DifferenceKind.CHANGED_SINCE, 3)
        assert difference.prime is not None
        assert (difference.prime.records, difference.subcontractor) == (2, None)
        assert (difference.site_name, difference.contractor_name) == ("中央ビル", "佐藤工業")
        ito = Scope(employers=frozenset({world.ito.contractor_id}))
        assert open_differences(session, ito, NOW) == []
        later = at("21:00", TODAY + timedelta(days=1))
        check_month(session, place, MONTH, Party.PRIME, month_seen(session, *place, MONTH).rows_hash, KIMURA, later)
        assert open_differences(session, EVERYTHING, later) == []


def check_as_prime(world: World, contractor: Contractor, when: datetime) -> None:
    place = (world.central.site_id, contractor.contractor_id)
    with world.database.write() as session:
        seen = month_seen(session, *place, MONTH).rows_hash
        check_month(session, place, MONTH, Party.PRIME, seen, KIMURA, when)


def test_a_difference_says_which_days_came_went_or_moved_since_the_check(world: World) -> None:
    check_as_prime(world, world.sato, at("20:00"))
    tomorrow = TODAY + timedelta(days=1)
    work_more(world, tomorrow)
    yamada, suzuki = world.workers["山田太郎"], "鈴木一郎"
    world.add(suzuki, world.ito)
    with world.database.write() as session:
        lines = {line.occurred_at: line.punch_id for line in records.list_punches(session)}
        for when in (at("08:00"), at("12:00")):  # it was not he who called
            place = (world.workers[suzuki].worker_id, world.central.site_id)
            identify_record(session, lines[when], *place, Actor("木村花子"), at("08:00", tomorrow))
        leave = Entered(
            yamada.worker_id, world.central.site_id, at("18:30", YESTERDAY), Direction.EXIT, CorrectionCode.WRONG_TIME
        )
        move_record(session, lines[at("17:00", YESTERDAY)], leave, Actor("木村花子"), at("09:00", tomorrow))
    with world.database.read() as session:
        (difference,) = open_differences(session, EVERYTHING, at("20:00", tomorrow))
        changes = with_changes(session, EVERYTHING, difference).changes
        ito = Scope(employers=frozenset({world.ito.contractor_id}))
        assert with_changes(session, ito, difference).changes == ()
    assert [(each.work_date, each.worker_name, each.before, each.after) for each in changes] == [
        (
            YESTERDAY,
            "山田太郎",
            DayTimes(at("08:00", YESTERDAY), at("17:00", YESTERDAY)),
            DayTimes(at("08:00", YESTERDAY), at("18:30", YESTERDAY)),
        ),
        (TODAY, "山田太郎", DayTimes(at("08:00"), at("12:00")), None),
        (tomorrow, "山田太郎", None, DayTimes(at("08:00", tomorrow), at("17:00", tomorrow))),
    ]


def test_two_parties_that_checked_different_days_differ(world: World) -> None:
    place = (world.central.site_id, world.sato.contractor_id)
    early, late = at("17:30", YESTERDAY), at("21:00", TODAY + timedelta(days=1))
    with world.database.write() as session:
        check_month(session, place, MONTH, Party.PRIME, month_seen(session, *place, MONTH).rows_hash, KIMURA, early)
    work_more(world, TODAY + timedelta(days=1))
    with world.database.write() as session:
        seen = month_seen(session, *place, MONTH)
        check_month(session, place, MONTH, Party.SUBCONTRACTOR, seen.rows_hash, KIMURA, late)
        (difference,) = open_differences(session, EVERYTHING, late)
    assert difference.kind is DifferenceKind.SEEN_DIFFERENTLY


def test_a_check_says_what_was_seen_and_can_be_taken_back(world: World) -> None:
    place = (world.central.site_id, world.sato.contractor_id)
    with world.database.write() as session:
        with pytest.raises(MonthChanged):
            check_month(session, place, MONTH, Party.PRIME, "0" * 64, KIMURA, NOW)
        with pytest.raises(NotAllowed):
            uncheck_month(session, place, MONTH, Party.PRIME, KIMURA, NOW)
        seen = month_seen(session, *place, MONTH).rows_hash
        check_month(session, place, MONTH, Party.PRIME, seen, KIMURA, NOW)
        uncheck_month(session, place, MONTH, Party.PRIME, KIMURA, NOW + timedelta(minutes=1))
        history = history_of(session, EVERYTHING, *place, MONTH)
    assert [(check.seq, check.is_checked, check.by_name) for check in history] == [
        (2, False, "木村花子"),
        (1, True, "木村花子"),
    ]
    assert holding(history) == {}


def test_an_empty_or_future_month_and_the_primes_own_people_are_not_ticked_by_a_subcontractor(world: World) -> None:
    with world.database.write() as session:
        empty = month_seen(session, world.harbour.site_id, world.ito.contractor_id, MONTH).rows_hash
        for contractor, month in ((world.ito, MONTH), (world.ito, date(2026, 12, 1)), (world.prime, MONTH)):
            place = (world.harbour.site_id, contractor.contractor_id)
            with pytest.raises(NotAllowed):
                check_month(session, place, month, Party.SUBCONTRACTOR, empty, KIMURA, NOW)


def test_the_sheet_proposes_and_sums_by_person_and_contractor(world: World) -> None:
    with world.database.read() as session:
        sheet = make_sheet(sheet_days(session, EVERYTHING, MONTH, site_id=world.central.site_id))
    assert [(group.contractor_name, group.totals.tenths, group.totals.open) for group in sheet.groups] == [
        ("伊藤電設", 0, 1),
        ("佐藤工業", 15, 0),
    ]
    assert (sheet.people, sheet.totals.tenths, sheet.totals.open) == (2, 15, 1)


def test_what_a_person_writes_holds_and_the_recorded_day_stays(world: World) -> None:
    key = (world.workers["高橋健"].worker_id, world.central.site_id, YESTERDAY)
    with world.database.write() as session:
        recorded = session.execute(sa.select(attendance_days).where(attendance_days.c.worker_id == key[0])).one()
        write_entry(session, key, ManDay(10), "17時に帰ったと確認", KIMURA, NOW)
        write_entry(session, key, ManDay(15, is_night=True, extra_min=90), "夜間", KIMURA, NOW + timedelta(minutes=1))
        day, history = find_sheet_day(session, EVERYTHING, key)
        assert day.man_day == ManDay(15, is_night=True, extra_min=90)
        assert day.proposal.man_day == ManDay()
        assert [entry.note for entry in history] == ["夜間", "17時に帰ったと確認"]
        withdraw_entry(session, key, KIMURA, NOW + timedelta(minutes=2))
        day, history = find_sheet_day(session, EVERYTHING, key)
        assert (day.entry, len(history)) == (None, 3)
        with pytest.raises(NotAllowed):
            withdraw_entry(session, key, KIMURA, NOW)
        after = session.execute(sa.select(attendance_days).where(attendance_days.c.worker_id == key[0])).one()
    assert after == recorded


def test_a_day_beyond_the_scope_or_without_a_record_has_no_sheet(world: World) -> None:
    key = (world.workers["高橋健"].worker_id, world.central.site_id, YESTERDAY)
    sato = Scope(employers=frozenset({world.sato.contractor_id}))
    with world.database.write() as session:
        with pytest.raises(NotFound):
            find_sheet_day(session, sato, key)
        with pytest.raises(NotFound):
            write_entry(session, (*key[:2], TODAY + timedelta(days=3)), ManDay(10), "", KIMURA, NOW)


def test_a_contractors_own_terms_change_what_is_proposed(world: World) -> None:
    terms = SheetTerms(uuid7(), world.sato.contractor_id, TODAY, world.central.site_id, full_day_min=4 * 60)
    with world.database.write() as session:
        set_terms(session, terms)
        days = sheet_days(session, EVERYTHING, MONTH, worker_id=world.workers["山田太郎"].worker_id)
    assert [day.proposal.man_day.tenths for day in days] == [10, 10, 10]


def test_prime_and_contractor_are_proposed_the_same_man_days(world: World) -> None:
    yamada = world.workers["山田太郎"].worker_id
    with world.database.write() as session:
        set_terms(session, SheetTerms(uuid7(), world.sato.contractor_id, YESTERDAY, full_day_min=12 * 60))
        visits.rebuild(session, TODAY)
    tenths = []
    for scope in (
        EVERYTHING,
        Scope(primes=frozenset({world.prime.contractor_id})),
        Scope(sites=frozenset({world.central.site_id})),
        Scope(employers=frozenset({world.sato.contractor_id})),
    ):
        with world.database.read(scope) as session:
            days = sheet_days(session, scope, MONTH, site_id=world.central.site_id, worker_id=yamada)
        tenths.append([day.proposal.man_day.tenths for day in days])
    assert tenths == [[5, 5]] * 4


@pytest.mark.parametrize("table", [month_checks, sheet_entries])
def test_checks_and_sheet_entries_are_append_only(world: World, table: sa.Table) -> None:
    key = (world.workers["高橋健"].worker_id, world.central.site_id, YESTERDAY)
    place = (world.central.site_id, world.sato.contractor_id)
    with world.database.write() as session:
        write_entry(session, key, ManDay(10), "", KIMURA, NOW)
        check_month(session, place, MONTH, Party.PRIME, month_seen(session, *place, MONTH).rows_hash, KIMURA, NOW)
    with pytest.raises(sa.exc.DBAPIError), world.database.write() as session:
        session.execute(sa.update(table).values(by_account=UUID(int=1)))
