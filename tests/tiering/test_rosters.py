"""Rosters: proposed from who came, decided by people, cut by days, snapshots, newcomers, and who waits for what."""

from datetime import date, datetime, timedelta

import pytest

from core.attendance.correcting import Entered, add_record
from core.attendance.model import Actor, CorrectionCode, Direction
from core.clock import JST
from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound, Overlap
from core.phone import PhoneSealer
from core.registry import service as registry
from core.registry.model import Position
from core.scope import EVERYTHING
from core.tiering import arrivals, service, submitting
from core.tiering.credit_store import held_by
from core.tiering.roster import roster_at, waiting_at
from core.tiering.roster_model import ArrivalCheckKind, EntryDraft, EntryState, Lack
from tests import factories
from tests.tiering.world import DAYS, NOW, TierWorld


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    world = TierWorld(database, sealer)
    world.work()
    world.note_visits()
    world.think()
    return world


def settle(world: TierWorld) -> service.Done:
    chain = world.places((world.sato, world.prime), (world.ito, world.sato), (world.takahashi, world.prime))
    with world.database.write() as session:
        return service.settle(session, world.batch(world.prime), world.site.site_id, chain)


def entry_of(world: TierWorld, name: str, state: EntryState = EntryState.ACCEPTED):  # type: ignore[no-untyped-def]
    with world.database.read() as session:
        rows = roster_at(session, EVERYTHING, world.site.site_id)
    return next(row.entry for row in rows if row.worker_name == name and row.entry.state is state)


def positions(world: TierWorld, name: str) -> list[tuple[date, str]]:
    with world.database.read() as session:
        held = held_by(session, EVERYTHING, [world.worker_ids[name]], DAYS[0], DAYS[-1])
    return [(credit.work_date, credit.position.value) for credit in held]


def test_everybody_who_came_and_belongs_to_somebody_is_proposed(world: TierWorld) -> None:
    with world.database.read() as session:
        rows = roster_at(session, EVERYTHING, world.site.site_id)
    assert [(row.contractor_name, row.worker_name, row.occupation_name) for row in rows] == [
        ("伊藤設備", "伊藤一", "とび工"),
        ("伊藤設備", "伊藤二", "とび工"),
        ("佐藤工業", "佐藤一", "とび工"),
        ("佐藤工業", "佐藤二", "とび工"),
        ("高橋塗装", "高橋一", "塗装工"),
        ("高橋塗装", "高橋二", "塗装工"),
    ]
    assert {(row.entry.state, row.first_entry_on) for row in rows} == {(EntryState.PROPOSED, DAYS[0])}


def test_who_waits_is_listed_with_what_is_missing(world: TierWorld) -> None:
    world.add("無所属太", None)
    world.add("見習一郎", world.sato)
    world.add("番号無子", world.sato, ["0601"], ccus_worker_id=None)
    for name in ("無所属太", "見習一郎", "番号無子"):
        world.people[name] = world.sato
    world.work([DAYS[-1] + timedelta(days=3)], ["見習一郎", "番号無子"])
    world.think()
    settle(world)
    with world.database.read() as session:
        waiting = waiting_at(session, EVERYTHING, world.site.site_id)
    assert {worker.name: worker.lacks for worker in waiting} == {
        "見習一郎": (Lack.OCCUPATION,),
        "番号無子": (Lack.CCUS_ID,),
    }


def test_a_trade_is_mapped_before_it_is_accepted(world: TierWorld) -> None:
    settle(world)
    world.add("見習一郎", world.sato)
    draft = EntryDraft(None, Position.OTHER, DAYS[0], trade="足場の手元")
    batch = world.batch(world.sato)
    with world.database.write() as session:
        worker_id = world.worker_ids["見習一郎"]
        (entry,) = service.write_entry(
            session, batch, world.site.site_id, world.sato.contractor_id, worker_id, draft
        ).entries
        assert entry.state is EntryState.PROPOSED
        with pytest.raises(InvalidInput):
            service.accept_entries(session, world.batch(world.sato), world.site.site_id, [entry.roster_entry_id])
        with pytest.raises(InvalidInput, match="9999"):
            service.map_trade(session, world.batch(world.sato), entry.roster_entry_id, "9999")
        (mapped,) = service.map_trade(session, world.batch(world.sato), entry.roster_entry_id, "0601").entries
        (taken,) = service.accept_entries(
            session, world.batch(world.sato), world.site.site_id, [mapped.roster_entry_id]
        ).entries
    assert (taken.state, taken.trade, taken.occupation_code) == (EntryState.ACCEPTED, "足場の手元", "0601")


