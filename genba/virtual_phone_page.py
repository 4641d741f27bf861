"""The virtual phone as a page: a keypad in the browser, while the server plays the carrier towards our own webhooks.

For training worlds and demonstrations only: whoever may open it can call as anybody. The state of a call travels with
the browser, so that any process can take the next keys.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from admin.pages import add_templates, render
from admin.words import add_words
from core.phone import parse_phone
from core.settings import Settings
from genba.virtual_inbox import Inbox
from genba.virtual_phone import Call, Transcript, Turn, VirtualPhone, open_client
from genba.virtual_phone_answers import Gather

FOLDER = Path(__file__).parent
NAV = ("/phone", "phone.nav")

WORDS = {
    "phone.nav": {"ja": "体験用の電話", "en": "Try the phone"},
    "phone.title": {"ja": "体験用の電話", "en": "Try the phone"},
    "phone.lead": {
        "ja": "実際の電話と同じ手順で、作業員からの電話を試せます。記録は本物と同じように残ります。",
        "en": "Call as a worker would. What is recorded here is recorded like a real call.",
    },
    "phone.from": {"ja": "かける人の番号", "en": "Caller's number"},
    "phone.to": {"ja": "現場の電話番号", "en": "Site's number"},
    "phone.samples": {"ja": "見本から選ぶ", "en": "Choose a sample"},
    "phone.withheld": {"ja": "番号を通知しない（184）", "en": "Hide the number (184)"},
    "phone.speak": {"ja": "声で聞く", "en": "Speak aloud"},
    "phone.call": {"ja": "電話をかける", "en": "Call"},
    "phone.hang_up": {"ja": "電話を切る", "en": "Hang up"},
    "phone.keypad": {"ja": "番号ボタン", "en": "Keypad"},
    "phone.transcript": {"ja": "聞こえた内容", "en": "What was heard"},
    "phone.messages": {"ja": "この番号に届いたSMS", "en": "SMS to this number"},
    "phone.no_messages": {
        "ja": "まだ届いていません。「かける人の番号」に届いたものが、ここに出ます。",
        "en": "None yet. What is sent to the caller's number appears here.",
    },
    "phone.message_from": {"ja": "{number}から", "en": "from {number}"},
    "phone.empty": {
        "ja": "まだ電話していません。番号を選んで「電話をかける」を押してください。",
        "en": "No call yet. Choose the numbers and press Call.",
    },
    "phone.ringing": {"ja": "呼び出しています…", "en": "Ringing…"},
    "phone.waiting": {"ja": "番号ボタンを押してください。", "en": "Press a key."},
    "phone.silent": {"ja": "（何も押さない）", "en": "(no key pressed)"},
    "phone.paused": {"ja": "（間）", "en": "(pause)"},
    "phone.busy": {
        "ja": "話し中の音が鳴りました。電話代はかかりません。",
        "en": "Busy tone: the call was not answered and costs nothing.",
    },
    "phone.ended": {"ja": "通話終了", "en": "Call ended"},
    "phone.fallback": {"ja": "予備の応答に切り替わりました。", "en": "The carrier switched to the fallback."},
    "phone.failed": {"ja": "サーバーが応答できませんでした。", "en": "The server could not answer."},
    "phone.lost": {"ja": "通信できません。もう一度お試しください。", "en": "No connection. Please try again."},
    "phone.bad_number": {
        "ja": "電話番号を確かめてください（例: 090-1234-5678）。",
        "en": "Please check the phone number (e.g. 090-1234-5678).",
    },
}
SCRIPT_WORDS = ("ringing", "waiting", "silent", "paused", "busy", "ended", "fallback", "failed", "lost", "bad_number")

add_templates(FOLDER / "templates")
add_words(WORDS)

FIELDS = ("caller", "called")

Number = Annotated[str, Field(max_length=40)]


class Dialled(BaseModel):
    """Numbers as a person typed them."""

    caller: Number
    called: Number
    withheld: bool = False


class Holder(BaseModel):
    """Whose messages are asked for: in the body, because an address is logged."""

    caller: Number


class CallState(BaseModel):
    """A call under way, as the browser keeps it."""

    caller: Number
    called: Number
    call_sid: Annotated[str, Field(pattern=r"^CA[0-9a-f]{32}$")]
    webhooks: Annotated[int, Field(ge=0, le=1000)] = 0

    def call(self) -> Call:
        return Call(self.caller, self.called, self.call_sid, self.webhooks)


class Keyed(BaseModel):
    """Keys pressed, "" for silence, at the address the last answer waits for them."""

    call: CallState
    url: Annotated[str, Field(max_length=300)]
    keys: Annotated[str, Field(pattern=r"^[0-9*#]{0,32}$")] = ""


class HungUp(BaseModel):
    call: CallState


def router(
    settings: Settings,
    base_url: str,
    *,
    inbox: Inbox | None = None,
    callers: Sequence[tuple[str, str]] = (),
    lines: Sequence[tuple[str, str]] = (),
    client: httpx2.Client | None = None,
) -> APIRouter:
    """Return the routes of the page. callers and lines are offered beside the fields, as (number, who or where).

    base_url is where our own webhooks answer, inbox what keeps the short messages.

    Raises ValueError when no carrier account is set.
    """
    if not settings.carriers:
        raise ValueError("the virtual phone needs a carrier account")
    phone = VirtualPhone(settings.carriers[0], settings.public_url, base_url.rstrip("/"), client or open_client())
    routes = APIRouter()

    @routes.get("/phone")
    def show(request: Request) -> HTMLResponse:
        return render(request, "virtual_phone.html", callers=callers, lines=lines, script_words=SCRIPT_WORDS)

    @routes.post("/phone/messages")
    def show_messages(request: Request, holder: Holder) -> HTMLResponse:
        """Answer with the list of what has reached a number."""
        e164 = _e164(holder.caller, settings)
        messages = inbox.messages_to(e164) if inbox and e164 else []
        return render(request, "virtual_phone_messages.html", messages=messages)

    @routes.get("/phone/virtual_phone.{kind}")
    def static(kind: str) -> FileResponse:
        if kind not in ("js", "css"):
            raise HTTPException(404)
        return FileResponse(FOLDER / "static" / f"virtual_phone.{kind}")

    @routes.post("/phone/call")
    def begin(dialled: Dialled) -> JSONResponse:
        numbers = [_e164(text, settings) for text in (dialled.caller, dialled.called)]
        if "" in numbers:
            return JSONResponse({"field": FIELDS[numbers.index("")]}, 422)
        call = phone.new_call(*numbers, withheld=dialled.withheld)
        return JSONResponse(_answer(phone, call, phone.begin(call)))

    @routes.post("/phone/keys")
    def press(keyed: Keyed) -> dict[str, Any]:
        call = keyed.call.call()
        gather = Gather(keyed.url, comes_back_empty=True)
        return _answer(phone, call, phone.press(call, gather, keyed.keys))

    @routes.post("/phone/hang-up")
    def hang_up(hung_up: HungUp) -> dict[str, Any]:
        return {"heard": _lines(phone.hang_up(hung_up.call.call())), "gather": None}

    return routes


def _e164(text: str, settings: Settings) -> str:
    """Return a number that a person typed as E.164, "" when it is none."""
    try:
        return parse_phone(text, settings.phone_regions)
    except ValueError:
        return ""


def _answer(phone: VirtualPhone, call: Call, turn: Turn) -> dict[str, Any]:
    """Return a turn for the browser; when the call is over, the carrier says so to us too."""
    if turn.gather is None:
        return {"heard": _lines((*turn.heard, *phone.hang_up(call, turn.status))), "gather": None}
    gather = turn.gather
    waits = {
        "url": gather.url,
        "digits": gather.digits,
        "finish_on_key": gather.finish_on_key,
        "timeout_s": gather.timeout_s,
    }
    return {"heard": _lines(turn.heard), "gather": waits, "call": asdict(call)}


def _lines(heard: Transcript) -> list[dict[str, str]]:
    return [asdict(line) for line in heard]
