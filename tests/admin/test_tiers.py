"""「施工体制の確認」: what it shows to whom, who may do what, what is refused with which words, and undoing."""

import re
from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts.model import Role
from core.clock import FixedClock
from core.registry.model import Contractor
from core.scope import EVERYTHING
from core.tiering import service
from core.tiering.link_model import Policy
from core.tiering.policies import set_policy
from core.tiering.structure import read_structure
from tests import factories
from tests.admin.conftest import new_client
from tests.admin.tiers_world import PageTiers
from tests.tiering.world import DAYS, MONTH


@pytest.fixture
def prime(app: FastAPI, tiers: PageTiers) -> TestClient:
    return client_of(app, tiers, "prime", Role.PRIME_OFFICE, tiers.prime)


def client_of(app: FastAPI, tiers: PageTiers, login: str, role: Role, contractor: Contractor) -> TestClient:
    client = new_client(app)
    client.cookies.set("sid", tiers.token(login, role, contractor))
    return client


def act(client: TestClient, path: str, **form: object) -> str:
    """Post a form as the page has it, follow to where it leads, and return the text of the page."""
    answer = client.post(path, data={name: str(value) for name, value in form.items()})
    if answer.status_code == 303:
        answer = client.get(answer.headers["location"])
        assert answer.status_code == 200
    return unescape(answer.text)


