"""`genba lines`: the numbers workers call, the sites they serve, and where the carrier sends their calls."""

import json
from dataclasses import asdict, replace
from typing import Any

import click

from core.db import Session
from core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.ids import LineId, uuid7
from core.phone import parse_phone
from core.registry import listing, places, store
from core.registry.model import Language, Line, LineDirection, LineMode, Site
from genba.commands.by_hand import site_named
from genba.runtime import Runtime, open_runtime
from ivr.carrier_rest import CarrierRefused, TwilioRest
from ivr.provisioning import BUNDLE_NEEDED, RESALE, Papers, Plan, Step, apply, explain, plan, webhooks_of

KINDS = ("local", "mobile", "toll_free", "national")
_MODES = click.Choice([mode.value for mode in LineMode])
_DIRECTIONS = click.Choice([direction.value for direction in LineDirection])
_LANGUAGES = click.Choice([language.value for language in Language])


@click.group("lines")
def lines() -> None:
    """List, assign and provision phone lines."""


@lines.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
def list_(as_json: bool) -> None:
    """List the lines with the sites they serve."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found = listing.list_lines(session)
    if as_json:
        click.echo(json.dumps([_as_json(line, sites) for line, sites in found], ensure_ascii=False, indent=1))
        return
    for line, sites in found:
        served = ", ".join(f"{site.name} ({site.site_code})" for site in sites) or "no site"
        state = " retired" if line.retired_at else ""
        click.echo(f"{line.e164}  {line.mode}/{line.direction}/{line.language}  {line.carrier}{state}  {served}")
    if not found:
        click.echo("no lines yet: `genba lines add NUMBER` or `genba lines provision NUMBER`")


@lines.command("add")
@click.argument("number")
@click.option("--carrier", type=click.Choice(["twilio", "signalwire"]), default="twilio", show_default=True)
@click.option("--name", default="", help="What you call the line.")
@click.option("--mode", type=_MODES, default=LineMode.SENTENCE.value, show_default=True, help="How it answers.")
@click.option("--direction", type=_DIRECTIONS, default=LineDirection.EITHER.value, show_default=True)
@click.option("--language", type=_LANGUAGES, default=Language.JAPANESE.value, show_default=True)
@click.option("--site", "sites", multiple=True, help="A site it serves, by name, id, CCUS id or code; may be repeated.")
def add(number: str, sites: tuple[str, ...], **values: str) -> None:
    """Add a NUMBER that the carrier account has already."""
    with open_runtime(may_create=True) as runtime:
        e164 = _e164(runtime, number)
        with runtime.database.write() as session:
            line = places.add_line(session, Line(LineId(uuid7()), e164, values["carrier"], values["name"]))
            places.update_line(session, _changed(line, values))
            _serve(session, line, sites)
    click.echo(f"added {e164}; `genba doctor --carrier` says whether its calls reach us")


@lines.command("assign")
@click.argument("number")
@click.argument("sites", nargs=-1)
@click.option("--remove", is_flag=True, help="Take the sites off the line instead.")
@click.option("--name", help="What you call the line.")
@click.option("--mode", type=_MODES, help="How the line answers.")
@click.option("--direction", type=_DIRECTIONS, help="What a call means.")
@click.option("--language", type=_LANGUAGES, help="What unknown callers hear.")
def assign(number: str, sites: tuple[str, ...], remove: bool, **values: str | None) -> None:
    """Let the line NUMBER serve SITES (by name, id, CCUS id or code), and set how it answers."""
    with open_runtime() as runtime, runtime.database.write() as session:
        line = _line(session, _e164(runtime, number))
        places.update_line(session, _changed(line, values))
        if remove:
            for named in sites:
                places.take_site_off_line(session, line.line_id, _site(session, named).site_id)
        else:
            _check_in_use(line)
            _serve(session, line, sites)
        served = store.sites_on_line(session, line.line_id)
    click.echo(f"{line.e164} serves {', '.join(site.name for site in served) or 'no site'}")


@lines.command("search")
@click.option("--kind", type=click.Choice(KINDS), default="local", show_default=True)
@click.option("--country", default="JP", show_default=True, help="Two letters, e.g. JP.")
@click.option("--contains", help="Digits the number has, e.g. 8150.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def search(kind: str, country: str, contains: str | None, limit: int, as_json: bool) -> None:
    """Search the carrier's numbers that can be bought."""
    with open_runtime() as runtime:
        try:
            found = _carrier(runtime).search(country, kind, contains, limit)
        except CarrierRefused as refused:
            raise DomainError(explain(refused)) from None
    if as_json:
        click.echo(json.dumps([asdict(number) for number in found]))
        return
    for number in found:
        click.echo(f"{number.e164}  {number.kind}  address needed: {number.address_needed}")
    click.echo(f"{len(found)} number(s); buy one with `genba lines provision NUMBER --apply`", err=True)
    if country == "JP":
        click.echo(f"{BUNDLE_NEEDED}\n{RESALE}", err=True)