def test_a_deputy_foreman_has_just_his_days(world: TierWorld) -> None:
    settle(world)
    entry = entry_of(world, "佐藤二")
    with world.database.write() as session:
        done = service.give_position(
            session, world.batch(world.sato), entry.roster_entry_id, Position.FOREMAN, DAYS[1], DAYS[2]
        )
    assert len(done.entries) == 3
    words = ["other", "foreman", "foreman", "other", "other"]
    assert positions(world, "佐藤二") == list(zip(DAYS, words, strict=True))
    with world.database.write() as session:
        service.undo(session, world.batch(world.prime), done.batch_id)
    assert {position for _, position in positions(world, "佐藤二")} == {"other"}
    again = entry_of(world, "佐藤二").roster_entry_id
    early = DAYS[0] - timedelta(days=1)
    with world.database.write() as session, pytest.raises(InvalidInput):
        service.give_position(session, world.batch(world.sato), again, Position.FOREMAN, early, DAYS[2])


def test_a_foreman_of_an_earlier_site_is_proposed_and_people_decide(world: TierWorld) -> None:
    settle(world)
    entry = entry_of(world, "佐藤一")
    with world.database.write() as session:
        service.give_position(session, world.batch(world.sato), entry.roster_entry_id, Position.FOREMAN, DAYS[0])
        second = factories.site(session, world.sealer, "駅前ビル", prime=world.prime, site_code="0002")
        line = factories.line(session, "+815012345679", sites=[second])
    first, world.site, world.line = world.site, second, line
    world.work([DAYS[-1] + timedelta(days=3)], ["佐藤一", "佐藤二"])
    world.think(NOW + timedelta(days=4))
    proposed = entry_of(world, "佐藤一", EntryState.PROPOSED)
    assert (proposed.position, proposed.proposed_position) == (Position.OTHER, Position.FOREMAN)
    assert entry_of(world, "佐藤二", EntryState.PROPOSED).proposed_position is None
    assert first.site_id != second.site_id


def test_who_changed_his_employer_stands_for_each_in_his_days(world: TierWorld) -> None:
    settle(world)
    monday = DAYS[-1] + timedelta(days=3)
    with world.database.write() as session:
        registry.change_employer(session, world.worker_ids["伊藤一"], world.sato.contractor_id, monday)
    world.people["伊藤一"] = world.sato
    world.work([monday], ["伊藤一"])
    world.think(NOW + timedelta(days=4))
    with world.database.write() as session:
        batch = world.batch(world.prime, now=NOW + timedelta(days=4))
        service.accept_rosters(session, batch, world.site.site_id, [world.sato.contractor_id])
        held = held_by(session, EVERYTHING, [world.worker_ids["伊藤一"]], DAYS[0], monday)
    assert [credit.contractor_id for credit in held] == [world.ito.contractor_id] * 5 + [world.sato.contractor_id]


def test_a_removed_entry_takes_the_days_with_it_and_is_not_proposed_again(world: TierWorld) -> None:
    settle(world)
    entry = entry_of(world, "高橋二")
    with world.database.write() as session:
        done = service.remove_entry(session, world.batch(world.takahashi), entry.roster_entry_id)
        assert done.withdrawn == 5
    world.think()
    with world.database.write() as session:
        rows = roster_at(session, EVERYTHING, world.site.site_id)
        assert "高橋二" not in {row.worker_name for row in rows}
        assert service.undo(session, world.batch(world.takahashi), done.batch_id).given == 5


def test_a_day_before_the_accepted_ones_is_proposed_beside_them(world: TierWorld) -> None:
    """Somebody finds out that 佐藤一 was there the Friday before, and had forgotten to call."""
    settle(world)
    friday = DAYS[0] - timedelta(days=3)
    forgotten = Entered(
        world.worker_ids["佐藤一"],
        world.site.site_id,
        datetime(2026, 11, 6, 7, 30, tzinfo=JST),
        Direction.ENTRY,
        CorrectionCode.FORGOTTEN,
    )
    with world.database.write() as session:
        add_record(session, forgotten, Actor("事務"), NOW)
    world.think()
    proposed = entry_of(world, "佐藤一", EntryState.PROPOSED)
    assert (proposed.valid_from, proposed.valid_until) == (friday, DAYS[0] - timedelta(days=1))
    with world.database.write() as session:
        done = service.accept_rosters(session, world.batch(world.sato), world.site.site_id, [world.sato.contractor_id])
    assert done.given == 1


