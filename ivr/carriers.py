"""The one place where carriers differ: whose request it is, whether it is genuine, and what it says, in our words.

Both carriers sign and name their fields alike (SignalWire's cXML follows Twilio's); they differ in the header
of the signature. Nothing here raises, whatever a request holds.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import phonenumbers
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from core.settings import CarrierAccount, Settings
from ivr.model import CallerId, CallEvent

Form = Sequence[tuple[str, str]]

TWILIO_SIGNATURE = "x-twilio-signature"
# The first header a request bears tells its carrier; SignalWire also writes Twilio's, as an alias of its own.
SIGNATURE_HEADERS = {"signalwire": ("x-signalwire-signature", TWILIO_SIGNATURE), "twilio": (TWILIO_SIGNATURE,)}
ATTEMPT_HEADER = "i-twilio-idempotency-token"

# What stands for a number kept back, as the keys that spell the word (seen in Japan and elsewhere); valid numbers for
# phonenumbers or not, with or without +, and sometimes with the 1 of the US before them.
WITHHELD_NUMBERS = frozenset(
    {
        "266696687",  # ANONYMOUS
        "7378742833",  # RESTRICTED; +1 737 874 2833 is a valid number of Texas
        "2562533",  # BLOCKED
        "8656696",  # UNKNOWN
        "86282452253",  # UNAVAILABLE
    }
)
WITHHELD_WORDS = frozenset({"anonymous", "restricted", "unknown", "private", "unavailable", "blocked", "withheld", ""})

MAX_CALL_ID_CHARS = 120
_CALL_IDS = {
    "twilio": r"CA[0-9a-f]{32}",
    "signalwire": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
_READ_FIELDS = ("AccountSid", "CallSid", "CallStatus", "Digits", "From", "To", "SequenceNumber")
_ADDRESS = re.compile(r"^(?:client|sips?|tel):([^@;]*)", re.IGNORECASE)
_NO_KEY = re.compile(r"[^0-9*#]")


@dataclass(frozen=True, slots=True)
class Adapter:
    """One request's carrier: checks the signature and reads the fields."""

    account: CarrierAccount
    signature: str | None = None
    attempt_token: str = ""
    regions: tuple[str, ...] = ("JP",)

    @property
    def carrier(self) -> str:
        return self.account.carrier

    def is_genuine(self, account_secret: str, url: str, form: Form, signature: str | None) -> bool:
        """Whether the carrier signed this form for this address, for our own account.

        form holds every pair received, blank ones too; a missing or garbled signature is simply not genuine.
        """
        if not signature or any(name == "AccountSid" and value != self.account.account for name, value in form):
            return False
        try:
            return bool(RequestValidator(account_secret).validate(url, ImmutableMultiDict(list(form)), signature))
        except ValueError:  # lone surrogates, or a port that is none
            return False

    def is_well_formed(self, form: Form) -> bool:
        """Whether the fields we act on are each there once, in the carrier's own form.

        The signature covers names and values without separators: a captured request whose boundaries are moved, such
        as CallSid = "CA…CallStatusringing", is signed as well, and would be another call.
        """
        values: dict[str, list[str]] = {}
        for name, value in form:
            values.setdefault(name, []).append(value)
        if any(len(values.get(name, ())) > 1 for name in _READ_FIELDS):
            return False
        return (
            values.get("AccountSid") == [self.account.account]
            and re.fullmatch(_CALL_IDS[self.carrier], values.get("CallSid", [""])[0]) is not None
            and re.fullmatch(r"[0-9*#]*", values.get("Digits", [""])[0]) is not None
        )

    def read(self, form: Form) -> CallEvent:
        """Return the request in our words. Of a field that comes twice the first counts."""
        fields = {name: _printable(value) for name, value in reversed(form)}
        caller_id, caller_e164 = read_caller(fields.get("From", ""), self.regions)
        called = fields.get("To", "")
        return CallEvent(
            carrier=self.carrier,
            account=self.account.account,
            call_key=f"{self.carrier}:{self.account.account}:{_call_id(fields)}",
            called=_number_in(called, self.regions) or called[:64],
            caller_id=caller_id,
            caller_e164=caller_e164,
            status=fields.get("CallStatus", "").lower()[:32],
            digits=_NO_KEY.sub("", fields.get("Digits", ""))[:64] or None,
            attempt_token=self.attempt_token,
            sequence=_whole_number(fields.get("SequenceNumber", "")) or 0,
            duration_s=_whole_number(fields.get("CallDuration", "")),
            error_code=fields.get("ErrorCode", "")[:16],
        )


def identify(headers: Mapping[str, str], settings: Settings, form: Form = ()) -> Adapter | None:
    """Return the adapter of the carrier that sent these headers, None when it is none we have an account at.

    headers is Starlette's, or any mapping with lower-case names. Where a header could be either carrier's, the account
    that the form names decides, else the order of the settings.
    """
    accounts = [account for account in settings.carriers if _signature_of(account.carrier, headers)]
    if SIGNATURE_HEADERS["signalwire"][0] in headers:
        accounts = [account for account in accounts if account.carrier == "signalwire"]
    named = {value for name, value in form if name == "AccountSid"}
    accounts.sort(key=lambda account: account.account not in named)
    if not accounts:
        return None
    return Adapter(
        account=accounts[0],
        signature=_signature_of(accounts[0].carrier, headers),
        attempt_token=_printable(headers.get(ATTEMPT_HEADER, ""))[:64],
        regions=settings.phone_regions,
    )


def public_urls_of(settings: Settings, raw_path: bytes, query: bytes) -> list[str]:
    """Return the addresses a carrier may have signed: each public base with the path and query as received.

    They are never rebuilt from parsed parts: one re-encoded character would break the signature.
    """
    target = raw_path.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    return [base + target for base in settings.public_urls]


def read_caller(text: str, regions: Sequence[str] = ("JP",)) -> tuple[CallerId, str | None]:
    """Return what a carrier's From says of the caller, with the number as E.164 when it gives one."""
    address = _address(text)
    digits = re.sub(r"[\s+-]", "", address)
    if digits.casefold() in WITHHELD_WORDS or WITHHELD_NUMBERS & {digits, digits.removeprefix("1")}:
        return CallerId.WITHHELD, None
    number = _number_in(text, regions)
    return (CallerId.GIVEN, number) if number else (CallerId.ODD, None)


def _number_in(text: str, regions: Iterable[str]) -> str | None:
    """Return the number that a field holds, as E.164; None when it holds none that is valid.

    Unlike what people type, what a carrier sends is not mended: a wrong guess would be another person's number.
    """
    address = _address(text)
    if not re.fullmatch(r"\+?[0-9() .-]{3,24}", address):
        return None
    for region in regions:
        try:
            number = phonenumbers.parse(address, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _address(text: str) -> str:
    match = _ADDRESS.match(text.strip())
    return (match.group(1) if match else text).strip()


def _call_id(fields: Mapping[str, str]) -> str:
    call_id = fields.get("CallSid", "")
    if 0 < len(call_id) <= MAX_CALL_ID_CHARS:
        return call_id
    # No carrier leaves it out; if one did, its repeats would still be one call and other calls others.
    return hashlib.sha256((call_id or repr(sorted(fields.items()))).encode()).hexdigest()


def _signature_of(carrier: str, headers: Mapping[str, str]) -> str | None:
    return next((headers[name] for name in SIGNATURE_HEADERS.get(carrier, ()) if headers.get(name)), None)


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _printable(text: str) -> str:
    """Return the text without NUL, control characters and lone surrogates, which no database or log takes well."""
    return "".join(sign for sign in text if sign.isprintable()).strip()
