"""A contractor's participation ends on the page of its site, and its place in the accepted structure with it."""

import re
from html import unescape

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts.model import Role
from core.registry.model import Contractor
from core.registry.places import take_part
from core.registry.store import participations_at
from core.scope import EVERYTHING
from core.tiering import service
from core.tiering.credit_store import held_by
from tests.admin.test_tiers import act, client_of, get
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS


@pytest.fixture
def tiers(tiers: PageTiers) -> PageTiers:
    chain = tiers.places((tiers.sato, tiers.prime), (tiers.ito, tiers.sato))
    with tiers.database.write() as session:
        service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, chain)
    return tiers


@pytest.fixture
def prime(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "prime", Role.PRIME_OFFICE, tiers.prime)


def end_path(tiers: PageTiers, contractor: Contractor) -> str:
    with tiers.database.read() as session:
        parts = participations_at(session, tiers.site.site_id)
    own = next(part for part in parts if part.contractor_id == contractor.contractor_id)
    return f"/sites/{tiers.site.site_id}/parts/{own.participation_id}/end"


def links(tiers: PageTiers, contractor: Contractor) -> list[tuple[str, str]]:
    with tiers.database.read() as session:
        wanted = {"own": contractor.contractor_id.hex}
        found = session.execute(
            sa.text("select state, valid_until from tier_links where contractor_id = :own order by link_id"), wanted
        )
        return [(row.state, str(row.valid_until)) for row in found]


def days_that_count(tiers: PageTiers, name: str) -> int:
    with tiers.database.read() as session:
        return len(held_by(session, EVERYTHING, [tiers.worker_ids[name]], DAYS[0], DAYS[-1]))


def test_the_accepted_link_ends_with_the_participation_and_later_days_count_no_more(
    tiers: PageTiers, prime: TestClient
) -> None:
    assert days_that_count(tiers, "伊藤一") == 5
    text = act(prime, end_path(tiers, tiers.ito), last_day=DAYS[1].isoformat())
    assert "会社の参加を終えました。" in text
    assert links(tiers, tiers.ito) == [("ended", DAYS[1].isoformat())]
    assert days_that_count(tiers, "伊藤一") == 2
    assert "伊藤設備が佐藤工業の下を終了" in get(prime, f"{tiers.path}/history")


def test_the_toast_lets_both_go_on(tiers: PageTiers, prime: TestClient) -> None:
    text = act(prime, end_path(tiers, tiers.ito), last_day=DAYS[1].isoformat())
    (again,) = re.findall(r'<div class="toast[^§]*?action="([^"]+/end)"', text)
    assert "参加の終了を取り消しました。" in act(prime, again, reopen=1)
    assert links(tiers, tiers.ito) == [("accepted", "None")]
    assert days_that_count(tiers, "伊藤一") == 5


def test_the_history_takes_it_back_as_well(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, end_path(tiers, tiers.ito), last_day=DAYS[1].isoformat())
    history = unescape(get(prime, f"{tiers.path}/history"))
    batch = re.findall(r'name="batch" value="([0-9a-f-]{36})"', history)[0]
    assert "元に戻しました。" in act(prime, f"{tiers.path}/undo", batch=batch)
    assert links(tiers, tiers.ito) == [("accepted", "None")]
    assert "参加を終える" in get(prime, f"/sites/{tiers.site.site_id}")


def test_another_last_day_takes_the_place_of_the_first(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, end_path(tiers, tiers.ito), last_day=DAYS[1].isoformat())
    act(prime, end_path(tiers, tiers.ito), last_day=DAYS[3].isoformat())
    assert links(tiers, tiers.ito) == [("ended", DAYS[3].isoformat())]
    assert days_that_count(tiers, "伊藤一") == 4


def test_a_participation_without_a_link_ends_alone(tiers: PageTiers, prime: TestClient) -> None:
    with tiers.database.write() as session:
        take_part(session, tiers.site.site_id, tiers.takahashi.contractor_id, DAYS[0])
    act(prime, end_path(tiers, tiers.takahashi), last_day=DAYS[1].isoformat())
    assert links(tiers, tiers.takahashi) == []
    with tiers.database.read() as session:
        ends = {part.contractor_id: part.valid_until for part in participations_at(session, tiers.site.site_id)}
    assert ends[tiers.takahashi.contractor_id] == DAYS[1]
    assert ends[tiers.ito.contractor_id] is None


def test_who_keeps_the_registry_may_do_so_without_deciding_on_tiers(app: FastAPI, tiers: PageTiers) -> None:
    keeper = client_of(app, tiers, "keeper", Role.REGISTRATION_MANAGER, tiers.prime)
    act(keeper, end_path(tiers, tiers.ito), last_day=DAYS[1].isoformat())
    assert links(tiers, tiers.ito) == [("ended", DAYS[1].isoformat())]
