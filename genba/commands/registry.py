"""`genba contractors`, `genba workers`, `genba sites`: lists and single entries. Phones are shown as masks."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeVar

import click

from core.clock import work_date
from core.registry import listing, naming, places, showing
from core.registry.listing import Page
from core.registry.rules import Dated
from core.registry.showing import Part, Span
from genba.commands.by_hand import site_named
from genba.runtime import Runtime, open_runtime

Command = TypeVar("Command", bound=Callable[..., object])
HIDDEN = frozenset({"day_code_key", "emergency_phone_id"})  # sealed values and ids of the vault tell a reader nothing


def _list_options(command: Command) -> Command:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print as JSON."),
        click.option("--offset", type=click.IntRange(0), default=0, help="How many to leave out at the start."),
        click.option("--limit", type=click.IntRange(1, 100_000), default=listing.PAGE_ROWS, show_default=True),
        click.option("--search", default="", help="Part of the name, its kana, or the CCUS id."),
    ):
        command = option(command)
    return command


def _show_options(command: Command) -> Command:
    command = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")(command)
    return click.argument("named", metavar="NAME")(command)


@click.group("contractors")
def contractors() -> None:
    """List and show contractors."""


@contractors.command("list")
@_list_options
def list_contractors(search: str, limit: int, offset: int, as_json: bool) -> None:
    """List contractors with the number of workers who belong to them today."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found = listing.list_contractors(session, _today(runtime), Page(search, limit, offset))
    rows = [{**asdict(each.contractor), "worker_count": each.worker_count} for each in found]
    _print_list(rows, ("ccus_contractor_id", "legal_form", "worker_count", "name"), as_json=as_json)


@contractors.command("show")
@_show_options
def show_contractor(named: str, as_json: bool) -> None:
    """Show the contractor NAME: a name, CCUS id or id."""
    with open_runtime() as runtime, runtime.database.read() as session:
        card = showing.show_contractor(session, naming.contractor_named(session, named))
    if as_json:
        _print_json(asdict(card))
        return
    _print_fields(card.contractor)
    _print_spans("所属する技能者", card.workers)
    _print_names("元請の現場", card.prime_of)
    _print_spans("参加する現場", card.takes_part_in)


@click.group("workers")
def workers() -> None:
    """List and show skilled workers."""


@workers.command("list")
@click.option("--last4", help="Only workers with a number that ends in these four digits, or nearly so.")
@_list_options
def list_workers(last4: str | None, search: str, limit: int, offset: int, as_json: bool) -> None:
    """List workers with their employer and the masks of their numbers today."""
    with open_runtime() as runtime, runtime.database.read() as session:
        last4_indexes = [runtime.settings.sealer.last4_index(last4)] if last4 else []
        page = Page(search, limit, offset)
        found = listing.list_workers(session, _today(runtime), page, last4_indexes=last4_indexes)
    rows = [
        {
            **asdict(each.worker),
            "contractor_name": each.contractor_name,
            "phones": list(each.phone_masks),
            "is_provisional": each.worker.is_provisional,
        }
        for each in found
    ]
    _print_list(rows, ("ccus_worker_id", "name", "name_kana", "contractor_name", "phones"), as_json=as_json)


@workers.command("show")
@_show_options
def show_worker(named: str, as_json: bool) -> None:
    """Show the worker NAME: a name, CCUS id or id."""
    with open_runtime() as runtime, runtime.database.read() as session:
        card = showing.show_worker(session, naming.worker_named(session, named))
    if as_json:
        _print_json(asdict(card))
        return
    _print_fields(card.worker)
    _print_names("職種", [f"{each.occupation_code} {each.name}" for each in card.occupations])
    _print_spans("電話", card.phones)
    _print_names("緊急連絡先電話", [card.emergency_phone_mask] if card.emergency_phone_mask else [])
    _print_spans("所属", card.affiliations)
    _print_spans("現場", card.assignments)


@click.group("sites")
def sites() -> None:
    """List and show sites."""


@sites.command("list")
@_list_options
def list_sites(search: str, limit: int, offset: int, as_json: bool) -> None:
    """List sites with their prime contractor and lines."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found = listing.list_sites(session, Page(search, limit, offset))
    rows = [{**asdict(each.site), "prime_name": each.prime_name, "lines": list(each.line_numbers)} for each in found]
    _print_list(rows, ("ccus_site_id", "site_code", "name", "prime_name", "lines"), as_json=as_json)


@sites.command("show")
@_show_options
def show_site(named: str, as_json: bool) -> None:
    """Show the site NAME: a name, CCUS id or id."""
    with open_runtime() as runtime, runtime.database.read() as session:
        card = showing.show_site(session, site_named(session, named))
    if as_json:
        _print_json(asdict(card))
        return
    _print_fields(card.site)
    _print_names("元請", [card.prime_name])
    _print_names("電話回線", [f"{line.e164} {line.mode}" for line in card.lines])
    _print_names("参加事業者", [_part_text(part) for part in card.parts])
    _print_names("入場予定", [f"{each.name}（{each.position}）{_dates(each)}" for each in card.expected])


@sites.command("code")
@click.argument("named", metavar="NAME")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="A work date; default: today, as the site counts it.")
def show_code(named: str, on: datetime | None) -> None:
    """Show the code of the day that hangs at the gate of the site NAME."""
    with open_runtime() as runtime, runtime.database.read() as session:
        site = places.require_site(session, site_named(session, named))
        day = on.date() if on else work_date(runtime.clock.now(), site.day_starts)
        click.echo(f"{day.isoformat()}  {places.day_code_of(session, runtime.settings.sealer, site.site_id, day)}")


def _today(runtime: Runtime) -> date:
    return work_date(runtime.clock.now())


def _print_json(value: Any) -> None:
    click.echo(json.dumps(_without_hidden(value), ensure_ascii=False, indent=1, default=str))


def _without_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_hidden(each) for name, each in value.items() if name not in HIDDEN}
    return [_without_hidden(each) for each in value] if isinstance(value, list | tuple) else value


def _print_list(rows: Sequence[dict[str, Any]], columns: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        click.echo("  ".join(_cell(row[column]) for column in columns))
    click.echo(f"{len(rows)} row(s)", err=True)


def _print_fields(model: Any) -> None:
    for name, value in asdict(model).items():
        if name not in HIDDEN and value not in (None, ""):
            click.echo(f"{name:22} {value}")


def _print_names(heading: str, names: Iterable[str]) -> None:
    for name in names:
        click.echo(f"{heading}: {name}")


def _print_spans(heading: str, spans: Iterable[Span]) -> None:
    _print_names(heading, (f"{span.name} {_dates(span)}" for span in spans))


def _part_text(part: Part) -> str:
    upper = f" ← {part.upper_name}" if part.upper_name else ""
    return f"{part.contractor_name}{upper} {_dates(part.participation)}"


def _dates(validity: Dated) -> str:
    return f"{validity.valid_from}～{validity.valid_until or ''}"


def _cell(value: Any) -> str:
    text = " ".join(value) if isinstance(value, list) else ("" if value is None else str(value))
    return text or "-"


commands: dict[str, click.Command] = {"contractors": contractors, "workers": workers, "sites": sites}
