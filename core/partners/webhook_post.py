"""One request to a receiver: its name is resolved once, and the address that was found allowed is the one called.

No redirect is followed, no proxy of the environment is asked, and after ten seconds it is over, however slowly the
answer drips.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

import httpx2

from core.errors import InvalidInput
from core.partners.webhook_model import Answer
from core.partners.webhook_rules import ANSWER_CHARS, Target, may_call, parse_target
from core.phone import conceal
from core.settings import WebhookReach

TIMEOUT_S = 10
READ_BYTES = 4 * ANSWER_CHARS
USER_AGENT = "GenbaCall-Webhooks/1"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def post(
    url: str,
    headers: dict[str, str],
    body: str,
    reach: WebhookReach,
    *,
    resolve_host: Resolve = resolve,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Return what a receiver answers; trust is which certificates are believed, by default the machine's."""
    try:
        target = parse_target(url, reach)
        addresses = resolve_host(target.host, target.port)
    except InvalidInput as error:
        return Answer(None, str(error))
    except (OSError, UnicodeError):
        return Answer(None, "the host's name cannot be resolved")
    if not addresses or not all(may_call(ip_address(each), reach) for each in addresses):
        return Answer(None, "the host lies in a network that is not public: it is not called")
    try:
        return asyncio.run(_post(target, addresses[0], headers, body, trust or _machines_trust()))
    except TimeoutError:
        return Answer(None, f"no whole answer within {TIMEOUT_S} seconds")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        return Answer(None, conceal(f"{type(error).__name__}: {error}")[:ANSWER_CHARS])


async def _post(target: Target, address: str, headers: dict[str, str], body: str, trust: ssl.SSLContext) -> Answer:
    url = httpx2.URL(target.url)
    pinned = url.copy_with(host=address)
    plain = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
    sent = {**plain, "Host": url.netloc.decode(), **headers}
    opened = httpx2.AsyncClient(verify=trust, trust_env=False, timeout=TIMEOUT_S)
    async with asyncio.timeout(TIMEOUT_S), opened as client:
        request = client.build_request(
            "POST", pinned, content=body.encode(), headers=sent, extensions={"sni_hostname": target.host}
        )
        answer = await client.send(request, stream=True, follow_redirects=False)
        try:
            return Answer(answer.status_code, await _beginning(answer))
        finally:
            await answer.aclose()


async def _beginning(answer: httpx2.Response) -> str:
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= READ_BYTES:
            break
    return conceal(_CONTROL.sub(" ", bytes(read[:READ_BYTES]).decode("utf-8", "replace")))[:ANSWER_CHARS]


@lru_cache
def _machines_trust() -> ssl.SSLContext:
    return ssl.create_default_context()
