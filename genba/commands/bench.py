"""`genba bench`: figures of this machine."""

import json
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import click

from core.clock import SystemClock
from core.db import Database, open_database
from core.settings import Settings, with_driver
from genba.runtime import load_settings


@click.group()
def bench() -> None:
    """Measure this machine."""


@bench.command()
@click.option("--database-url", help="A PostgreSQL server (the bench makes a database of its own); default: SQLite.")
@click.option("--processes", default=2, show_default=True, help="Processes of each server (PostgreSQL only).")
@click.option("--seconds", default=3.0, show_default=True, help="Length of a round.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def webhooks(database_url: str | None, processes: int, seconds: float, rounds: int, as_json: bool) -> None:
    """Calls a second: look-up, insert and commit, beside the same server without a database."""
    from genba.bench.webhooks import Plan, measure  # noqa: PLC0415 - heavy, and only wanted here

    figures = asdict(measure(database_url, Plan(processes=processes, seconds=seconds, rounds=rounds)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:22} {value}")


@bench.command()
@click.option("--database-url", required=True, help="An empty, migrated PostgreSQL database.")
@click.option("--workers", default=200_000, show_default=True)
@click.option("--punches", default=10_000_000, show_default=True)
@click.option("--sites", default=3_000, show_default=True)
@click.option("--contractors", default=12_000, show_default=True)
@click.option("--primes", default=300, show_default=True)
def world(database_url: str, **counts: int) -> None:
    """Fill a PostgreSQL database with a large world (COPY), for measuring pages."""
    from core import migrations  # noqa: PLC0415
    from genba.bench.world import build  # noqa: PLC0415
    from genba.bench.world_rows import Size  # noqa: PLC0415

    settings = replace(load_settings(), database_url=with_driver(database_url))
    database = open_database(settings.database_url)
    try:
        migrations.upgrade(database)
        started = time.perf_counter()
        build(database, settings.sealer, Size(**counts), SystemClock().now(), lambda step: _say(step, started))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    finally:
        database.close()
    _say("done", started)


@bench.command()
@click.option(
    "--database-url", help="A database that `genba bench world` filled; default: the demo's world, made anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def pages(database_url: str | None, as_json: bool) -> None:
    """Milliseconds and kilobytes of every page, as the operator and as a prime contractor's office."""
    from genba.bench.pages import measure  # noqa: PLC0415
    from genba.bench.webhooks import environment  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="genba-bench-") as folder:
        url = with_driver(database_url) if database_url else f"sqlite:///{folder}/genba.db"
        # A world that is there was written with the keys of the environment; a new one needs none but its own.
        settings = load_settings() if database_url else Settings.load(environment(url, Path(folder)))
        database = open_database(url)
        try:
            if database_url is None:
                _build_sample(database, settings)
            timings = measure(settings, database)
        finally:
            database.close()
    if as_json:
        click.echo(json.dumps([asdict(timing) for timing in timings]))
        return
    for timing in timings:
        click.echo(
            f"{timing.median_ms:8.1f} ms  {timing.max_ms:8.1f} max  {timing.kilobytes:6.1f} kB  {timing.status}  "
            f"{timing.viewer:12}  {timing.path}"
        )


@bench.command("tiers")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def tiers_(as_json: bool) -> None:
    """How good proposed tiers are, on simulated sites of worlds that nothing was learned from."""
    from core.tiering.weights import load_weights  # noqa: PLC0415
    from genba.tiers.measuring import measure  # noqa: PLC0415
    from genba.tiers.telling import table_of  # noqa: PLC0415
    from genba.tiers.training import MEASURING_WORLDS, SITES_A_WORLD  # noqa: PLC0415

    measured = measure(load_weights(), MEASURING_WORLDS, SITES_A_WORLD)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in measured]))
        return
    for line in table_of(measured):
        click.echo(line)


@bench.command()
@click.option("--waiting", default=10_000, show_default=True, help="Touches of a month without network.")
@click.option("--program-kills", default=50, show_default=True)
@click.option("--server-kills", default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def reader(waiting: int, program_kills: int, server_kills: int, as_json: bool) -> None:
    """Whether a touch is ever lost or doubled, how soon its tone comes, and how fast a month's touches are sent."""
    from genba.bench.reader import ReaderPlan, measure  # noqa: PLC0415

    plan = ReaderPlan(waiting=waiting, program_kills=program_kills, server_kills=server_kills)
    figures = asdict(measure(plan))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:22} {value}")


def _build_sample(database: Database, settings: Settings) -> None:
    from core import migrations  # noqa: PLC0415
    from genba.sample import world as sample  # noqa: PLC0415

    migrations.upgrade(database)
    sample.build(database, settings.sealer, SystemClock().now())


def _say(step: str, started: float) -> None:
    click.echo(f"{time.perf_counter() - started:7.1f} s  {step}", err=True)


commands: dict[str, click.Command] = {"bench": bench}
