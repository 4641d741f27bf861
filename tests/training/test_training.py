"""People are signed up for training dates, wait, and move up; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import AccountId, ContractorId, uuid7
from core.scope import EVERYTHING, Scope
from core.training import rules, service, store
from core.training.model import Seat, Sitting, TrainingDate

OWN, OTHER = ContractorId(uuid7()), ContractorId(uuid7())
SITTING = Sitting(AccountId(uuid7()), OWN, "佐藤工業")


def a_date(now: datetime, capacity: int = 2, **values: object) -> TrainingDate:
    starts_at = now + timedelta(days=7)
    date = TrainingDate(uuid7(), starts_at, starts_at + timedelta(hours=2), "本社 3階", "", capacity, "")
    return replace(date, **values)  # type: ignore[arg-type]


@pytest.fixture
def date(database: Database, clock: FixedClock) -> TrainingDate:
    with database.write() as session:
        return service.add_date(session, a_date(clock.at))


def sign_up(database: Database, date: TrainingDate, clock: FixedClock, *names: str, own: bool = True) -> list[Seat]:
    sitting = SITTING if own else replace(SITTING, contractor_id=OTHER, company="他社")
    with database.write() as session:
        return service.sign_up(session, date.training_id, names, sitting, clock.at)


def who_sits(database: Database, date: TrainingDate) -> list[tuple[str, str | None]]:
    with database.read() as session:
        seats = store.seats_of(session, [date.training_id], EVERYTHING)
    return [(seat.person, seat.login) for seat in seats]


def test_seats_go_to_who_comes_first_and_the_others_wait(
    database: Database, date: TrainingDate, clock: FixedClock
) -> None:
    seats = sign_up(database, date, clock, "山田", "鈴木", "佐藤")
    assert [seat.login for seat in seats] == ["kenshu01", "kenshu02", None]
    with database.read() as session:
        kept = service.require_date(session, date.training_id)
    assert (kept.taken, kept.waiting, kept.free) == (2, 1, 0)


def test_a_seat_that_is_given_up_goes_to_who_waits_longest(
    database: Database, date: TrainingDate, clock: FixedClock
) -> None:
    first, *_ = sign_up(database, date, clock, "山田", "鈴木")
    sign_up(database, date, clock, "佐藤", own=False)
    with database.write() as session:
        _, moved = service.cancel_seat(session, first.seat_id, EVERYTHING, clock.at)
    assert [(seat.person, seat.login) for seat in moved] == [("佐藤", "kenshu01")]
    assert who_sits(database, date) == [("佐藤", "kenshu01"), ("鈴木", "kenshu02")]


def test_more_seats_let_the_waiting_in_and_fewer_send_nobody_away(
    database: Database, date: TrainingDate, clock: FixedClock
) -> None:
    sign_up(database, date, clock, "山田", "鈴木", "佐藤")
    with database.write() as session:
        moved = service.change_date(session, replace(date, capacity=3))
        assert [seat.person for seat in moved] == ["佐藤"]
        with pytest.raises(InvalidInput, match="seat 3"):
            service.change_date(session, replace(date, capacity=1))


def test_nobody_is_signed_up_for_what_is_over_or_called_off(
    database: Database, date: TrainingDate, clock: FixedClock
) -> None:
    with database.write() as session:
        service.cancel_date(session, date.training_id, clock.at)
    with pytest.raises(NotAllowed):
        sign_up(database, date, clock, "山田")
    clock.at += timedelta(days=8)
    with pytest.raises(NotAllowed):
        sign_up(database, date, clock, "山田")


def test_another_contractors_seats_are_out_of_reach(database: Database, date: TrainingDate, clock: FixedClock) -> None:
    (theirs,) = sign_up(database, date, clock, "他人", own=False)
    own = Scope(employers=frozenset({OWN}))
    with database.write() as session:
        assert store.seats_of(session, [date.training_id], own) == []
        with pytest.raises(NotFound):
            service.cancel_seat(session, theirs.seat_id, own, clock.at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": 61}, "capacity"),
        ({"place": ""}, "place"),
        ({"online_url": "javascript:alert(1)"}, "online_url"),
        ({"ends_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")}, "ends"),
    ],
)
def test_a_date_that_cannot_be_held_is_refused(clock: FixedClock, values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        rules.check_date(a_date(clock.at, **values))  # type: ignore[arg-type]
    assert error.value.field == field


def test_names_are_taken_one_a_line() -> None:
    assert rules.names_in(" 山田  太郎 \n\n鈴木\n") == ["山田 太郎", "鈴木"]
    with pytest.raises(InvalidInput):
        rules.names_in(" \n")
