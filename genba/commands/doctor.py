"""`genba doctor`: what is misconfigured, and what to do about it."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from core.errors import SettingsError
from genba.doctor import Finding, State, examine, examine_carrier
from genba.runtime import open_runtime

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.BAD: "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--fix-hints/--no-fix-hints", default=True, help="Say what to do where something is not well.")
@click.option("--carrier", is_flag=True, help="Also ask Twilio where it sends each line's calls.")
def doctor(as_json: bool, fix_hints: bool, carrier: bool) -> None:
    """Look the installation over, changing nothing; exit status 1 when something is bad."""
    findings = list(_findings(carrier))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            _print(finding, fix_hints)
    if any(finding.state is State.BAD for finding in findings):
        raise SystemExit(1)


def _findings(carrier: bool) -> Iterator[Finding]:
    try:
        with open_runtime(migrate=False, may_create=True) as runtime:  # a missing file is a finding, and not made
            yield Finding("settings", State.OK, "complete")
            yield from examine(runtime)
            if carrier:
                yield from examine_carrier(runtime)
    except SettingsError as error:
        for problem in str(error).splitlines():
            yield Finding("settings", State.BAD, problem, "set it in the environment, or NAME_FILE with a path")


def _print(finding: Finding, fix_hints: bool) -> None:
    state = click.style(f"{finding.state:4}", fg=_COLOURS[finding.state])
    click.echo(f"{state}  {finding.name}: {finding.text}")
    if fix_hints and finding.hint:
        click.echo(f"      -> {finding.hint}")


commands: dict[str, click.Command] = {"doctor": doctor}
