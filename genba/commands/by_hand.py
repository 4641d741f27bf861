"""What commands ask and print of records that people enter or correct: options, times, tables. Times are Japan time."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from core.attendance.correcting import Entered
from core.attendance.model import CorrectionCode, Direction
from core.attendance.records import PunchLine
from core.clock import JST
from core.db import Session, instant_text
from core.errors import InvalidInput, NotFound
from core.ids import SiteId, normalise_digits
from core.registry import listing, naming

Command = TypeVar("Command", bound=Callable[..., object])
Value = TypeVar("Value")

ALL_SITES = listing.Page(limit=100_000)

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
