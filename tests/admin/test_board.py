"""What the board reads from the ledger, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.attendance.board import read_board, site_of_latest_punch
from core.attendance.board_model import Board
from core.attendance.model import Reason, Verdict
from core.attendance.tables import attendance_days
from core.clock import JST
from core.db import Database
from core.ids import SiteId, uuid7
from core.phone import PhoneSealer
from core.registry.model import LineMode, Site
from tests import factories
from tests.admin.world import TODAY, YESTERDAY, World, a_morning, at

NOW = at("10:05")


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def board_of(world: World, site: Site | None, when: str = "10:05") -> Board:
    with world.database.read() as session:
        return read_board(session, at(when), site.site_id if site else None)


def punches(board: Board) -> list[tuple[str, str | None, Verdict | None, Reason | None]]:
    return [
        (
            f"{punch.received_at.astimezone(JST):%H:%M}",
            punch.worker_name or punch.phone_mask,
            punch.verdict,
            punch.reason,
        )
        for punch in board.latest
    ]


def test_those_inside_are_grouped_by_contractor_in_the_order_they_came(world: World) -> None:
    a_morning(world)
    board = board_of(world, world.central)
    assert [(crew.name, [person.name for person in crew.workers]) for crew in board.crews] == [
        ("伊藤電設", ["高橋健"]),
        ("佐藤工業", ["山田太郎"]),
    ]
    assert board.inside == 2


def test_the_largest_contractor_comes_first_and_an_unknown_one_last(world: World) -> None:
    for name, contractor in (
        ("山田太郎", world.ito),
        ("鈴木一郎", world.sato),
        ("高橋健", world.sato),
        ("田中実", world.ito),
    ):
        world.add(name, contractor)
        world.call(name, at("07:52"))
    with world.database.write() as session:
        named = attendance_days.c.worker_id.in_([world.workers[name].worker_id for name in ("山田太郎", "田中実")])
        session.execute(sa.update(attendance_days).where(named).values(contractor_id=None))
    world.call("山田太郎", at("08:52"))
    world.add("渡辺誠", world.ito)
    world.call("渡辺誠", at("08:53"))
    crews = board_of(world, world.central).crews
    assert [(crew.name, [person.name for person in crew.workers]) for crew in crews] == [
        ("佐藤工業", ["鈴木一郎", "高橋健"]),
        ("伊藤電設", ["渡辺誠"]),
        (None, ["田中実"]),
    ]


def test_who_came_back_shows_since_when_and_the_first_entry(world: World) -> None:
    a_morning(world)
    (yamada,) = board_of(world, world.central).crews[1].workers
    assert (yamada.first_entry_at, yamada.last_exit_at, yamada.inside_since) == (at("07:52"), at("09:00"), at("10:00"))


def test_who_has_left_is_listed_with_both_times(world: World) -> None:
    a_morning(world)
    board = board_of(world, world.central)
    assert [(left.name, left.contractor_name, left.first_entry_at, left.last_exit_at) for left in board.left] == [
        ("鈴木一郎", "佐藤工業", at("07:55"), at("09:30"))
    ]
    assert board.has_left == 1


def test_whoever_did_not_check_out_yesterday_is_apart_and_not_inside(world: World) -> None:
    a_morning(world)
    board = board_of(world, world.central)
    assert [(person.name, person.work_date) for person in board.unclosed] == [("中村学", YESTERDAY)]


def test_a_day_closed_without_an_exit_is_still_listed(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        session.execute(
            sa.update(attendance_days)
            .where(attendance_days.c.work_date == YESTERDAY)
            .values(inside_since=None, missing_exit=True)
        )
    assert [person.name for person in board_of(world, world.central).unclosed] == ["中村学"]


def test_a_void_day_counts_nobody(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        session.execute(sa.update(attendance_days).values(is_void=True))
    board = board_of(world, world.central)
    assert (board.crews, board.left, board.unclosed) == ((), (), ())
    assert board_of(world, None).inside == 0


def test_the_latest_punches_of_a_site_name_callers_or_show_a_mask(world: World) -> None:
    a_morning(world)
    board = board_of(world, world.central)
    assert punches(board) == [
        ("10:02", "田中実", Verdict.NEEDS_REVIEW, Reason.AFFILIATION_EXPIRED),
        ("10:00", "山田太郎", Verdict.ACCEPTED, None),
        ("09:30", "鈴木一郎", Verdict.ACCEPTED, None),
        ("09:00", "山田太郎", Verdict.ACCEPTED, None),
        ("08:12", None, Verdict.REFUSED, Reason.WITHHELD_NUMBER),
        ("08:10", "+8190****0001", Verdict.NEEDS_REVIEW, Reason.UNKNOWN_NUMBER),
        ("08:01", "高橋健", Verdict.DUPLICATE, Reason.TOO_SOON),
        ("07:58", "高橋健", Verdict.ACCEPTED, None),
        ("07:55", "鈴木一郎", Verdict.ACCEPTED, None),
        ("07:52", "山田太郎", Verdict.ACCEPTED, None),
    ]
    assert board.unclear == 2
    assert board.last_received_at == at("10:02")


def test_a_call_that_named_no_site_is_shown_at_each_site_of_its_line(world: World) -> None:
    with world.database.write() as session:
        factories.line(session, "+815012345670", sites=[world.central, world.harbour])
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:52"), line="+815012345670")
    unclear = ("07:52", "山田太郎", Verdict.NEEDS_REVIEW, Reason.UNKNOWN_SITE_CODE)
    boards = [board_of(world, site) for site in (world.central, world.harbour, None)]
    assert [punches(board) for board in boards] == [[unclear]] * 3
    assert [board.unclear for board in boards] == [1, 1, 1]


def test_the_overview_counts_every_open_site(world: World, sealer: PhoneSealer) -> None:
    a_morning(world)
    with world.database.write() as session:
        factories.site(session, sealer, "終わった現場", prime=world.prime, ends_on=YESTERDAY)
        factories.site(session, sealer, "これからの現場", prime=world.prime, starts_on=TODAY + timedelta(days=1))
    board = board_of(world, None)
    assert [(count.name, count.inside, count.left, count.unclear, count.last_moved_at) for count in board.counts] == [
        ("中央ビル", 2, 1, 2, at("10:00")),
        ("港南マンション", 1, 0, 0, at("08:03")),
    ]
    assert [name for _, name in board.choices] == ["港南マンション", "中央ビル"]
    assert (board.inside, board.has_left, board.unclear, board.site) == (3, 1, 2, None)
    assert punches(board)[0] == ("10:05", "+8190****0001", Verdict.REFUSED, Reason.UNKNOWN_LINE)


def test_a_night_shift_counts_for_the_day_it_began(world: World, sealer: PhoneSealer) -> None:
    with world.database.write() as session:
        night = factories.site(
            session, sealer, "夜間工事", prime=world.prime, day_starts_min=12 * 60, closes_min=8 * 60
        )
        factories.line(session, "+815012345671", sites=[night])
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("22:00", YESTERDAY), line="+815012345671")
    board = board_of(world, night, "03:00")
    assert (board.work_date, board.inside, board.unclosed) == (YESTERDAY, 1, ())
    assert [count.inside for count in board_of(world, None, "03:00").counts if count.name == "夜間工事"] == [1]


def test_an_empty_site_offers_its_lines(world: World) -> None:
    with world.database.write() as session:
        factories.line(session, "+815012345670", sites=[world.central], mode=LineMode.RING_ONLY)
    board = board_of(world, world.central)
    assert [(line.e164, line.mode) for line in board.lines] == [
        ("+815012345670", LineMode.RING_ONLY),
        ("+815012345678", LineMode.SENTENCE),
    ]
    assert (board.inside, board.latest, board.last_received_at) == (0, (), None)


def test_an_unknown_site_gives_the_overview(world: World) -> None:
    with world.database.read() as session:
        assert read_board(session, NOW, SiteId(uuid7())).site is None


def test_the_site_of_the_latest_punch_is_where_something_last_happened(world: World) -> None:
    world.add("山田太郎", world.sato)
    with world.database.read() as session:
        assert site_of_latest_punch(session) is None
    for site in (world.harbour, world.central, world.harbour):
        world.call("山田太郎", at("07:52"), site)
    world.call("山田太郎", at("08:52"), line="+815012340000")
    with world.database.read() as session:
        assert site_of_latest_punch(session) == world.harbour.site_id


def test_nobody_s_number_is_on_the_board(world: World) -> None:
    a_morning(world)
    for site in (world.central, None):
        shown = repr(board_of(world, site))
        assert not [number for number in (*world.numbers.values(), "+819099990001") if number in shown]
