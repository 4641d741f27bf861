"""The command line `genba-reader`: the program at the gate, and what its installer needs."""

import json
import logging
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import click

from reader_bridge.device import commands, gate, health
from reader_bridge.device.enrolling import AddressError, enrol
from reader_bridge.device.folder import InUseError, default_folder, prepare
from reader_bridge.device.heartbeat import program_version
from reader_bridge.device.installing import UNIT_PATH, systemd_unit, windows_task
from reader_bridge.device.launcher import AGAIN, Launcher
from reader_bridge.device.logger_files import ColumnsError, Model, parse_columns
from reader_bridge.device.machine import ThisMachine
from reader_bridge.device.machine_check import Verdict, findings
from reader_bridge.device.readers.choosing import PCSC, NoSuchReaderError, open_reader
from reader_bridge.device.server import AwayError, ProblemError
from reader_bridge.device.spool_file import SpoolDamagedError, SpoolFullError
from reader_bridge.releases import NoReleaseError, read_public_key

EXPECTED = (
    AddressError,
    AwayError,
    ColumnsError,
    InUseError,
    NoReleaseError,
    NoSuchReaderError,
    ProblemError,
    SpoolDamagedError,
    SpoolFullError,
    commands.CannotError,
)
READERS = click.option(
    "--reader",
    "readers",
    multiple=True,
    default=(PCSC,),
    show_default=True,
    help="pcsc; nfc:PATH, e.g. nfc:usb, nfc:usb@212F,106A; keys for one that types. May be given several times.",
)
PORT = click.option("--port", default=gate.PORT, show_default=True, help="Of the gate page, on this machine alone.")
INVITE = click.option("--invite-every", default=0, help="Seconds between spoken invitations; 0: only on F9.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="genba-call", message="genba-reader %(version)s")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GENBA_READER_FOLDER",
    help="Where the device keeps its files.",
)
@click.pass_context
def genba_reader(ctx: click.Context, folder: Path | None) -> None:
    """Genba Call 現場コール: the program at the gate. It reads cards, keeps every touch, and sends it on."""
    ctx.obj = folder or default_folder()


@genba_reader.command("enrol")
@click.argument("url")
@click.argument("code")
@click.option("--release-key", help="Take releases by this key, as the operator gave it, instead of the server's word.")
@click.pass_obj
def enrol_command(folder: Path, url: str, code: str, release_key: str | None) -> None:
    """Make this machine a device of a site, with the one-time CODE that the office made."""
    if release_key is not None:
        read_public_key(release_key)
    identity = enrol(prepare(folder), url, code, ThisMachine(), release_key)
    click.echo(f"Enrolled as {identity.name} at {identity.site_name}.")


@genba_reader.command("trust")
@click.argument("release_key")
@click.pass_obj
def trust_command(folder: Path, release_key: str) -> None:
    """Take releases of the program that are signed by RELEASE_KEY, as `genba releases key` prints it."""
    commands.trust(folder, release_key)
    click.echo("Releases signed by this key are taken from now on.")


@genba_reader.command("run")
@READERS
@PORT
@INVITE
@click.pass_obj
def run_command(folder: Path, readers: tuple[str, ...], port: int, invite_every: int) -> None:
    """Read cards and show the gate page, until it is stopped."""
    from reader_bridge.device.program import Options, run  # noqa: PLC0415 - the other commands start without it

    stop = _until_stopped()
    health.end_with_launcher(stop)
    opened = tuple(open_reader(name) for name in readers)
    try:
        is_for_update = run(Options(folder, opened, port, invite_every), ThisMachine(), stop)
    except (OSError, sqlite3.Error) as error:
        raise commands.CannotError(f"cannot start: {error}") from error
    if is_for_update:
        raise SystemExit(AGAIN)


@genba_reader.command("launch")
@READERS
@PORT
@INVITE
@click.pass_obj
def launch_command(folder: Path, readers: tuple[str, ...], port: int, invite_every: int) -> None:
    """Run, take updates, and go back to the version before when one fails: what starts with the machine."""
    stop = _until_stopped()
    arguments = ("--folder", str(prepare(folder)), "run", *commands.run_arguments(readers, port, invite_every))
    try:
        Launcher(folder, program_version(), arguments).run(stop)
    except OSError as error:
        raise commands.CannotError(f"cannot start: {error}") from error


