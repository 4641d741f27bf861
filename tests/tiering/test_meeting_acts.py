"""Acts that meet: two at once, one on what another has changed, and what comes back where something newer stands."""

import threading
from collections.abc import Callable, Sequence
from datetime import date

import pytest

from core.db import Database, Session
from core.errors import NotAllowed
from core.phone import PhoneSealer
from core.registry.model import Contractor, Position
from core.tiering import link_store, roster_store, service
from core.tiering.roster_model import EntryDraft, EntryState, RosterEntry
from core.tiering.service import Done
from tests.tiering.world import DAYS, TierWorld

Act = Callable[[Session], object]
NAME = "佐藤一"


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    """A week of work; 佐藤工業 is accepted below the prime, its two people in the roster."""
    world = TierWorld(database, sealer)
    world.work()
    world.note_visits()
    world.think()
    return world


def settle(world: TierWorld, *pairs: tuple[Contractor, Contractor]) -> Done:
    with world.database.write() as session:
        return service.settle(session, world.batch(world.prime), world.site.site_id, world.places(*pairs))


def entries(world: TierWorld, state: EntryState = EntryState.ACCEPTED) -> list[RosterEntry]:
    with world.database.read() as session:
        return roster_store.entries_at(session, world.site.site_id, state, worker_id=world.worker_ids[NAME])


def write(world: TierWorld, session: Session, draft: EntryDraft, replaces: RosterEntry | None = None) -> Done:
    whose = (world.site.site_id, world.sato.contractor_id, world.worker_ids[NAME])
    old = replaces.roster_entry_id if replaces else None
    return service.write_entry(session, world.batch(world.prime), *whose, draft, replaces=old)


def at_once(world: TierWorld, acts: Sequence[Act]) -> list[Exception]:
    """Do acts in threads, each in a transaction of its own, and return what went wrong."""
    barrier, errors = threading.Barrier(len(acts)), list[Exception]()

    def run(act: Act) -> None:
        barrier.wait()
        try:
            with world.database.write() as session:
                act(session)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_what_was_removed_does_not_come_back_where_something_newer_stands(world: TierWorld) -> None:
    settle(world, (world.sato, world.prime))
    (entry,) = entries(world)
    with world.database.write() as session:
        removed = service.remove_entry(session, world.batch(world.prime), entry.roster_entry_id)
    with world.database.write() as session:
        write(world, session, EntryDraft("0601", Position.OTHER, entry.valid_from))
    with pytest.raises(NotAllowed, match="something newer"), world.database.write() as session:
        service.undo(session, world.batch(world.prime), removed.batch_id)
    assert len(entries(world)) == 1


def test_an_entry_is_written_anew_once(world: TierWorld) -> None:
    settle(world, (world.sato, world.prime))
    (entry,) = entries(world)
    draft = EntryDraft(None, Position.OTHER, entry.valid_from, trade="とび")
    with world.database.write() as session:
        write(world, session, draft, entry)
    with pytest.raises(NotAllowed, match="was removed"), world.database.write() as session:
        write(world, session, draft, entry)
    assert len(entries(world, EntryState.PROPOSED)) == 1


def test_before_and_after_the_days_that_a_person_wrote_the_others_are_proposed(world: TierWorld) -> None:
    settle(world, (world.sato, world.prime))
    (entry,) = entries(world)
    with world.database.write() as session:
        write(world, session, EntryDraft("0601", Position.OTHER, DAYS[1], DAYS[2]), entry)
    proposed = [(each.valid_from, each.valid_until) for each in entries(world, EntryState.PROPOSED)]
    assert sorted(proposed) == [(DAYS[0], DAYS[0]), (DAYS[3], None)]


def test_a_proposal_that_comes_back_stands_there_once(world: TierWorld) -> None:
    draft = EntryDraft(None, Position.OTHER, DAYS[2], trade="とび")
    (proposed,) = entries(world, EntryState.PROPOSED)
    with world.database.write() as session:
        written = write(world, session, draft, proposed)
    assert len(entries(world, EntryState.PROPOSED)) == 2
    with world.database.write() as session:
        service.undo(session, world.batch(world.prime), written.batch_id)
    assert [(each.valid_from, each.valid_until) for each in entries(world, EntryState.PROPOSED)] == [(DAYS[0], None)]


def test_an_entry_is_cut_once_when_it_is_asked_for_four_times_at_once(world: TierWorld) -> None:
    settle(world, (world.sato, world.prime))
    (entry,) = entries(world)

    def cut(session: Session) -> None:
        batch = world.batch(world.prime)
        service.give_position(session, batch, entry.roster_entry_id, Position.FOREMAN, DAYS[1], DAYS[2])

    assert [type(error) for error in at_once(world, [cut] * 4)] == [NotAllowed] * 3
    assert len(entries(world)) == 3


def test_an_act_is_undone_once_when_it_is_asked_for_four_times_at_once(world: TierWorld) -> None:
    done = settle(world, (world.sato, world.prime), (world.ito, world.sato))

    def undo(session: Session) -> None:
        service.undo(session, world.batch(world.prime), done.batch_id)

    assert [type(error) for error in at_once(world, [undo] * 4)] == [NotAllowed] * 3
    assert entries(world) == []


def test_of_two_who_close_a_loop_at_once_one_is_refused(world: TierWorld) -> None:
    def placing(lower: Contractor, upper: Contractor) -> Act:
        places = world.places((lower, upper))
        return lambda session: service.settle(session, world.batch(world.prime), world.site.site_id, places)

    (error,) = at_once(world, [placing(world.sato, world.ito), placing(world.ito, world.sato)])
    assert isinstance(error, NotAllowed)


def test_an_invitation_is_answered_once(world: TierWorld) -> None:
    (place,) = world.places((world.sato, world.prime))
    with world.database.write() as session:
        (link,) = service.invite(session, world.batch(world.prime), world.site.site_id, place).links
    answers: list[Act] = [
        lambda session: service.accept(session, world.batch(world.sato), link.link_id),
        lambda session: service.decline(session, world.batch(world.sato), link.link_id),
        lambda session: service.withdraw(session, world.batch(world.prime), link.link_id),
    ]
    errors = at_once(world, answers)
    assert [type(error) for error in errors] == [NotAllowed] * 2
    with world.database.read() as session:
        (found,) = link_store.links_at(session, world.site.site_id)
        events = link_store.events_at(session, world.scope(world.prime), world.site.site_id)
    assert [event.after for event in events] == [found.state, link.state]


def test_the_last_day_of_the_calendar_is_a_day_like_any_other(world: TierWorld) -> None:
    done = settle(world, (world.sato, world.prime))
    (entry,) = entries(world)
    batch = world.batch(world.prime)
    with world.database.write() as session:
        service.give_position(session, batch, entry.roster_entry_id, Position.FOREMAN, DAYS[1], date.max)
        service.end(session, world.batch(world.prime), done.links[0].link_id, date.max)
    assert [(each.position, each.valid_until) for each in sorted(entries(world), key=lambda each: each.valid_from)] == [
        (Position.OTHER, DAYS[0]),
        (Position.FOREMAN, date.max),
    ]
    (place,) = world.places((world.sato, world.prime))
    with world.database.write() as session:
        (link,) = service.invite(session, world.batch(world.prime), world.site.site_id, place).links
    assert link.valid_from == date.max
