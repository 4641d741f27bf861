"""`genba releases`: the operator makes, signs and hands out versions of the program at the gates."""

import base64
import hashlib
import json
from pathlib import Path
from uuid import UUID

import click

from core.audit import service as audit
from core.db import Session
from core.devices import release_store, releasing
from core.devices import store as device_store
from core.devices.release_model import KeptRelease
from core.errors import DomainError
from core.ids import DeviceId, SiteId
from core.registry import naming
from genba.releases import building, keys
from genba.runtime import Runtime, open_runtime
from reader_bridge.releases import NoReleaseError, Release, is_signed, read_public_key, release_of, sign

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
HOW_TO_GO_ON = """\
# Keep the file off the server and keep a copy of it: who has it can put programs on every device, and without it none
# is updated any more. The server gets the public half above; devices learn it when they are enrolled, and those that
# were enrolled before by `genba-reader trust KEY`."""


@click.group("releases")
def releases() -> None:
    """Hand out signed versions of the site program."""


@releases.command("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--password", "asks", is_flag=True, help="Lock the file by a password, which is asked for.")
def key(file: Path, asks: bool) -> None:
    """Make the release key in FILE, or show the public half of the one that is there."""
    try:
        if file.exists():
            made = keys.load(file, _password(file))
        else:
            made = keys.make(
                file, click.prompt("Password", hide_input=True, confirmation_prompt=True) if asks else None
            )
    except keys.KeyFileError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"GENBA_RELEASE_KEY={keys.public_text(made)}")
    click.echo(HOW_TO_GO_ON, err=True)


