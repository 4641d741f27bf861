"""Twilio's REST, the part of it we use: short messages, and numbers with where their calls are sent.

Synchronous, with a timeout, and only for background work and the command line: a webhook never waits for it. A failure
comes out as CarrierRefused with the carrier's code; its own text is left behind, because it quotes phone numbers.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from core.settings import CarrierAccount

TIMEOUT_S = 10
# Client errors that may pass: credentials being changed, slowness, too many at once. Twilio advises against going by
# its own codes, which it keeps splitting up.
PASSING_STATUSES = frozenset({401, 408, 429})

log = logging.getLogger(__name__)
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # it would log numbers that are searched for


class CarrierRefused(Exception):
    """The carrier did not do it. code is its own, 0 when it could not be reached; status is the HTTP one."""

    def __init__(self, code: int, status: int = 0) -> None:
        super().__init__(f"error {code or status}" if code or status else "the carrier could not be reached")
        self.code = code
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether asking again will not help."""
        return 400 <= self.status < 500 and self.status not in PASSING_STATUSES


class MessageSender(Protocol):
    """What sends a short message for an account; raises CarrierRefused."""

    def send_message(self, *, to: str, from_: str, body: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where the carrier sends the calls of a number."""

    voice: str
    fallback: str
    status: str


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number of the account: where its calls go, by POST or not, and what overrides that ("" = nothing)."""

    sid: str
    e164: str
    webhooks: Webhooks
    is_posted: bool
    overridden_by: str = ""


@dataclass(frozen=True, slots=True)
class AvailableNumber:
    """A number that can be bought; address_needed is the carrier's word: none, any, local or foreign."""

    e164: str
    kind: str
    address_needed: str


def sender_of_account(account: CarrierAccount) -> MessageSender:
    """Return what sends an account's messages; those of an account at no carrier are put aside."""
    return _Nowhere() if account.is_inert else TwilioRest(account)


class TwilioRest:
    """One account at Twilio."""

    def __init__(self, account: CarrierAccount, http_client: HttpClient | None = None) -> None:
        http_client = http_client or TwilioHttpClient(timeout=TIMEOUT_S)
        self._client = Client(account.account, account.secret, http_client=http_client)

    def send_message(self, *, to: str, from_: str, body: str) -> None:
        """Send a short message. Raises CarrierRefused."""
        with _refusals():
            self._client.messages.create(to=to, from_=from_, body=body)

    def find_number(self, e164: str) -> OwnedNumber | None:
        """Return a number of the account, None when it is not the account's. Raises CarrierRefused."""
        with _refusals():
            found = self._client.incoming_phone_numbers.list(phone_number=e164, limit=20)
        return next((_owned(number) for number in found if number.phone_number == e164), None)  # it matches parts too

    def search(self, country: str, kind: str, contains: str | None = None, limit: int = 10) -> list[AvailableNumber]:
        """Return numbers to buy; kind is local, mobile, toll_free or national. Raises CarrierRefused."""
        with _refusals():
            numbers = getattr(self._client.available_phone_numbers(country), kind)
            wish = {"contains": contains} if contains else {}
            found = numbers.list(voice_enabled=True, limit=limit, page_size=limit, **wish)
        return [AvailableNumber(each.phone_number, kind, each.address_requirements or "none") for each in found]

    def buy(
        self, e164: str, webhooks: Webhooks, *, bundle_sid: str | None = None, address_sid: str | None = None
    ) -> str:
        """Buy a number, its calls sent to us from the start; return its sid. Raises CarrierRefused."""
        papers = {"bundle_sid": bundle_sid, "address_sid": address_sid}
        given = {name: value for name, value in papers.items() if value}
        with _refusals():
            bought = self._client.incoming_phone_numbers.create(phone_number=e164, **_fields(webhooks), **given)
        return str(bought.sid)

    def configure(self, sid: str, webhooks: Webhooks) -> None:
        """Send a number's calls to us. Raises CarrierRefused."""
        with _refusals():
            self._client.incoming_phone_numbers(sid).update(**_fields(webhooks))


def _fields(webhooks: Webhooks) -> dict[str, str]:
    return {
        "voice_url": webhooks.voice,
        "voice_method": "POST",
        "voice_fallback_url": webhooks.fallback,
        "voice_fallback_method": "POST",
        "status_callback": webhooks.status,
        "status_callback_method": "POST",
    }


def _owned(number: object) -> OwnedNumber:
    def text(name: str) -> str:
        return str(getattr(number, name) or "")

    methods = (text("voice_method"), text("voice_fallback_method"), text("status_callback_method"))
    return OwnedNumber(
        sid=text("sid"),
        e164=text("phone_number"),
        webhooks=Webhooks(text("voice_url"), text("voice_fallback_url"), text("status_callback")),
        is_posted=all(method == "POST" for method in methods),
        overridden_by=text("voice_application_sid") or text("trunk_sid"),
    )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TwilioRestException as error:
        raise CarrierRefused(error.code or 0, error.status) from None
    except TwilioException as error:
        raise _refused_list(error) from None
    except OSError:  # those of requests are OSErrors
        raise CarrierRefused(0) from None


def _refused_list(error: TwilioException) -> CarrierRefused:
    """Return the refusal of a list, which comes as an exception with the response as its second argument."""
    response = next((part for part in error.args if isinstance(part, Response)), None)
    if response is None:
        return CarrierRefused(0)
    try:
        code = int(json.loads(response.text)["code"])
    except (ValueError, KeyError, TypeError):
        code = 0
    return CarrierRefused(code, response.status_code)


class _Nowhere:
    def send_message(self, *, to: str, from_: str, body: str) -> None:
        log.info("a short message was put aside: the account is at no carrier")
