"""What PostgreSQL itself shows under the pages' role: just what the queries' own conditions select."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from core.attendance.tables import attendance_days, judgements, missed_touches, punches
from core.attendance.visibility import day_is_visible, judgement_is_visible, missed_touch_is_visible, punch_is_visible
from core.db import INGEST_ROLE, JOBS_ROLE, WEB_ROLE, metadata, open_database
from core.errors import SettingsError
from core.phone import PhoneSealer
from core.registry.tables import contractors, sites, workers
from core.registry.visibility import contractor_is_visible, site_is_visible, worker_is_visible
from core.scope import NOTHING, Scope
from ivr.tables import calls
from tests.access.world import AccessWorld

CONDITIONS: tuple[tuple[sa.Table, Callable[[Scope], sa.ColumnElement[bool]]], ...] = (
    (sites, site_is_visible),
    (workers, worker_is_visible),
    (contractors, contractor_is_visible),
    (attendance_days, day_is_visible),
    (judgements, judgement_is_visible),
    (punches, punch_is_visible),
    (missed_touches, missed_touch_is_visible),
)
SHOWN = (sites, workers, contractors, attendance_days, punches)
# What the pages never read with a scope.
CLOSED = {
    *("alembic_version", "leases", "marks", "schedules", "calls", "call_events", "mailed_links", "sign_in_failures"),
    *("own_attempts", "own_links", "own_sessions", "day_code_failures", "kept_answers"),
}
LISTS = {"occupations", "positions", "training_dates"}  # the same for everybody


@pytest.fixture
def world(postgresql_url: str, sealer: PhoneSealer) -> Iterator[AccessWorld]:
    database = open_database(postgresql_url)
    yield AccessWorld(database, sealer, with_accounts=False)
    database.close()


def keys(session: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool] | None = None) -> set[object]:
    statement = sa.select(*table.primary_key.columns)
    return set(session.execute(statement if condition is None else statement.where(condition)))


def test_the_database_shows_what_the_conditions_select(world: AccessWorld) -> None:
    differences = {}
    for name, scope in world.scopes.items():
        for table, is_visible in CONDITIONS:
            with world.database.read() as session:
                selected = keys(session, table, is_visible(scope))
            with world.database.read(scope) as session:
                shown = keys(session, table)
            if shown != selected:
                differences[name, table.name] = (len(shown), len(selected))
    assert differences == {}


def test_how_much_each_kind_of_viewer_is_shown(world: AccessWorld) -> None:
    counts = {}
    for who, scope in world.scopes.items():
        with world.database.read(scope) as session:
            counts[who] = tuple(len(keys(session, table)) for table in SHOWN)
    assert counts == {
        "operator": (4, 6, 6, 6, 8),
        "prime": (2, 3, 3, 3, 4),
        "other prime": (2, 3, 3, 3, 4),
        "site manager": (1, 2, 3, 2, 3),
        "upper": (2, 3, 3, 3, 3),
        "lower": (1, 1, 3, 1, 1),
        "both sides": (4, 6, 6, 6, 7),
        "worker": (1, 1, 2, 1, 1),
        "nobody": (0, 0, 0, 0, 0),
    }


def test_who_came_for_the_first_time_is_shown_before_the_background_work_has_noticed(world: AccessWorld) -> None:
    newcomer = "insert into attendance_days select :worker, :site, (now() at time zone 'Asia/Tokyo')::date, :prime, "
    rest = "null, 'x', null, null, null, false, false, false"
    west, east = world.west, world.east
    ids = {
        "worker": west.workers[0].worker_id,
        "site": east.sites[1].site_id,
        "prime": east.prime.contractor_id,
    }
    with world.database.write() as session:
        session.execute(sa.text(newcomer + rest), ids)
    with world.database.read(world.scopes["prime"]) as session:
        assert (west.workers[0].worker_id,) in keys(session, workers)


def test_without_settings_the_pages_role_sees_nothing(world: AccessWorld, postgresql_url: str) -> None:
    bare = open_database(postgresql_url, role=WEB_ROLE)
    with bare.read() as session:
        assert [name for name in metadata.tables if name not in CLOSED | LISTS and _count(session, name)] == []
    bare.close()


def _count(session: sa.Connection, table: str) -> int:
    return int(session.scalar(sa.text(f"select count(*) from {table}")) or 0)


def test_every_table_is_protected_or_closed_to_the_pages(world: AccessWorld) -> None:
    with world.database.read() as session:
        found = session.execute(
            sa.text(
                "select relname, relrowsecurity, has_table_privilege(:role, oid, 'select') as is_open "
                "from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"
            ),
            {"role": WEB_ROLE},
        ).all()
    open_tables = {row.relname for row in found if row.is_open}
    assert {row.relname for row in found if row.is_open and not row.relrowsecurity} == LISTS
    assert {row.relname for row in found} - open_tables == CLOSED


def test_the_pages_role_writes_nothing(world: AccessWorld) -> None:
    with world.database.read(NOTHING) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(sa.text("delete from workers"))


@pytest.mark.parametrize(
    "table", ["accounts", "account_sessions", "second_factors", "memberships", "audit_log", "sheet_entries"]
)
def test_the_phone_may_not_read_accounts_and_audit(postgresql_url: str, table: str) -> None:
    ingest = open_database(postgresql_url, role=INGEST_ROLE)
    with ingest.read() as session, pytest.raises(ProgrammingError, match="permission denied"):
        _count(session, table)
    ingest.close()


def test_the_background_work_sees_all(world: AccessWorld) -> None:
    jobs = world.database.acting_as(JOBS_ROLE)
    with jobs.write() as session:
        assert [len(keys(session, table)) for table in (sites, workers, punches, calls)] == [4, 6, 8, 0]
    jobs.close()


def test_a_role_that_is_missing_is_told_in_a_sentence(world: AccessWorld) -> None:
    with pytest.raises(SettingsError, match="the database role genba_painters is missing"):
        world.database.acting_as("genba_painters")


def test_a_user_who_may_create_no_roles_is_told_what_to_run(postgresql_url: str) -> None:
    from core.migrations import row_security  # noqa: PLC0415 - beside its one use

    database = open_database(postgresql_url)
    with database.engine.connect() as session:
        session.exec_driver_sql("create role apprentice nologin")
        session.exec_driver_sql("set local role apprentice")
        with pytest.raises(SettingsError, match=r"create role genba_web nologin; .*grant genba_web, genba_ingest"):
            row_security.create_roles(session)
        session.rollback()
    database.close()
