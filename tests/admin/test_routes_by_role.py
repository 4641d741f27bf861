"""Every route as every role: what each may open, that nobody reaches the other side's subjects, and that no page names
them. The routes are those of the application itself: a new one is walked too.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from admin.app import create_app
from admin.security import PUBLIC_PATHS
from core.accounts.model import PERMISSIONS, Permission, Role
from core.clock import FixedClock
from core.db import metadata, open_database
from core.ids import uuid7
from core.phone import PhoneSealer
from core.settings import Settings
from tests.access.world import AccessWorld, Side
from tests.admin.conftest import new_client
from tests.conftest import make_settings

ROLES = {role.value: role for role in Role} | {"lower_office": Role.SUBCONTRACTOR_OFFICE}
WITHOUT_PERMISSION = PUBLIC_PATHS | {"/sign-out"}
# Words that path parameters other than ids may be, the first that fits a route.
WORDS = {
    "on": "2026-11-16",
    "work_date": "2026-11-16",
    "date": "2026-11-16",
    "month": "2026-11",
    "form": "csv",
    "format": "csv",
    "kind": "late",
    "step": "accept",
}
FORM = {
    "seq": "1",
    "direction": "entry",
    "correction": "forgotten",
    "dismissal": "other",
    "note": "-",
    "time": "17:00",
    "q": "",
    "valid_from": "2026-11-01",
    "last_day": "2026-11-20",
}
SLOW = re.compile(r"\.(pdf|png|svg)$|[./]xlsx?$")
LIKE_PRIME = {"registration_manager", "accountant", "read_only"}  # who see what the prime's office sees
ASKED = {"site", "worker", "contractor", "company", "line", "site_id", "worker_id", "contractor_id"}
NOT_COMPARED = {"account_sessions", "alembic_version"}


@dataclass(frozen=True)
class Route:
    """One method of one route."""

    method: str
    path: str
    permissions: tuple[Permission, ...]
    parameters: tuple[str, ...]
    query: tuple[str, ...]
    fields: tuple[str, ...]

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        return tuple(name for name in self.parameters if name not in WORDS and name != "token")

    def address(self, side: Side) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(subject(side, found[1])), self.path)


def subject(side: Side, name: str) -> str | UUID:
    """Return an id of a side by the name of a parameter; one that nothing has where the world has none."""
    by_name = {
        "site": side.sites[0].site_id,
        "worker": side.workers[1].worker_id,
        "contractor": side.prime.contractor_id,
        "company": side.firms[0].contractor_id,
        "line": side.lines[0].line_id,
        **{key.removesuffix("_id"): value for key, value in side.ids.items()},
    }
    return WORDS.get(name) or by_name.get(name.removesuffix("_id")) or uuid7()


def routes_of(app: FastAPI) -> list[Route]:
    found = []
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is None or context.path == "/me" or context.path.startswith("/me/"):
            continue  # static files; and the workers' own pages, which know no accounts and no roles
        permissions = tuple(
            depends.dependency.permission
            for depends in context.dependencies
            if hasattr(depends.dependency, "permission")
        )
        names = [
            tuple(parameter.name for parameter in part)
            for part in (dependant.path_params, dependant.query_params, dependant.body_params)
        ]
        found += [Route(method, context.path, permissions, *names) for method in sorted(context.methods or ())]
    return found


@dataclass
class Walk:
    """The application over both sides, and a browser for each role."""

    app: FastAPI
    world: AccessWorld
    clients: dict[str, TestClient] = field(default_factory=dict)

    @cached_property
    def routes(self) -> list[Route]:
        return routes_of(self.app)

    def client(self, who: str) -> TestClient:
        if who not in self.clients:
            self.clients[who] = new_client(self.app)
            self.clients[who].cookies.set("sid", self.world.token(who))
        return self.clients[who]


@pytest.fixture
def walk(page_settings: Settings, sqlite_url: str, sealer: PhoneSealer, clock: FixedClock) -> Iterator[Walk]:
    """On SQLite, where the queries' own filters hold alone."""
    database = open_database(sqlite_url)
    yield Walk(create_app(page_settings, database, clock), AccessWorld(database, sealer))
    database.close()


@pytest.fixture
def guarded_walk(sealer: PhoneSealer, postgresql_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Walk]:
    """On PostgreSQL, where the pages read under row-level security: nothing they need may be kept from them."""
    database = open_database(postgresql_url)
    app = create_app(make_settings(postgresql_url, sealer, tmp_path), database, clock)
    yield Walk(app, AccessWorld(database, sealer))
    database.close()


def ask(client: TestClient, route: Route, address: str, form: dict[str, str] | None = None) -> Any:
    if route.method == "GET":
        return client.get(address)
    return client.request(route.method, address, data=form or {})


def form_of(route: Route, side: Side) -> dict[str, str]:
    """Return a filled form in which every id is of a side."""
    names = route.fields or (
        "worker_id",
        "site_id",
        "contractor_id",
        "worker",
        "site",
        "contractor",
        "item",
        "punch_id",
    )
    return {name: FORM.get(name) or str(subject(side, name)) for name in names}


