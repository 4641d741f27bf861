"""`genba users`: the accounts that sign in to the pages."""

import json
import sys

import click

from core.accounts import service
from core.accounts.model import Role, Viewer
from core.db import instant_text
from genba.runtime import open_runtime

_FROM_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
_GENERATE = click.option("--generate", is_flag=True, help="Make a password and print it, once.")


@click.group("users")
def users() -> None:
    """Create an account, or reset its password."""


@users.command("create")
@click.argument("login")
@click.option("--name", required=True, help="The person's name, as the pages show it.")
@click.option("--email", default="", help="Where notices and sign-in links are mailed to.")
@_FROM_STDIN
@_GENERATE
def create(login: str, name: str, email: str, password_stdin: bool, generate: bool) -> None:
    """Create an operator's account for LOGIN. The operator invites everybody else from the pages."""
    password = _password(from_stdin=password_stdin, generate=generate)
    with open_runtime() as runtime, runtime.database.write() as session:
        account = service.create_account(session, login, name, password, email=email)
        service.join(session, account.account_id, Role.OPERATOR)
    click.echo(f"Created {account.login} ({account.name}).")
    _show(password, is_generated=generate)


@users.command("reset")
@click.argument("login")
@_FROM_STDIN
@_GENERATE
def reset(login: str, password_stdin: bool, generate: bool) -> None:
    """Give LOGIN another password, lift a lock, and end its sessions."""
    password = _password(from_stdin=password_stdin, generate=generate)
    with open_runtime() as runtime, runtime.database.write() as session:
        account = service.reset_password(session, login, password)
    click.echo(f"Reset the password of {account.login}; it is signed out everywhere.")
    _show(password, is_generated=generate)


@users.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Keep LOGIN from signing in, and end its sessions."""
    with open_runtime() as runtime, runtime.database.write() as session:
        service.disable_account(session, login, runtime.clock.now())
    click.echo(f"Disabled {login}; it is signed out everywhere.")


@users.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """Let a disabled LOGIN sign in again."""
    with open_runtime() as runtime, runtime.database.write() as session:
        service.enable_account(session, login)
    click.echo(f"Enabled {login}.")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def list_(as_json: bool) -> None:
    """List the accounts."""
    with open_runtime() as runtime, runtime.database.read() as session:
        viewers = service.list_viewers(session)
    if as_json:
        click.echo(json.dumps([_as_json(viewer) for viewer in viewers], ensure_ascii=False, indent=1))
        return
    for viewer in viewers:
        account = viewer.account
        state = "disabled" if account.disabled_at else "active"
        click.echo(f"{account.login}  {account.name}  {', '.join(_roles(viewer)) or '-'}  {state}")


def _password(*, from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise click.UsageError("give either --password-stdin or --generate")
    if generate:
        return service.new_password()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _show(password: str, *, is_generated: bool) -> None:
    if is_generated:
        click.echo(f"Password: {password}")


def _roles(viewer: Viewer) -> list[str]:
    return sorted({membership.role.value for membership in viewer.memberships})


def _as_json(viewer: Viewer) -> dict[str, object]:
    account = viewer.account
    return {
        "login": account.login,
        "name": account.name,
        "roles": _roles(viewer),
        "locked_until": instant_text(account.locked_until) if account.locked_until else None,
        "disabled_at": instant_text(account.disabled_at) if account.disabled_at else None,
    }


commands: dict[str, click.Command] = {"users": users}