@lines.command("provision")
@click.argument("number")
@click.option("--bundle", "bundle_sid", metavar="BU…", help="Sid of the approved regulatory bundle.")
@click.option("--address", "address_sid", metavar="AD…", help="Sid of the address in the carrier's account.")
@click.option("--site", "sites", multiple=True, help="A site it serves, by name, id, CCUS id or code; may be repeated.")
@click.option("--apply", "is_applied", is_flag=True, help="Do it. Without this, only say what would be done.")
def provision(
    number: str, bundle_sid: str | None, address_sid: str | None, sites: tuple[str, ...], is_applied: bool
) -> None:
    """Buy NUMBER at Twilio where the account does not have it, and send its calls here.

    Without --apply nothing is changed, neither there nor here.
    """
    with open_runtime() as runtime:
        e164 = _e164(runtime, number)
        with runtime.database.read() as session:
            # What is misspelt or retired is told before anything is bought.
            _ = [_site(session, named) for named in sites]
            _check_in_use(store.find_line_by_number(session, e164))
        try:
            carrier = _carrier(runtime)
            planned = plan(carrier, e164, webhooks_of(runtime.settings))
            for text in _in_words(planned, bundle_sid):
                click.echo(text)
            if not is_applied:
                click.echo("nothing was changed: add --apply to do it")
                return
            apply(carrier, planned, Papers(bundle_sid, address_sid))
        except CarrierRefused as refused:
            raise DomainError(explain(refused)) from None
        with runtime.database.write() as session:
            line = store.find_line_by_number(session, e164)
            line = line or places.add_line(session, Line(LineId(uuid7()), e164, "twilio"))
            _serve(session, line, sites)
    click.echo("done")


def _in_words(planned: Plan, bundle_sid: str | None) -> list[str]:
    if planned.step is Step.NOTHING:
        return [f"{planned.e164}: its calls are sent here already"]
    if planned.step is Step.CONFIGURE:
        return [f"{planned.e164}: change its settings", *(f"  {difference}" for difference in planned.differences)]
    texts = [
        f"{planned.e164}: buy it (the carrier bills it by the month)",
        f"  VoiceUrl {planned.webhooks.voice}",
        f"  VoiceFallbackUrl {planned.webhooks.fallback}",
        f"  StatusCallback {planned.webhooks.status}",
    ]
    if planned.e164.startswith("+81") and bundle_sid is None:
        texts.append(f"  {BUNDLE_NEEDED}")
    return texts


def _carrier(runtime: Runtime) -> TwilioRest:
    account = runtime.settings.carrier_account("twilio")
    if account is None:
        raise DomainError("no Twilio account: set GENBA_TWILIO_ACCOUNT_SID and GENBA_TWILIO_AUTH_TOKEN")
    return TwilioRest(account)


def _e164(runtime: Runtime, number: str) -> str:
    try:
        return parse_phone(number, runtime.settings.phone_regions)
    except ValueError:
        raise InvalidInput(f"not a phone number: {number}", field="number") from None


def _line(session: Session, e164: str) -> Line:
    line = store.find_line_by_number(session, e164)
    if line is None:
        raise NotFound(f"no line {e164}: `genba lines list` shows them")
    return line


def _check_in_use(line: Line | None) -> None:
    """Raises NotAllowed when a line is retired, which cannot be taken back: what calls it is not recorded."""
    if line is not None and line.retired_at is not None:
        raise NotAllowed(f"the line {line.e164} is retired: its calls are not recorded", line_id=line.line_id)


def _site(session: Session, named: str) -> Site:
    """Return the one site of that name, id, CCUS id or code. Raises NotFound, InvalidInput when there are several."""
    return places.require_site(session, site_named(session, named))


def _serve(session: Session, line: Line, sites: tuple[str, ...]) -> None:
    for named in sites:
        places.put_site_on_line(session, line.line_id, _site(session, named).site_id)


def _changed(line: Line, values: Any) -> Line:
    kinds = {"mode": LineMode, "direction": LineDirection, "language": Language, "name": str}
    return replace(line, **{name: kind(values[name]) for name, kind in kinds.items() if values.get(name) is not None})


def _as_json(line: Line, sites: tuple[Site, ...]) -> dict[str, object]:
    served = [{"site_id": str(site.site_id), "name": site.name, "site_code": site.site_code} for site in sites]
    return {
        **asdict(line),
        "line_id": str(line.line_id),
        "retired_at": line.retired_at.isoformat() if line.retired_at else None,
        "sites": served,
    }


commands: dict[str, click.Command] = {"lines": lines}
