"""Partner systems: by key and scope, each request once, and a sandbox that keeps nothing."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.attendance.tables import punches
from core.db import INGEST_ROLE
from core.ids import uuid7
from core.partners import service as partners
from core.partners.model import KeyScope
from core.registry.card_tables import cards
from reader_bridge.api.app import create_app
from reader_bridge.intake.app import create_app as create_intake
from reader_bridge.wire import PUNCHES
from tests import factories
from tests.attendance.world import at
from tests.reader_bridge.intake.gate import CARD, Gate


def give_key(gate: Gate, *scopes: KeyScope, name: str = "Buildee", is_sandbox: bool = False) -> str:
    with gate.world.database.write() as session:
        prime = gate.world.prime.contractor_id
        _, secret = partners.give_key(session, prime, name, scopes, None, gate.clock.now(), is_sandbox=is_sandbox)
    return secret


def send(gate: Gate, secret: str, *items: dict[str, Any], key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key or str(uuid7())}
    return gate.client.post(PUNCHES, json={"items": items}, headers=headers)


def touch(gate: Gate, item_id: str, text: str = "7:50", **more: Any) -> dict[str, Any]:
    where = {"site_id": str(gate.world.site.site_id), "channel": "face"}
    return {"id": item_id, "card": CARD, "occurred_at": at(text).isoformat(), **where, **more}


@pytest.fixture
def secret(gate: Gate) -> str:
    return give_key(gate, KeyScope.PUNCHES_WRITE)


def test_a_partners_touch_is_an_entry_of_its_channel(gate: Gate, secret: str) -> None:
    answer = send(gate, secret, touch(gate, "p1")).json()["items"][0]

    assert (answer["result"], answer["direction"]) == ("accepted", "entry")
    with gate.world.database.read() as session:
        assert session.scalar(sa.select(punches.c.channel)) == "face"


def test_the_same_request_again_gets_the_same_answer_and_another_with_its_key_none(gate: Gate, secret: str) -> None:
    first = send(gate, secret, touch(gate, "p1"), key="k1")
    again = send(gate, secret, touch(gate, "p1"), key="k1")
    other = send(gate, secret, touch(gate, "p2"), key="k1")

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert gate.world.count(punches) == 1


def test_answers_are_kept_for_two_days(gate: Gate, secret: str) -> None:
    send(gate, secret, touch(gate, "p1"), key="k1")
    then = gate.clock.now() + partners.ANSWERS_KEPT_FOR
    with gate.world.database.write() as session:
        kept = partners.forget_answers(session, then)
        forgotten = partners.forget_answers(session, then + timedelta(seconds=1))

    assert (kept, forgotten) == (0, 1)
    assert send(gate, secret, touch(gate, "p1"), key="k1").json()["items"][0]["result"] == "duplicate"


def test_a_new_key_of_the_same_partner_adds_nothing_that_came_with_the_old_one(gate: Gate, secret: str) -> None:
    send(gate, secret, touch(gate, "p1"))

    answer = send(gate, give_key(gate, KeyScope.PUNCHES_WRITE), touch(gate, "p1")).json()["items"][0]

    assert answer["result"] == "duplicate"
    assert gate.world.count(punches) == 1


def test_a_site_of_somebody_else_is_refused_item_by_item(gate: Gate, secret: str) -> None:
    with gate.world.database.write() as session:
        other = factories.site(session, gate.world.sealer, prime=factories.contractor(session, "他社建設"))

    items = send(gate, secret, touch(gate, "a", site_id=str(other.site_id)), touch(gate, "b")).json()["items"]

    assert [(item["result"], item.get("code")) for item in items] == [("refused", "site_id"), ("accepted", None)]


def test_without_key_scope_or_idempotency_key_nobody_is_let_in(gate: Gate, secret: str) -> None:
    assert send(gate, "gk_live_nobody", touch(gate, "a")).json()["code"] == "unknown_key"
    assert send(gate, give_key(gate, KeyScope.TIERS_READ), touch(gate, "a")).json()["code"] == "scope"
    bare = gate.client.post(PUNCHES, json={"items": []}, headers={"Authorization": f"Bearer {secret}"})
    assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key")
    assert gate.world.count(punches) == 0


def test_a_sandbox_key_is_answered_like_another_and_keeps_nothing(gate: Gate) -> None:
    sandbox = give_key(gate, KeyScope.PUNCHES_WRITE, is_sandbox=True)
    before = gate.world.count(cards)

    answer = send(gate, sandbox, touch(gate, "p1", card={"tech": "felica", "uid": "0f0f"}), touch(gate, "p2")).json()

    told = [(item["result"], item["verdict"], item.get("reason")) for item in answer["items"]]
    assert told == [("accepted", "needs_review", "unknown_card"), ("accepted", "accepted", None)]
    assert (gate.world.count(punches), gate.world.count(cards)) == (0, before)


@pytest.mark.parametrize("is_sandbox", [False, True])
def test_a_partner_is_told_the_names_of_its_primes_people_alone(gate: Gate, is_sandbox: bool) -> None:
    """It was told anybody's: a key, even one of the sandbox, found out whose any 14 digits are."""
    secret = give_key(gate, KeyScope.PUNCHES_WRITE, is_sandbox=is_sandbox)
    with gate.world.database.write() as session:
        stranger = factories.worker(session, gate.world.sealer, "鈴木一郎", ccus_worker_id="77777777777777")
        factories.assignment(session, worker=gate.world.worker, site=gate.world.site)
    acting = gate.world.database.acting_as(INGEST_ROLE)
    with TestClient(create_intake(gate.settings, acting, gate.clock)) as gate.client:
        by_id = touch(gate, "p1") | {"card": None, "ccus_worker_id": stranger.ccus_worker_id}
        items = send(gate, secret, by_id, touch(gate, "p2")).json()["items"]
    if acting is not gate.world.database:
        acting.close()
    assert [(item["result"], item.get("worker")) for item in items] == [
        ("accepted", None),
        ("accepted", gate.world.worker.name),
    ]


