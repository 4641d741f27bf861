"""Background work that is never lost: marks beside the facts they follow from, schedules, and the clock's lease.

A mark is taken for a while, worked, and deleted in the transaction that writes the result. When whoever took it dies,
it falls due again; so work may be done twice, and never not at all.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from core.db import Session
from core.ids import uuid7
from core.work import store
from core.work.model import Mark, Schedule, ScheduleState, Waiting

TAKEN_FOR = timedelta(seconds=60)  # how long a mark is kept from others while it is worked
SCHEDULE_TAKEN_FOR = timedelta(minutes=10)
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)


def mark(session: Session, kind: str, subjects: Iterable[object], now: datetime) -> None:
    """Note that work of a kind is due for subjects (ids, never phone numbers). A subject may be marked many times."""
    store.add_marks(
        session,
        [
            {"mark_id": uuid7(), "kind": kind, "subject": str(subject), "due_at": now, "attempts": 0}
            for subject in subjects
        ],
    )


def take_marks(session: Session, kind: str, now: datetime, limit: int = 100) -> list[Mark]:
    """Return due marks, the longest due first, and keep them from others for TAKEN_FOR; attempts include this one."""
    due = store.lock_due_marks(session, kind, now, limit)
    if not due:
        return []
    store.begin_attempt(session, [mark.mark_id for mark in due], now + TAKEN_FOR)
    return [Mark(m.mark_id, m.kind, m.subject, now + TAKEN_FOR, m.attempts + 1) for m in due]


def finish(session: Session, marks: Collection[Mark]) -> None:
    """Delete just these marks; call it in the transaction that writes what they asked for."""
    if marks:
        store.delete_marks(session, [mark.mark_id for mark in marks])


def postpone(session: Session, marks: Collection[Mark], now: datetime) -> None:
    """Let marks fall due again later, the later the more often they were tried: 10 s, 20 s, 40 s … at most an hour."""
    if marks:
        store.put_off(session, {mark.mark_id: now + delay_after(mark.attempts) for mark in marks})


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts."""
    return min(FIRST_DELAY * (1 << min(max(attempts - 1, 0), 20)), LONGEST_DELAY)


def waiting(session: Session) -> list[Waiting]:
    """Return how many marks of each kind there are, taken and postponed ones among them."""
    return store.count_waiting(session)


def marked(session: Session, kind: str) -> set[str]:
    """Return the subjects of a kind that are marked already, for who marks the same ones again and again."""
    return store.list_subjects(session, kind)


def ensure_schedules(session: Session, schedules: Iterable[Schedule], now: datetime) -> None:
    """Add the schedules that are new: one with an interval is due at once, a daily one at its next time."""
    due_at = {schedule.kind: schedule.due_after(now) if schedule.at else now for schedule in schedules}
    if due_at:
        store.add_schedules(session, due_at)


def rein_in_schedules(session: Session, schedules: Collection[Schedule], now: datetime) -> list[str]:
    """Bring back to their next time the schedules that a clock which was wrong put off beyond it; return their kinds.

    One that somebody took is left alone for as long as it may be his.
    """
    due_at = {state.kind: state.due_at for state in store.list_schedules(session)}
    latest = {schedule.kind: max(schedule.due_after(now), now + SCHEDULE_TAKEN_FOR) for schedule in schedules}
    strayed = [s for s in schedules if s.kind in due_at and due_at[s.kind] > latest[s.kind]]
    for schedule in strayed:
        store.settle_schedule(session, schedule.kind, {"due_at": schedule.due_after(now)})
    return [schedule.kind for schedule in strayed]


def rein_in_marks(session: Session, now: datetime) -> int:
    """Let fall due now what a clock that was wrong put off for longer than anything ever is; return how many."""
    return store.bring_marks_back(session, now + 2 * LONGEST_DELAY, now)


def due_schedules(session: Session, now: datetime) -> list[str]:
    """Return the kinds that are due, the longest due first."""
    return store.due_kinds(session, now)


def list_schedules(session: Session) -> list[ScheduleState]:
    return store.list_schedules(session)


def begin_schedule(session: Session, kind: str, now: datetime) -> bool:
    """Take a due schedule; False when somebody else has it. Whoever dies with it loses it after SCHEDULE_TAKEN_FOR."""
    return store.claim_schedule(session, kind, now, now + SCHEDULE_TAKEN_FOR)


def end_schedule(session: Session, schedule: Schedule, now: datetime) -> None:
    """Write down that the task ran well, and when it is due next."""
    changes = {"due_at": schedule.due_after(now), "last_run_at": now, "last_error": ""}
    store.settle_schedule(session, schedule.kind, changes)


def fail_schedule(session: Session, schedule: Schedule, now: datetime, error: str) -> None:
    """Write down that the task failed; it is due again after a minute, or at its next time when that is sooner."""
    due_at = min(now + timedelta(minutes=1), schedule.due_after(now))
    store.settle_schedule(session, schedule.kind, {"due_at": due_at, "last_error": error})


def hold_lease(session: Session, name: str, holder: str, now: datetime, for_s: float) -> bool:
    """Take a lease that is free or has run out, or renew our own; False while it is somebody else's.

    A lease that runs for longer than anybody takes one was written by a clock that was wrong: it counts as run out.
    """
    span = timedelta(seconds=for_s)
    return store.write_lease(session, name, holder, now, now + span, believed_until=now + 2 * span)


def release_lease(session: Session, name: str, holder: str) -> None:
    """Give our lease back; nothing happens when it is somebody else's by now."""
    store.delete_lease(session, name, holder)
