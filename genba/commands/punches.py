"""`genba punches`: what was received, what became of it and why; and putting right what was recorded wrong.

Times are Japan time here. What `genba missed` asks and prints in the same way is here too.
"""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import click

from admin.words import word
from core.attendance import records
from core.attendance.correcting import Entered, add_record, cancel_record, move_record
from core.attendance.model import SYSTEM, Actor, CorrectionCode, Direction, Judgement
from core.attendance.records import JudgementLine, PunchLine
from core.clock import JST
from core.db import Session, instant_text
from core.errors import InvalidInput, NotFound
from core.ids import PunchId, SiteId, normalise_digits
from core.registry import listing, naming
from core.texts import reason_text
from genba.runtime import open_runtime

Command = TypeVar("Command", bound=Callable[..., object])
Value = TypeVar("Value")

CORRECTIONS = {
    CorrectionCode.FORGOTTEN: "打刻忘れ",
    CorrectionCode.DEVICE_FAULT: "機器・通信の故障",
    CorrectionCode.WRONG_SITE: "現場の間違い",
    CorrectionCode.WRONG_DIRECTION: "入場と退場の間違い",
    CorrectionCode.WRONG_PERSON: "本人ではない",
    CorrectionCode.WRONG_TIME: "時刻の間違い",
    CorrectionCode.NOT_PRESENT: "現場にいなかった",
    CorrectionCode.UNKNOWN_CALLER_IDENTIFIED: "未登録の番号の本人を確認",
    CorrectionCode.OTHER: "その他",
}
ALL_SITES = listing.Page(limit=100_000)

_HEADINGS = ("ID", "受信", "時刻", "方法", "電話", "技能者", "現場", "入退場", "結果", "理由")
_HISTORY_HEADINGS = ("", "判定", "判定者", "結果", "入退場", "時刻", "技能者", "現場", "理由")

_AT_HELP = 'When, in Japan time: "2026-11-16 07:50".'
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
BY = click.option("--by", required=True, metavar="NAME", help="Who decides; kept with the record.")
NOTE = click.option("--note", default="", help="What else there is to say; kept with the record.")
REASON = click.option(
    "--reason",
    type=click.Choice([code.value for code in CorrectionCode]),
    metavar="CODE",
    required=True,
    help=f"One of {', '.join(CorrectionCode)}.",
)


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed of who was where, when, in or out; None where he left it out."""

    worker: str | None = None
    site: str | None = None
    at: datetime | None = None
    direction: str | None = None


def given_options(*, required: bool) -> Callable[[Command], Command]:
    """Return what adds the options of Given to a command."""
    at = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"])
    direction = click.Choice([direction.value for direction in Direction])

    def add_options(command: Command) -> Command:
        command = click.option("--direction", type=direction, required=required, help="In or out.")(command)
        command = click.option("--at", type=at, metavar="TIME", required=required, help=_AT_HELP)(command)
        command = click.option("--site", metavar="NAME|ID|CODE", required=required, help="The site.")(command)
        return click.option("--worker", metavar="NAME|CCUS ID|ID", required=required, help="The worker.")(command)

    return add_options


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


def entered_by_hand(
    session: Session, given: Given, code: CorrectionCode, note: str, now: datetime, punch: PunchLine | None = None
) -> Entered:
    """Return what a person says happened; what he left out is as the punch has it.

    Raises NotFound or InvalidInput when somebody or something is not known, InvalidInput when the time lies ahead.
    """
    worker_id, site_id = (punch.worker_id, punch.site_id) if punch else (None, None)
    at = (punch.effective_at or punch.occurred_at) if punch else None
    entered = Entered(
        worker_id=naming.worker_named(session, given.worker) if given.worker else _known(worker_id, "worker"),
        site_id=site_named(session, given.site) if given.site else _known(site_id, "site"),
        at=given.at.replace(tzinfo=JST).astimezone(UTC) if given.at else _known(at, "at"),
        direction=Direction(_known(given.direction or (punch.direction if punch else None), "direction")),
        correction=code,
        note=note,
    )
    if entered.at > now:
        raise InvalidInput(f"{japan_text(entered.at)} lies ahead", field="at")
    return entered


def site_named(session: Session, text: str) -> SiteId:
    """Return the site of that name, id, CCUS id or site code.

    Raises NotFound when there is none, InvalidInput when there are several.
    """
    try:
        return naming.site_named(session, text)
    except NotFound:
        code = normalise_digits(text)
        found = [each.site for each in listing.list_sites(session, ALL_SITES) if each.site.site_code == code]
    if len(found) > 1:
        raise InvalidInput(
            f"several sites have the code {code}: {', '.join(site.name for site in found)}", field="site"
        )
    if not found:
        raise NotFound(f"no site is named {text}: `genba sites list` shows them")
    return found[0].site_id


def japan_text(at: datetime) -> str:
    """Return an instant in Japan time, to the second where it has one."""
    local = at.astimezone(JST)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def print_json(value: Any) -> None:
    """Print values as JSON: instants in UTC, codes as they are stored."""

    def as_text(each: object) -> str:
        return instant_text(each) if isinstance(each, datetime) else str(each)

    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=as_text))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings, each column as wide as its widest cell is on a screen; nothing without rows."""
    lines = [headings, *rows] if rows else []
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _width(text: str) -> int:
    signs = unicodedata.normalize("NFC", text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in signs)


def _known(value: Value | None, field: str) -> Value:
    if value is None:
        raise InvalidInput(f"the {field} of this punch is not known: give it with --{field}", field=field)
    return value


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
        _why(punch.reason, punch.correction),
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
        _why(judgement.reason, judgement.correction, judgement.note),
    )


def _why(reason: str | None, correction: str | None, note: str = "") -> str:
    texts = [f"{reason_text('ja', reason)} ({reason})"] if reason else []
    texts += [f"{CORRECTIONS[CorrectionCode(correction)]} ({correction})"] if correction else []
    return " ".join([*texts, *([f"「{note}」"] if note else [])]) or "-"


def _beside(at: datetime, received_at: datetime) -> str:
    """Return the time of day, with its date where that is not the date of the receipt."""
    local = at.astimezone(JST)
    is_same_date = local.date() == received_at.astimezone(JST).date()
    return f"{local:%H:%M}" if is_same_date else f"{local:%Y-%m-%d %H:%M}"


commands: dict[str, click.Command] = {"punches": punches}
