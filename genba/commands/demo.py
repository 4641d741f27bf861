"""`genba demo`: a sample world, served, from nothing."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import click

from core.settings import NO_CARRIERS_ACCOUNT
from genba.runtime import ENV_FILE, Runtime, open_runtime, read_env_file

LOGIN = "demo"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(port: int) -> None:
    """Serve a sample world on this machine; the first start makes keys, database and eight weeks of history."""
    import uvicorn  # noqa: PLC0415 - heavy, and only wanted here

    from genba import virtual_phone_page  # noqa: PLC0415
    from genba.commands.serve import server_options  # noqa: PLC0415
    from genba.sample import world  # noqa: PLC0415
    from genba.server import Extras, build_app  # noqa: PLC0415
    from genba.virtual_inbox import Inbox  # noqa: PLC0415

    environ = _environment(port)
    os.environ.update(environ)
    with open_runtime(migrate=True, may_create=True) as runtime:
        click.echo("Preparing the sample world …", err=True)
        world.build(runtime.database, runtime.settings.sealer, runtime.clock.now())
        _account(runtime, environ["GENBA_DEMO_PASSWORD"])
        inbox = Inbox(runtime.clock)
        phone = virtual_phone_page.router(
            runtime.settings,
            f"http://127.0.0.1:{port}",
            inbox=inbox,
            callers=[(caller.e164, caller.name) for caller in world.callers()],
            lines=[(line.e164, line.name) for line in world.lines()],
        )
        app = build_app(runtime, extras=Extras((phone,), (virtual_phone_page.NAV,), inbox.handlers()))
        _greet(port, environ["GENBA_DEMO_PASSWORD"])
        options = {name: value for name, value in server_options().items() if name != "factory"}
        uvicorn.run(app, host="127.0.0.1", port=port, **options)


def _environment(port: int) -> dict[str, str]:
    """Return the demo's environment, keys and all; it is kept in a file that only its owner reads."""
    from core.phone import new_key  # noqa: PLC0415

    kept = read_env_file(ENV_FILE)
    environ = {
        "GENBA_DATABASE_URL": "sqlite:///var/genba.db",
        "GENBA_SECRET_KEY": kept.get("GENBA_SECRET_KEY") or secrets.token_hex(32),
        "GENBA_DATA_KEYS": kept.get("GENBA_DATA_KEYS") or new_key("d1"),
        "GENBA_INDEX_KEYS": kept.get("GENBA_INDEX_KEYS") or new_key("i1"),
        "GENBA_TWILIO_ACCOUNT_SID": NO_CARRIERS_ACCOUNT,  # the virtual phone signs with the secret below
        "GENBA_TWILIO_AUTH_TOKEN": kept.get("GENBA_TWILIO_AUTH_TOKEN") or secrets.token_hex(16),
        "GENBA_DEMO_PASSWORD": kept.get("GENBA_DEMO_PASSWORD") or secrets.token_urlsafe(12),
        "GENBA_PUBLIC_URL": f"http://localhost:{port}",
        "GENBA_WEBHOOKS": "none",
    }
    _keep(ENV_FILE, environ)
    return environ


def _keep(path: Path, environ: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    lines = ["# Made by `genba demo`. Delete it together with var/genba.db to begin anew."]
    path.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in environ.items())]) + "\n")


def _account(runtime: Runtime, password: str) -> None:
    from core.accounts import service  # noqa: PLC0415
    from core.accounts.model import Role  # noqa: PLC0415

    with runtime.database.write() as session:
        if service.find_account(session, LOGIN) is None:
            account = service.create_account(session, LOGIN, "デモ 管理者", password)
            service.join(session, account.account_id, Role.OPERATOR)


def _greet(port: int, password: str) -> None:
    from genba.sample import world  # noqa: PLC0415

    waiting = world.sample_phone(57)
    shared = world.sample_phone(59)
    url = "" if port == 8000 else f" --url http://127.0.0.1:{port}"
    click.echo(
        f"""
  現場コール Genba Call — sample world

  Pages     http://localhost:{port}      sign in as  {LOGIN}  /  {password}
  Phone     http://localhost:{port}/phone

  Three calls to try in another terminal:
    .venv/bin/genba call {waiting} {world.SENTENCE_LINE}{url}             # comes to work: an entry
    .venv/bin/genba call {shared} {world.SENTENCE_LINE} --keys 2{url}    # two share this phone
    .venv/bin/genba call {waiting} {world.MENU_LINE} --withheld{url}  # hides the number

  Ctrl+C ends it.
"""
    )


commands = {"demo": demo}
