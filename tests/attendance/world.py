"""A small world for the ledger: one site with one line, one worker with one number, and punches as they come."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from core.attendance import records
from core.attendance.correcting import (
    Actor,
    Entered,
)
from core.attendance.model import Caller, Channel, CorrectionCode, Direction, RawPunch
from core.attendance.service import Outcome, record_punches
from core.attendance.tables import attendance_days, site_months, worker_months
from core.clock import JST
from core.db import Database
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from tests import factories

DAY = date(2026, 11, 16)
OFFICE, OPERATOR = Actor("office"), Actor("operator", is_operator=True)


def at(text: str, day: date = DAY) -> datetime:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return datetime(day.year, day.month, day.day, tzinfo=JST) + offset


class World:
    """One site with one line, and 山田 of 佐藤工業 with one number."""

    phone, line_e164 = "+819012345678", "+815012345678"

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        self.database, self.sealer, self.calls = database, sealer, 0
        with database.write() as session:
            self.prime = factories.contractor(session, "大和建設")
            self.employer = factories.contractor(session, "佐藤工業")
            self.worker = factories.worker(session, sealer, phone=self.phone, contractor=self.employer)
            self.site = factories.site(session, sealer, prime=self.prime)
            self.line = factories.line(session, self.line_e164, sites=[self.site])

    def punch(self, text: str, *, phone: str | None = None, line: str | None = None, key: str = "") -> RawPunch:
        self.calls += 1
        e164 = phone or self.phone
        sealed = self.sealer.seal(e164)
        instant = at(text)
        return RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=key or f"twilio:AC1:CA{self.calls}:-:call",
            channel=Channel.PHONE,
            occurred_at=instant,
            received_at=instant,
            caller=Caller(self.sealer.blind_indexes(e164), sealed.last4_index, sealed.cipher, sealed.mask),
            line_e164=line or self.line_e164,
        )

    def record(self, *given: RawPunch, now: datetime | None = None) -> list[Outcome]:
        with self.database.write() as session:
            return record_punches(session, given, now or max(punch.received_at for punch in given))

    def call(self, text: str, **where: str) -> str:
        (outcome,) = self.record(self.punch(text, **where))
        return told(outcome)

    def held(self) -> list[str]:
        """Return what holds for each punch, in the order they happened."""
        with self.database.read() as session:
            lines = sorted(records.list_punches(session), key=lambda line: (line.occurred_at, line.punch_id))
        return [f"{line.verdict} {line.direction or '-'} {line.reason or ''}".strip() for line in lines]

    def count(self, table: sa.Table) -> int:
        with self.database.read() as session:
            return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    def days(self) -> list[tuple[object, ...]]:
        columns = (
            attendance_days.c.work_date,
            attendance_days.c.first_entry_at,
            attendance_days.c.last_exit_at,
            attendance_days.c.is_void,
        )
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(sa.select(*columns).order_by(attendance_days.c.work_date))]

    def counters(self) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        with self.database.read() as session:
            mine = sa.select(worker_months.c.month, worker_months.c.days_worked, worker_months.c.records)
            ours = sa.select(site_months.c.month, site_months.c.records)
            return [tuple(row) for row in session.execute(mine)], [tuple(row) for row in session.execute(ours)]


def told(outcome: Outcome) -> str:
    judgement = outcome.judgement
    if judgement is None:
        return "asks " + " ".join(ask.value for ask in outcome.asks)
    return f"{judgement.verdict} {judgement.direction or '-'} {judgement.reason or ''}".strip()


def entered(world: World, text: str, direction: Direction, code: CorrectionCode = CorrectionCode.FORGOTTEN) -> Entered:
    return Entered(world.worker.worker_id, world.site.site_id, at(text), direction, code)
