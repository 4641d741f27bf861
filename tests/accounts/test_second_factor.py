"""The second factor and what it holds back, on both databases."""

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from core.accounts import factor_store, links, second_factor, service, sessions, signing_in
from core.accounts.model import Account, LinkPurpose, Role, SignedIn, Stage
from core.accounts.tables import mailed_links, recovery_codes, second_factors
from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotAllowed
from core.phone import KeyRing, PhoneSealer, new_key, parse_key_ring
from tests.accounts.people import person, signed_in


@pytest.fixture
def account(database: Database) -> Account:
    return person(database, "kimura", Role.OPERATOR).account


@pytest.fixture
def app(database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account) -> pyotp.TOTP:
    """The app of an account whose second factor was set up a minute ago."""
    with database.write() as session:
        app = pyotp.TOTP(second_factor.begin_app(session, sealer, account.account_id, clock.now()))
        second_factor.confirm_app(session, sealer, account.account_id, app.at(clock.now()), clock.now())
    clock.at += timedelta(minutes=1)
    return app


def give(database: Database, sealer: PhoneSealer, clock: FixedClock, waiting: SignedIn, code: str) -> str | None:
    """Give a code to a session that waits for one; return what it was."""
    with database.write() as session:
        passed = signing_in.pass_code(session, sealer, waiting.token, code, clock.now())
    return passed[1] if passed else None


def is_open(database: Database, clock: FixedClock, token: str) -> bool:
    with database.read() as session:
        return sessions.find_session(session, token, clock.now()) is not None


