"""A phone that behaves as the carrier does: it signs and posts the carrier's forms, follows every verb we answer with,
and tells what the caller hears. It knows nothing of our conversation.

Whoever holds the carrier's secret can place such calls, and they count like any other.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, repeat
from uuid import uuid4

import httpx2
from twilio.request_validator import RequestValidator

from core.settings import CarrierAccount
from genba.virtual_phone_answers import Gather, HangUp, Pause, Redirect, Reject, Say, Step, read_answer
from ivr.carriers import ATTEMPT_HEADER, SIGNATURE_HEADERS

MAX_WEBHOOKS = 40  # a person would have hung up long before; an endless redirect ends here
REPEATS_AT_ONCE = 50
TIMEOUT_S = 15  # how long Twilio waits for an answer
WITHHELD = {"twilio": "+266696687", "signalwire": "anonymous"}  # what stands for a number kept back

# Twilio's error codes, handed to the fallback.
BAD_STATUS, UNREACHABLE, BAD_DOCUMENT, BAD_CONTENT_TYPE = "11200", "11205", "12100", "12300"


class Event(StrEnum):
    """What happens on a call, as the caller notices it; REPEATED, FALLBACK and FAILED are the carrier's own."""

    SAID = "said"
    KEYED = "keyed"
    SILENT = "silent"
    PAUSED = "paused"
    BUSY = "busy"
    ENDED = "ended"
    REPEATED = "repeated"
    FALLBACK = "fallback"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Heard:
    """One line of a call's transcript; language is the voice's tag, given with SAID only."""

    event: Event
    text: str = ""
    language: str = ""


Transcript = tuple[Heard, ...]


