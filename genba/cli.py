"""The command line `genba`. Commands are loaded when they are called, so that each starts fast."""

from importlib import import_module
from typing import NoReturn

import click

from core.errors import DomainError, SettingsError

COMMANDS = {
    "audit": ("genba.commands.audit", "Read the audit log, and check that it is whole."),
    "bench": ("genba.commands.bench", "Measure this machine: webhooks, …"),
    "call": ("genba.commands.call", "A virtual phone: place a call as the carrier would and hear the answer."),
    "contractors": ("genba.commands.registry", "List and show contractors."),
    "db": ("genba.commands.db", "Migrate and check the database."),
    "demo": ("genba.commands.demo", "Serve a sample world, set up from nothing."),
    "doctor": ("genba.commands.doctor", "Say what is misconfigured."),
    "import": ("genba.commands.imports", "Bring in contractors, workers or sites from CSV or Excel."),
    "jobs": ("genba.commands.jobs", "Run the background work (production)."),
    "keys": ("genba.commands.keys", "Make keys, and re-encrypt under new ones."),
    "lines": ("genba.commands.lines", "List, assign and provision phone lines."),
    "me": ("genba.commands.me", "Workers' own pages: show a code in the demo."),
    "missed": ("genba.commands.missed", "Missed touches: request, approve, reject."),
    "papers": ("genba.commands.papers", "Posters, leaflets and the manual of a site as PDF."),
    "partners": ("genba.commands.partners", "Let partner systems in by API key."),
    "punches": ("genba.commands.punches", "List punches, and correct what was recorded."),
    "releases": ("genba.commands.releases", "Releases of the site program: key, build, sign, add, announce, withdraw."),
    "rosters": ("genba.commands.rosters", "Handed-in rosters: erase a person from them."),
    "serve": ("genba.commands.serve", "Serve phone and pages."),
    "sites": ("genba.commands.registry", "List and show sites."),
    "tiers": ("genba.commands.tiers", "Propose who works under whom (施工体制) from the entries."),
    "training": ("genba.commands.training", "Serve a world to learn in, with a database of its own."),
    "users": ("genba.commands.users", "Accounts: create, reset, unlock, disable, list."),
    "workers": ("genba.commands.registry", "List and show skilled workers."),
}


class LazyGroup(click.Group):
    """A group whose commands live in the modules of COMMANDS; each module holds them by name in `commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        commands: dict[str, click.Command] = import_module(COMMANDS[cmd_name][0]).commands
        return commands[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="genba-call", message="%(package)s %(version)s")
def genba() -> None:
    """Genba Call 現場コール: a phone call becomes attendance."""


def main() -> None:
    """Run the command line; what a person can mend is told in plain words, with exit status 2."""
    try:
        genba()
    except (DomainError, SettingsError) as error:
        _end(str(error))
    except OverflowError:
        _end("a date is out of range")
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy") and not isinstance(error, OSError):
            raise
        _end(f"the database cannot be used: {str(error).splitlines()[0]}")


def _end(message: str) -> NoReturn:
    click.echo(f"genba: {message}", err=True)
    raise SystemExit(2)
