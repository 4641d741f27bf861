"""Stands in for our application where the virtual phone is tested: a small server that verifies and remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx2

from core.settings import Settings
from genba.virtual_phone import Event, Heard
from ivr.carriers import identify, public_urls_of

YAMADA, LINE = "+819012345678", "+815031234567"
INNER = "http://127.0.0.1:8000"
ENDED = Heard(Event.ENDED)
ASK = (
    '<Gather action="/ivr/keys?n=1" method="POST" numDigits="4" timeout="6" finishOnKey="#" actionOnEmptyResult="true">'
    '<Say language="ja-JP">番号を押してください。</Say></Gather><Redirect method="POST">/ivr/keys?n=1</Redirect>'
)

Form = dict[str, str]
Route = Callable[[Form], str | httpx2.Response]
OpenServer = Callable[..., "Server"]


@dataclass
class Server:
    """Verifies every signature, keeps the forms, answers by path."""

    settings: Settings
    routes: dict[str, Route]
    forms: list[tuple[str, Form]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        pairs = parse_qsl(request.content.decode(), keep_blank_values=True)
        path, _, query = request.url.raw_path.partition(b"?")
        adapter = identify(request.headers, self.settings, pairs)
        urls = public_urls_of(self.settings, path, query)
        if not adapter or not adapter.is_genuine(adapter.account.secret, urls[0], pairs, adapter.signature):
            return httpx2.Response(403)
        self.forms.append((request.url.raw_path.decode(), dict(pairs)))
        self.tokens.append(adapter.attempt_token)
        answer = self.routes.get(path.decode(), lambda _form: httpx2.Response(404))(dict(pairs))
        return answer if isinstance(answer, httpx2.Response) else twiml(answer)

    def paths(self) -> list[str]:
        return [path for path, _form in self.forms]


def twiml(content: str) -> httpx2.Response:
    return httpx2.Response(
        200, text=f"<Response>{content}</Response>", headers={"content-type": "application/xml; charset=utf-8"}
    )


def said(text: str, language: str = "ja-JP") -> Heard:
    return Heard(Event.SAID, text, language)


def no_content(_form: Form) -> httpx2.Response:
    return httpx2.Response(204)


def new_server(settings: Settings, **routes: str | Route) -> Server:
    """Return a server with what /ivr/<name> answers: a document's content, or what a function makes of the form."""
    answers: dict[str, Route] = {"/ivr/status": no_content}
    for name, answer in routes.items():
        answers[f"/ivr/{name}"] = answer if callable(answer) else lambda _form, text=answer: text
    return Server(settings, answers)


def client_of(server: Server) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(server))
