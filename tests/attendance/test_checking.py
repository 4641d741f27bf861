"""What `genba db check` looks for in the ledger, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.attendance import records
from core.attendance.checking import (
    DanglingReference,
    DayKey,
    Miscount,
    find_changed_days,
    find_dangling_references,
    find_miscounts,
    find_unjudged,
)
from core.attendance.correcting import Entered, add_record, cancel_record, move_record
from core.attendance.model import Actor, Channel, CorrectionCode, Direction, RawPunch, Verdict
from core.attendance.service import record_punches
from core.attendance.tables import attendance_days, judgements, punches, site_months, worker_months
from core.clock import FixedClock
from core.db import Database, Session
from core.ids import PunchId, SiteId, uuid7
from core.phone import PhoneSealer
from genba.cli import genba
from ivr.tables import calls
from tests import factories
from tests.support.environment import environment_of

OFFICE = Actor("office")
MONTH = date(2026, 11, 1)


class World:
    """Two sites, and a worker of whom a few days are recorded in every way there is."""

    def __init__(self, session: Session, sealer: PhoneSealer) -> None:
        employer = factories.contractor(session)
        prime = factories.contractor(session, "大和建設")
        self.worker = factories.worker(session, sealer, contractor=employer)
        self.site = factories.site(session, sealer, prime=prime)
        self.other = factories.site(session, sealer, "東ビル", prime=prime)
        for day in (12, 13, 16):
            self.touch(session, self.site.site_id, day, "07:52", "07:53", "12:00", "13:00", "17:10")
        self.touch(session, self.other.site_id, 16, "18:30")
        self.touch(session, self.site.site_id, 17, "07:45")

    def touch(self, session: Session, site_id: SiteId, day: int, *times: str) -> None:
        for text in times:
            punch = RawPunch(
                punch_id=PunchId(uuid7()),
                sender_key=f"gate:{uuid7()}",
                channel=Channel.CARD,
                occurred_at=at(day, text),
                received_at=at(day, text),
                named_worker_id=self.worker.worker_id,
                named_site_id=site_id,
            )
            record_punches(session, [punch], at(day, text))

    def key(self, day: int) -> DayKey:
        return DayKey(self.worker.worker_id, self.site.site_id, date(2026, 11, day))

    def entered(self, day: int, text: str, direction: Direction) -> Entered:
        code = CorrectionCode.FORGOTTEN
        return Entered(self.worker.worker_id, self.site.site_id, at(day, text), direction, code)


def at(day: int, text: str) -> datetime:
    hours, minutes = (int(part) for part in text.split(":"))
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hours - 9, minutes=minutes)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


@pytest.fixture
def world(session: Session, sealer: PhoneSealer) -> World:
    return World(session, sealer)


def problems(session: Session) -> tuple[list[DanglingReference], list[DayKey], list[Miscount]]:
    return find_dangling_references(session), find_changed_days(session), find_miscounts(session)


def test_a_ledger_is_whole_after_touches_and_corrections_of_every_kind(world: World, session: Session) -> None:
    assert records.close_days(session, at(17, "09:00")) == 1  # the other site's day without exit
    newest, *_, oldest = records.list_punches(session)
    add_record(session, world.entered(11, "07:50", Direction.ENTRY), OFFICE, at(17, "12:00"))
    move_record(session, oldest.punch_id, world.entered(10, "08:00", Direction.ENTRY), OFFICE, at(17, "12:00"))
    cancel_record(session, newest.punch_id, CorrectionCode.NOT_PRESENT, OFFICE, at(17, "12:00"))
    assert problems(session) == ([], [], [])


def test_an_entry_and_an_exit_at_one_instant_are_no_problem(world: World, session: Session) -> None:
    for direction in Direction:
        add_record(session, world.entered(11, "07:50", direction), OFFICE, at(17, "12:00"))
    assert problems(session) == ([], [], [])


def test_a_reference_to_nothing_is_counted_by_its_column(world: World, session: Session) -> None:
    holds = records.holding_judgement(session, records.list_punches(session)[-1].punch_id)
    assert holds is not None
    values = {column.name: getattr(holds, column.name) for column in judgements.c}
    astray = {**values, "punch_id": uuid7(), "site_id": uuid7(), "verdict": Verdict.REFUSED}
    session.execute(sa.insert(judgements), [astray, {**astray, "punch_id": uuid7()}])
    assert find_dangling_references(session) == [
        DanglingReference("judgements", "punch_id", "punches", 2),
        DanglingReference("judgements", "site_id", "sites", 2),
    ]


@pytest.mark.parametrize(
    ("day", "change"),
    [
        (12, {"first_entry_at": at(12, "07:51")}),
        (12, {"first_entry_at": None}),
        (12, {"last_exit_at": at(12, "12:00")}),
        (12, {"inside_since": at(12, "13:00")}),
        (12, {"missing_exit": True}),
        (12, {"is_direct": True}),
        (12, {"is_void": True}),
        (17, {"inside_since": None}),
        (17, {"missing_exit": True}),
        (17, {"work_date": date(2026, 11, 18)}),
    ],
)
def test_a_day_that_differs_from_its_judgements_is_found(
    world: World, session: Session, day: int, change: dict[str, Any]
) -> None:
    session.execute(
        sa.update(attendance_days)
        .where(attendance_days.c.work_date == world.key(day).work_date, attendance_days.c.site_id == world.site.site_id)
        .values(**change)
    )
    expected = [world.key(day)] + ([world.key(change["work_date"].day)] if "work_date" in change else [])
    assert find_changed_days(session) == expected


def test_no_more_days_are_named_than_asked_for(world: World, session: Session) -> None:
    session.execute(sa.update(attendance_days).values(is_direct=True))
    assert find_changed_days(session, limit=2) == [world.key(12), world.key(13)]


def test_counters_that_differ_from_a_recount_are_found_with_the_difference(world: World, session: Session) -> None:
    session.execute(sa.update(worker_months).values(days_worked=9))
    session.execute(sa.delete(site_months).where(site_months.c.site_id == world.site.site_id))
    assert find_miscounts(session) == [
        Miscount("site_months", world.site.site_id, MONTH, 0, -4),
        Miscount("worker_months", world.worker.worker_id, MONTH, 5, 0),
    ]


def add_unjudged(session: Session, text: str) -> PunchId:
    """Add the punch of a call that nobody judged, received on the 18th."""
    punch_id = PunchId(uuid7())
    values = {column.name: None for column in punches.c}
    known = {
        "punch_id": punch_id,
        "sender_key": str(punch_id),
        "channel": Channel.PHONE,
        "is_clock_uncertain": False,
    }
    session.execute(sa.insert(punches), {**values, **known, "occurred_at": at(18, text), "received_at": at(18, text)})
    return punch_id


def test_a_punch_without_judgement_is_told_with_its_receipt(session: Session) -> None:
    first = add_unjudged(session, "07:00")
    add_unjudged(session, "08:00")
    assert find_unjudged(session, at(18, "08:00")) == {first: at(18, "07:00")}


@pytest.fixture
def environment(
    database_url: str, sealer: PhoneSealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a command that runs at 08:00 on the 18th."""
    monkeypatch.setattr("genba.runtime.SystemClock", lambda: FixedClock(at(18, "08:00")))
    return environment_of(database_url, sealer, tmp_path)