@dataclass(slots=True)
class Call:
    """One call under way, as the carrier knows it."""

    caller: str
    called: str
    call_sid: str = field(default_factory=lambda: f"CA{secrets.token_hex(16)}")
    webhooks: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What was heard since the last keys, and what is waited for. Without a gather the call is over."""

    heard: Transcript
    gather: Gather | None = None
    rest: tuple[Step, ...] = ()
    status: str = "in-progress"


class WebhookFailed(Exception):
    """Our server did not answer as a carrier needs it; code is Twilio's."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class VirtualPhone:
    """Places calls at our webhooks. Forms are signed for public_url and sent to base_url, as if through a proxy.

    Neither address ends with a slash.
    """

    account: CarrierAccount
    public_url: str
    base_url: str
    client: httpx2.Client

    def call(
        self, caller: str, called: str, keys: Sequence[str] = (), *, withheld: bool = False, times: int = 1
    ) -> Iterator[Heard]:
        """Place a call and give what happens, line by line. Both numbers are E.164.

        Each gather takes the next of keys; an empty one, or none left, is silence. With times, the first webhook comes
        that often, as from a carrier that repeats it.
        """
        call = self.new_call(caller, called, withheld=withheld)
        turn = self.begin(call) if times == 1 else self.begin_repeatedly(call, times)
        for keyed in chain(keys, repeat("")):
            yield from turn.heard
            if turn.gather is None:
                break
            turn = self.press(call, turn.gather, keyed, turn.rest)
        yield from self.hang_up(call, turn.status)

    def new_call(self, caller: str, called: str, *, withheld: bool = False) -> Call:
        """Return a call that has not rung yet."""
        return Call(WITHHELD[self.account.carrier] if withheld else caller, called)

    def begin(self, call: Call) -> Turn:
        """Let it ring: the first webhook."""
        return self._follow(call, f"{self.public_url}/ivr/voice", {"CallStatus": "ringing"}, ())

    def begin_repeatedly(self, call: Call, times: int) -> Turn:
        """Let it ring with the first webhook sent many times at once, and go on with the commonest answer."""
        url, token = f"{self.public_url}/ivr/voice", str(uuid4())
        form = self._form(call, {"CallStatus": "ringing"})
        with ThreadPoolExecutor(REPEATS_AT_ONCE) as threads:
            turns = Counter(threads.map(lambda _: self._attempt(call, url, form, token), range(times)))
        counted = turns.most_common()
        told = tuple(Heard(Event.REPEATED, f"{count} x {_summary(turn)}") for turn, count in counted)
        turn = counted[0][0]
        return Turn((*told, *turn.heard), turn.gather, turn.rest, turn.status)

    def press(self, call: Call, gather: Gather, keys: str, rest: tuple[Step, ...] = ()) -> Turn:
        """Answer a gather with keys, or with silence when there are none. rest is what follows the gather."""
        digits, finished_on = gather.take(keys)
        heard = (Heard(Event.KEYED, keys) if keys else Heard(Event.SILENT),)
        if not digits and not gather.comes_back_empty:
            return self._play(call, rest, heard)
        return self._follow(call, gather.url, {"Digits": digits, "FinishedOnKey": finished_on}, heard)

    def hang_up(self, call: Call, status: str = "completed") -> Transcript:
        """End the call with the status callback. A call still in progress was answered: it counts as completed."""
        status = "completed" if status == "in-progress" else status
        fields = {
            "CallStatus": status,
            "CallDuration": "21" if status == "completed" else "0",
            "CallbackSource": "call-progress-events",
            "SequenceNumber": "0",
        }
        try:
            self._send(f"{self.public_url}/ivr/status", self._form(call, fields), str(uuid4()))
        except WebhookFailed as failure:
            return (Heard(Event.FAILED, f"/ivr/status: {failure}"), Heard(Event.ENDED))
        return (Heard(Event.ENDED),)

    def _attempt(self, call: Call, url: str, form: dict[str, str], token: str) -> Turn:
        try:
            steps = _steps(self._send(url, form, token), url)
        except WebhookFailed as failure:
            return Turn((Heard(Event.FAILED, str(failure)),), status="failed")
        return self._play(call, steps, ())

    def _follow(self, call: Call, url: str, fields: Mapping[str, str], heard: Transcript) -> Turn:
        """Ask a webhook and play its answer; when it fails, the fallback's, as the carrier does."""
        call.webhooks += 1
        if call.webhooks > MAX_WEBHOOKS:
            return Turn((*heard, Heard(Event.FAILED, f"more than {MAX_WEBHOOKS} webhooks")), status="failed")
        try:
            steps = _steps(self._send(url, self._form(call, fields), str(uuid4())), url)
        except WebhookFailed as failure:
            told = (*heard, Heard(Event.FAILED, f"{url.removeprefix(self.public_url)}: {failure}"))
            fallback = f"{self.public_url}/ivr/fallback"
            if url == fallback:
                return Turn(told, status="failed")
            error = {**fields, "ErrorCode": failure.code, "ErrorUrl": url}
            return self._follow(call, fallback, error, (*told, Heard(Event.FALLBACK)))
        return self._play(call, steps, heard)

    def _play(self, call: Call, steps: Sequence[Step], heard: Transcript) -> Turn:
        """Do what the steps say until keys are waited for or the call is over."""
        for number, step in enumerate(steps, start=1):
            match step:
                case Say():
                    heard = (*heard, _said(step))
                case Pause():
                    heard = (*heard, Heard(Event.PAUSED, str(step.seconds)))
                case Gather():
                    return Turn((*heard, *map(_said, step.prompts)), step, tuple(steps[number:]))
                case Redirect():
                    return self._follow(call, step.url, {}, heard)
                case Reject():
                    return Turn((*heard, Heard(Event.BUSY, step.reason)), status=step.status)
                case HangUp():
                    break
        return Turn(heard, status="completed")

    def _send(self, url: str, form: dict[str, str], token: str) -> str:
        """Post a signed form and return the answer's body.

        Raises WebhookFailed when nothing answers, when the status is not 2xx, when a document is not declared as XML,
        or when the address is none of our webhooks.
        """
        if not url.startswith(f"{self.public_url}/ivr/"):
            raise WebhookFailed(BAD_STATUS, f"the carrier would leave {self.public_url}/ivr/")
        headers = {
            SIGNATURE_HEADERS[self.account.carrier][0]: self._signature(url, form),
            ATTEMPT_HEADER: token,
            "user-agent": "TwilioProxy/1.1",
        }
        target = self.base_url + url.removeprefix(self.public_url)
        try:
            answer = self.client.post(target, data=form, headers=headers)
        except httpx2.ConnectError:
            raise WebhookFailed(
                UNREACHABLE, f"nothing listens at {self.base_url}: is `genba demo` or `genba serve` running?"
            ) from None
        except httpx2.HTTPError as error:
            raise WebhookFailed(UNREACHABLE, type(error).__name__) from None
        if not answer.is_success:
            raise WebhookFailed(BAD_STATUS, f"HTTP {answer.status_code}")
        if answer.text and "xml" not in answer.headers.get("content-type", ""):
            raise WebhookFailed(BAD_CONTENT_TYPE, "the answer is not declared as XML")
        return answer.text

    def _signature(self, url: str, form: dict[str, str]) -> str:
        return str(RequestValidator(self.account.secret).compute_signature(url, form))

    def _form(self, call: Call, fields: Mapping[str, str]) -> dict[str, str]:
        """Return every field the carrier sends with an inbound call; in Japan the places are blank, and signed too."""
        sides = {"Called": call.called, "Caller": call.caller, "From": call.caller, "To": call.called}
        places = {side + place: "" for side in sides for place in ("City", "State", "Zip")}
        return {
            "AccountSid": self.account.account,
            "ApiVersion": "2010-04-01",
            "CallSid": call.call_sid,
            "CallStatus": "in-progress",
            "CallToken": f'{{"parentCallInfoToken":"{call.call_sid}"}}',
            "Direction": "inbound",
            **sides,
            **{f"{side}Country": "JP" for side in sides},
            **places,
            **fields,
        }


def open_client() -> httpx2.Client:
    """Return a client for our own server, with no proxy between."""
    return httpx2.Client(timeout=TIMEOUT_S, trust_env=False)


def _steps(document: str, url: str) -> list[Step]:
    try:
        return read_answer(document, url)
    except ValueError as error:
        raise WebhookFailed(BAD_DOCUMENT, str(error)) from None


def _said(say: Say) -> Heard:
    return Heard(Event.SAID, say.text, say.language)


def _summary(turn: Turn) -> str:
    return " ".join(heard.text or heard.event for heard in turn.heard) or turn.status
