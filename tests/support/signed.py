"""Requests as a carrier signs them, down to the bytes: any pairs in any order, any address, any account."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from core.settings import CarrierAccount

Pairs = Sequence[tuple[str, str]]

FORM_TYPE = "application/x-www-form-urlencoded"
SIGNATURE = {"twilio": "X-Twilio-Signature", "signalwire": "X-SignalWire-Signature"}


def signature_of(account: CarrierAccount, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return what the account's carrier writes over an address and a form."""
    return str(RequestValidator(account.secret).compute_signature(url, ImmutableMultiDict(list(pairs))))


def signed(account: CarrierAccount, url: str, pairs: Pairs) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a signed form; url is the public address with path and query."""
    headers = {"Content-Type": FORM_TYPE, SIGNATURE[account.carrier]: signature_of(account, url, pairs)}
    return urlencode(pairs).encode(), headers