def check(environment: dict[str, str]) -> list[str]:
    return CliRunner().invoke(genba, ["db", "check"], env=environment, catch_exceptions=False).output.splitlines()


@pytest.mark.parametrize(
    ("received", "has_open_call", "is_problem"),
    [("07:59", False, False), ("07:58", True, False), ("07:58", False, True), ("07:54", True, True)],
)
def test_a_punch_may_wait_a_minute_and_longer_while_its_call_is_open(
    database: Database, environment: dict[str, str], received: str, has_open_call: bool, is_problem: bool
) -> None:
    with database.write() as session:
        call = {"call_key": "twilio:AC1:CA1", "punch_id": add_unjudged(session, received), "state": "", "turn": 0}
        session.execute(
            sa.insert(calls), {**call, "reply": "", "is_open": has_open_call, "updated_at": at(18, received)}
        )
    problem = "unjudged punches: 1 punch(es) have no judgement: is the background work running?"
    assert (problem in check(environment)) is is_problem


def test_the_check_says_in_sentences_what_is_not_whole(
    database: Database, sealer: PhoneSealer, environment: dict[str, str]
) -> None:
    with database.write() as session:
        world = World(session, sealer)
        session.execute(sa.delete(attendance_days).where(attendance_days.c.site_id == world.other.site_id))
        session.execute(sa.update(worker_months).values(worker_id=world.other.site_id))
    worker, other = world.worker.worker_id, world.other.site_id
    assert set(check(environment)) == {
        f"counters: worker_months of {worker} for 2026-11: off by -4 day(s) and -4 record(s)",
        f"counters: worker_months of {other} for 2026-11: off by +4 day(s) and +5 record(s)",
        f"counters: site_months of {other} for 2026-11: off by +0 day(s) and +1 record(s)",
        f"days: worker {worker} at site {other} on 2026-11-16: not what its judgements say",
        "references: 1 row(s) of worker_months refer to missing workers (worker_id)",
    }