def of_west(world: AccessWorld) -> dict[str, list[Any]]:
    """Return every row that names something of the west."""
    west = world.west
    things = (west.prime.contractor_id, *(site.site_id for site in west.sites))
    people = (*(firm.contractor_id for firm in west.firms), *(worker.worker_id for worker in west.workers))
    ids = {*things, *people, *(line.line_id for line in west.lines), *west.ids.values()}
    with world.database.read() as session:
        return {
            name: sorted(repr(row) for row in session.execute(sa.select(table)) if ids & _hashable(row))
            for name, table in metadata.tables.items()
            if name not in NOT_COMPARED
        }


def _hashable(row: Any) -> set[Any]:
    return {value for value in row if isinstance(value, UUID)}


def test_every_route_names_its_permission_or_is_known_to_need_none(walk: Walk) -> None:
    assert len(walk.routes) > 40
    bare = {route.path for route in walk.routes if not route.permissions}
    assert bare - WITHOUT_PERMISSION == set()


def test_nobody_gets_anywhere_without_signing_in(walk: Walk) -> None:
    client, open_to_all = new_client(walk.app), []
    for route in walk.routes:
        answer = ask(client, route, route.address(walk.world.east))
        to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        if not to_sign_in and route.path not in PUBLIC_PATHS:
            open_to_all.append((route.method, route.path, answer.status_code))
    assert not open_to_all, open_to_all


def test_roles_open_what_they_may_and_reach_nothing_of_the_other_side(walk: Walk) -> None:
    """Subjects of the other side by path and by form."""
    world, wrong = walk.world, []
    before = of_west(world)
    for who, route in product(ROLES, walk.routes):
        if not route.permissions or who == "operator" or route.path.startswith("/account/"):
            continue
        may = all(permission in PERMISSIONS[ROLES[who]] for permission in route.permissions)
        if may and not route.subjects and who in LIKE_PRIME:
            continue
        answer = ask(walk.client(who), route, route.address(world.west), form_of(route, world.west))
        if not may and answer.status_code != 403:
            wrong.append((who, route.method, route.path, answer.status_code, "is not refused"))
        elif may and route.subjects and answer.status_code not in (404, 422):
            wrong.append((who, route.method, route.path, answer.status_code, "is not unknown"))
        elif answer.status_code >= 500:
            wrong.append((who, route.method, route.path, answer.status_code, "breaks"))
    assert not wrong, wrong
    assert of_west(world) == before


def test_nobody_brings_the_other_side_into_his_own(walk: Walk) -> None:
    """Own subjects in the path, and in the form the other side's."""
    world, wrong = walk.world, []
    before = of_west(world)
    for who, route in product(set(ROLES) - {"operator"}, walk.routes):
        if route.method == "GET" or not route.subjects or route.path.startswith("/account"):
            continue
        answer = ask(walk.client(who), route, route.address(world.east), form_of(route, world.west))
        if answer.status_code >= 500 or told(answer.text, world.west.names):
            wrong.append((who, route.path, answer.status_code))
    assert not wrong, wrong
    assert of_west(world) == before


def test_no_page_names_what_its_reader_may_not_see(walk: Walk) -> None:
    east, west = walk.world.east, set(walk.world.west.names)
    upper, _, other = east.workers
    second, far = east.sites[1], walk.world.west
    above = {upper.name, other.name}
    hidden = {
        "prime_office": west,
        "site_manager": west | {second.name, other.name},
        "subcontractor_office": west,
        "lower_office": west | {second.name} | above,
        "registration_manager": west,
        "accountant": west,
        "read_only": west,
        "two_offices": above | {second.name, far.sites[1].name, far.workers[0].name, far.workers[2].name},
    }
    wrong = [
        (who, address, answer.status_code, names)
        for who in hidden
        for address, answer in pages(walk, who)
        if (names := told(answer.text, hidden[who])) or answer.status_code >= 500
    ]
    assert not wrong, wrong


def test_no_page_breaks_on_what_the_database_keeps_back(guarded_walk: Walk) -> None:
    wrong = [
        (who, address, answer.status_code)
        for who in ("operator", "site_manager", "subcontractor_office")
        for address, answer in pages(guarded_walk, who)
        if answer.status_code >= 500
    ]
    assert not wrong, wrong


def pages(walk: Walk, who: str) -> Iterator[tuple[str, Any]]:
    """Yield every page about own subjects, and once more where its query may ask for the other side's."""
    for route in walk.routes:
        if route.method != "GET" or not route.permissions or SLOW.search(route.path):
            continue
        form = [f"{name}=csv" for name in route.query if name in ("format", "file_format")]
        asked = [f"{name}={subject(walk.world.west, name)}" for name in route.query if name in ASKED]
        own = route.address(walk.world.east)
        addresses = {f"{own}?{'&'.join(form)}", f"{own}?{'&'.join(form + asked)}"}
        for address in sorted(addresses):
            yield address, walk.client(who).get(address)


def told(text: str, names: Collection[str]) -> list[str]:
    return sorted(name for name in names if name in text)
