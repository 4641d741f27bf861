"""`genba me`: workers' own pages."""

import sys

import click

from core.audit import service as audit
from core.phone import parse_phone
from core.registry import own_store
from genba.runtime import open_runtime


@click.group("me")
def me() -> None:
    """Workers' own pages."""


@me.command("code")
@click.argument("number")
def code(number: str) -> None:
    """Print the code that the worker with NUMBER has just been asked for.

    For the demo, out of which no message goes: where messages do go, it refuses. Each use is noted in the audit log.
    """
    with open_runtime() as runtime, runtime.database.write() as session:
        settings, now = runtime.settings, runtime.clock.now()
        if not settings.is_inert:
            sys.exit("Codes are shown in the demo only: here they go to the worker's phone.")
        try:
            e164 = parse_phone(number, settings.phone_regions)
        except ValueError:
            sys.exit("That is not a phone number.")
        attempt = own_store.newest_attempt(session, settings.sealer.seal(e164).blind_index)
        if attempt is None or attempt.phone_id is None or attempt.used_at is not None or now >= attempt.expires_at:
            sys.exit("No code is open for this number: ask for one on /me/sign-in first, with a registered number.")
        audit.record(session, at=now, by=None, action="worker.code_shown", subject=("own_attempt", attempt.attempt_id))
        click.echo(settings.sealer.decrypt(attempt.code_cipher))


commands = {"me": me}
