"""What a webhook answers, read as a carrier reads it: the verbs of a TwiML document as steps to take."""

from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

GATHER_TIMEOUT_S = 5  # Twilio's default


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys are waited for; digits None has no limit. comes_back_empty: silence is sent to url as well."""

    url: str
    prompts: tuple[Say, ...] = ()
    digits: int | None = None
    finish_on_key: str = "#"
    timeout_s: int = GATHER_TIMEOUT_S
    comes_back_empty: bool = False

    def take(self, keys: str) -> tuple[str, str]:
        """Return what of the keys ends up as digits, and the key that finished them ("" for none)."""
        for number, key in enumerate(keys):
            if key in self.finish_on_key:
                return keys[:number], key
            if number + 1 == self.digits:
                break
        return keys[: self.digits], ""


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str

    @property
    def status(self) -> str:
        """How the call ends, in the carrier's words."""
        return "busy" if self.reason == "busy" else "no-answer"


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Step = Say | Pause | Gather | Redirect | Reject | HangUp


def read_answer(document: str, url: str) -> list[Step]:
    """Return the steps of a TwiML document that url answered; addresses in it are made whole.

    Raises ValueError when it is no XML, no TwiML, or has a verb that this phone does not know.
    """
    try:
        root = ET.fromstring(document)  # noqa: S314 - our own server's answer
    except ET.ParseError as error:
        raise ValueError(f"no XML: {error}") from None
    if root.tag != "Response":
        raise ValueError(f"the document begins with <{root.tag}>, not with <Response>")
    return [_step(verb, url) for verb in root]


def _step(verb: ET.Element, url: str) -> Step:
    match verb.tag:
        case "Say":
            return _say(verb)
        case "Pause":
            return Pause(int(verb.get("length", "1")))
        case "Gather":
            return _gather(verb, url)
        case "Redirect":
            return Redirect(urljoin(url, (verb.text or "").strip()))
        case "Reject":
            return Reject(verb.get("reason", "rejected"))
        case "Hangup":
            return HangUp()
        case _:
            raise ValueError(f"this phone does not know <{verb.tag}>")


def _gather(verb: ET.Element, url: str) -> Gather:
    return Gather(
        url=urljoin(url, verb.get("action", "")),
        prompts=tuple(_say(child) for child in verb if child.tag == "Say"),
        digits=int(verb.get("numDigits", "0")) or None,
        finish_on_key=verb.get("finishOnKey", "#"),
        timeout_s=int(verb.get("timeout", str(GATHER_TIMEOUT_S))),
        comes_back_empty=verb.get("actionOnEmptyResult") == "true",
    )


def _say(verb: ET.Element) -> Say:
    return Say("".join(verb.itertext()).strip(), verb.get("language", "en-US"))
