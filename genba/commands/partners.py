"""`genba partners`: systems that send attendance and read it, and the keys they come with."""

import json
from datetime import datetime
from uuid import UUID

import click

from core.audit import service as audit
from core.db import Session
from core.errors import DomainError
from core.partners import service, store
from core.partners.model import Holder, KeyScope
from core.registry import naming
from core.registry.service import require_contractor
from core.registry.titles import contractor_names
from core.scope import EVERYTHING
from genba.runtime import open_runtime

_SCOPES = click.Choice([scope.value for scope in KeyScope])


@click.group("partners")
def partners() -> None:
    """Let partner systems in by API key."""


@partners.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
def list_(as_json: bool) -> None:
    """List the keys, revoked ones too; no key itself is kept."""
    with open_runtime() as runtime, runtime.database.read() as session:
        found = store.list_holders(session)
        primes = contractor_names(session, EVERYTHING, {holder.partner.prime_contractor_id for holder in found})
    if as_json:
        click.echo(json.dumps([_as_json(holder, primes) for holder in found], ensure_ascii=False, indent=1))
        return
    for holder in found:
        key = holder.key
        state = "revoked" if key.revoked_at else "sandbox" if key.is_sandbox else "live"
        own = holder.partner
        whose = f"{own.name} for {primes[own.prime_contractor_id]}"
        click.echo(f"{key.api_key_id}  …{key.ending}  {state:8} {whose}  {' '.join(sorted(key.scopes))}")
    if not found:
        click.echo("no partners yet: `genba partners add NAME --prime CONTRACTOR --scope punches:write`")


@partners.command("add")
@click.argument("name")
@click.option("--prime", required=True, help="The prime contractor it acts for, by name, id or CCUS id.")
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, required=True, help="May be repeated.")
@click.option("--sandbox", is_flag=True, help="A key that is answered like another, and changes nothing.")
def add(name: str, prime: str, scopes: tuple[str, ...], sandbox: bool) -> None:
    """Give the partner NAME a new key, and print it: it is shown this once."""
    with open_runtime() as runtime, runtime.database.write() as session:
        try:
            contractor = require_contractor(session, naming.contractor_named(session, prime))
            key, secret = service.give_key(
                session,
                contractor.contractor_id,
                name,
                [KeyScope(scope) for scope in scopes],
                None,
                runtime.clock.now(),
                is_sandbox=sandbox,
            )
            if holder := _holder(session, key.api_key_id):
                _note(session, "partner.key_made", holder, runtime.clock.now())
        except DomainError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"key {key.api_key_id} of {name} for {contractor.name}:")
    click.echo(secret)


@partners.command("revoke")
@click.argument("api_key_id", type=click.UUID)
def revoke(api_key_id: UUID) -> None:
    """Revoke a key, at once and for good."""
    with open_runtime() as runtime, runtime.database.write() as session:
        try:
            service.revoke_key(session, api_key_id, runtime.clock.now())
            if holder := _holder(session, api_key_id):
                _note(session, "partner.key_revoked", holder, runtime.clock.now())
        except DomainError as error:
            raise click.ClickException(str(error)) from None
    click.echo("revoked")


def _note(session: Session, action: str, holder: Holder, now: datetime) -> None:
    own = holder.partner
    audit.record(
        session,
        at=now,
        by=None,
        action=action,
        subject=("partner", own.partner_id),
        contractor_id=own.prime_contractor_id,
        details={"api_key_id": holder.key.api_key_id},
    )


def _holder(session: Session, api_key_id: UUID) -> Holder | None:
    return next((each for each in store.list_holders(session) if each.key.api_key_id == api_key_id), None)


def _as_json(holder: Holder, primes: dict[UUID, str]) -> dict[str, object]:
    key = holder.key
    return {
        "api_key_id": str(key.api_key_id),
        "partner": holder.partner.name,
        "prime_contractor_id": str(holder.partner.prime_contractor_id),
        "prime": primes[holder.partner.prime_contractor_id],
        "ending": key.ending,
        "scopes": sorted(key.scopes),
        "is_sandbox": key.is_sandbox,
        "made_at": key.made_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


commands: dict[str, click.Command] = {"partners": partners}
