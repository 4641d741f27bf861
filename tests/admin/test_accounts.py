"""Accounts and sessions on both databases."""

from datetime import timedelta

import pytest

from core.accounts import service, sessions, store
from core.accounts.model import Account, SignedIn
from core.attendance.model import SYSTEM
from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotFound

PASSWORD = "correct horse battery"


@pytest.fixture
def account(database: Database) -> Account:
    with database.write() as session:
        return service.create_account(session, "Kimura", "木村花子", PASSWORD)


def attempt(database: Database, clock: FixedClock, password: str, login: str = "kimura") -> SignedIn | None:
    with database.read() as session:
        found = service.find_account(session, login)
    is_right = service.is_password_of(found, password)
    with database.write() as session:
        return service.sign_in(session, login, clock.now(), is_right=is_right)


def who(database: Database, clock: FixedClock, token: str) -> str | None:
    with database.read() as session:
        found = sessions.find_session(session, token, clock.now())
    return found[0].login if found else None


def opened(database: Database, clock: FixedClock) -> str:
    signed_in = attempt(database, clock, PASSWORD)
    assert signed_in is not None
    return signed_in.token


def test_an_account_is_kept_with_its_login_folded_and_no_password(database: Database, account: Account) -> None:
    with database.read() as session:
        (viewer,) = service.list_viewers(session)
    kept = viewer.account
    assert kept == account
    assert (kept.login, kept.name, viewer.memberships) == ("kimura", "木村花子", ())
    assert kept.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("login", "name", "password", "field"),
    [
        ("ＫＩＭＵＲＡ", "別人", PASSWORD, "login"),
        ("", "木村", PASSWORD, "login"),
        ("ki mura", "木村", PASSWORD, "login"),
        ("mori", " ", PASSWORD, "name"),
        ("mori", " Ｓystem ", PASSWORD, "name"),
        ("mori", "森", "14 characters.", "password"),
    ],
)
def test_an_unfit_account_is_not_taken(
    database: Database, account: Account, login: str, name: str, password: str, field: str
) -> None:
    with database.write() as session, pytest.raises(InvalidInput) as raised:
        service.create_account(session, login, name, password)
    assert raised.value.field == field


@pytest.mark.parametrize("login", ["kimura", "KIMURA", " ｋｉｍｕｒａ "])
def test_the_right_password_opens_a_session(
    database: Database, clock: FixedClock, account: Account, login: str
) -> None:
    signed_in = attempt(database, clock, PASSWORD, login)
    assert signed_in is not None
    assert signed_in.account == account
    assert who(database, clock, signed_in.token) == "kimura"


def test_the_database_does_not_hold_the_cookie(database: Database, clock: FixedClock, account: Account) -> None:
    token = opened(database, clock)
    with database.read() as session:
        found = sessions.find_session(session, token, clock.now())
    assert found is not None
    assert len(token) == 43
    assert token not in repr(found)


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_opens_none(database: Database, clock: FixedClock, account: Account, password: str) -> None:
    assert attempt(database, clock, password) is None


