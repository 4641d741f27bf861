"""`genba rosters forget-person`: a person is erased from what was handed in, for good, and the log says so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.audit import store as audit_store
from core.audit.model import Filter
from core.db import Database
from core.errors import NotFound
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.tiering import service, submitting
from genba.cli import genba
from tests.support.environment import environment_of
from tests.tiering.world import TierWorld

Run = Callable[..., Result]


@pytest.fixture
def world(database: Database, sealer: PhoneSealer) -> TierWorld:
    world = TierWorld(database, sealer)
    world.work()
    world.note_visits()
    world.think()
    chain = world.places((world.sato, world.prime), (world.ito, world.sato))
    with database.write() as session:
        service.settle(session, world.batch(world.prime), world.site.site_id, chain)
        submitting.submit(session, sealer, world.batch(world.ito), world.site.site_id, world.ito.contractor_id)
    return world


@pytest.fixture
def run(database_url: str, sealer: PhoneSealer, tmp_path: Path) -> Run:
    environment = environment_of(database_url, sealer, tmp_path)

    def run_it(*arguments: str, keys: str | None = None) -> Result:
        command = ("rosters", "forget-person", *arguments)
        return CliRunner().invoke(genba, command, env=environment, input=keys, catch_exceptions=False)

    return run_it


def readable(world: TierWorld, name: str) -> int:
    with world.database.read() as session:
        return submitting.count_of_person(session, world.worker_ids[name])


def actions(world: TierWorld) -> list[str]:
    with world.database.read() as session:
        return [entry.action for entry in audit_store.list_entries(session, EVERYTHING, Filter(), limit=5)]


def test_a_person_is_erased_and_the_log_says_so_without_his_name(world: TierWorld, run: Run) -> None:
    assert readable(world, "伊藤一") == 1
    told = run("伊藤一", "--yes").output
    assert told == "伊藤一: erased from 1 handed-in roster(s)\n"
    assert (readable(world, "伊藤一"), readable(world, "伊藤二")) == (0, 1)
    with world.database.read() as session:
        (entry,) = audit_store.list_entries(session, EVERYTHING, Filter(), limit=5)
    assert (entry.action, entry.subject_id) == ("tiers.person_forgotten", str(world.worker_ids["伊藤一"]))
    assert "伊藤" not in repr(entry)


def test_it_asks_first(world: TierWorld, run: Run) -> None:
    refused = run("伊藤一", keys="n\n")
    assert refused.exit_code == 1
    assert "for ever" in refused.output
    assert readable(world, "伊藤一") == 1
    assert run("伊藤一", keys="y\n").exit_code == 0
    assert readable(world, "伊藤一") == 0


def test_who_was_never_handed_in_or_is_erased_already_leaves_no_trace(world: TierWorld, run: Run) -> None:
    for _ in range(2):
        assert "no handed-in roster" in run("高橋一", "--yes").output
    assert actions(world) == []


def test_a_name_that_nobody_has_is_refused(world: TierWorld, run: Run) -> None:
    with pytest.raises(NotFound):
        run("だれか", "--yes")
