"""The page 「現場の今」 as text: what it says, and when a refresh has nothing new."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.registry.model import GrantKind, LineMode
from core.registry.tables import grants, sites
from tests import factories
from tests.admin.conftest import PASSWORD, new_client, sign_in
from tests.admin.world import YESTERDAY, World, a_morning, at


def text_of(page: str) -> str:
    """Return what a page says, words parted by single spaces."""
    return html.unescape(" ".join(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split()))


def refresh_of(page: str) -> str:
    """Return the address the board refreshes itself from."""
    found = re.search(r'id="board"[^>]* hx-get="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def rows_of(page: str, caption: str) -> list[str]:
    """Return the rows of the table whose caption begins so."""
    (table,) = [table for table in re.findall(r"<table.*?</table>", page, re.DOTALL) if f"<caption>{caption}" in table]
    return [text_of(row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]


@pytest.fixture
def morning(world: World, clock: FixedClock) -> World:
    a_morning(world)
    clock.at = at("10:08")
    return world


def central(world: World) -> str:
    return f"/?site={world.central.site_id}"


def test_the_board_opens_on_all_sites_that_are_reached(office: TestClient, morning: World) -> None:
    page = office.get("/").text
    assert '<option value="all" selected>すべての現場</option>' in page
    assert "すべての現場 11月16日（月） 最終受信 10:05 3分前 自動更新中" in text_of(page)
    assert "入場中 3 人 退場済み 1 人 本日の要確認 2 件" in text_of(page)


def test_the_board_of_a_site_says_how_it_stands(office: TestClient, morning: World) -> None:
    page = office.get(central(morning)).text
    assert f'<option value="{morning.central.site_id}" selected>中央ビル</option>' in page
    assert "中央ビル 11月16日（月） 最終受信 10:02 6分前 自動更新中" in text_of(page)
    assert "入場中 2 人 予定 0 人 遅れ・未入場 0 人 退場済み 1 人 本日の要確認 2 件" in text_of(page)


def test_whoever_reaches_one_site_sees_it_at_once(office: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.execute(sa.update(sites).where(sites.c.site_id == world.harbour.site_id).values(ends_on=YESTERDAY))
    assert "中央ビル 11月16日" in text_of(office.get("/").text)


def test_who_is_inside_is_listed_by_contractor(office: TestClient, morning: World) -> None:
    assert rows_of(office.get(central(morning)).text, "入場中の方（会社別）") == [
        "氏名 入場 確認",
        "伊藤電設 1人",
        "高橋健 07:58",
        "佐藤工業 1人",
        "山田太郎 最初の入場 07:52 10:00",
    ]


def test_the_contractors_are_counted_with_who_is_awaited(office: TestClient, morning: World, clock: FixedClock) -> None:
    with morning.database.write() as session:
        for name in ("中村学", "高橋健"):
            factories.assignment(session, morning.central, morning.workers[name])
    page = office.get(central(morning)).text
    assert rows_of(page, "会社ごとの人数") == [
        "会社 入場中 来場 予定 まだ 遅れ・未入場",
        "佐藤工業 1 2 1 0 1",
        "伊藤電設 1 1 1 0 0",
    ]
    assert rows_of(page, "まだ来ていない方")[1:] == ["中村学 佐藤工業 07:40 遅れ"]
    clock.at = at("20:01")
    sign_in(office)
    assert rows_of(office.get(central(morning)).text, "まだ来ていない方")[1:] == ["中村学 佐藤工業 07:40 未入場"]


def test_one_contractor_s_people_can_be_looked_at_alone(office: TestClient, morning: World) -> None:
    page = office.get(f"{central(morning)}&company={morning.ito.contractor_id}").text
    assert rows_of(page, "入場中の方（会社別）")[1:] == ["伊藤電設 1人", "高橋健 07:58"]
    assert "本日退場した方" not in page
    assert "入場中 2 人" in text_of(page)
    assert "company=" in refresh_of(page)


def test_where_many_are_names_are_shown_by_contractor(
    office: TestClient, morning: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.now.layout.NAMES_AT_ONCE", 2)
    page = office.get(central(morning)).text
    assert ("氏名は会社ごとに表示します" in page, "入場中の方（会社別）" in page) == (True, False)
    page = office.get(f"{central(morning)}&company={morning.ito.contractor_id}").text
    assert rows_of(page, "入場中の方（会社別）")[1:] == ["伊藤電設 1人", "高橋健 07:58"]


def test_who_left_and_who_forgot_to_are_listed(office: TestClient, morning: World) -> None:
    page = office.get(central(morning)).text
    assert rows_of(page, "本日退場した方") == ["氏名 会社 入場 退場", "鈴木一郎 佐藤工業 07:55 09:30"]
    assert rows_of(page, "前日の退場の記録がない方") == ["氏名 会社 入場", "中村学 佐藤工業 11/15 07:40"]


def test_the_latest_punches_say_in_plain_words_what_became_of_them(office: TestClient, morning: World) -> None:
    assert rows_of(office.get(central(morning)).text, "最近の受信")[:8] == [
        "時刻 氏名・番号 結果",
        "10:02 田中実 電話 要確認 この日の所属会社がありません。所属の期間を確かめてください。",
        "10:00 山田太郎 電話 入場",
        "09:30 鈴木一郎 電話 退場",
        "09:00 山田太郎 電話 退場",
        "08:12 番号非通知 電話 記録なし 番号が非通知でした。186を付けてかけ直してもらってください。",
        "08:10 090****0001 電話 要確認 登録のない番号です。だれの電話か確かめて登録してください。",
        "08:01 高橋健 電話 重複 入場の直後の電話やタッチです。",
    ]


def test_no_page_shows_a_number_in_clear(office: TestClient, morning: World) -> None:
    site = morning.central.site_id
    for address in ("/", central(morning), "/now/fragment", f"/now/evacuation?site={site}", f"/now/wall?site={site}"):
        page = office.get(address).text
        digits = re.sub(r"\D", "", page)
        assert not [number for number in (*morning.numbers.values(), "+819099990001") if number[3:] in digits]


def test_the_overview_counts_each_site_and_leads_to_it(office: TestClient, morning: World) -> None:
    page = office.get("/?site=all").text
    assert rows_of(page, "現場ごとの人数") == [
        "現場 入場中 退場済み 本日の要確認 最終記録",
        "中央ビル 2 1 2 10:00",
        "港南マンション 1 0 0 08:03",
    ]
    assert f'<a href="/?site={morning.harbour.site_id}">港南マンション</a>' in page
    assert rows_of(page, "最近の受信")[1].startswith("10:05 090****0001 電話 記録なし どの現場にも")
    assert "港南マンション 11月16日" in text_of(office.get(f"/?site={morning.harbour.site_id}").text)


def test_an_address_that_names_no_site_shows_all_of_them(office: TestClient, morning: World) -> None:
    for site in ("nonsense", "01a20a8c-eef1-7b96-a0fc-5a72f29a4424"):
        assert "すべての現場 11月16日（月）" in text_of(office.get(f"/?site={site}").text)


def test_a_refresh_answers_nothing_until_something_happens(
    office: TestClient, morning: World, clock: FixedClock
) -> None:
    refresh = refresh_of(office.get(central(morning)).text)
    clock.at += timedelta(minutes=1)
    unchanged = office.get(refresh)
    assert (unchanged.status_code, unchanged.content) == (204, b"")

    morning.call("鈴木一郎", clock.at)
    changed = office.get(refresh)
    assert (changed.status_code, "鈴木一郎 最初の入場 07:55 10:09" in text_of(changed.text)) == (200, True)
    assert changed.text.lstrip().startswith('<div id="board"')
    assert office.get(refresh_of(changed.text)).status_code == 204


def test_a_refresh_in_another_language_is_something_new(office: TestClient, morning: World) -> None:
    refresh = refresh_of(office.get(central(morning)).text)
    office.post("/language", data={"language": "en"})
    assert "Last received 10:02 6 min ago" in text_of(office.get(refresh).text)


def test_a_board_that_is_left_open_overnight_begins_the_new_day(
    client: TestClient, morning: World, clock: FixedClock
) -> None:
    clock.at = at("03:59") + timedelta(days=1)
    sign_in(client)
    refresh = refresh_of(client.get(central(morning)).text)
    clock.at += timedelta(minutes=1)
    board = client.get(refresh).text
    assert "中央ビル 11月17日（火） 本日の受信はまだありません 自動更新中" in text_of(board)
    assert [row.split()[0] for row in rows_of(board, "前日の退場の記録がない方")] == ["氏名", "高橋健", "山田太郎"]


def test_an_empty_site_says_which_number_to_call(office: TestClient, world: World) -> None:
    page = text_of(office.get(f"/?site={world.central.site_id}").text)
    assert "本日の受信はまだありません" in page
    assert "本日はまだ、だれも入場していません。 050-1234-5678 に電話をかけると、ここに入場が表示されます。" in page


def test_a_line_that_only_rings_is_explained(office: TestClient, world: World, sealer: PhoneSealer) -> None:
    with world.database.write() as session:
        quiet = factories.site(session, sealer, "橋の工事", prime=world.prime)
    assert "この現場で使う電話番号がまだありません。" in text_of(office.get(f"/?site={quiet.site_id}").text)
    with world.database.write() as session:
        factories.line(session, "+815012345670", sites=[quiet], mode=LineMode.RING_ONLY)
    page = text_of(office.get(f"/?site={quiet.site_id}").text)
    assert "050-1234-5670 に電話をかけ、呼び出し音を聞いたら切ってください。" in page


def test_when_all_have_left_the_board_says_so(office: TestClient, world: World) -> None:
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:52"))
    world.call("山田太郎", at("17:10"))
    assert "いま入場している人はいません。" in text_of(office.get(central(world)).text)


def test_without_any_site_the_page_says_how_to_begin(office: TestClient, page_database: Database) -> None:
    assert "現場がまだ登録されていません。 「現場」で登録するか、「取り込み」で現場の一覧" in text_of(
        office.get("/").text
    )


def test_names_cannot_become_markup(office: TestClient, world: World) -> None:
    world.add("<b>山田</b>", world.sato)
    world.call("<b>山田</b>", at("07:52"))
    page = office.get(central(world)).text
    assert ("<b>山田</b>" in page, "&lt;b&gt;山田&lt;/b&gt;" in page) == (False, True)


def test_every_table_has_a_caption_and_every_heading_a_scope(office: TestClient, morning: World) -> None:
    for address in ("/", central(morning)):
        page = office.get(address).text
        assert page.count("<table") == page.count("<caption>") > 1
        assert re.findall(r"<th\b(?![^>]*scope=)[^>]*>", page) == []


@pytest.mark.parametrize(
    ("minutes", "age"),
    [(-5, "たった今"), (0, "たった今"), (1, "1分前"), (59, "59分前"), (60, "1時間前"), (125, "2時間前")],
)
def test_the_age_of_the_last_punch_is_told_roughly(
    office: TestClient, world: World, clock: FixedClock, minutes: int, age: str
) -> None:
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:52"))
    clock.at = at("07:52") + timedelta(minutes=minutes)
    assert f"最終受信 07:52 {age}" in text_of(office.get(central(world)).text)


def test_a_call_of_unknown_site_has_a_row_of_its_own(office: TestClient, world: World) -> None:
    with world.database.write() as session:
        factories.line(session, "+815012345670", sites=[world.central, world.harbour])
    world.add("山田太郎", world.sato)
    world.call("山田太郎", at("07:52"), line="+815012345670")
    assert rows_of(office.get("/").text, "現場ごとの人数")[-1] == "現場不明 0 0 1"


def test_many_sites_are_shown_page_by_page_and_found_by_name(
    office: TestClient, morning: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.now.layout.SITES_AT_ONCE", 1)
    monkeypatch.setattr("admin.now.pages.MAX_CHOICES", 1)
    first, second = office.get("/").text, office.get("/?page=2").text
    assert [rows_of(page, "現場ごとの人数")[1].split()[0] for page in (first, second)] == ["中央ビル", "港南マンション"]
    found = office.get("/?q=港南").text
    assert [row.split()[0] for row in rows_of(found, "現場ごとの人数")[1:]] == ["港南マンション"]
    assert "この名前の現場はありません。" in office.get("/?q=橋").text


def test_one_s_own_sites_are_remembered_and_come_first(office: TestClient, morning: World) -> None:
    answer = office.post("/now/my-sites", data={"site": str(morning.harbour.site_id), "is_mine": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?site={morning.harbour.site_id}")
    assert "港南マンション 11月16日" in text_of(office.get("/").text)
    office.post("/now/my-sites", data={"site": str(morning.central.site_id), "is_mine": "1"})
    page = office.get("/").text
    assert '<option value="mine" selected>自分の現場</option>' in page
    for site in (morning.harbour, morning.central):
        office.post("/now/my-sites", data={"site": str(site.site_id)})
    assert "すべての現場 11月16日" in text_of(office.get("/").text)
    assert office.post("/now/my-sites", data={"site": "nonsense", "is_mine": "1"}).status_code == 404


def visitor(app: FastAPI, world: World, role: Role, **joined: object) -> TestClient:
    """Return the browser of somebody with a role."""
    with world.database.write() as session:
        account = accounts.create_account(session, role.value, "田辺修", PASSWORD)
        accounts.join(session, account.account_id, role, **joined)  # type: ignore[arg-type]
    client = new_client(app)
    assert client.post("/sign-in", data={"login": role.value, "password": PASSWORD}).status_code == 303
    return client


def test_a_site_manager_sees_his_site_and_finds_no_other(app: FastAPI, morning: World) -> None:
    joined = {"contractor_id": morning.prime.contractor_id, "site_ids": [morning.harbour.site_id]}
    client = visitor(app, morning, Role.SITE_MANAGER, **joined)
    page = client.get("/").text
    assert "港南マンション 11月16日" in text_of(page)
    assert "中央ビル" not in page
    assert "山田太郎" not in client.get(central(morning)).text
    for address in ("evacuation", "wall", "displays"):
        assert client.get(f"/now/{address}?site={morning.central.site_id}").status_code == 404


def test_a_subcontractor_is_told_that_others_are_left_out(app: FastAPI, morning: World) -> None:
    with morning.database.write() as session:
        factories.participation(session, morning.central, morning.sato)
        known = {"viewer_id": morning.sato.contractor_id, "kind": GrantKind.SITE, "subject_id": morning.central.site_id}
        session.execute(sa.delete(grants).where(grants.c.viewer_id == morning.sato.contractor_id))
        session.execute(sa.insert(grants).values(known))
    client = visitor(app, morning, Role.SUBCONTRACTOR_OFFICE, contractor_id=morning.sato.contractor_id)
    for address in (central(morning), f"/now/evacuation?site={morning.central.site_id}"):
        page = client.get(address).text
        assert "自社と下位の会社の方だけを表示しています。" in page
        assert ("山田太郎" in page, "高橋健" in page) == (True, False)
    assert client.get(f"/now/displays?site={morning.central.site_id}").status_code == 403


def test_the_muster_list_has_everybody_by_contractor(office: TestClient, morning: World) -> None:
    page = office.get(f"/now/evacuation?site={morning.central.site_id}").text
    assert "中央ビル 11月16日（月） 10:08 現在" in text_of(page)
    assert "入場中 2人" in text_of(page)
    assert rows_of(page, "伊藤電設 1人") == ["確認 氏名 フリガナ 入場時刻", "高橋健 07:58"]
    assert rows_of(page, "前日から退場の記録がない方 1人")[1:] == ["中村学 佐藤工業 11/15 07:40"]
    assert "確認待ち 3人" in text_of(page)
    assert rows_of(page, "電話はあったが、記録が確認待ちの方 3人")[1:] == [
        "090****0001 08:10",
        "番号非通知 08:12",
        "田中実 10:02",
    ]
    assert 'id="board"' not in page  # what is read at the muster point stays as it is


def test_the_wall_screen_shows_numbers_and_names_only_on_demand(office: TestClient, morning: World) -> None:
    address = f"/now/wall?site={morning.central.site_id}"
    page = office.get(address).text
    assert "入場中 2 人 予定 0 人 退場済み 1 人 佐藤工業 1 人 伊藤電設 1 人" in text_of(page)
    assert "山田太郎" not in page
    assert office.get(refresh_of(page)).status_code == 204
    assert "山田太郎" in office.get(f"{address}&names=1").text
    assert 'class="wall dark"' in office.get(f"{address}&theme=dark").text


def link_of(page: str) -> str:
    found = re.search(r'href="(/display/[^"?]+)"', page)
    assert found is not None
    return found[1]


def test_a_display_link_shows_numbers_without_signing_in_until_it_is_ended(
    app: FastAPI, office: TestClient, morning: World, clock: FixedClock
) -> None:
    site = str(morning.central.site_id)
    assert "この現場のリンクはまだありません。" in office.get(f"/now/displays?site={site}").text
    assert office.post("/now/displays", data={"site": site}).status_code == 303
    page = office.get(f"/now/displays?site={site}").text
    link, screen = link_of(page), new_client(app)
    shown = screen.get(f"{link}?names=1").text
    assert "入場中 2 人" in text_of(shown)
    assert "山田太郎" not in shown
    refresh = refresh_of(shown)
    clock.at += timedelta(days=3)  # no session idles out here
    assert screen.get(refresh).status_code == 200
    display = re.search(r'name="link" value="([^"]+)"', page)
    assert display is not None
    assert office.post("/sign-in", data={"login": "kimura", "password": PASSWORD}).status_code == 303
    assert office.post("/now/displays/end", data={"site": site, "link": display[1]}).status_code == 303
    assert (screen.get(link).status_code, screen.get(refresh).headers["hx-refresh"]) == (404, "true")
    assert office.post("/now/displays/end", data={"site": site, "link": display[1]}).status_code == 404


def test_a_display_link_cannot_be_made_up_nor_outlive_its_maker_s_rights(
    app: FastAPI, morning: World, clock: FixedClock
) -> None:
    joined = {"contractor_id": morning.prime.contractor_id, "site_ids": [morning.central.site_id]}
    client, screen = visitor(app, morning, Role.SITE_MANAGER, **joined), new_client(app)
    site = str(morning.central.site_id)
    client.post("/now/displays", data={"site": site})
    link = link_of(client.get(f"/now/displays?site={site}").text)
    assert screen.get(link).status_code == 200
    for forged in (f"{link[:-4]}AAAA", "/display/x", f"/display/{'A' * 64}", "/display/é"):
        assert screen.get(forged).status_code == 404
    started = clock.at
    clock.at += timedelta(days=181)
    assert screen.get(link).status_code == 404
    clock.at = started
    with morning.database.write() as session:
        accounts.disable_account(session, Role.SITE_MANAGER.value, started)
    assert screen.get(link).status_code == 404


def test_making_and_ending_a_display_link_is_in_the_audit_log(office: TestClient, morning: World) -> None:
    office.post("/now/displays", data={"site": str(morning.central.site_id)})
    with morning.database.read() as session:
        found = session.execute(
            sa.text("select action, subject_kind from audit_log where action like 'display%'")
        ).all()
    assert [tuple(row) for row in found] == [("display_link.made", "site")]
