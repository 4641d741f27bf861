"""作業員名簿 and 新規入場 on the pages: accepting, mapping, deputies, who waits, handing in, and the ticks."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from admin.tiers import arrivals
from core.accounts.model import Role
from core.attendance import records, settling
from core.attendance.model import Actor
from core.registry import service as registry
from core.registry.model import Contractor, Position
from core.scope import EVERYTHING
from core.tiering import service
from core.tiering.roster import roster_at
from core.tiering.roster_model import EntryState
from tests import factories
from tests.admin.conftest import new_client
from tests.admin.test_tiers import act, batch_in
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS, NOW


@pytest.fixture
def tiers(tiers: PageTiers) -> PageTiers:
    """Its structure is accepted; its rosters are not."""
    tiers.add("無所属三", None)
    tiers.people["無所属三"] = tiers.ito
    tiers.add("職種なし四", tiers.ito)
    tiers.people["職種なし四"] = tiers.ito
    with tiers.database.write() as session:
        whose = (tiers.worker_ids["無所属三"], tiers.ito.contractor_id)
        registry.affiliate(session, *whose, date(2026, 1, 1), DAYS[0] - timedelta(days=1))
    tiers.work(DAYS[:2], ["無所属三", "職種なし四"])
    with tiers.database.write() as session:
        for line in records.list_punches(session):
            if line.worker_id == tiers.worker_ids["無所属三"]:
                settling.accept(session, settling.Batch(Actor("事務"), NOW), line.punch_id)
    tiers.think()
    chain = tiers.places((tiers.sato, tiers.prime), (tiers.ito, tiers.sato), (tiers.takahashi, tiers.prime))
    with tiers.database.write() as session:
        service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, chain, with_rosters=False)
    return tiers


def client_of(app: FastAPI, tiers: PageTiers, login: str, contractor: Contractor) -> TestClient:
    role = Role.PRIME_OFFICE if contractor is tiers.prime else Role.SUBCONTRACTOR_OFFICE
    client = new_client(app)
    client.cookies.set("sid", tiers.token(login, role, contractor))
    return client


@pytest.fixture
def ito(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "ito", tiers.ito)


@pytest.fixture
def prime(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "prime", tiers.prime)


def path_of(tiers: PageTiers, contractor: Contractor) -> str:
    return f"/sites/{tiers.site.site_id}/contractors/{contractor.contractor_id}/roster"


def entries(tiers: PageTiers, state: EntryState = EntryState.ACCEPTED) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    with tiers.database.read() as session:
        for row in roster_at(session, EVERYTHING, tiers.site.site_id):
            if row.entry.state is state:
                found.setdefault(row.worker_name, []).append(row.entry)
    return found


def entry_id(tiers: PageTiers, name: str, state: EntryState = EntryState.PROPOSED) -> str:
    return str(entries(tiers, state)[name][0].roster_entry_id)  # type: ignore[attr-defined]


def test_a_contractor_accepts_its_roster_and_days_count(tiers: PageTiers, ito: TestClient) -> None:
    path = path_of(tiers, tiers.ito)
    assert "2人をまとめて名簿に載せる" in ito.get(path).text
    text = act(ito, f"{path}/accept")
    assert "名簿に載せました。 就業日 10日が有効になりました。" in text
    assert set(entries(tiers)) == {"伊藤一", "伊藤二"}
    assert "元に戻しました。" in act(ito, f"{path}/undo", batch=batch_in(text))
    assert not entries(tiers)


def test_a_trade_is_mapped_to_an_occupation_first(tiers: PageTiers, ito: TestClient) -> None:
    path = path_of(tiers, tiers.ito)
    assert "職種を決めてください" in ito.get(path).text
    address = f"{path}/{entry_id(tiers, '職種なし四')}"
    assert "CCUSの職種を一覧から選んでください。" in act(ito, f"{address}/map", occupation="なにか")
    assert "名簿に載せました。" in act(ito, f"{address}/map", occupation="0601 とび工")
    assert set(entries(tiers)) == {"職種なし四"}


def test_a_deputy_gets_just_his_days(tiers: PageTiers, ito: TestClient) -> None:
    path = path_of(tiers, tiers.ito)
    act(ito, f"{path}/accept")
    address = f"{path}/{entry_id(tiers, '伊藤一', EntryState.ACCEPTED)}"
    form = {"position": "foreman", "first": DAYS[1].isoformat(), "last": DAYS[2].isoformat()}
    assert "名簿を直しました。" in act(ito, f"{address}/position", **form)
    pieces = [(entry.valid_from, entry.position) for entry in entries(tiers)["伊藤一"]]  # type: ignore[attr-defined]
    assert pieces == [
        (DAYS[0], Position.OTHER),
        (DAYS[1], Position.FOREMAN),
        (DAYS[3], Position.OTHER),
    ]


def test_an_entry_is_written_anew_and_a_mistake_is_told_beside_what_was_typed(
    tiers: PageTiers, ito: TestClient
) -> None:
    address = f"{path_of(tiers, tiers.ito)}/{entry_id(tiers, '伊藤一')}"
    form = {"occupation": "0601", "position": "crew_leader", "task": "配管", "valid_from": DAYS[0].isoformat()}
    answer = ito.post(address, data=form | {"valid_until": "2026-10-01"})
    assert answer.status_code == 422
    assert "終わりの日が初日より前です" in answer.text
    assert "配管" in answer.text
    assert "この内容で名簿に載せる" in ito.get(address).text
    act(ito, address, **form)
    kept = f"{path_of(tiers, tiers.ito)}/{entry_id(tiers, '伊藤一', EntryState.ACCEPTED)}"
    assert "この内容に変える" in ito.get(kept).text
    assert ito.get(address).headers["location"] == kept, "the back button leads to what stands there now"
    second = ito.post(address, data=form | {"task": "保温"})
    assert second.status_code == 422, "somebody was faster"
    assert "保温" in second.text
    assert f'action="{kept}"' in second.text
    (entry,) = entries(tiers)["伊藤一"]
    assert (entry.task, entry.position) == ("配管", Position.CREW_LEADER)  # type: ignore[attr-defined]


def test_who_has_a_place_and_nobody_here_yet_is_among_the_rosters(
    app: FastAPI, tiers: PageTiers, prime: TestClient
) -> None:
    with tiers.database.write() as session:
        factories.participation(session, tiers.site, factories.contractor(session, "後藤左官"), upper=tiers.sato)
    overview = f"/sites/{tiers.site.site_id}/roster"
    assert "後藤左官" in prime.get(overview).text
    assert "後藤左官" not in client_of(app, tiers, "takahashi", tiers.takahashi).get(overview).text


def test_who_is_nobodys_waits_with_one_request(tiers: PageTiers, prime: TestClient) -> None:
    text = prime.get(f"/sites/{tiers.site.site_id}/roster").text
    assert "無所属三" in text
    assert "所属の会社が登録されていません" in text
    assert "「伊藤設備」に所属の登録を依頼" in text
    asking = f"/sites/{tiers.site.site_id}/roster/affiliations"
    text = act(prime, asking, worker_id=tiers.worker_ids["無所属三"])
    assert "所属の登録を依頼しました。" in text
    assert "すでに依頼済み" in act(prime, asking, worker_id=tiers.worker_ids["無所属三"])


def test_another_contractor_neither_sees_nor_changes_it(app: FastAPI, tiers: PageTiers) -> None:
    other = client_of(app, tiers, "takahashi", tiers.takahashi)
    path = path_of(tiers, tiers.ito)
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/accept").status_code == 404
    assert other.post(f"{path}/{entry_id(tiers, '伊藤一')}/remove").status_code == 404


def test_the_upper_keeps_the_roster_of_its_lower_one(app: FastAPI, tiers: PageTiers) -> None:
    sato = client_of(app, tiers, "sato", tiers.sato)
    assert "名簿に載せました。" in act(sato, f"{path_of(tiers, tiers.ito)}/accept")


def test_what_was_handed_in_is_listed(tiers: PageTiers, ito: TestClient) -> None:
    path = path_of(tiers, tiers.ito)
    refused = ito.post(f"{path}/submit")
    assert refused.status_code == 409
    act(ito, f"{path}/accept")
    text = act(ito, f"{path}/submit")
    assert "名簿を提出しました。" in text
    assert "あとで名簿を直しても、控えは変わりません。" in text
    assert "2人の名簿を提出" in text


def test_newcomers_are_ticked_and_a_wrong_tap_is_put_right(tiers: PageTiers, prime: TestClient) -> None:
    path = f"/sites/{tiers.site.site_id}/arrivals"
    worker = f"{path}/{tiers.worker_ids['伊藤一']}"
    assert "手続きが終わっていない人 8人" in prime.get(path).text
    for kind in ("induction", "health_check", "pledge"):
        act(prime, worker, kind=kind, is_done="1", done_on=DAYS[0].isoformat())
    text = unescape(prime.get(path).text)
    assert "手続きが終わっていない人 7人" in text
    assert 'id="w' + str(tiers.worker_ids["伊藤一"]) not in text
    text = act(prime, worker, kind="pledge")
    assert "手続きが終わっていない人 8人" in text
    assert "先の日付は選べません。" in act(prime, worker, kind="pledge", is_done="1", done_on="2027-01-01")
    roster = prime.get(path_of(tiers, tiers.ito)).text
    assert len(re.findall("✓ 受入教育", roster)) == 1


def test_asking_for_everybody_leaves_nobody_out_for_whom_something_is_open(
    tiers: PageTiers, prime: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "RECENT", timedelta(days=-1))  # as if all had come long ago
    path = f"/sites/{tiers.site.site_id}/arrivals"
    for kind in ("induction", "health_check", "pledge"):
        act(prime, f"{path}/{tiers.worker_ids['伊藤一']}", kind=kind, is_done="1")
    text = prime.get(f"{path}?show=all").text
    assert "手続きが終わっていない人 7人" in text
    assert "佐藤一" in text
    assert "伊藤一" not in text


def test_a_subcontractor_sees_the_ticks_of_its_people_only(tiers: PageTiers, ito: TestClient) -> None:
    text = ito.get(f"/sites/{tiers.site.site_id}/arrivals").text
    assert "伊藤一" in text
    assert "佐藤一" not in text
    assert "終わった印は元請が付けます。" in text
    worker = f"/sites/{tiers.site.site_id}/arrivals/{tiers.worker_ids['伊藤一']}"
    assert ito.post(worker, data={"kind": "pledge", "is_done": "1"}).status_code == 403
