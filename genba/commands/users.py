"""`genba users`: the accounts that sign in to the pages."""

import json
import sys

import click

from core.accounts import second_factor, service, sessions
from core.accounts.model import Account, Role, Viewer
from core.audit import service as audit
from core.db import Session, instant_text
from genba.runtime import Runtime, open_runtime

_FROM_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
_GENERATE = click.option("--generate", is_flag=True, help="Make a password and print it, once.")


@click.group("users")
def users() -> None:
    """Accounts: create, reset, unlock, disable, list."""


@users.command("create")
@click.argument("login")
@click.option("--name", required=True, help="The person's name, as the pages show it.")
@click.option("--email", default="", help="Where notices and sign-in links are mailed to.")
@_FROM_STDIN
@_GENERATE
def create(login: str, name: str, email: str, password_stdin: bool, generate: bool) -> None:
    """Create an operator's account for LOGIN. The operator invites everybody else from the pages."""
    password = _password(from_stdin=password_stdin, generate=generate)
    with open_runtime(may_create=True) as runtime, runtime.database.write() as session:
        account = service.create_account(session, login, name, password, email=email)
        service.join(session, account.account_id, Role.OPERATOR)
        _record(runtime, session, "account.created", account)
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
        _record(runtime, session, "account.password_reset", account)
    click.echo(f"Reset the password of {account.login}; it is signed out everywhere.")
    _show(password, is_generated=generate)


@users.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Keep LOGIN from signing in, and end its sessions."""
    with open_runtime() as runtime, runtime.database.write() as session:
        service.disable_account(session, login, runtime.clock.now())
        _record(runtime, session, "account.disabled", service.find_account(session, login))
    click.echo(f"Disabled {login}; it is signed out everywhere.")


@users.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """Let a disabled LOGIN sign in again."""
    with open_runtime() as runtime, runtime.database.write() as session:
        service.enable_account(session, login)
        _record(runtime, session, "account.enabled", service.find_account(session, login))
    click.echo(f"Enabled {login}.")


@users.command("unlock")
@click.argument("login")
def unlock(login: str) -> None:
    """Lift the lock that five wrong passwords or codes brought."""
    with open_runtime() as runtime, runtime.database.write() as session:
        account = service.unlock(session, login)
        _record(runtime, session, "account.unlocked", account)
    click.echo(f"Unlocked {account.login}.")


@users.group("second-factor")
def second_factor_() -> None:
    """The second factor of an account."""


@second_factor_.command("reset")
@click.argument("login")
def reset_second_factor(login: str) -> None:
    """Take LOGIN's second factor and recovery codes away, lift a lock, and end its sessions.

    The way back when phone and recovery codes are lost; where a second factor is required, the next sign-in sets up
    a new one.
    """
    with open_runtime() as runtime, runtime.database.write() as session:
        account = service.unlock(session, login)
        second_factor.remove(session, account.account_id)
        sessions.end_all_sessions(session, account.account_id)
        _record(runtime, session, "account.second_factor_removed", account)
    click.echo(f"{account.login} has no second factor any more; it is signed out everywhere.")


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


def _record(runtime: Runtime, session: Session, action: str, account: Account | None) -> None:
    """Note in the audit log what the command line did; nobody is named for it."""
    if account is not None:
        subject = ("account", account.account_id)
        contractor_id = service.find_viewer(session, account).only_contractor_id
        now = runtime.clock.now()
        audit.record(session, at=now, by=None, action=action, subject=subject, contractor_id=contractor_id)


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
