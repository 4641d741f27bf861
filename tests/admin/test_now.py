"""The page 「現場の今」 as text: what it says, and when a refresh has nothing new."""

import html
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.registry.model import LineMode
from tests import factories
from tests.admin.conftest import sign_in
from tests.admin.world import World, a_morning, at


def text_of(page: str) -> str:
    """Return what a page says, words parted by single spaces."""
    return html.unescape(" ".join(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split()))


def refresh_of(page: str) -> str:
    """Return the address the board refreshes itself from."""
    found = re.search(r'hx-get="([^"]+)"', page)
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


def test_the_board_opens_at_the_site_of_the_latest_punch(office: TestClient, morning: World) -> None:
    page = office.get("/").text
    assert f'<option value="{morning.central.site_id}" selected>中央ビル</option>' in page
    assert "中央ビル 11月16日（月） 最終受信 10:02 6分前 自動更新中" in text_of(page)
    assert "入場中 2 人 会社 2 社 退場済み 1 人 要確認 2 件" in text_of(page)


def test_who_is_inside_is_listed_by_contractor(office: TestClient, morning: World) -> None:
    assert rows_of(office.get("/").text, "入場中の方（会社別）") == [
        "氏名 入場 最初の入場 確認",
        "伊藤電設 1人",
        "高橋健 07:58",
        "佐藤工業 1人",
        "山田太郎 10:00 07:52",
    ]


def test_who_left_and_who_forgot_to_are_listed(office: TestClient, morning: World) -> None:
    page = office.get("/").text
    assert rows_of(page, "本日退場した方") == ["氏名 会社 入場 退場", "鈴木一郎 佐藤工業 07:55 09:30"]
    assert rows_of(page, "前日の退場の記録がない方") == ["氏名 会社 入場", "中村学 佐藤工業 11/15 07:40"]


def test_the_latest_punches_say_in_plain_words_what_became_of_them(office: TestClient, morning: World) -> None:
    assert rows_of(office.get("/").text, "最近の受信")[:8] == [
        "時刻 氏名・番号 結果",
        "10:02 田中実 電話 要確認 この日の所属会社がありません。所属の期間を確かめてください。",
        "10:00 山田太郎 電話 入場",
        "09:30 鈴木一郎 電話 退場",
        "09:00 山田太郎 電話 退場",
        "08:12 番号非通知 電話 記録なし 番号が非通知でした。186を付けてかけ直してもらってください。",
        "08:10 +8190****0001 電話 要確認 登録のない番号です。だれの電話か確かめて登録してください。",
        "08:01 高橋健 電話 重複 直後のかけ直しです。",
    ]


def test_no_page_shows_a_number_in_clear(office: TestClient, morning: World) -> None:
    for address in ("/", "/?site=all", "/now/fragment"):
        page = office.get(address).text
        digits = re.sub(r"\D", "", page)
        assert not [number for number in (*morning.numbers.values(), "+819099990001") if number[3:] in digits]


def test_the_overview_counts_each_site_and_leads_to_it(office: TestClient, morning: World) -> None:
    page = office.get("/?site=all").text
    assert rows_of(page, "現場ごとの人数") == [
        "現場 入場中 退場済み 要確認 最終記録",
        "中央ビル 2 1 2 10:00",
        "港南マンション 1 0 0 08:03",
    ]
    assert f'<a href="/?site={morning.harbour.site_id}">港南マンション</a>' in page
    assert rows_of(page, "最近の受信")[1].startswith("10:05 +8190****0001 電話 記録なし どの現場にも")
    assert "港南マンション 11月16日" in text_of(office.get(f"/?site={morning.harbour.site_id}").text)


def test_an_address_that_names_no_site_shows_all_of_them(office: TestClient, morning: World) -> None:
    for site in ("nonsense", "01a20a8c-eef1-7b96-a0fc-5a72f29a4424"):
        assert "すべての現場 11月16日（月）" in text_of(office.get(f"/?site={site}").text)


def test_a_refresh_answers_nothing_until_something_happens(
    office: TestClient, morning: World, clock: FixedClock
) -> None:
    refresh = refresh_of(office.get("/").text)
    clock.at += timedelta(minutes=1)
    unchanged = office.get(refresh)
    assert (unchanged.status_code, unchanged.content) == (204, b"")

    morning.call("鈴木一郎", clock.at)
    changed = office.get(refresh)
    assert (changed.status_code, "鈴木一郎 10:09 07:55" in text_of(changed.text)) == (200, True)
    assert changed.text.lstrip().startswith('<div id="board"')
    assert office.get(refresh_of(changed.text)).status_code == 204


def test_a_refresh_in_another_language_is_something_new(office: TestClient, morning: World) -> None:
    refresh = refresh_of(office.get("/").text)
    office.post("/language", data={"language": "en"})
    assert "Last received 10:02 6 min ago" in text_of(office.get(refresh).text)


def test_a_board_that_is_left_open_overnight_begins_the_new_day(
    client: TestClient, morning: World, clock: FixedClock
) -> None:
    clock.at = at("03:59") + timedelta(days=1)
    sign_in(client)
    refresh = refresh_of(client.get("/").text)
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
    assert "いま入場している人はいません。" in text_of(office.get("/").text)


def test_without_any_site_the_page_says_how_to_begin(office: TestClient, page_database: Database) -> None:
    assert "現場がまだ登録されていません。 genba import sites で現場の一覧（CSVかExcel）を" in text_of(
        office.get("/").text
    )


def test_names_cannot_become_markup(office: TestClient, world: World) -> None:
    world.add("<b>山田</b>", world.sato)
    world.call("<b>山田</b>", at("07:52"))
    page = office.get("/").text
    assert ("<b>山田</b>" in page, "&lt;b&gt;山田&lt;/b&gt;" in page) == (False, True)


def test_every_table_has_a_caption_and_every_heading_a_scope(office: TestClient, morning: World) -> None:
    for address in ("/", "/?site=all"):
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
    assert f"最終受信 07:52 {age}" in text_of(office.get("/").text)