@releases.command("build")
@click.option(
    "--wheel", type=FILE, help="Take the modules from a wheel instead of the program as it is installed here."
)
@click.option("--as-version", help="Name it otherwise than its source.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def build(wheel: Path | None, as_version: str | None, output: Path) -> None:
    """Build the archive of a release, and try whether it starts here."""
    try:
        archive = building.build(building.wheel(wheel) if wheel else building.installed(), as_version)
        release = building.read(archive, hashlib.sha256(archive).hexdigest())
        building.try_out(archive)
    except building.CannotBuildError as error:
        raise click.ClickException(str(error)) from None
    output.write_bytes(archive)
    click.echo(f"{output}: version {release.version}, {release.size:,} bytes, sha256 {release.sha256}")
    click.echo(f"needs on the device: {', '.join(release.needs)}")


@releases.command("sign")
@click.argument("archive", type=FILE)
@click.option("--key", "key_file", type=FILE, required=True, help="The file that `genba releases key` made.")
@click.option("--instead-of", help="A roll-back: devices that run this newer version go back to the one in ARCHIVE.")
def sign_(archive: Path, key_file: Path, instead_of: str | None) -> None:
    """Vouch for ARCHIVE; the signature is written beside it, as ARCHIVE.json."""
    content = archive.read_bytes()
    try:
        release = building.read(content, hashlib.sha256(content).hexdigest(), instead_of)
        signature = sign(keys.load(key_file, _password(key_file)), release)
    except (building.CannotBuildError, keys.KeyFileError) as error:
        raise click.ClickException(str(error)) from None
    beside = _beside(archive)
    told = {
        "version": release.version,
        "sha256": release.sha256,
        "size": release.size,
        "needs": list(release.needs),
        "instead_of": release.instead_of,
        "signature": base64.b64encode(signature).decode(),
    }
    beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{beside}: version {release.version} is signed" + (f", instead of {instead_of}" if instead_of else ""))


@releases.command("add")
@click.argument("archive", type=FILE)
def add(archive: Path) -> None:
    """Put ARCHIVE on the server, with the signature that lies beside it. Nobody is offered it yet."""
    content = archive.read_bytes()
    with open_runtime() as runtime:
        release, signature = _signed(runtime, archive, content)
        with runtime.database.write() as session:
            before = next(iter(release_store.list_releases(session)), None)
            now = runtime.clock.now()
            kept = KeptRelease(
                release.version,
                release.sha256,
                release.size,
                " ".join(release.needs),
                release.instead_of,
                signature,
                now,
            )
            try:
                releasing.add(session, kept, content)
            except DomainError as error:
                raise click.ClickException(str(error)) from None
            _note(runtime, session, "release.added", release.version)
    click.echo(f"version {release.version} was added: genba releases announce {release.version} --all --percent 5")
    known = set(before.needs.split()) if before else set(release.needs)
    if news := sorted(set(release.needs) - known):
        click.echo(
            f"it needs {', '.join(news)}, which the release before did not: devices that lack it refuse this one "
            "and say so. Set those up anew (README, Card readers).",
            err=True,
        )


@releases.command("announce")
@click.argument("version")
@click.option("--device", "device_id", type=click.UUID, help="To one device, by its id.")
@click.option("--site", help="To the devices of a site, by its name, id or CCUS id.")
@click.option("--all", "to_all", is_flag=True, help="To all devices.")
@click.option("--percent", default=100, show_default=True, help="Of all devices: announce again with more of them.")
def announce(version: str, device_id: UUID | None, site: str | None, to_all: bool, percent: int) -> None:
    """Offer VERSION. What is announced last counts; a device that failed with it tries once more."""
    if (device_id is not None) + (site is not None) + to_all != 1:
        raise click.UsageError("say to whom: --device, --site or --all")
    if percent != 100 and not to_all:
        raise click.UsageError("--percent goes with --all")
    with open_runtime() as runtime, runtime.database.write() as session:
        try:
            if device_id is not None and device_store.find_device(session, DeviceId(device_id)) is None:
                raise click.ClickException("there is no such device")
            site_id = SiteId(naming.site_named(session, site)) if site else None
            known = DeviceId(device_id) if device_id else None
            releasing.announce(session, version, runtime.clock.now(), device_id=known, site_id=site_id, percent=percent)
        except DomainError as error:
            raise click.ClickException(str(error)) from None
        _note(runtime, session, "release.announced", version)
    whom = f"{percent} % of all devices" if to_all else "one device" if device_id else f"the devices of {site}"
    click.echo(f"version {version} is offered to {whom}")


@releases.command("withdraw")
@click.argument("version")
def withdraw(version: str) -> None:
    """Offer VERSION to nobody any more. What runs it goes on; to go back, sign an older one with --instead-of."""
    with open_runtime() as runtime, runtime.database.write() as session:
        try:
            releasing.withdraw(session, version, runtime.clock.now())
        except DomainError as error:
            raise click.ClickException(str(error)) from None
        _note(runtime, session, "release.withdrawn", version)
    click.echo("withdrawn")


@releases.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the releases as JSON.")
def list_(as_json: bool) -> None:
    """List the releases, and to whom each is offered."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found, announced = release_store.list_releases(session), release_store.announced(session)
    told = [
        {
            "version": release.version,
            "size": release.size,
            "sha256": release.sha256,
            "needs": release.needs.split(),
            "instead_of": release.instead_of,
            "added_at": release.added_at.isoformat(),
            "withdrawn_at": release.withdrawn_at.isoformat() if release.withdrawn_at else None,
            "offered_to": [
                f"device {each.device_id}"
                if each.device_id
                else f"site {each.site_id}"
                if each.site_id
                else f"{each.percent} % of all"
                for each, of in announced
                if of.version == release.version
            ],
        }
        for release in found
    ]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for each, release in zip(told, found, strict=True):
        state = "withdrawn" if release.withdrawn_at else "; ".join(each["offered_to"][:5]) or "offered to nobody"  # type: ignore[index]
        back = f", instead of {release.instead_of}" if release.instead_of else ""
        click.echo(f"{release.version:12} {release.size:>9,} bytes  {state}{back}")
    if not found:
        click.echo("no releases yet: `genba releases build -o FILE`, then sign and add it")


def _signed(runtime: Runtime, archive: Path, content: bytes) -> tuple[Release, str]:
    """Return what was signed beside an archive, once it is found to be right."""
    if runtime.settings.release_key is None:
        raise click.ClickException("GENBA_RELEASE_KEY is not set: `genba releases key FILE` prints it")
    try:
        told = json.loads(_beside(archive).read_text(encoding="utf-8"))
        release, signature = release_of(told), str(told["signature"])
        is_right = is_signed(read_public_key(runtime.settings.release_key), release, base64.b64decode(signature))
    except (OSError, ValueError, KeyError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(f"{_beside(archive)}: {why}; `genba releases sign` writes it") from None
    if not is_right:
        raise click.ClickException("it was not signed by the key of GENBA_RELEASE_KEY: no device would take it")
    try:
        is_same = release.is_of(content) and building.read(content, release.sha256).version == release.version
    except (building.CannotBuildError, NoReleaseError):
        is_same = False
    if not is_same:
        raise click.ClickException("the archive is not the one that was signed")
    return release, signature


def _note(runtime: Runtime, session: Session, action: str, version: str) -> None:
    audit.record(session, at=runtime.clock.now(), by=None, action=action, subject=("release", version))


def _beside(archive: Path) -> Path:
    return archive.with_name(archive.name + ".json")


def _password(file: Path) -> str | None:
    try:
        return click.prompt("Password", hide_input=True) if keys.is_locked(file) else None
    except keys.KeyFileError as error:
        raise click.ClickException(str(error)) from None


commands: dict[str, click.Command] = {"releases": releases}
