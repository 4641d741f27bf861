"""The navigation: on every page exactly one entry is the current one."""

import re
from uuid import uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from admin.pages import current_path
from core.accounts.model import Role
from tests.admin.conftest import new_client
from tests.admin.tiers_world import PageTiers

# Pages before sign-in, the worker's own, boards and cards without navigation; an account is led to from below it.
BESIDE = re.compile(r"/(sign-in|invitation|me|display|gate|account|static|healthz|readyz)(/.*)?")
MARKED = re.compile(r'<a href="([^"]+)" aria-current="page"')


def test_every_page_belongs_to_an_entry(app: FastAPI) -> None:
    paths = [str(context.path) for context in iter_route_contexts(app.routes) if "GET" in (context.methods or ())]
    shown = [re.sub(r"\{[^}]*\}", str(uuid4()), path) for path in paths if not BESIDE.fullmatch(path)]
    assert len(shown) > 50
    assert [path for path in shown if current_path(app.state.nav, path) is None] == []


def test_the_structure_and_the_rosters_of_a_site_are_not_under_sites(app: FastAPI, tiers: PageTiers) -> None:
    client = new_client(app)
    client.cookies.set("sid", tiers.token("prime", Role.PRIME_OFFICE, tiers.prime))
    site = f"/sites/{tiers.site.site_id}"
    crew = f"{site}/contractors/{tiers.sato.contractor_id}"
    for path in (
        *(
            f"{site}/{page}"
            for page in ("tiers", "tiers/history", "tiers/papers", "tiers/policy", "roster", "arrivals")
        ),
        f"{site}/tiers/contractors/{tiers.sato.contractor_id}",
        f"{crew}/roster",
    ):
        assert marked(client, path) == ["/tiers"], path
    for path in ("/sites", site, f"{site}/edit", crew):
        assert marked(client, path) == ["/sites"], path
    assert marked(client, "/") == ["/"]
    assert marked(client, "/review/history") == ["/review"]
    assert marked(client, "/account") == ["/account"]


def marked(client: TestClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return MARKED.findall(answer.text)
