"""Getting a number and sending its calls to us: looked at first, and done only when asked for.

A plan says what is there and what would change; apply() does it. What the carrier and Japanese rules demand is said in
plain words, by the carrier's own error codes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.settings import Settings
from ivr.carrier_rest import AvailableNumber, CarrierRefused, OwnedNumber, Webhooks

BUNDLE_NEEDED = (
    "Japanese numbers need a regulatory bundle of a company (individuals are refused since 2021): company register,"
    " signed application, purpose, and an address that is proved by post. Once approved, give its sid: --bundle BU…"
)
_ADDRESS_NEEDED = (
    "the number needs an address of its user, of the country or area its rules ask for, in the account: --address AD…"
)
# By Twilio's error codes: https://www.twilio.com/docs/api/errors
_EXPLANATIONS = {
    10002: "a trial account has its one number already, or may not have this one: upgrade the account",
    20003: "the account or its token is wrong, or the account is suspended",
    20404: "the carrier knows nothing under that name: are country and kind of number right?",
    21421: "that is no number one can buy: write it as +81…",
    21422: "the number is not, or no longer, for sale: search again",
    21613: _ADDRESS_NEEDED,
    21631: _ADDRESS_NEEDED,
    21649: f"the bundle is missing or not approved yet (that takes days). {BUNDLE_NEEDED}",
}
RESALE = (
    "A number that is passed on to other companies needs a number plan (電気通信番号使用計画) filed with the"
    " 総務省 since November 2022."
)


class Step(StrEnum):
    """What a plan does with a number."""

    NOTHING = "nothing"
    CONFIGURE = "configure"
    BUY = "buy"


class Numbers(Protocol):
    """The numbers of an account and of the carrier's stock; every call raises CarrierRefused."""

    def find_number(self, e164: str) -> OwnedNumber | None: ...

    def search(
        self, country: str, kind: str, contains: str | None = None, limit: int = 10
    ) -> list[AvailableNumber]: ...

    def buy(
        self, e164: str, webhooks: Webhooks, *, bundle_sid: str | None = None, address_sid: str | None = None
    ) -> str: ...

    def configure(self, sid: str, webhooks: Webhooks) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done so that a number's calls reach us, and what is wrong with it now."""

    e164: str
    step: Step
    webhooks: Webhooks
    sid: str = ""
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """Sids of what the carrier keeps for the authorities."""

    bundle_sid: str | None = None
    address_sid: str | None = None


def webhooks_of(settings: Settings) -> Webhooks:
    """Return where calls are to be sent; the fallback is the last public address, another host where there is one."""
    first, last = settings.public_urls[0], settings.public_urls[-1]
    return Webhooks(voice=f"{first}/ivr/voice", fallback=f"{last}/ivr/fallback", status=f"{first}/ivr/status")


def plan(numbers: Numbers, e164: str, webhooks: Webhooks) -> Plan:
    """Return what would have to be done for a number; asks the carrier and changes nothing. Raises CarrierRefused."""
    owned = numbers.find_number(e164)
    if owned is None:
        return Plan(e164, Step.BUY, webhooks)
    differences = tuple(differences_of(owned, webhooks))
    return Plan(e164, Step.CONFIGURE if differences else Step.NOTHING, webhooks, owned.sid, differences)


def differences_of(owned: OwnedNumber, wanted: Webhooks) -> list[str]:
    """Return in words how a number's settings differ from what they must be."""
    pairs = (
        ("VoiceUrl", owned.webhooks.voice, wanted.voice),
        ("VoiceFallbackUrl", owned.webhooks.fallback, wanted.fallback),
        ("StatusCallback", owned.webhooks.status, wanted.status),
    )
    found = [f"{name} is {has or 'not set'}, not {wants}" for name, has, wants in pairs if has != wants]
    if not owned.is_posted:
        found.append("calls are not sent by POST")
    if owned.overridden_by:
        found.append(f"{owned.overridden_by} overrides the addresses: take it off the number in the carrier's console")
    return found


def apply(numbers: Numbers, planned: Plan, papers: Papers) -> str:
    """Do what the plan says; return the number's sid. Raises CarrierRefused."""
    if planned.step is Step.BUY:
        return numbers.buy(planned.e164, planned.webhooks, bundle_sid=papers.bundle_sid, address_sid=papers.address_sid)
    if planned.step is Step.CONFIGURE:
        numbers.configure(planned.sid, planned.webhooks)
    return planned.sid


def explain(refused: CarrierRefused) -> str:
    """Return in plain words what the carrier refused and what to do."""
    if known := _EXPLANATIONS.get(refused.code):
        return f"the carrier refused ({refused.code}): {known}"
    if not refused.code and not refused.status:
        return "the carrier could not be reached: is this machine online?"
    return f"the carrier refused: {refused}; see https://www.twilio.com/docs/api/errors"
