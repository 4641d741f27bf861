"""`genba punches`: what was received, what became of it and why; and putting right what was recorded wrong."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from admin.words import word
from core.attendance import records
from core.attendance.correcting import add_record, cancel_record, move_record
from core.attendance.model import SYSTEM, Actor, CorrectionCode, Direction, Judgement, Verdict
from core.attendance.records import JudgementLine, PunchLine
from core.clock import JST
from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import PunchId
from core.registry import naming
from core.texts.office import office_correction, office_reason
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
    site_named,
)
from genba.runtime import open_runtime

_HEADINGS = ("ID", "受信", "時刻", "方法", "電話", "技能者", "現場", "入退場", "結果", "理由")
_HISTORY_HEADINGS = ("", "判定", "判定者", "結果", "入退場", "時刻", "技能者", "現場", "理由")


@click.group("punches")
def punches() -> None:
    """List punches, and correct what was recorded."""


@punches.command("list")
@click.option("--site", metavar="NAME|ID|CODE", help="Only those that count for this site.")
@click.option("--worker", metavar="NAME|CCUS ID|ID", help="Only those of this worker.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Only those of this work date.")
@click.option("--unclear", is_flag=True, help="Only those that wait for a person.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@AS_JSON
def list_(site: str | None, worker: str | None, on: datetime | None, unclear: bool, limit: int, as_json: bool) -> None:
    """List what was received, the newest first, and what became of it."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found = records.list_punches(
            session,
            site_id=site_named(session, site) if site else None,
            worker_id=naming.worker_named(session, worker) if worker else None,
            on=on.date() if on else None,
            only_unclear=unclear,
            limit=limit,
        )
    if as_json:
        print_json([asdict(punch) for punch in found])
        return
    print_table(_HEADINGS, [_cells(punch) for punch in found])
    click.echo(f"{len(found)} punch(es)", err=True)


@punches.command("show")
@click.argument("punch_id", type=click.UUID)
@AS_JSON
def show(punch_id: UUID, as_json: bool) -> None:
    """Show a punch, and everything that was ever made of it; the last line holds."""
    with open_runtime() as runtime, runtime.database.read() as session:
        punch = _require_punch(session, punch_id)
        history = records.list_judgements(session, punch.punch_id)
    if as_json:
        print_json({**asdict(punch), "history": [asdict(judgement) for judgement in history]})
        return
    click.echo(f"{punch.punch_id}  {word(f'channel.{punch.channel}', 'ja')}")
    click.echo(f"発生 {japan_text(punch.occurred_at)}  受信 {japan_text(punch.received_at)}")
    if punch.line:
        click.echo(f"発信元 {punch.caller or word('now.hidden_number', 'ja')} → {punch.line}")
    print_table(_HISTORY_HEADINGS, [_history_cells(judgement) for judgement in history])
    if not history:
        click.echo(word("verdict.open", "ja"))


@punches.command("add")
@given_options(required=True)
@REASON
@BY
@NOTE
def add(reason: str, by: str, note: str, **given: Any) -> None:
    """Add a record that no call and no touch made (直接入力)."""
    with open_runtime() as runtime, runtime.database.write() as session:
        now = runtime.clock.now()
        entered = entered_by_hand(session, Given(**given), CorrectionCode(reason), note, now)
        _tell(session, add_record(session, entered, Actor(by, is_operator=True), now))


@punches.command("move")
@click.argument("punch_id", type=click.UUID)
@given_options(required=False)
@REASON
@BY
@NOTE
def move(punch_id: UUID, reason: str, by: str, note: str, **given: Any) -> None:
    """Let a punch count for another worker, site, time or direction.

    What is not given stays; with nothing given the punch is accepted as it stands.
    """
    with open_runtime() as runtime, runtime.database.write() as session:
        now = runtime.clock.now()
        punch = _require_punch(session, punch_id)
        entered = entered_by_hand(session, Given(**given), CorrectionCode(reason), note, now, punch)
        _tell(session, move_record(session, punch.punch_id, entered, Actor(by, is_operator=True), now))


