"""The structure of a site with sixty contractors: how much of it is sent at once, and what is loaded later."""

import re
from html import unescape

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from admin.tiers.site_page import CARDS_AT_ONCE
from core.accounts.model import Role
from core.phone import PhoneSealer
from core.scope import EVERYTHING
from core.tiering import proposal_store, service, structure_store
from core.tiering.link_model import Place
from core.tiering.proposal_model import KeptLink, KeptProposal
from core.tiering.structure import read_structure
from core.tiering.structure_store import Seen
from tests import factories
from tests.admin.conftest import new_client
from tests.admin.large_structure import add_large_site
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS, NOW

MOST_BYTES = 100_000  # of a page, before it is compressed


@pytest.fixture
def prime(app: FastAPI, tiers: PageTiers) -> TestClient:
    client = new_client(app)
    client.cookies.set("sid", tiers.token("prime", Role.PRIME_OFFICE, tiers.prime))
    return client


def get(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_sixty_contractors_take_as_many_queries_as_three(
    app: FastAPI, tiers: PageTiers, prime: TestClient, sealer: PhoneSealer
) -> None:
    with tiers.database.write() as session:
        site = factories.site(session, sealer, "大きな現場", prime=tiers.prime, site_code="0999")
        firms = [factories.contractor(session, f"協力会社{n:02}") for n in range(60)]
        uppers = [tiers.prime, *firms[:10]]
        kept = [
            KeptLink(
                site_id=site.site_id,
                contractor_id=firm.contractor_id,
                prime_contractor_id=tiers.prime.contractor_id,
                upper_contractor_id=uppers[0 if n < 10 else 1 + n % 10].contractor_id,
                tier=1 if n < 10 else 2,
                confidence=0.97,
                needs_review=n % 9 == 0,
                has_entered=True,
                evidence=(),
                changed_at=NOW,
            )
            for n, firm in enumerate(firms)
        ]
        proposal = KeptProposal(site.site_id, tiers.prime.contractor_id, NOW, 100)
        proposal_store.replace_proposal(session, proposal, kept)
    asked: dict[str, int] = {}
    for path in (tiers.path, f"/sites/{site.site_id}/tiers"):
        prime.get(path)
        statements: list[str] = []

        def count(*args: object, found: list[str] = statements) -> None:
            found.append(str(args[2]))

        engine = tiers.database.engine
        sa.event.listen(engine, "before_cursor_execute", count)
        text = prime.get(path).text
        sa.event.remove(engine, "before_cursor_execute", count)
        asked[path] = len(statements)
    assert text.count('class="decision"') == 7
    assert len(set(asked.values())) == 1, asked


@pytest.mark.parametrize("state", ["to decide", "sure", "accepted", "invited"])
def test_the_page_of_sixty_contractors_stays_light(
    tiers: PageTiers, prime: TestClient, sealer: PhoneSealer, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    with tiers.database.write() as session:
        site = add_large_site(session, sealer, tiers.prime, has_history=state == "sure")
        nodes = read_structure(session, EVERYTHING, site.site_id).nodes
        places = [Place(node.contractor_id, node.upper_contractor_id) for node in nodes]
        if state == "accepted":
            service.settle(session, tiers.batch(), site.site_id, places)
        if state == "invited":
            for each in places:
                service.invite(session, tiers.batch(), site.site_id, each)
    came = {each.contractor_id: Seen(12, DAYS[0], DAYS[-1]) for each in places}
    monkeypatch.setattr(structure_store, "seen_at", lambda *_: came)
    page = prime.get(f"/sites/{site.site_id}/tiers")
    assert len(nodes) >= 60
    assert page.text.count('id="c-') == len(nodes)
    assert len(page.content) < MOST_BYTES


def test_cards_that_the_page_left_out_come_when_they_are_asked_for(
    tiers: PageTiers, prime: TestClient, sealer: PhoneSealer
) -> None:
    with tiers.database.write() as session:
        site = add_large_site(session, sealer, tiers.prime, has_history=False)
    page = prime.get(f"/sites/{site.site_id}/tiers").text
    parts = [unescape(path) for path in re.findall(r'hx-get="([^"]+/decisions[^"]+)"', page)]
    loaded = [anchor for path in parts for anchor in re.findall(r'<li class="decision" id="([^"]+)"', get(prime, path))]
    assert page.count("この推定は違う") == CARDS_AT_ONCE
    assert loaded == re.findall(r'<li class="decision" id="([^"]+)"', page)[CARDS_AT_ONCE:]
    assert get(prime, parts[0]).count("この推定は違う") == CARDS_AT_ONCE
