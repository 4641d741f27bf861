"""How long every page takes: each GET route of the pages, opened as the operator and as a prime contractor's office.

The application runs in this process; what is measured is from the request to the last byte of the answer. The demo's
world is measured on a copy of its own; a large one where `genba bench world` made it.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from admin.app import create_app
from admin.rooms import ROOMS
from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import Clock, SystemClock, work_date
from core.db import Database
from core.ids import ContractorId
from core.settings import Settings

ROUNDS = 5
PASSWORD = "bench-password-bench-password"  # noqa: S105 - of a scratch account
# Pages that cannot be opened by an address alone, and those that are no pages.
LEFT_OUT = ("/sign-in", "/static", "/invitation", "/me", "/display")
OF_A_SITE = ("/now/evacuation", "/now/wall", "/now/displays")  # their address says which
SEARCHES = {
    "/workers": ({"q": "タカハシ ケンイチ"}, {"q": "たかはし"}, {"q": "0199"}, {"q": "髙橋 健一"}, {"q": "100000001"}),
    "/contractors": ({"q": "サトウ"},),
    "/sites": ({"q": "だい1げんば"},),
}


@dataclass(frozen=True, slots=True)
class Timing:
    """What a page took: the median and the longest of some rounds, the first not counted; its size, unpacked."""

    path: str
    viewer: str
    status: int
    median_ms: float
    max_ms: float
    kilobytes: float


def measure(settings: Settings, database: Database, clock: Clock | None = None) -> list[Timing]:
    """Measure every page, the slowest first. Adds two accounts to the database."""
    clock = clock or SystemClock()
    app = create_app(replace(settings, second_factor_required=False), database, clock)
    facts = sample_facts(database, clock)
    timings = []
    for viewer, prime in (("operator", None), ("prime_office", facts["prime_id"])):
        client = _client(app, database, viewer, prime)
        timings += [_time(client, viewer, path) for path in page_paths(facts)]
    return sorted(timings, key=lambda timing: timing.median_ms, reverse=True)


def sample_facts(database: Database, clock: Clock) -> dict[str, str]:
    """Return a subject of each kind for the paths: those of the site that has the most people today."""
    today = work_date(clock.now())
    with database.read() as session:
        row = session.execute(
            sa.text(
                "select d.site_id, d.prime_contractor_id, d.contractor_id, d.worker_id from attendance_days d "
                "where d.contractor_id is not null order by d.work_date desc, d.site_id limit 1"
            )
        ).one()
        entry = sa.text(
            "select roster_entry_id from roster_entries "
            "where site_id = :site and contractor_id = :contractor and state <> 'removed' limit 1"
        )
        others = {
            "roster_entry_id": session.scalar(entry, {"site": row.site_id, "contractor": row.contractor_id}),
            "device_id": session.scalar(sa.text("select device_id from devices limit 1")),
            "partner_id": session.scalar(sa.text("select partner_id from partners limit 1")),
            "webhook_id": session.scalar(sa.text("select subscription_id from webhook_subscriptions limit 1")),
            "line_id": session.scalar(sa.text("select line_id from line_sites limit 1")),
            "punch_id": session.scalar(
                sa.text("select punch_id from judgements where verdict = 'needs_review' limit 1")
            ),
        }
    ids = {
        "site_id": row.site_id,
        "prime_id": row.prime_contractor_id,
        "contractor_id": row.contractor_id,
        "worker_id": row.worker_id,
        **others,
    }
    return {name: str(UUID(str(value))) for name, value in ids.items() if value} | {"month": f"{today:%Y-%m}"}


def _client(app: FastAPI, database: Database, viewer: str, prime: str | None) -> TestClient:
    login = f"bench-{viewer}"
    with database.write() as session:
        if accounts.find_account(session, login) is None:
            account = accounts.create_account(session, login, "Bench", PASSWORD)
            if prime is None:
                accounts.join(session, account.account_id, Role.OPERATOR)
            else:
                accounts.join(session, account.account_id, Role.PRIME_OFFICE, ContractorId(UUID(prime)))
    base = app.state.settings.public_url
    client = TestClient(
        app,
        base_url=base,
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    if answer.status_code != 303:
        raise RuntimeError(f"could not sign in: {answer.status_code}")
    return client


def page_paths(facts: Mapping[str, str]) -> Iterator[str]:
    """Yield the address of every GET route whose parameters are among the facts, and of some searches."""
    for context in (context for room in ROOMS for context in iter_route_contexts(room.router.routes)):
        route, pattern = context.original_route, context.path or ""
        if not isinstance(route, APIRoute) or "GET" not in (context.methods or ()) or pattern.startswith(LEFT_OUT):
            continue
        if all(name in facts for name in route.param_convertors):
            path = pattern.format(**{name: facts[name] for name in route.param_convertors})
            if path.startswith(OF_A_SITE):
                path = f"{path}?site={facts['site_id']}"
            yield f"{path}?format=csv" if path.endswith("/export") else path
            for query in SEARCHES.get(path, ()):
                yield f"{path}?{urlencode(query)}"
            if path == "/":
                yield f"/?site={facts['site_id']}"


def _time(client: TestClient, viewer: str, path: str) -> Timing:
    times = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - started) * 1000)
    times = times[1:]
    size = len(answer.content) / 1000
    return Timing(path, viewer, answer.status_code, round(median(times), 1), round(max(times), 1), round(size, 1))
