"""What waits for somebody in the sample world: calls of a stranger, a hidden number, a forgotten touch."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.attendance.correcting import Entered, request_missed_touch
from core.attendance.model import Caller, Channel, CorrectionCode, Direction, RawPunch
from core.attendance.service import record_punches
from core.clock import instant_on, work_date
from core.db import Session
from core.ids import PunchId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer

STRANGER_CALLS_MIN = (7 * 60 + 41, 17 * 60 + 6)
HIDDEN_CALL_MIN = 7 * 60 + 55


@dataclass(frozen=True, slots=True)
class Who:
    """Who forgot to call, where, and which contractor asks for him."""

    worker_id: WorkerId
    site_id: SiteId
    contractor_name: str


def leave(session: Session, sealer: PhoneSealer, line: str, stranger: str, who: Who, now: datetime) -> None:
    """Let a stranger and a hidden number have called the days before, and one worker ask for a forgotten exit."""
    today = work_date(now)
    sealed = sealer.seal(stranger)
    caller = Caller(sealer.blind_indexes(stranger), sealed.last4_index, sealed.cipher, sealed.mask)
    punches = [
        _punch(caller, line, instant_on(today - timedelta(days=days), timedelta(minutes=minutes)))
        for days in (3, 2, 1)
        for minutes in STRANGER_CALLS_MIN
    ]
    punches.append(_punch(None, line, instant_on(today - timedelta(days=1), timedelta(minutes=HIDDEN_CALL_MIN))))
    record_punches(session, punches, now)
    _ask_for_exit(session, who, now)


def _punch(caller: Caller | None, line: str, at: datetime) -> RawPunch:
    return RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"sample:stranger:{uuid7()}",
        channel=Channel.PHONE,
        occurred_at=at,
        received_at=at,
        caller=caller,
        line_e164=line,
    )


def _ask_for_exit(session: Session, who: Who, now: datetime) -> None:
    at = instant_on(work_date(now) - timedelta(days=1), timedelta(hours=17, minutes=10))
    entered = Entered(who.worker_id, who.site_id, at, Direction.EXIT, CorrectionCode.FORGOTTEN, "電話を忘れました")
    request_missed_touch(session, entered, who.contractor_name, now)