@genba_reader.command("status")
@AS_JSON
@click.pass_obj
def status_command(folder: Path, *, as_json: bool) -> None:
    """Say what the device is, what it has not sent, and which readers it has."""
    status = commands.status(folder)
    click.echo(json.dumps(status, ensure_ascii=False) if as_json else "\n".join(commands.status_lines(status)))


@genba_reader.command("doctor")
@READERS
@AS_JSON
@click.pass_obj
def doctor_command(folder: Path, readers: tuple[str, ...], *, as_json: bool) -> None:
    """Look at readers, clock, disk and server, and say what is wrong. Exit status 1 when something is bad."""
    found: list[dict[str, Any]] = []
    for finding in findings(folder, readers):
        found.append({"name": finding.name, "verdict": finding.verdict, "text": finding.text})
        if not as_json:
            click.echo(f"{finding.verdict:8}{finding.name}: {finding.text}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    if any(each["verdict"] == Verdict.BAD for each in found):
        raise SystemExit(1)


@genba_reader.command("send")
@click.option("--again", is_flag=True, help="Also what the server refused, once its cause was mended.")
@click.pass_obj
def send_command(folder: Path, *, again: bool) -> None:
    """Send what waits now."""
    click.echo(commands.send(folder, ThisMachine(), again=again))


@genba_reader.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", help="The logging reader's model: its columns are remembered under this name.")
@click.option("--columns", help="OURS=THEIRS, …: e.g. card_uid=カードID,occurred_at=日付+時刻")
@click.option("--tech", help="The technology of all cards: type_a, type_b, felica.")
@click.option("--dry-run", is_flag=True, help="Only say what would be brought in.")
@click.pass_obj
def import_command(
    folder: Path, file: Path, model: str | None, columns: str | None, tech: str | None, *, dry_run: bool
) -> None:
    """Bring in the CSV file of a logging reader; what was brought in before is left out.

    Our own columns: card_tech, card_uid, ccus_worker_id, occurred_at, direction. UTF-8 or CP932.
    """
    named = Model(parse_columns(columns) if columns else {}, tech) if columns or tech else None
    brought = commands.bring_in(prepare(folder), file, model, named, ThisMachine(), dry_run=dry_run)
    for line, problem in brought.problems:
        click.echo(f"line {line}: {problem}", err=True)
    said = "would be brought in" if dry_run else "brought in"
    click.echo(f"{brought.new} {said}, {brought.known} known already, {len(brought.problems)} with something wrong")
    if brought.problems:
        raise SystemExit(1)


@genba_reader.command("install")
@READERS
@PORT
@INVITE
@click.option("--for", "system", type=click.Choice(["linux", "windows"]), help="Default: this system.")
@click.option("--write", is_flag=True, help=f"On Linux, write {UNIT_PATH} instead of printing it.")
@click.pass_obj
def install_command(
    folder: Path, readers: tuple[str, ...], port: int, invite_every: int, system: str | None, *, write: bool
) -> None:
    """Print what makes the program start with the machine: a systemd unit, or a PowerShell script."""
    program = str(Path(sys.argv[0]).absolute())
    arguments = commands.run_arguments(readers, port, invite_every)
    if (system or ("windows" if sys.platform == "win32" else "linux")) == "windows":
        click.echo(windows_task(program, folder, arguments))
        return
    prepare(folder)
    unit = systemd_unit(program, folder, arguments)
    if not write:
        click.echo(unit)
        return
    try:
        UNIT_PATH.write_text(unit, encoding="utf-8")
    except OSError as error:
        raise commands.CannotError(f"{UNIT_PATH} cannot be written: {error.strerror}") from error
    click.echo(f"Written: {UNIT_PATH}. Now: systemctl daemon-reload && systemctl enable --now genba-reader")


def _until_stopped() -> threading.Event:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def main() -> None:
    """Run the command line; what a person can mend is told in plain words, with exit status 2."""
    try:
        genba_reader(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except click.Abort as error:
        raise SystemExit(130) from error
    except EXPECTED as error:
        click.echo(f"genba-reader: {commands.plain(error)}", err=True)
        raise SystemExit(2) from error
