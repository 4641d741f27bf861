"""`genba call`: place a call as the carrier would, and print what the caller hears."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from core.errors import SettingsError
from core.phone import mask, national, parse_phone
from core.settings import CarrierAccount, Settings
from genba.runtime import load_settings
from genba.virtual_phone import Event, Heard, VirtualPhone, open_client

_LINES = {
    Event.SAID: "☎  {language}  {text}",
    Event.KEYED: "⌨  {text}",
    Event.SILENT: "…  (no key pressed)",
    Event.PAUSED: "…  ({text} s pause)",
    Event.BUSY: "☎  {text} tone: the call was not answered, so nobody pays",
    Event.ENDED: "☎  call ended",
    Event.REPEATED: "↻  {text}",
    Event.FALLBACK: "↪  the carrier tries /ivr/fallback",
    Event.FAILED: "✗  {text}",
}


class PhoneNumber(click.ParamType[str]):
    """A phone number as people write it; becomes E.164."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return parse_phone(value, load_settings().phone_regions)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Keys(click.ParamType[list[str]]):
    """Keys for each question, separated by commas; nothing between two commas is silence."""

    name = "keys"

    def convert(self, value: str | list[str], param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        keys = value if isinstance(value, list) else value.replace(" ", "").split(",")
        if any(not re.fullmatch(r"[0-9*#]*", part) for part in keys):
            self.fail("keys are 0-9, * and #, with a comma between two questions", param, ctx)
        return keys


@click.command()
@click.argument("caller", metavar="FROM", type=PhoneNumber())
@click.argument("called", metavar="TO", type=PhoneNumber())
@click.option("--keys", type=Keys(), default="", help='Keys for each question, e.g. "1,123456"; none left is silence.')
@click.option("--withheld", is_flag=True, help="Hide the caller's number.")
@click.option(
    "--repeat", "times", type=click.IntRange(1, 10_000), default=1, help="Send the first webhook that often at once."
)
@click.option(
    "--carrier", type=click.Choice(["twilio", "signalwire"]), help="Call as this carrier; else the first set up."
)
@click.option(
    "--url", help="Where the server listens; default: GENBA_PUBLIC_URL when that is this machine, else port 8000."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def call(
    caller: str,
    called: str,
    keys: list[str],
    withheld: bool,
    times: int,
    carrier: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Call TO from FROM as the carrier would: sign, post, follow the answers, print what is heard.

    \b
    genba call 090-1234-5678 050-3123-4567
    genba call 090-1234-5678 050-3123-4567 --keys "2,0427"

    The call counts: what it records is recorded. Exit status 1 when a webhook failed.
    """
    settings = load_settings()
    with open_client() as client:
        phone = VirtualPhone(_account(settings, carrier), settings.public_url, _server(settings, url), client)
        heard = phone.call(caller, called, [] if keys == [""] else keys, withheld=withheld, times=times)
        if as_json:
            lines = list(heard)
            failed = _has_failed(lines)
            click.echo(json.dumps({"failed": failed, "heard": [asdict(line) for line in lines]}, ensure_ascii=False))
        else:
            click.echo(f"☎  {'withheld' if withheld else mask(caller)} calls {national(called)}")
            failed = _has_failed(_printed(heard))
    if failed:
        click.get_current_context().exit(1)


def _server(settings: Settings, url: str | None) -> str:
    """Return where to post: a demo on another port is found without being told."""
    is_here = settings.public_url.startswith(("http://localhost:", "http://127.0.0.1:"))
    here = settings.public_url.replace(
        "//localhost:", "//127.0.0.1:"
    )  # where it listens, whatever the name resolves to
    return (url or (here if is_here else "http://127.0.0.1:8000")).rstrip("/")


def _account(settings: Settings, carrier: str | None) -> CarrierAccount:
    """Return the account to call as. Raises SettingsError when there is none."""
    account = settings.carrier_account(carrier) if carrier else next(iter(settings.carriers), None)
    if account is None:
        raise SettingsError(f"no account of {carrier or 'any carrier'} is set: see GENBA_TWILIO_ACCOUNT_SID")
    return account


def _printed(heard: Iterable[Heard]) -> Iterator[Heard]:
    for line in heard:
        click.echo(_LINES[line.event].format(text=line.text, language=line.language))
        yield line


def _has_failed(heard: Iterable[Heard]) -> bool:
    return Event.FAILED in [line.event for line in heard]  # all of them: each is printed as it comes


commands: dict[str, click.Command] = {"call": call}
