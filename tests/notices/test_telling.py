"""Telling people: once a day, as one mail, and never in the quiet hours."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import mail
from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import noticing
from core.attendance.silence import BUSY_PEOPLE
from core.db import Database
from core.ids import AccountId
from core.notices import service as notices
from core.notices.model import NoticeKind, Preferences, Way
from core.phone import PhoneSealer
from core.registry.tables import line_sites
from core.work import service as work
from tests import factories
from tests.admin.world import World, at

PASSWORD = "a long enough password"
STRANGER = "+818012340000"


@pytest.fixture
def place(database: Database, sealer: PhoneSealer) -> World:
    return World(database, sealer)


def office(place: World, email: str = "office@example.jp") -> AccountId:
    with place.database.write() as session:
        account = accounts.create_account(session, "office", "事務 花子", PASSWORD, email=email)
        accounts.join(session, account.account_id, Role.PRIME_OFFICE, place.prime.contractor_id)
    return account.account_id


def tell(place: World, when: str) -> None:
    with place.database.write() as session:
        notices.tell(session, noticing.find_facts(session, at(when)), at(when))


def told(place: World, account_id: AccountId, when: str) -> set[tuple[str, int]]:
    with place.database.read() as session:
        return {(notice.kind.value, notice.count) for notice in notices.list_notices(session, account_id, at(when))}


def post(place: World, sealer: PhoneSealer, now: datetime) -> list[str]:
    """Post what waits, and return the mails as the background work would take them."""
    with place.database.write() as session:
        notices.post_digests(session, sealer, noticing.subject_names(session), "https://genba.test", now)
    with place.database.write() as session:
        marks = work.take_marks(session, mail.KIND, now, 10)
        work.finish(session, marks)
    return [sealer.decrypt(mark.subject) for mark in marks]


def test_the_office_is_told_of_missing_exits_and_unknown_callers(place: World) -> None:
    reader = office(place)
    place.add("山田 太郎", place.sato)
    place.call("山田 太郎", at("07:52"))
    place.call(STRANGER, at("08:01"))
    place.call(STRANGER, at("09:00"))
    tell(place, "09:00")
    assert told(place, reader, "09:00") == set()
    tell(place, "18:30")
    assert told(place, reader, "18:30") == {("missing_exits", 1), ("unknown_callers", 2)}


def test_an_employers_office_is_told_of_its_own_people_without_an_exit(place: World) -> None:
    with place.database.write() as session:
        account = accounts.create_account(session, "sato", "佐藤 事務", PASSWORD)
        accounts.join(session, account.account_id, Role.SUBCONTRACTOR_OFFICE, place.sato.contractor_id)
    for name, contractor in (("山田 太郎", place.sato), ("鈴木 一郎", place.sato), ("高橋 健", place.ito)):
        place.add(name, contractor)
        place.call(name, at("07:52"))
    place.call("鈴木 一郎", at("17:10"))
    tell(place, "18:30")
    assert told(place, account.account_id, "18:30") == {("missing_exits", 1)}


def test_the_same_thing_is_told_once_a_day(place: World) -> None:
    reader = office(place)
    place.call(STRANGER, at("08:01"))
    tell(place, "10:00")
    place.call(STRANGER, at("11:00"))
    tell(place, "12:00")
    assert told(place, reader, "12:00") == {("unknown_callers", 1)}
    with place.database.read() as session:
        assert notices.count_unseen(session, reader, at("12:00")) == 1


def a_busy_saturday(place: World, line: str = "") -> None:
    for n in range(BUSY_PEOPLE):
        name = f"作業員{len(place.workers)}"
        place.add(name, place.sato)
        place.call(name, at("07:30") - timedelta(days=2) + timedelta(minutes=5 * n), line=line)


def test_a_line_that_was_busy_the_day_before_and_is_silent_is_told_of(place: World) -> None:
    reader = office(place)
    a_busy_saturday(place)
    tell(place, "09:00")
    assert told(place, reader, "09:00") == {("line_silent", 5)}


def test_a_line_that_was_called_today_is_not_told_of(place: World) -> None:
    reader = office(place)
    a_busy_saturday(place)
    place.call("", at("07:40"))
    tell(place, "09:00")
    assert told(place, reader, "09:00") == set()


def two_lines(place: World) -> str:
    """Give 中央ビル a second line, and let both be busy on Saturday."""
    with place.database.write() as session:
        second = factories.line(session, "+815010000001", sites=[place.central]).e164
    a_busy_saturday(place)
    a_busy_saturday(place, second)
    return second


def test_one_of_two_lines_that_falls_silent_is_told_of_by_its_number(place: World, sealer: PhoneSealer) -> None:
    reader = office(place)
    two_lines(place)
    place.call("作業員0", at("07:40"))
    tell(place, "09:00")
    tell(place, "10:00")
    assert told(place, reader, "09:00") == {("line_silent", 5)}
    (sent,) = post(place, sealer, at("09:00"))
    assert "中央ビル 050-1000-0001: " in sent
    assert "050-1234-5678" not in sent


def test_a_refused_call_shows_that_a_line_works(place: World) -> None:
    reader = office(place)
    second = two_lines(place)
    place.call("", at("07:40"))
    place.call(STRANGER, at("07:41"), line=second)
    tell(place, "09:00")
    assert told(place, reader, "09:00") == set()


def test_a_call_for_no_site_shows_that_a_shared_line_works(place: World) -> None:
    reader = office(place)
    with place.database.write() as session:
        shared = factories.line(session, "+815010000002", sites=[place.central])
    a_busy_saturday(place, shared.e164)
    with place.database.write() as session:
        session.execute(sa.insert(line_sites).values(line_id=shared.line_id, site_id=place.harbour.site_id))
    place.call("", at("07:40"), line=shared.e164)
    tell(place, "09:00")
    assert told(place, reader, "09:00") == set()


def test_old_notices_are_not_mailed_when_mail_is_set_up(place: World, sealer: PhoneSealer) -> None:
    office(place)
    place.call(STRANGER, at("08:01"))
    tell(place, "10:00")
    assert post(place, sealer, at("10:00") + timedelta(days=4)) == []


def test_what_waits_is_one_mail_after_the_quiet_hours(place: World, sealer: PhoneSealer) -> None:
    office(place)
    place.add("山田 太郎", place.sato)
    place.call("山田 太郎", at("07:52"))
    place.call(STRANGER, at("08:01"))
    tell(place, "19:30")
    assert post(place, sealer, at("19:30")) == []
    morning = at("07:00") + timedelta(days=1)
    (sent,) = post(place, sealer, morning)
    assert "office@example.jp" in sent
    assert "中央ビル" in sent
    assert "山田" not in sent
    assert STRANGER[-4:] not in sent
    assert post(place, sealer, morning + timedelta(minutes=5)) == []


def test_who_wants_no_mail_gets_none(place: World, sealer: PhoneSealer) -> None:
    reader = office(place)
    with place.database.write() as session:
        notices.choose(session, reader, Preferences(ways=dict.fromkeys(NoticeKind, Way.PAGE)))
    place.call(STRANGER, at("08:01"))
    tell(place, "10:00")
    assert told(place, reader, "10:00") == {("unknown_callers", 1)}
    assert post(place, sealer, at("10:00")) == []


def test_choices_are_kept(place: World) -> None:
    reader = office(place)
    wanted = Preferences({NoticeKind.PROPOSALS: Way.OFF}, 17 * 60, 10 * 60, 60, 120, frozenset({0}), frozenset())
    with place.database.write() as session:
        notices.choose(session, reader, Preferences())
        notices.choose(session, reader, wanted)
    with place.database.read() as session:
        assert notices.preferences_of(session, reader) == wanted
