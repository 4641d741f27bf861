"""`genba users`: the accounts that sign in to the pages."""

import json
import sys

import click

from core.accounts import service
from core.accounts.model import Account
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
@_FROM_STDIN
@_GENERATE
def create(login: str, name: str, password_stdin: bool, generate: bool) -> None:
    """Create an account for LOGIN."""
    password = _password(from_stdin=password_stdin, generate=generate)
    with open_runtime() as runtime, runtime.database.write() as session:
        account = service.create_account(session, login, name, password)
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
        accounts = service.list_accounts(session)
    if as_json:
        click.echo(json.dumps([_as_json(account) for account in accounts], ensure_ascii=False, indent=1))
        return
    for account in accounts:
        state = "disabled" if account.disabled_at else "active"
        click.echo(f"{account.login}  {account.name}  {account.role.value}  {state}")


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


def _as_json(account: Account) -> dict[str, str | None]:
    return {
        "login": account.login,
        "name": account.name,
        "role": account.role.value,
        "locked_until": instant_text(account.locked_until) if account.locked_until else None,
        "disabled_at": instant_text(account.disabled_at) if account.disabled_at else None,
    }


commands: dict[str, click.Command] = {"users": users}
