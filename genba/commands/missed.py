"""`genba missed`: touches and calls that were forgotten. Somebody asks, the prime decides, until a deadline."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import click

from admin.words import word
from core.attendance import missed as requests
from core.attendance.correcting import approve_missed_touch, reject_missed_touch, request_missed_touch
from core.attendance.missed import MissedTouchLine
from core.attendance.model import Actor, CorrectionCode
from core.attendance.rules import missed_touch_deadline
from core.clock import work_date
from core.texts.office import office_correction
from genba.commands.by_hand import (
    AS_JSON,
    BY,
    NOTE,
    REASON,
    Given,
    entered_by_hand,
    given_options,
    japan_text,
    print_json,
    print_table,
)
from genba.runtime import open_runtime

_HEADINGS = ("ID", "就業日", "入退場", "時刻", "技能者", "現場", "理由", "申請", "期限", "状態")


@click.group("missed")
def missed() -> None:
    """Missed touches: request, approve, reject."""


@missed.command("request")
@given_options(required=True)
@REASON
@BY
@NOTE
@AS_JSON
def request(reason: str, by: str, note: str, as_json: bool, **given: Any) -> None:
    """Ask for a touch that was forgotten; it counts once it is approved."""
    with open_runtime() as runtime, runtime.database.write() as session:
        now = runtime.clock.now()
        entered = entered_by_hand(session, Given(**given), CorrectionCode(reason), note, now)
        requested = request_missed_touch(session, entered, by, now)
    deadline, days_left = _deadline(requested.work_date, work_date(now))
    if as_json:
        print_json({**asdict(requested), "deadline": deadline, "days_left": days_left})
        return
    click.echo(f"requested {requested.missed_touch_id}: to be approved by {deadline} ({_days_left(days_left)})")


@missed.command("approve")
@click.argument("missed_touch_id", type=click.UUID)
@BY
def approve(missed_touch_id: UUID, by: str) -> None:
    """Make a record of what was asked for. After the deadline only this command can, as the operator."""
    with open_runtime() as runtime, runtime.database.write() as session:
        actor = Actor(by, is_operator=True)
        approved = approve_missed_touch(session, missed_touch_id, actor, runtime.clock.now())
    click.echo(f"approved: recorded as punch {approved.punch_id}")


@missed.command("reject")
@click.argument("missed_touch_id", type=click.UUID)
@BY
def reject(missed_touch_id: UUID, by: str) -> None:
    """Refuse what was asked for; no record is made."""
    with open_runtime() as runtime, runtime.database.write() as session:
        reject_missed_touch(session, missed_touch_id, Actor(by, is_operator=True), runtime.clock.now())
    click.echo("rejected: nothing was recorded")


@missed.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that were decided, too.")
@AS_JSON
def list_(is_all: bool, as_json: bool) -> None:
    """List the requests that wait for a decision, the oldest work date first."""
    with open_runtime() as runtime, runtime.database.read() as session:
        today = work_date(runtime.clock.now())
        found = requests.list_requests(session, only_open=not is_all)
    if as_json:
        print_json([_as_json(line, today) for line in found])
        return
    print_table(_HEADINGS, [_cells(line, today) for line in found])
    click.echo(f"{len(found)} request(s)", err=True)


def _deadline(on: date, today: date) -> tuple[date, int]:
    deadline = missed_touch_deadline(on)
    return deadline, (deadline - today).days


def _days_left(days: int) -> str:
    return "today is the last day" if days == 0 else f"{days} day(s) left" if days > 0 else f"{-days} day(s) ago"


def _as_json(line: MissedTouchLine, today: date) -> dict[str, object]:
    deadline, days_left = _deadline(line.work_date, today)
    return {**asdict(line), "deadline": deadline, "days_left": None if line.decided_at else days_left}


def _cells(line: MissedTouchLine, today: date) -> tuple[str, ...]:
    deadline, days_left = _deadline(line.work_date, today)
    why = f"{office_correction('ja', line.correction)} ({line.correction})"
    return (
        str(line.missed_touch_id),
        line.work_date.isoformat(),
        word(f"direction.{line.direction}", "ja"),
        japan_text(line.occurred_at),
        line.worker,
        line.site,
        f"{why} 「{line.note}」" if line.note else why,
        f"{line.requested_by} {japan_text(line.requested_at)}",
        deadline.isoformat(),
        _state(line, days_left),
    )


def _state(line: MissedTouchLine, days_left: int) -> str:
    if line.decided_at is not None:
        return f"{'承認' if line.punch_id else '却下'} {line.decided_by}"
    if days_left < 0:
        return f"期限切れ（{-days_left}日超過）"
    return f"あと{days_left}日" if days_left else "本日まで"


commands: dict[str, click.Command] = {"missed": missed}
