"""The page of notices, the number in the navigation, and each person's choices."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import noticing
from core.clock import FixedClock
from core.db import Database
from core.notices import service as notices
from tests.admin.conftest import NAME, PASSWORD, new_client, sign_in
from tests.admin.world import World, at


@pytest.fixture
def manager(app: FastAPI, world: World, page_database: Database) -> TestClient:
    """A browser that the prime contractor's office is signed in with."""
    with page_database.write() as session:
        account = accounts.create_account(session, "office", "事務 花子", PASSWORD)
        accounts.join(session, account.account_id, Role.PRIME_OFFICE, world.prime.contractor_id)
    client = new_client(app)
    assert sign_in(client, login="office") == 303
    return client


SETTINGS = {
    "exits_min": "17:45",
    "callers_min": "9:00",
    "quiet_from_min": "20:00",
    "quiet_until_min": "6:30",
    "weekday": ["0", "1"],
    "missing_exits": "page",
}


def test_without_notices_the_page_says_what_will_come(office: TestClient) -> None:
    html = office.get("/notices").text
    assert ("お知らせはありません" in html, "すべて確認済みにする" in html) == (True, False)
    assert office.get("/notices/count").text == ""


def test_what_was_told_is_counted_listed_and_marked_as_read(
    manager: TestClient, world: World, page_database: Database, clock: FixedClock
) -> None:
    clock.at = at("10:00")
    world.call("+818012340000", at("08:00"))
    with page_database.write() as session:
        notices.tell(session, noticing.find_facts(session, clock.now()), clock.now())
    assert manager.get("/notices/count").text == "1"
    html = manager.get("/notices").text
    assert "中央ビル" in html
    assert "登録のない番号から1件の電話がありました" in html
    assert "すべて確認済みにする" in html
    assert manager.post("/notices/seen").headers["location"] == "/notices"
    assert "すべて確認済みにする" not in manager.get("/notices").text
    assert manager.get("/notices/count").text == ""


def test_choices_are_saved_and_shown_again(office: TestClient) -> None:
    assert office.post("/notices/settings", data=SETTINGS).status_code == 303
    html = office.get("/notices/settings?saved=1").text
    assert "保存しました" in html
    assert 'value="17:45"' in html
    assert 'value="06:30"' in html


def test_a_wrong_time_is_told_beside_its_field_and_nothing_is_saved(office: TestClient) -> None:
    answer = office.post("/notices/settings", data=SETTINGS | {"exits_min": "25:00"})
    assert answer.status_code == 422
    assert 'aria-describedby="exits_min-error"' in answer.text
    assert 'value="17:45"' not in office.get("/notices/settings").text


def test_without_a_mail_server_the_settings_say_so(office: TestClient, app: FastAPI) -> None:
    assert app.state.settings.smtp_url is None
    assert "メールの送信が設定されていません" in office.get("/notices/settings").text
    assert NAME in office.get("/notices/settings").text
