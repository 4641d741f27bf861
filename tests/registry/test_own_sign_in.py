"""Workers sign in to their own page: codes, shared numbers, links, and what holds back guesses."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.accounts import service as accounts
from core.db import Database, Session
from core.errors import NotAllowed, NotFound
from core.ids import WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import gate_pass, own_sign_in, own_store, service
from core.registry.own_model import CODE_LIFETIME, TEXT, TRIES
from core.registry.own_sign_in import Proof, Proved, ask_for_code, pass_birth_date, pass_code
from core.work import service as work
from tests import factories

NOW = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
NUMBER, NOBODY = "+819012345678", "+819099990001"
LONG_AGO = date(1980, 5, 17)


def asked(session: Session, sealer: PhoneSealer, number: str = NUMBER, now: datetime = NOW) -> str:
    token = ask_for_code(session, sealer, number, "203.0.113.7", now)
    assert token is not None
    return token


def code_of(session: Session, sealer: PhoneSealer, token: str) -> str:
    attempt = own_sign_in.find_attempt(session, token, NOW)
    assert attempt is not None
    return sealer.decrypt(attempt.code_cipher)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_signs_in_who_holds_the_number_alone(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, phone=NUMBER)
        token = asked(session, sealer)
        code = code_of(session, sealer, token)
        wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        proved = pass_code(session, sealer, token, wide, NOW)
        assert (proved.proof, proved.worker) == (Proof.SIGNED_IN, worker)
        assert own_sign_in.find_worker(session, proved.token, NOW) == worker
        assert pass_code(session, sealer, token, code, NOW).proof is Proof.OVER
        assert own_sign_in.find_worker(session, proved.token, NOW + timedelta(days=31)) is None
        own_sign_in.end_session(session, proved.token)
        assert own_sign_in.find_worker(session, proved.token, NOW) is None


def test_a_number_nobody_has_is_asked_for_a_code_too_and_nothing_is_sent(
    database: Database, sealer: PhoneSealer
) -> None:
    with database.write() as session:
        factories.worker(session, sealer, phone=NUMBER)
        token = asked(session, sealer, NOBODY)
        assert pass_code(session, sealer, token, code_of(session, sealer, token), NOW) == Proved(Proof.WRONG)
        assert work.take_marks(session, TEXT, NOW) == []
        asked(session, sealer)
        assert len(work.take_marks(session, TEXT, NOW)) == 1


def test_a_code_ends_after_ten_minutes_or_five_tries(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.worker(session, sealer, phone=NUMBER)
        token = asked(session, sealer)
        code = code_of(session, sealer, token)
        assert pass_code(session, sealer, token, code, NOW + CODE_LIFETIME).proof is Proof.OVER
        for _ in range(TRIES):
            assert pass_code(session, sealer, token, wrong(code), NOW).proof is Proof.WRONG
        assert pass_code(session, sealer, token, code, NOW).proof is Proof.OVER


def test_codes_are_few_for_a_number_whoever_asks_and_whether_or_not_somebody_has_it(
    database: Database, sealer: PhoneSealer
) -> None:
    with database.write() as session:
        factories.worker(session, sealer, phone=NUMBER)
        for number in (NUMBER, NOBODY):
            answers = [ask_for_code(session, sealer, number, f"203.0.113.{n}", NOW) for n in range(6)]
            assert [answer is not None for answer in answers] == [True] * 5 + [False]
        assert ask_for_code(session, sealer, NUMBER, "", NOW + timedelta(hours=2)) is not None


def test_who_shares_a_number_says_his_birth_date_too(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        father = factories.worker(session, sealer, "佐藤一", phone=NUMBER, birth_date=LONG_AGO)
        factories.worker(session, sealer, "佐藤二", phone=NUMBER, birth_date=date(2004, 4, 1))
        factories.worker(session, sealer, "佐藤三", phone=NUMBER)
        token = asked(session, sealer)
        assert pass_birth_date(session, token, LONG_AGO, NOW).proof is Proof.OVER  # not before the code
        assert pass_code(session, sealer, token, code_of(session, sealer, token), NOW).proof is Proof.BIRTH_DATE
        assert pass_birth_date(session, token, date(1999, 9, 9), NOW).proof is Proof.WRONG
        proved = pass_birth_date(session, token, LONG_AGO, NOW)
        assert (proved.proof, proved.worker) == (Proof.SIGNED_IN, father)
        assert own_sign_in.find_worker(session, proved.token, NOW + timedelta(hours=2)) is None  # soon over


def test_two_with_one_number_and_one_birth_date_are_not_told_apart(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        for name in ("佐藤一", "佐藤二"):
            factories.worker(session, sealer, name, phone=NUMBER, birth_date=LONG_AGO)
        token = asked(session, sealer)
        pass_code(session, sealer, token, code_of(session, sealer, token), NOW)
        assert pass_birth_date(session, token, LONG_AGO, NOW).proof is Proof.WRONG


def test_a_number_given_up_closes_the_page(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, phone=NUMBER)
        token = asked(session, sealer)
        proved = pass_code(session, sealer, token, code_of(session, sealer, token), NOW)
        phone = own_store.find_session(session, own_sign_in.token_hash(proved.token))
        assert phone is not None
        assert phone.phone_id is not None
        held = service.store.phone_numbers_of(session, worker.worker_id, phone.phone_id)[0]
        service.end_phone(session, held.phone_number_id, date(2026, 11, 15))
        assert own_sign_in.find_worker(session, proved.token, NOW) is None


def test_a_link_of_the_office_works_once_and_for_a_day(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        worker = factories.worker(session, sealer, phone=None)
        clerk = accounts.create_account(session, "clerk", "木村", "correct horse battery").account_id
        older = own_sign_in.make_link(session, worker.worker_id, clerk, NOW)
        link = own_sign_in.make_link(session, worker.worker_id, clerk, NOW)
        assert not own_sign_in.is_link_open(session, older, NOW)
        assert not own_sign_in.is_link_open(session, link, NOW + timedelta(hours=24))
        assert own_sign_in.pass_link(session, link, NOW).worker == worker
        for token in (link, older, "nonsense"):
            with pytest.raises(NotAllowed):
                own_sign_in.pass_link(session, token, NOW)


def test_a_pass_is_read_back_and_no_other_is_taken() -> None:
    worker_id = WorkerId(uuid7())
    made = gate_pass.make_pass("k" * 40, worker_id, NOW)
    assert gate_pass.read_pass("k" * 40, made) == (worker_id, NOW + gate_pass.PASS_LIFETIME)
    for key, text in (("j" * 40, made), ("k" * 40, "B" + made[1:]), ("k" * 40, ""), ("k" * 40, "ä"), ("k" * 40, "x")):
        with pytest.raises(NotFound):
            gate_pass.read_pass(key, text)


def test_old_attempts_are_forgotten(database: Database, sealer: PhoneSealer) -> None:
    with database.write() as session:
        factories.worker(session, sealer, phone=NUMBER)
        token = asked(session, sealer)
        asked(session, sealer, now=NOW + timedelta(days=2))
        assert own_store.find_attempt(session, own_sign_in.token_hash(token)) is None
        assert own_store.newest_attempt(session, sealer.seal(NUMBER).blind_index) is not None