def get(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def of(tiers: PageTiers, contractor: Contractor, act_: str) -> str:
    return f"{tiers.path}/contractors/{contractor.contractor_id}/{act_}"


def place(lower: Contractor, upper: Contractor) -> str:
    return f"{lower.contractor_id}:{upper.contractor_id}"


def batch_in(text: str) -> str:
    """Return what the toast's button would take back."""
    found = re.search(r'name="batch" value="([0-9a-f-]{36})"', text)
    assert found is not None
    return found[1]


def test_the_page_shows_who_is_inferred_below_whom_and_why(tiers: PageTiers, prime: TestClient) -> None:
    text = prime.get(tiers.path).text
    for words in ("推定（未承認）", "上位会社", "一次", "二次", "確認が必要な会社", "分以内の差で入場"):
        assert words in text
    assert text.index("確認が必要な会社") < text.index("施工体系図")
    assert "<svg" in text
    assert "100％" not in text


def test_the_choice_of_a_site_says_what_waits_and_the_navigation_counts_it(tiers: PageTiers, prime: TestClient) -> None:
    with tiers.database.read() as session:
        waiting = len(read_structure(session, EVERYTHING, tiers.site.site_id).to_decide)
    assert waiting > 0
    for path in ("/tiers", tiers.path):
        assert f"確認が必要 {waiting}件" in prime.get(path).text
    assert prime.get("/tiers/count").text == str(waiting)
    everybody = [(tiers.sato, tiers.prime), (tiers.ito, tiers.sato), (tiers.takahashi, tiers.prime)]
    prime.post(f"{tiers.path}/accept", data={"place": [place(*pair) for pair in everybody], "seen": "0"})
    assert prime.get("/tiers/count").text == ""
    assert "待っていることはありません" in prime.get("/tiers").text
    assert "次は作業員名簿を確かめる" in prime.get(tiers.path).text
    assert prime.get(f"{tiers.path}/history").text.count("この3件を元に戻す") == 1


def test_a_subcontractor_that_stands_nowhere_yet_is_told_whose_move_it_is(app: FastAPI, tiers: PageTiers) -> None:
    ito = client_of(app, tiers, "ito", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    text = ito.get(tiers.path).text
    assert "まだどの会社も入場していません" not in text
    assert "元請の大和建設が承認するか、貴社が招待を承認すると、ここに出ます。" in text


def test_accepting_lets_days_count_and_undoing_takes_it_back(tiers: PageTiers, prime: TestClient) -> None:
    places = [place(tiers.sato, tiers.prime), place(tiers.ito, tiers.sato)]
    answer = prime.post(f"{tiers.path}/accept", data={"place": places, "seen": "0"})
    text = unescape(prime.get(answer.headers["location"]).text)
    assert "承認しました。 就業日 20日が有効になりました。" in text
    assert tiers.uppers()["伊藤設備"] == "佐藤工業 2 accepted"
    text = act(prime, f"{tiers.path}/undo", batch=batch_in(text))
    assert "元に戻しました。 就業日 20日が未確定に戻りました。" in text
    assert tiers.uppers()["伊藤設備"].endswith("proposed")


def test_another_upper_is_searched_by_name(tiers: PageTiers, prime: TestClient) -> None:
    text = act(prime, of(tiers, tiers.takahashi, "upper"), upper="㈱佐藤工業", seen=0)
    assert "上位会社を決めて承認しました。" in text
    assert tiers.uppers()["高橋塗装"] == "佐藤工業 2 accepted"
    assert "その名前の会社が見つかりません" in act(prime, of(tiers, tiers.ito, "upper"), upper="なにもない組", seen=1)


def test_a_contractor_is_split_and_merged(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, of(tiers, tiers.ito, "upper"), upper_id=tiers.takahashi.contractor_id, how="beside", seen=0)
    text = prime.get(tiers.path).text
    assert text.count("2社の下") >= 2
    merged = act(prime, of(tiers, tiers.ito, "merge"), upper_id=tiers.sato.contractor_id)
    assert "1社の下にまとめました。" in merged
    assert tiers.uppers()["伊藤設備"].startswith("佐藤工業")


def test_a_loop_is_refused_with_words(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, f"{tiers.path}/accept", place=place(tiers.ito, tiers.sato), seen=0)
    answer = prime.post(of(tiers, tiers.sato, "upper"), data={"upper": "伊藤設備", "seen": "1"})
    assert answer.status_code == 409
    assert "自分の下に自分が入ってしまいます" in answer.text
    assert "施工体系図" in answer.text


def test_the_second_of_two_admins_sees_a_message_and_what_holds_now(
    app: FastAPI, tiers: PageTiers, prime: TestClient
) -> None:
    other = client_of(app, tiers, "other", Role.SITE_MANAGER, tiers.prime)
    seen = {"seen": "0"}
    prime.post(of(tiers, tiers.ito, "upper"), data={"upper": "佐藤工業", **seen})
    answer = other.post(of(tiers, tiers.ito, "upper"), data={"upper": "高橋塗装", **seen})
    assert answer.status_code == 409
    assert "ほかの方が先にこの会社の位置を変えたため" in answer.text
    assert tiers.uppers()["伊藤設備"] == "佐藤工業 2 accepted"
    assert "承認済み 1件" in answer.text


def test_what_others_changed_since_the_last_look_is_told(
    app: FastAPI, tiers: PageTiers, prime: TestClient, clock: FixedClock
) -> None:
    other = client_of(app, tiers, "other", Role.SITE_MANAGER, tiers.prime)
    prime.get(tiers.path)
    act(other, of(tiers, tiers.ito, "upper"), upper="佐藤工業", seen=0)
    text = prime.get(tiers.path).text
    assert "伊藤設備を佐藤工業の下として一括承認" in text
    assert "前回見たとき" in text
    assert "前回見たとき" not in other.get(tiers.path).text


def test_a_rejected_proposal_asks_for_the_right_upper(tiers: PageTiers, prime: TestClient) -> None:
    upper_id = tiers.prime.contractor_id
    text = act(prime, of(tiers, tiers.takahashi, "reject"), upper_id=upper_id, note="別の会社です", seen=0)
    assert "「大和建設」の下という推定は却下されました。" in text
    assert "「別の会社です」" in prime.get(f"{tiers.path}/history").text


def test_invited_by_the_upper_accepted_by_the_lower_each_by_its_own_account(app: FastAPI, tiers: PageTiers) -> None:
    sato = client_of(app, tiers, "sato", Role.SUBCONTRACTOR_OFFICE, tiers.sato)
    ito = client_of(app, tiers, "ito", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    with tiers.database.write() as session:
        service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, tiers.places((tiers.sato, tiers.prime)))
        naming = "update contractors set ccus_contractor_id = '12345678901234' where name = '伊藤設備'"
        session.execute(sa.text(naming))
    text = act(sato, f"{tiers.path}/invite", lower="12345678901234", upper_id=tiers.sato.contractor_id, seen=1)
    assert "招待しました。" in text
    assert ito.get("/tiers/count").text == "1"
    page = ito.get("/tiers").text
    assert "「佐藤工業」が「伊藤設備」を自社の下に招待しています。" in page
    address = re.findall(r'action="(/sites/[^"]+/accept)"', page)[0]
    assert "招待を承認しました。" in act(ito, address, next="/tiers")
    assert tiers.uppers()["伊藤設備"] == "佐藤工業 2 accepted"
    assert "代行" not in sato.get(f"{tiers.path}/history").text


def test_the_prime_accepts_for_others_and_it_is_told(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, of(tiers, tiers.ito, "upper"), upper="佐藤工業", how="invite", seen=0)
    page = prime.get(tiers.path).text
    assert "代行で承認" in page
    address = re.findall(r'action="(/sites/[^"]+/links/[^"]+/accept)"', page)[0]
    act(prime, address, seen=1)
    assert "代行" in prime.get(f"{tiers.path}/history").text
    assert tiers.uppers()["伊藤設備"] == "佐藤工業 2 accepted"


def test_a_subcontractor_sees_its_own_and_decides_nothing_for_others(app: FastAPI, tiers: PageTiers) -> None:
    ito = client_of(app, tiers, "ito", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    with tiers.database.write() as session:
        chain = tiers.places((tiers.sato, tiers.prime), (tiers.ito, tiers.sato))
        service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, chain)
    text = ito.get(tiers.path).text
    assert "伊藤設備" in text
    assert "高橋塗装" not in text
    assert "まとめて承認" not in text
    assert "全体を決めるのは元請の大和建設です。" in text
    assert "変更<" not in text
    assert "まだ推定がありません" not in ito.get("/tiers").text
    assert 'tiers/undo"' not in ito.get(f"{tiers.path}/history").text
    assert ito.post(f"{tiers.path}/accept", data={"place": place(tiers.ito, tiers.sato)}).status_code == 403
    moved = ito.post(of(tiers, tiers.ito, "upper"), data={"upper_id": str(tiers.sato.contractor_id)})
    assert moved.status_code == 409
    assert ito.get(f"{tiers.path}/policy").status_code == 403


def test_the_history_does_not_repeat_that_a_choice_was_kept(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, of(tiers, tiers.ito, "upper"), upper="高橋塗装", seen=0)
    text = prime.get(f"{tiers.path}/history").text
    assert "伊藤設備を高橋塗装の下として一括承認" in text
    assert "のままと確認" not in text


def test_a_notice_that_would_be_empty_is_not_offered(tiers: PageTiers, prime: TestClient) -> None:
    text = prime.get(f"{tiers.path}/papers").text
    assert "承認済みの二次以下の会社は、まだありません。" in text
    assert "papers/notices.pdf" not in text
    assert "papers/chart.pdf" in text


def test_who_only_reads_is_told_who_decides(app: FastAPI, tiers: PageTiers) -> None:
    reader = client_of(app, tiers, "reader", Role.READ_ONLY, tiers.prime)
    assert "確認と承認は、大和建設の事務か現場管理者がします。" in reader.get(tiers.path).text


def test_the_policy_flags_depth_and_may_ask_each_contractor(tiers: PageTiers, prime: TestClient) -> None:
    answer = prime.post(f"{tiers.path}/policy", data={"deepest_tier": "12"})
    assert answer.status_code == 422
    text = act(prime, f"{tiers.path}/policy", deepest_tier="1", asks_callers="1")
    assert "施工体制の決まりを保存しました。" in text
    assert "元請の決まり（1次まで）より深い会社があります。" in text
    assert "招待する" in text
    act(prime, f"{tiers.path}/accept", place=place(tiers.ito, tiers.sato), seen=0)
    assert tiers.uppers()["伊藤設備"] == "佐藤工業 2 invited"


def test_a_site_manager_does_not_change_the_primes_policy(app: FastAPI, tiers: PageTiers) -> None:
    manager = client_of(app, tiers, "manager", Role.SITE_MANAGER, tiers.prime)
    assert manager.get(f"{tiers.path}/policy").status_code == 403
    assert "まとめて" in manager.get(tiers.path).text or "承認" in manager.get(tiers.path).text


def test_days_of_last_week_turn_valid_in_the_workers_calendar(tiers: PageTiers, prime: TestClient) -> None:
    calendar = f"/calendar/workers/{tiers.worker_ids['伊藤一']}?month={MONTH:%Y-%m}"
    assert "施工体制の承認待ちです" in prime.get(calendar).text
    places = [place(tiers.sato, tiers.prime), place(tiers.ito, tiers.sato)]
    prime.post(f"{tiers.path}/accept", data={"place": places, "seen": "0"})
    assert "施工体制の承認待ちです" not in prime.get(calendar).text


def test_a_policy_without_at_once_says_so_in_the_buttons(tiers: PageTiers, prime: TestClient) -> None:
    with tiers.database.write() as session:
        set_policy(session, Policy(tiers.prime.contractor_id, accepts_at_once=False))
    text = prime.get(tiers.path).text
    assert "招待する" in text
    assert "この会社の下で承認" not in text


def test_a_contractor_that_left_keeps_its_days(tiers: PageTiers, prime: TestClient) -> None:
    act(prime, f"{tiers.path}/accept", place=place(tiers.sato, tiers.prime), seen=0)
    panel = prime.get(f"{tiers.path}/contractors/{tiers.sato.contractor_id}", headers={"HX-Request": "true"}).text
    assert "<main" not in panel
    address = re.findall(r'action="(/sites/[^"]+/end)"', panel)[0]
    assert "終えました。" in act(prime, address, last_day=DAYS[1].isoformat(), seen=1)
    with tiers.database.read() as session:
        until = session.scalar(sa.text("select valid_until from tier_links"))
    assert str(until) == date(2026, 11, 10).isoformat()


def test_what_a_person_chose_against_the_proposal_is_not_questioned_at_once(
    tiers: PageTiers, prime: TestClient
) -> None:
    act(prime, f"{tiers.path}/accept", place=place(tiers.sato, tiers.prime), seen=0)
    text = act(prime, of(tiers, tiers.takahashi, "upper"), upper="佐藤工業", seen=1)
    tiers.think()
    assert "のように見えます" not in prime.get(tiers.path).text
    assert "元に戻しました。" in act(prime, f"{tiers.path}/undo", batch=batch_in(text))
    assert tiers.uppers()["高橋塗装"].startswith("大和建設")


def test_names_to_choose_an_upper_from_are_loaded_apart(app: FastAPI, tiers: PageTiers, prime: TestClient) -> None:
    assert '<option value="佐藤工業">' in get(prime, f"{tiers.path}/uppers")
    stranger = client_of(app, tiers, "stranger", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    with tiers.database.write() as session:
        session.execute(sa.text("delete from grants"))
    assert stranger.get(f"{tiers.path}/uppers").status_code == 404


def test_without_javascript_a_contractors_own_page_accepts_and_withdraws(tiers: PageTiers, prime: TestClient) -> None:
    own = f"{tiers.path}/contractors/{tiers.ito.contractor_id}"
    assert f'name="place" value="{place(tiers.ito, tiers.sato)}"' in get(prime, own)
    act(prime, of(tiers, tiers.ito, "upper"), upper="佐藤工業", how="invite", seen=0)
    address = re.findall(r'action="(/sites/[^"]+/withdraw)"', get(prime, own))[0]
    assert "招待を取り消しました。" in act(prime, address, seen=1)


def test_whom_to_invite_below_is_meant_as_it_stands_at_the_site(tiers: PageTiers, prime: TestClient) -> None:
    with tiers.database.write() as session:
        factories.contractor(session, "佐藤工業")
        factories.contractor(session, "加藤内装", ccus_contractor_id="12345678901234")
    act(prime, f"{tiers.path}/invite", lower="12345678901234", upper="佐藤工業", seen=0)
    assert tiers.uppers()["加藤内装"] == "佐藤工業 2 invited"


def test_whom_its_upper_works_below_is_told_nowhere(app: FastAPI, tiers: PageTiers) -> None:
    pairs = tiers.places((tiers.ito, tiers.sato), (tiers.sato, tiers.takahashi), (tiers.takahashi, tiers.prime))
    with tiers.database.write() as session:
        service.settle(session, tiers.batch(tiers.prime), tiers.site.site_id, pairs)
    ito = client_of(app, tiers, "ito", Role.SUBCONTRACTOR_OFFICE, tiers.ito)
    sato, site = f"/contractors/{tiers.sato.contractor_id}", f"/sites/{tiers.site.site_id}"
    for path in (site, sato, tiers.path, f"{tiers.path}/history", f"{tiers.path}{sato}", f"{site}/roster"):
        text = get(ito, path)
        assert ("高橋塗装" in text, path) == (False, path)
    assert "佐藤工業" in get(ito, site)
    with_all = client_of(app, tiers, "whole", Role.PRIME_OFFICE, tiers.prime)
    assert "高橋塗装" in get(with_all, sato)
