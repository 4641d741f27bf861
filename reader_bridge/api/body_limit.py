"""No request to /api/v1/ is read beyond what any of them needs: its body is read before anybody asks whose it is."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reader_bridge.problems import problem

MOST_BYTES = 20_000


class BodyLimit:
    """Reads the body of a request as far as it may go, and hands it on whole; a longer one is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        read = 0
        messages: list[Message] = []
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            read += len(messages[-1].get("body", b""))
            if read > MOST_BYTES:
                refusal = problem(413, "too_large", f"at most {MOST_BYTES} bytes at once")
                await refusal(scope, receive, send)
                return
        coming = iter(messages)

        async def hand_on() -> Message:
            return next(coming, None) or await receive()

        await self.app(scope, hand_on, send)