def test_a_revoked_key_is_out_at_once(gate: Gate, secret: str) -> None:
    with gate.world.database.write() as session:
        holder = partners.holder_of(session, secret)
        assert holder is not None
        partners.revoke_key(session, holder.key.api_key_id, gate.clock.now())

    assert send(gate, secret, touch(gate, "p1")).status_code == 401


def read(gate: Gate, secret: str, address: str) -> Any:
    client = TestClient(create_app(gate.settings, gate.world.database, gate.clock), raise_server_exceptions=False)
    return client.get(address, headers={"Authorization": f"Bearer {secret}"})


def test_attendance_is_read_page_by_page_and_of_ones_own_sites_only(gate: Gate) -> None:
    secret = give_key(gate, *KeyScope)
    gate.send(gate.touch(at("7:50")))
    with gate.world.database.write() as session:
        factories.site(session, gate.world.sealer, prime=factories.contractor(session, "他社建設"))
        for number in range(4):
            factories.site(session, gate.world.sealer, prime=gate.world.prime, name=f"現場{number}")

    (day,) = read(gate, secret, "/api/v1/attendance?first=2026-11-16&last=2026-11-16").json()["items"]
    assert (day["work_date"], day["worker_id"]) == ("2026-11-16", str(gate.world.worker.worker_id))
    assert day["last_exit_at"] is None
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = read(gate, secret, f"/api/v1/sites?limit=2&cursor={cursor}").json()
        names += [site["name"] for site in page["items"]]
        cursor = page["cursor"]
    assert sorted(names) == sorted([gate.world.site.name, "現場0", "現場1", "現場2", "現場3"])


def test_structures_and_rosters_are_read_by_those_who_may(gate: Gate) -> None:
    secret = give_key(gate, KeyScope.TIERS_READ)
    with gate.world.database.write() as session:
        strange = factories.site(session, gate.world.sealer, prime=factories.contractor(session, "他社建設"))

    own = read(gate, secret, f"/api/v1/tiers/{gate.world.site.site_id}").json()
    assert own["prime_contractor_id"] == str(gate.world.prime.contractor_id)
    assert read(gate, secret, f"/api/v1/tiers/{strange.site_id}").status_code == 404
    assert read(gate, secret, "/api/v1/rosters").json()["code"] == "scope"
    assert read(gate, give_key(gate, *KeyScope), "/api/v1/rosters").json() == {"items": [], "cursor": None}


@pytest.mark.parametrize("query", ["cursor=x", "cursor=WyIxIl0", "limit=0", "first=yesterday", "site_id=7"])
def test_what_is_asked_wrongly_is_told_what_is_wrong(gate: Gate, query: str) -> None:
    answer = read(gate, give_key(gate, *KeyScope), f"/api/v1/attendance?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == query.split("=", maxsplit=1)[0]
