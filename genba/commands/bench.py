"""`genba bench`: figures of this machine."""

import json
from dataclasses import asdict

import click


@click.group()
def bench() -> None:
    """Measure this machine."""


@bench.command()
@click.option("--database-url", help="A PostgreSQL server (the bench makes a database of its own); default: SQLite.")
@click.option("--processes", default=2, show_default=True, help="Processes of each server (PostgreSQL only).")
@click.option("--seconds", default=3.0, show_default=True, help="Length of a round.")
@click.option("--rounds", default=3, show_default=True)
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


commands: dict[str, click.Command] = {"bench": bench}