def test_an_unknown_login_is_refused_after_the_same_work(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    class Hasher:
        def verify(self, password_hash: str, _password: str) -> bool:
            checked.append(password_hash.rpartition("$")[0].rpartition("$")[0])
            return True

    monkeypatch.setattr(service, "_HASHER", Hasher())
    assert attempt(database, clock, PASSWORD, "nobody") is None
    assert checked == ["$argon2id$v=19$m=19456,t=2,p=1"]


def test_five_wrong_passwords_lock_for_five_minutes(database: Database, clock: FixedClock, account: Account) -> None:
    for _ in range(5):
        assert attempt(database, clock, "wrong") is None
    clock.at += timedelta(minutes=4, seconds=59)
    assert attempt(database, clock, PASSWORD) is None
    clock.at += timedelta(seconds=1)
    assert attempt(database, clock, PASSWORD) is not None


def test_the_right_password_forgives_earlier_wrong_ones(
    database: Database, clock: FixedClock, account: Account
) -> None:
    for password in ("wrong",) * 4 + (PASSWORD,) + ("wrong",) * 4:
        attempt(database, clock, password)
    assert attempt(database, clock, PASSWORD) is not None


def test_a_guess_that_was_under_way_when_the_lock_fell_is_refused(
    database: Database, clock: FixedClock, account: Account
) -> None:
    for _ in range(5):
        attempt(database, clock, "wrong")
    with database.write() as session:
        assert service.sign_in(session, "kimura", clock.now(), is_right=True) is None


def test_signing_in_again_ends_the_session_the_browser_had(
    database: Database, clock: FixedClock, account: Account
) -> None:
    first, other = opened(database, clock), opened(database, clock)
    with database.write() as session:
        again = service.sign_in(session, "kimura", clock.now(), is_right=True, replaces=first)
    assert again is not None
    assert [who(database, clock, token) for token in (first, other, again.token)] == [None, "kimura", "kimura"]


def test_a_session_ends_after_eight_idle_hours(database: Database, clock: FixedClock, account: Account) -> None:
    token = opened(database, clock)
    clock.at += timedelta(hours=8) - timedelta(seconds=1)
    assert who(database, clock, token) == "kimura"
    clock.at += timedelta(seconds=1)
    assert who(database, clock, token) is None


def test_a_session_in_use_ends_after_twelve_hours(database: Database, clock: FixedClock, account: Account) -> None:
    token = opened(database, clock)
    clock.at += timedelta(hours=7)
    with database.write() as session:
        found = sessions.find_session(session, token, clock.now())
        assert found is not None
        assert sessions.is_worth_marking(found[1], clock.now())
        sessions.mark_seen(session, found[1], clock.now())
    clock.at += timedelta(hours=5) - timedelta(seconds=1)
    assert who(database, clock, token) == "kimura"
    clock.at += timedelta(seconds=1)
    assert who(database, clock, token) is None


def test_signing_in_sweeps_the_account_s_expired_sessions(
    database: Database, clock: FixedClock, account: Account
) -> None:
    old = opened(database, clock)
    clock.at += timedelta(hours=13)
    opened(database, clock)
    with database.read() as session:
        assert store.find_session(session, sessions.token_hash(old)) is None


def test_a_reset_ends_all_sessions_and_lifts_the_lock(database: Database, clock: FixedClock, account: Account) -> None:
    token = opened(database, clock)
    for _ in range(5):
        attempt(database, clock, "wrong")
    with database.write() as session:
        service.reset_password(session, "KIMURA", "another fine password")
    assert who(database, clock, token) is None
    assert attempt(database, clock, PASSWORD) is None
    assert attempt(database, clock, "another fine password") is not None


def test_a_disabled_account_is_signed_out_and_stays_out_until_enabled(
    database: Database, clock: FixedClock, account: Account
) -> None:
    token = opened(database, clock)
    with database.write() as session:
        service.disable_account(session, "kimura", clock.now())
    assert who(database, clock, token) is None
    assert attempt(database, clock, PASSWORD) is None
    with database.write() as session:
        service.enable_account(session, "kimura")
    assert attempt(database, clock, PASSWORD) is not None


def test_an_ended_session_is_gone(database: Database, clock: FixedClock, account: Account) -> None:
    token = opened(database, clock)
    with database.write() as session:
        sessions.end_session(session, token)
    assert who(database, clock, token) is None


def test_an_unknown_login_has_nothing_to_reset(database: Database) -> None:
    with database.write() as session, pytest.raises(NotFound):
        service.reset_password(session, "nobody", PASSWORD)


def test_generated_passwords_are_long_enough_and_differ() -> None:
    made = {service.new_password() for _ in range(20)}
    assert len(made) == 20
    assert {len(password) for password in made} == {19}


def test_the_name_that_nobody_may_have_is_the_one_the_ledger_keeps() -> None:
    assert service.RESERVED_NAME == SYSTEM
