"""`genba audit`: read the audit log, and check that nobody has changed it."""

import json

import click

from core.accounts import invitation_store
from core.audit import service, store
from core.audit.model import Entry, Filter
from core.clock import JST
from core.db import instant_text, is_postgresql
from core.scope import EVERYTHING
from genba.runtime import open_runtime


@click.group("audit")
def audit() -> None:
    """Read the audit log, and check that it is whole."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(as_json: bool) -> None:
    """Follow the chain of hashes; exit status 1 when a row was changed, added between or taken out.

    Keep the last hash somewhere else now and then: that rows are missing at the end shows only by comparing it.
    """
    with open_runtime(migrate=False) as runtime, runtime.database.read() as session:
        if is_postgresql(session):
            session.exec_driver_sql("set local statement_timeout = 0")
        chain = service.walk(session)
    if as_json:
        click.echo(json.dumps({"rows": chain.rows, "head": chain.head, "broken_seq": chain.broken_seq}))
    elif chain.broken_seq is None:
        click.echo(f"whole: {chain.rows} row(s), last hash {chain.head}")
    else:
        click.echo(f"not whole: row {chain.broken_seq} is not what was written, or one before it is missing")
    if chain.broken_seq is not None:
        raise SystemExit(1)


@audit.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def list_(limit: int, as_json: bool) -> None:
    """List the newest rows, the newest first."""
    with open_runtime(migrate=False) as runtime, runtime.database.read() as session:
        entries = store.list_entries(session, EVERYTHING, Filter(), limit=limit)
        names = invitation_store.names_of(session, EVERYTHING, [each.account_id for each in entries if each.account_id])
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in entries], indent=1))
        return
    for entry in entries:
        at = entry.at.astimezone(JST)
        who = names.get(entry.account_id, "-") if entry.account_id else "-"
        click.echo(
            f"{entry.seq}  {at:%Y-%m-%d %H:%M:%S}  {who}  {entry.action}  {entry.subject_kind} {entry.subject_id}"
        )


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": instant_text(entry.at),
        "account_id": str(entry.account_id) if entry.account_id else None,
        "action": entry.action,
        "subject": [entry.subject_kind, entry.subject_id],
        "contractor_id": str(entry.contractor_id) if entry.contractor_id else None,
        "details": entry.facts,
        "hash": entry.hash,
    }


commands: dict[str, click.Command] = {"audit": audit}
