"""People who have not come yet are taken into a roster: who is offered, as what he is written, and undoing."""

from datetime import date
from html import unescape

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.registry.model import Position
from core.scope import EVERYTHING
from core.tiering.roster import roster_at
from core.tiering.roster_model import EntryState, RosterEntry
from tests.admin.test_rosters import client_of, path_of
from tests.admin.test_tiers import act, batch_in, get
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS

SOON = date(2026, 11, 16)


@pytest.fixture
def tiers(tiers: PageTiers) -> PageTiers:
    tiers.add("予定五郎", tiers.ito, ["1201"])
    tiers.add("職種なし四", tiers.ito)
    tiers.add("無所属三", None, ["0601"])
    tiers.add("佐藤三", tiers.sato, ["0601"])
    return tiers


@pytest.fixture
def ito(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "ito", tiers.ito)


def entry_of(tiers: PageTiers, name: str) -> RosterEntry | None:
    with tiers.database.read() as session:
        rows = roster_at(session, EVERYTHING, tiers.site.site_id)
    return next((row.entry for row in rows if row.worker_name == name), None)


def offered(text: str) -> list[str]:
    names = unescape(text).split('<datalist id="plannable">')[1].split("</datalist>")[0]
    return [part.split("（")[0] for part in names.split('<option value="')[1:]]


def test_only_a_contractors_own_people_who_are_not_listed_are_offered(tiers: PageTiers, ito: TestClient) -> None:
    assert offered(get(ito, path_of(tiers, tiers.ito))) == ["予定五郎", "職種なし四"]


def test_a_planned_worker_is_written_as_the_registry_knows_him(tiers: PageTiers, ito: TestClient) -> None:
    path = path_of(tiers, tiers.ito)
    text = act(ito, f"{path}/plan", worker="予定五郎", valid_from=SOON.isoformat())
    assert "名簿に載せました。" in text
    assert "予定五郎" not in offered(text)
    entry = entry_of(tiers, "予定五郎")
    assert entry is not None
    assert (entry.state, entry.occupation_code, entry.position) == (EntryState.ACCEPTED, "1201", Position.OTHER)
    assert entry.valid_from == SOON
    assert "元に戻しました。" in act(ito, f"{path}/undo", batch=batch_in(text))
    assert entry_of(tiers, "予定五郎") is None


def test_what_is_said_in_the_form_goes_before_the_registry(tiers: PageTiers, ito: TestClient) -> None:
    number = f"{list(tiers.worker_ids).index('職種なし四') + 1:014}"
    path = f"{path_of(tiers, tiers.ito)}/plan"
    assert "CCUSの職種を一覧から選んでください。" in act(ito, path, worker=number, valid_from=SOON.isoformat())
    act(ito, path, worker=number, valid_from=SOON.isoformat(), occupation="0601 とび工", position="foreman")
    entry = entry_of(tiers, "職種なし四")
    assert entry is not None
    assert (entry.occupation_code, entry.position) == ("0601", Position.FOREMAN)


def test_a_planned_worker_stays_as_he_is_when_he_comes(tiers: PageTiers, ito: TestClient) -> None:
    act(ito, f"{path_of(tiers, tiers.ito)}/plan", worker="予定五郎", valid_from=DAYS[0].isoformat())
    planned = entry_of(tiers, "予定五郎")
    tiers.people["予定五郎"] = tiers.ito
    tiers.work(DAYS[3:], ["予定五郎"])
    tiers.think()
    assert entry_of(tiers, "予定五郎") == planned


@pytest.mark.parametrize("name", ["無所属三", "佐藤三", "伊藤一", "だれか", ""])
def test_nobody_else_is_written(tiers: PageTiers, ito: TestClient, name: str) -> None:
    text = act(ito, f"{path_of(tiers, tiers.ito)}/plan", worker=name, valid_from=SOON.isoformat())
    assert "見つかりません。一覧から選んでください。" in text


def test_two_of_one_name_are_told_apart_by_their_number(tiers: PageTiers, ito: TestClient) -> None:
    tiers.add("予定五郎", tiers.ito, ["1201"])
    path = f"{path_of(tiers, tiers.ito)}/plan"
    assert "同じ名前の人が複数います" in act(ito, path, worker="予定五郎", valid_from=SOON.isoformat())
    assert "名簿に載せました。" in act(ito, path, worker=f"予定五郎（{7:014}）", valid_from=SOON.isoformat())


def test_another_contractor_plans_nobody(app: FastAPI, tiers: PageTiers) -> None:
    other = client_of(app, tiers, "takahashi", tiers.takahashi)
    assert other.post(f"{path_of(tiers, tiers.ito)}/plan", data={"worker": "予定五郎"}).status_code == 404