def test_a_password_alone_opens_nothing_once_an_app_is_set_up(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    waiting = signed_in(database, clock, account)
    assert (waiting.stage, is_open(database, clock, waiting.token)) == (Stage.CODE, False)
    with database.write() as session:
        passed = signing_in.pass_code(session, sealer, waiting.token, app.at(clock.now()), clock.now())
    assert passed is not None
    opened, kind = passed
    assert (kind, opened.stage, is_open(database, clock, opened.token)) == ("app", Stage.OPEN, True)
    with database.read() as session:
        assert sessions.find_pending(session, waiting.token, clock.now()) is None


@pytest.mark.parametrize(("seconds", "kind"), [(-60, None), (-30, "app"), (0, "app"), (30, "app"), (60, None)])
def test_a_code_holds_one_step_before_and_after(
    database: Database,
    clock: FixedClock,
    sealer: PhoneSealer,
    account: Account,
    app: pyotp.TOTP,
    seconds: int,
    kind: str | None,
) -> None:
    clock.at += timedelta(minutes=5)
    waiting = signed_in(database, clock, account)
    assert give(database, sealer, clock, waiting, app.at(clock.now() + timedelta(seconds=seconds))) == kind


def test_no_code_is_taken_twice_nor_one_from_before_it(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    first, earlier = app.at(clock.now()), app.at(clock.now() - timedelta(seconds=30))
    kinds = [
        give(database, sealer, clock, signed_in(database, clock, account), code) for code in (first, first, earlier)
    ]
    assert kinds == ["app", None, None]


@pytest.mark.parametrize("spelling", ["{0}", " {0} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
def test_a_code_is_taken_however_it_is_spaced(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP, spelling: str
) -> None:
    waiting = signed_in(database, clock, account)
    assert give(database, sealer, clock, waiting, spelling.format(app.at(clock.now()))) == "app"


def test_a_recovery_code_works_once_and_new_ones_replace_all(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    with database.write() as session:
        codes = second_factor.new_recovery_codes(session, account.account_id)
    assert len(set(codes)) == 10
    typed = [codes[0].upper(), codes[0], codes[1].replace("-", " ")]
    kinds = [give(database, sealer, clock, signed_in(database, clock, account), code) for code in typed]
    assert kinds == ["recovery", None, "recovery"]
    with database.write() as session:
        assert second_factor.count_recovery_codes(session, account.account_id) == 8
        second_factor.new_recovery_codes(session, account.account_id)
    assert give(database, sealer, clock, signed_in(database, clock, account), codes[2]) is None


def test_neither_secret_nor_codes_lie_in_the_database_in_clear(
    database: Database, account: Account, app: pyotp.TOTP
) -> None:
    with database.write() as session:
        codes = second_factor.new_recovery_codes(session, account.account_id)
        kept = repr(session.execute(sa.select(second_factors)).all() + session.execute(sa.select(recovery_codes)).all())
    assert not [secret for secret in (app.secret, *codes) if secret in kept]


def test_five_wrong_codes_lock_even_with_the_password_given_in_between(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    for _ in range(5):
        give(database, sealer, clock, signed_in(database, clock, account), "000000")
    with database.write() as session:
        assert service.sign_in(session, account.login, clock.now(), is_right=True) is None
        assert signing_in.locked_until(session, account.login, clock.now()) == clock.now() + service.LOCK_TIME
    clock.at += service.LOCK_TIME
    assert give(database, sealer, clock, signed_in(database, clock, account), app.at(clock.now())) == "app"


def test_a_session_waits_for_its_code_a_quarter_of_an_hour(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    waiting = signed_in(database, clock, account)
    clock.at += sessions.PENDING_LIMIT
    assert give(database, sealer, clock, waiting, app.at(clock.now())) is None


@pytest.mark.parametrize(
    ("role", "is_required", "stage"),
    [
        (Role.OPERATOR, True, Stage.ENROL),
        (Role.OPERATOR, False, Stage.OPEN),
        (None, True, Stage.OPEN),
    ],
)
def test_who_reaches_most_sets_it_up_first_where_it_is_required(
    database: Database, clock: FixedClock, role: Role | None, is_required: bool, stage: Stage
) -> None:
    account = person(database, "mori", role).account
    assert signed_in(database, clock, account, factor_required=is_required).stage is stage


def test_setting_it_up_opens_the_session_that_waited_for_it(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account
) -> None:
    waiting = signed_in(database, clock, account, factor_required=True)
    with database.write() as session:
        assert signing_in.pass_enrolment(session, waiting.token, clock.now()) is None
        app = pyotp.TOTP(second_factor.begin_app(session, sealer, account.account_id, clock.now()))
        with pytest.raises(InvalidInput):
            second_factor.confirm_app(session, sealer, account.account_id, "000000", clock.now())
        second_factor.confirm_app(session, sealer, account.account_id, app.at(clock.now()), clock.now())
        opened = signing_in.pass_enrolment(session, waiting.token, clock.now())
    assert opened is not None
    assert is_open(database, clock, opened.token)
    assert give(database, sealer, clock, signed_in(database, clock, account), app.at(clock.now())) is None  # used


def test_another_phone_counts_only_when_it_is_confirmed(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    with database.write() as session:
        new = second_factor.begin_app(session, sealer, account.account_id, clock.now())
        assert second_factor.begin_app(session, sealer, account.account_id, clock.now()) == new
    waiting = signed_in(database, clock, account)
    assert give(database, sealer, clock, waiting, pyotp.TOTP(new).at(clock.now())) is None
    assert give(database, sealer, clock, waiting, app.at(clock.now())) == "app"


def test_a_mailed_link_opens_only_the_session_that_asked_for_it_and_once(
    database: Database, clock: FixedClock, account: Account, app: pyotp.TOTP
) -> None:
    waiting, other = signed_in(database, clock, account), signed_in(database, clock, account)
    bound = sessions.token_hash(waiting.token)
    with database.write() as session:
        token = links.make_link(session, account.account_id, LinkPurpose.SECOND_FACTOR, clock.now(), session_hash=bound)
        assert token not in repr(session.execute(sa.select(mailed_links)).all())
        with pytest.raises(NotAllowed):
            signing_in.pass_link(session, other.token, token, clock.now())
        opened = signing_in.pass_link(session, waiting.token, token, clock.now())
        assert opened is not None
        with pytest.raises(NotAllowed):
            signing_in.pass_link(session, other.token, token, clock.now())
    assert is_open(database, clock, opened.token)


def test_a_mailed_link_is_dead_after_ten_minutes(
    database: Database, clock: FixedClock, account: Account, app: pyotp.TOTP
) -> None:
    waiting = signed_in(database, clock, account)
    bound = sessions.token_hash(waiting.token)
    with database.write() as session:
        token = links.make_link(session, account.account_id, LinkPurpose.SECOND_FACTOR, clock.now(), session_hash=bound)
        with pytest.raises(NotAllowed):
            signing_in.pass_link(session, waiting.token, token, clock.now() + timedelta(minutes=10))


def test_a_link_for_a_new_password_works_once_and_lifts_the_lock(
    database: Database, clock: FixedClock, account: Account
) -> None:
    opened = signed_in(database, clock, account)
    with database.write() as session:
        for _ in range(5):
            service.sign_in(session, account.login, clock.now(), is_right=False)
        token = links.make_link(session, account.account_id, LinkPurpose.RESET, clock.now())
        assert links.is_too_soon(session, account.account_id, LinkPurpose.RESET, clock.now())
    with database.write() as session:
        links.reset_by_link(session, token, "another fine password", clock.now())
    with database.write() as session, pytest.raises(NotAllowed):
        links.reset_by_link(session, token, "and one more password", clock.now())
    assert not is_open(database, clock, opened.token)
    assert signed_in(database, clock, account).stage is Stage.OPEN


def test_a_login_nobody_has_locks_like_any_other(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        for _ in range(5):
            assert signing_in.locked_until(session, "nobody", clock.now()) is None
            signing_in.count_failure(session, "nobody", "203.0.113.7", clock.now())
        assert signing_in.locked_until(session, "NOBODY", clock.now()) == clock.now() + service.LOCK_TIME
        assert signing_in.locked_until(session, "nobody", clock.now() + service.LOCK_TIME) is None


def test_an_address_with_many_failures_waits_and_another_does_not(database: Database, clock: FixedClock) -> None:
    with database.write() as session:
        for number in range(signing_in.ADDRESS_FAILURES_ALLOWED):
            assert not signing_in.is_held_back(session, "203.0.113.7", clock.now())
            signing_in.count_failure(session, f"login{number}", "203.0.113.7", clock.now())
        assert signing_in.is_held_back(session, "203.0.113.7", clock.now())
        assert not signing_in.is_held_back(session, "203.0.113.8", clock.now())
        later = clock.now() + signing_in.ADDRESS_WINDOW
        assert not signing_in.is_held_back(session, "203.0.113.7", later)
        signing_in.count_failure(session, "x", "203.0.113.7", later)
        assert not signing_in.is_held_back(session, "203.0.113.7", later)


def test_secrets_are_written_anew_under_a_new_key(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    new = parse_key_ring(new_key("d2"))
    both = PhoneSealer(KeyRing(new.keys + sealer.data.keys), sealer.index)
    with database.write() as session:
        count, last = second_factor.reseal(session, both)
        assert (count, last) == (1, account.account_id)
        assert second_factor.reseal(session, both, last) == (0, None)
    alone = PhoneSealer(new, sealer.index)
    assert give(database, alone, clock, signed_in(database, clock, account), app.at(clock.now())) == "app"


def test_a_secret_moved_to_another_account_opens_nothing(
    database: Database, clock: FixedClock, sealer: PhoneSealer, account: Account, app: pyotp.TOTP
) -> None:
    thief = person(database, "thief").account
    with database.write() as session:
        stolen = second_factor.find_factor(session, account.account_id)
        factor_store.put_factor(session, thief.account_id, secret=stolen.secret, app_since=clock.now())
        with pytest.raises(ValueError, match="belongs to something else"):
            second_factor.take_code(session, sealer, thief.account_id, app.at(clock.now()), clock.now())