def test_nobody_stands_twice_on_a_day_and_strangers_write_nothing(world: TierWorld) -> None:
    settle(world)
    draft = EntryDraft("0601", Position.OTHER, DAYS[2])
    person = (world.site.site_id, world.ito.contractor_id, world.worker_ids["伊藤一"])
    with world.database.write() as session, pytest.raises(Overlap):
        service.write_entry(session, world.batch(world.ito), *person, draft)
    with world.database.write() as session, pytest.raises(NotAllowed):
        service.write_entry(session, world.batch(world.takahashi), *person, draft)


def test_only_who_belongs_to_a_contractor_is_written_into_its_roster(world: TierWorld) -> None:
    person = (world.site.site_id, world.sato.contractor_id, world.worker_ids["伊藤一"])
    with world.database.write() as session, pytest.raises(InvalidInput, match="does not belong"):
        service.write_entry(session, world.batch(world.sato), *person, EntryDraft("0601", Position.OTHER, DAYS[0]))


def test_a_submitted_roster_stays_as_it_was_until_the_person_is_erased(world: TierWorld, sealer: PhoneSealer) -> None:
    settle(world)
    with world.database.write() as session:
        given = submitting.submit(session, sealer, world.batch(world.ito), world.site.site_id, world.ito.contractor_id)
        worker = registry.require_worker(session, world.worker_ids["伊藤一"])
        registry.update_worker(session, replace_name(worker, "伊藤改名"))
        _, rows = submitting.read_submission(session, world.scope(world.prime), sealer, given.submission_id)
        assert [row["worker"]["name"] for row in rows if row] == ["伊藤一", "伊藤二"]
        submitting.forget_person(session, world.worker_ids["伊藤一"])
        _, rows = submitting.read_submission(session, EVERYTHING, sealer, given.submission_id)
        assert [row and row["worker"]["name"] for row in rows] == [None, "伊藤二"]
        again = submitting.submit(session, sealer, world.batch(world.ito), world.site.site_id, world.ito.contractor_id)
        for submission, names in ((given, [None, "伊藤二"]), (again, ["伊藤二", "伊藤改名"])):
            _, rows = submitting.read_submission(session, EVERYTHING, sealer, submission.submission_id)
            assert [row and row["worker"]["name"] for row in rows] == names
        with pytest.raises(NotFound):
            submitting.read_submission(session, world.scope(world.takahashi), sealer, given.submission_id)


def replace_name(worker, name):  # type: ignore[no-untyped-def]
    from dataclasses import replace  # noqa: PLC0415

    return replace(worker, name=name)


def test_what_is_ticked_for_a_newcomer_flows_to_the_roster(world: TierWorld) -> None:
    batch, who = world.batch(world.prime), world.worker_ids["佐藤一"]
    with world.database.write() as session:
        assert len(arrivals.newcomers_at(session, EVERYTHING, world.site.site_id)) == 6
        for kind in ArrivalCheckKind:
            arrivals.tick(session, batch, world.site.site_id, who, kind, DAYS[0])
        arrivals.tick(session, batch, world.site.site_id, who, ArrivalCheckKind.PLEDGE, DAYS[0])
        rows = roster_at(session, EVERYTHING, world.site.site_id, contractor_id=world.sato.contractor_id)
        assert {check.kind: check.done_on for check in rows[0].checks} == dict.fromkeys(ArrivalCheckKind, DAYS[0])
        assert len(arrivals.newcomers_at(session, EVERYTHING, world.site.site_id)) == 5
        arrivals.untick(session, batch, world.site.site_id, who, ArrivalCheckKind.PLEDGE)
        (again,) = [
            each for each in arrivals.newcomers_at(session, EVERYTHING, world.site.site_id) if each.worker_id == who
        ]
        assert again.missing == (ArrivalCheckKind.PLEDGE,)
        with pytest.raises(NotAllowed):
            arrivals.tick(session, world.batch(world.sato), world.site.site_id, who, ArrivalCheckKind.PLEDGE)
        with pytest.raises(InvalidInput):
            arrivals.tick(session, batch, world.site.site_id, who, ArrivalCheckKind.PLEDGE, date(2026, 11, 14))
