"""`genba keys`: make keys for phone numbers, and write what is kept anew under them."""

import json
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import click

from core.accounts import second_factor
from core.clock import JST
from core.db import Session
from core.devices.rotation import rotate_directory_keys
from core.errors import SettingsError
from core.ids import AccountId
from core.imports.batches import rotate_batch_keys
from core.partners.rotation import rotate_webhook_secrets
from core.phone import PhoneSealer, new_key
from core.registry.card_rotation import rotate_cards
from core.registry.rotation import Batch, rotate_day_code_keys, rotate_phones
from core.tiering.submitting import rotate_person_keys
from genba.runtime import Runtime, open_runtime

Rotate = Callable[[Session, PhoneSealer, UUID | None], Batch]

HOW_TO_CHANGE = """\
# First keys: put these two lines into the environment, or into files named by GENBA_DATA_KEYS_FILE and so on.
# Changing keys, without a moment in which a number is not found:
#   1. add each new key after the old ones (old,new) and restart every process: all of them can read it
#   2. move the new keys to the front (new,old) and restart every process: all of them write it
#   3. genba keys rotate
#   4. when it says that the old keys may go, remove them and restart"""


@click.group("keys")
def keys() -> None:
    """Make keys, and re-encrypt under new ones."""


@keys.command("new")
@click.option("--json", "as_json", is_flag=True, help="Print the values as JSON.")
def new(as_json: bool) -> None:
    """Print a fresh key for each of the two rings. They are shown once and kept nowhere: store them safely."""
    made_at = datetime.now(JST).strftime("%Y%m%d%H%M")
    values = {"GENBA_DATA_KEYS": new_key(f"d{made_at}"), "GENBA_INDEX_KEYS": new_key(f"i{made_at}")}
    if as_json:
        click.echo(json.dumps(values))
        return
    for name, value in values.items():
        click.echo(f"{name}={value}")
    click.echo(HOW_TO_CHANGE, err=True)


@keys.command("rotate")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def rotate(as_json: bool) -> None:
    """Write every phone number, card, key and secret of sites, devices and webhooks anew under the rings' first keys.

    In batches, beside a running server; cut off, it goes on where it stopped when started again.
    """
    with open_runtime() as runtime:
        phones, kept = _rotate_all(runtime, rotate_phones)
        cards, cards_kept = _rotate_all(runtime, rotate_cards)
        sites, _ = _rotate_all(runtime, rotate_day_code_keys)
        devices, _ = _rotate_all(runtime, rotate_directory_keys)
        webhooks, _ = _rotate_all(runtime, rotate_webhook_secrets)
        _rotate_all(runtime, rotate_batch_keys)
        _rotate_all(runtime, rotate_person_keys)
        _rotate_all(runtime, _rotate_second_factors)
    kept += cards_kept
    if as_json:
        counts = {"phones": phones, "cards": cards, "day_code_keys": sites, "device_keys": devices}
        counts["webhook_secrets"] = webhooks
        click.echo(json.dumps({**counts, "kept_under_old_index": kept}))
        return
    click.echo(
        f"{phones} phone number(s), {cards} card(s), {sites} day-code key(s), {devices} device key(s) and {webhooks} "
        "webhook secret(s) written anew"
    )
    if kept:
        text = f"{kept} number(s) or card(s) are kept twice, once under an old index key: do not remove that key"
        click.echo(text, err=True)
    else:
        click.echo("nothing is left under older keys: they may be removed")


def _rotate_second_factors(session: Session, sealer: PhoneSealer, after: UUID | None) -> Batch:
    count, last_id = second_factor.reseal(session, sealer, AccountId(after) if after else None)
    return Batch(count, 0, last_id)


def _rotate_all(runtime: Runtime, rotate_batch: Rotate) -> tuple[int, int]:
    """Return how many were written anew, and how many kept their old index; each batch is committed on its own."""
    rotated, kept, after = 0, 0, None
    while True:
        try:
            with runtime.database.write() as session:
                batch = rotate_batch(session, runtime.settings.sealer, after)
        except KeyError as error:
            raise SettingsError(f"{error.args[0]} ({rotated} written anew so far)") from None
        if batch.last_id is None:
            return rotated, kept
        rotated, kept, after = rotated + batch.rotated, kept + batch.kept, batch.last_id


commands: dict[str, click.Command] = {"keys": keys}
