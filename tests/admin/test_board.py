"""What the board reads from the ledger, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.attendance.board import find_site, read_board
from core.attendance.board_expected import last_working_days
from core.attendance.board_model import Board, Overview, Tally
from core.attendance.board_overview import open_sites, read_overview
from core.attendance.expecting import Absence
from core.attendance.model import Reason, Verdict
from core.attendance.tables import attendance_days
from core.clock import JST
from core.db import Database
from core.ids import SiteId, uuid7
from core.phone import PhoneSealer
from core.registry.model import LineMode, Site
from core.registry.tables import crew_grants
from core.scope import EVERYTHING, Scope
from tests import factories
from tests.admin.world import TODAY, YESTERDAY, World, a_morning, at

NOW = at("10:05")


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def board_of(world: World, site: Site, when: str = "10:05", scope: Scope = EVERYTHING) -> Board:
    with world.database.read() as session:
        return read_board(session, scope, at(when), site)


def overview_of(world: World, when: str = "10:05", scope: Scope = EVERYTHING) -> Overview:
    with world.database.read() as session:
        return read_overview(session, scope, at(when))


def punches(board: Board | Overview) -> list[tuple[str, str | None, Verdict | None, Reason | None]]:
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
    assert overview_of(world).inside == 0


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
    boards = [board_of(world, world.central), board_of(world, world.harbour), overview_of(world)]
    assert [punches(board) for board in boards] == [[unclear]] * 3
    assert [board.unclear for board in boards] == [1, 1, 1]
    assert overview_of(world).placeless == 1


def test_the_overview_counts_every_open_site(world: World, sealer: PhoneSealer) -> None:
    a_morning(world)
    with world.database.write() as session:
        factories.site(session, sealer, "終わった現場", prime=world.prime, ends_on=YESTERDAY)
        factories.site(session, sealer, "これからの現場", prime=world.prime, starts_on=TODAY + timedelta(days=1))
    overview = overview_of(world)
    counts = [(count.name, count.inside, count.left, count.unclear, count.last_moved_at) for count in overview.counts]
    assert counts == [("中央ビル", 2, 1, 2, at("10:00")), ("港南マンション", 1, 0, 0, at("08:03"))]
    assert (overview.inside, overview.has_left, overview.unclear, overview.placeless) == (3, 1, 2, 0)
    assert punches(overview)[0] == ("10:05", "+8190****0001", Verdict.REFUSED, Reason.UNKNOWN_LINE)
    with world.database.read() as session:
        assert [site.name for site in open_sites(session, EVERYTHING, NOW)] == ["港南マンション", "中央ビル"]


def test_the_overview_of_some_sites_leaves_the_others_out(world: World) -> None:
    a_morning(world)
    with world.database.read() as session:
        overview = read_overview(session, EVERYTHING, NOW, [world.harbour.site_id])
    assert [(count.name, count.inside) for count in overview.counts] == [("港南マンション", 1)]
    assert (overview.inside, overview.unclear) == (1, 0)
    assert [name for _, name, _, _ in punches(overview)] == ["渡辺誠"]


def test_whoever_is_inside_two_sites_is_one_person(world: World) -> None:
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:00"))
    world.call("山田太郎", at("09:00"), world.harbour)
    overview = overview_of(world)
    assert ([count.inside for count in overview.counts], overview.inside) == ([1, 1], 1)


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
    assert [count.inside for count in overview_of(world, "03:00").counts if count.name == "夜間工事"] == [1]


def test_an_empty_site_offers_its_lines(world: World) -> None:
    with world.database.write() as session:
        factories.line(session, "+815012345670", sites=[world.central], mode=LineMode.RING_ONLY)
    board = board_of(world, world.central)
    assert [(line.e164, line.mode) for line in board.lines] == [
        ("+815012345670", LineMode.RING_ONLY),
        ("+815012345678", LineMode.SENTENCE),
    ]
    assert (board.inside, board.latest, board.last_received_at) == (0, (), None)


def people_of(board: Board) -> list[str]:
    return [person.name for crew in board.crews for person in crew.workers]


def test_a_prime_sees_its_own_sites_and_another_none(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        other = factories.contractor(session, "他社建設")
    own = Scope(primes=frozenset({world.prime.contractor_id}))
    assert overview_of(world, scope=own).inside == 3
    assert punches(overview_of(world, scope=own))[0][0] == "10:02"  # the call to an unknown line is the operator's
    strange = Scope(primes=frozenset({other.contractor_id}))
    overview = overview_of(world, scope=strange)
    assert (overview.counts, overview.inside, overview.unclear, overview.latest) == ((), 0, 0, ())
    with world.database.read() as session:
        assert find_site(session, strange, world.central.site_id) is None
        assert find_site(session, own, world.central.site_id) == world.central
        assert find_site(session, own, SiteId(uuid7())) is None


def test_a_site_manager_sees_his_site_whole_and_no_other(world: World) -> None:
    a_morning(world)
    scope = Scope(sites=frozenset({world.central.site_id}))
    overview = overview_of(world, scope=scope)
    assert [(count.name, count.inside, count.unclear) for count in overview.counts] == [("中央ビル", 2, 2)]
    board = board_of(world, world.central, scope=scope)
    assert (people_of(board), board.is_whole, board.unclear) == (["高橋健", "山田太郎"], True, 2)


def test_a_subcontractor_sees_its_own_people_at_a_site_and_nobody_else(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        for worker in ("高橋健", "山田太郎", "中村学"):
            factories.assignment(session, world.central, world.workers[worker])
    scope = Scope(employers=frozenset({world.sato.contractor_id}))
    board = board_of(world, world.central, scope=scope)
    assert (people_of(board), board.is_whole) == (["山田太郎"], False)
    assert [person.name for person in board.left] == ["鈴木一郎"]
    assert [person.name for person in board.unclosed] == ["中村学"]
    assert [tally.name for tally in board.tallies] == ["佐藤工業"]
    assert [absent.name for absent in board.absent] == ["中村学"]
    assert {name for _, name, _, _ in punches(board)} == {"山田太郎", "鈴木一郎"}


def test_a_subcontractor_sees_the_tiers_below_it(world: World) -> None:
    a_morning(world)
    with world.database.write() as session:
        crew = {
            "viewer_id": world.sato.contractor_id,
            "site_id": world.central.site_id,
            "contractor_id": world.ito.contractor_id,
        }
        session.execute(sa.delete(crew_grants).where(crew_grants.c.viewer_id == world.sato.contractor_id))
        session.execute(sa.insert(crew_grants).values(crew))
    scope = Scope(employers=frozenset({world.sato.contractor_id}))
    assert people_of(board_of(world, world.central, scope=scope)) == ["高橋健", "山田太郎"]


def came_lately(world: World, name: str, when: str, days: int) -> None:
    for ago in range(1, days + 1):
        world.call(name, at(when, TODAY - timedelta(days=ago)))
        world.call(name, at("17:00", TODAY - timedelta(days=ago)))


def test_who_came_lately_or_is_assigned_is_awaited_by_contractor(world: World) -> None:
    for name, contractor in (("山田太郎", world.sato), ("鈴木一郎", world.sato), ("高橋健", world.ito)):
        world.add(name, contractor)
    world.add("渡辺誠", world.ito)
    world.add("中村学", world.sato)
    came_lately(world, "山田太郎", "07:50", 2)
    came_lately(world, "鈴木一郎", "07:40", 3)
    came_lately(world, "高橋健", "07:55", 1)  # once is no habit
    with world.database.write() as session:
        factories.assignment(session, world.central, world.workers["渡辺誠"])
        factories.assignment(session, world.central, world.workers["中村学"], valid_until=YESTERDAY)
    world.call("山田太郎", at("07:52"))
    board = board_of(world, world.central, "08:15")
    assert [(one.name, one.absence, one.usual_at) for one in board.absent] == [
        ("鈴木一郎", Absence.LATE, at("07:40")),
        ("渡辺誠", Absence.NOT_YET, at("07:55")),
    ]
    assert board.tallies == (
        Tally(world.sato.contractor_id, "佐藤工業", planned=2, arrived=1, inside=1, not_yet=0, late=1, missing=0),
        Tally(world.ito.contractor_id, "伊藤電設", planned=1, arrived=0, inside=0, not_yet=1, late=0, missing=0),
    )
    assert [one.absence for one in board_of(world, world.central, "20:00").absent] == [Absence.MISSING] * 2


def test_on_a_day_when_nobody_comes_nobody_is_late(world: World) -> None:
    world.add("山田太郎", world.sato)
    came_lately(world, "山田太郎", "07:50", 3)
    assert [one.absence for one in board_of(world, world.central, "12:00").absent] == [Absence.NOT_YET]


def test_a_site_s_working_days_are_those_on_which_somebody_came(world: World) -> None:
    world.add("山田太郎", world.sato)
    for ago in (2, 3, 4, 8, 9, 10, 40):
        world.call("山田太郎", at("07:50", TODAY - timedelta(days=ago)))
    with world.database.read() as session:
        found = last_working_days(session, EVERYTHING, world.central.site_id, TODAY)
    assert [(TODAY - day).days for day in found] == [2, 3, 4, 8, 9]


def test_nobody_s_number_is_on_the_board(world: World) -> None:
    a_morning(world)
    shown = repr([board_of(world, world.central), overview_of(world)])
    assert not [number for number in (*world.numbers.values(), "+819099990001") if number in shown]