@punches.command("attach")
@click.argument("punch_id", type=click.UUID)
@click.argument("worker")
@click.option("--site", metavar="NAME|ID|CODE", help="The site, where it is not known.")
@click.option("--direction", type=click.Choice([direction.value for direction in Direction]), help="Where not known.")
@BY
@NOTE
def attach(punch_id: UUID, by: str, note: str, **given: Any) -> None:
    """Say that the unknown caller of a punch was WORKER: a name, CCUS id or id."""
    code = CorrectionCode.UNKNOWN_CALLER_IDENTIFIED
    with open_runtime() as runtime, runtime.database.write() as session:
        now = runtime.clock.now()
        punch = _require_punch(session, punch_id)
        if punch.worker is not None:
            raise InvalidInput(f"this punch is of {punch.worker}: `genba punches move` changes that", field="punch_id")
        entered = entered_by_hand(session, Given(**given), code, note, now, punch)
        _tell(session, move_record(session, punch.punch_id, entered, Actor(by, is_operator=True), now))


@punches.command("cancel")
@click.argument("punch_id", type=click.UUID)
@REASON
@BY
@NOTE
def cancel(punch_id: UUID, reason: str, by: str, note: str) -> None:
    """Let a punch count for nothing; it stays in the list."""
    with open_runtime() as runtime, runtime.database.write() as session:
        punch = _require_punch(session, punch_id)
        actor = Actor(by, is_operator=True)
        code = CorrectionCode(reason)
        _tell(session, cancel_record(session, punch.punch_id, code, actor, runtime.clock.now(), note))


def _require_punch(session: Session, punch_id: UUID) -> PunchLine:
    punch = records.find_punch(session, PunchId(punch_id))
    if punch is None:
        raise NotFound(f"no punch {punch_id}: `genba punches list` shows them", punch_id=punch_id)
    return punch


def _tell(session: Session, judgement: Judgement) -> None:
    punch = _require_punch(session, judgement.punch_id)
    cells = [cell for cell in _cells(punch)[2:] if cell != "-"]
    click.echo(f"{'  '.join(cells)}\npunch {punch.punch_id}, judgement {judgement.seq} by {judgement.decided_by}")


def _cells(punch: PunchLine) -> tuple[str, ...]:
    return (
        str(punch.punch_id),
        japan_text(punch.received_at),
        _beside(punch.effective_at or punch.occurred_at, punch.received_at),
        word(f"channel.{punch.channel}", "ja"),
        punch.caller or "-",
        punch.worker or "-",
        punch.site or "-",
        word(f"direction.{punch.direction}", "ja") if punch.direction else "-",
        word(f"verdict.{punch.verdict or 'open'}", "ja"),
        _why(punch.reason, punch.correction, verdict=punch.verdict),
    )


def _history_cells(judgement: JudgementLine) -> tuple[str, ...]:
    return (
        str(judgement.seq),
        japan_text(judgement.judged_at),
        "自動" if judgement.decided_by == SYSTEM else judgement.decided_by,
        word(f"verdict.{judgement.verdict}", "ja"),
        word(f"direction.{judgement.direction}", "ja") if judgement.direction else "-",
        japan_text(judgement.effective_at),
        judgement.worker or "-",
        judgement.site or "-",
        _why(judgement.reason, judgement.correction, judgement.note, verdict=judgement.verdict),
    )


def _why(reason: str | None, correction: str | None, note: str = "", *, verdict: str | None) -> str:
    is_recorded = verdict == Verdict.ACCEPTED
    texts = [f"{office_reason('ja', reason, is_recorded=is_recorded)} ({reason})"] if reason else []
    texts += [f"{office_correction('ja', correction)} ({correction})"] if correction else []
    return " ".join([*texts, *([f"「{note}」"] if note else [])]) or "-"


def _beside(at: datetime, received_at: datetime) -> str:
    """Return the time of day, with its date where that is not the date of the receipt."""
    local = at.astimezone(JST)
    is_same_date = local.date() == received_at.astimezone(JST).date()
    return f"{local:%H:%M}" if is_same_date else f"{local:%Y-%m-%d %H:%M}"


commands: dict[str, click.Command] = {"punches": punches}
