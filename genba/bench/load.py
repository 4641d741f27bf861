"""A load of signed webhooks over keep-alive connections: closed (as fast as answers come) or open (at a fixed rate)."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

HEADER_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Result:
    """What a round showed: answers a second, latencies in milliseconds (sorted), and answers other than 200."""

    per_s: float
    latencies_ms: Sequence[float]
    failures: int

    def percentile(self, share: float) -> float:
        """Return the latency that this share of the answers kept, in ms."""
        if not self.latencies_ms:
            return 0.0
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * share))]


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends a request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(HEADER_END)
        if not found:
            return
        marker = head.lower().find(b"content-length:")
        length = int(head[marker + 15 :].split(b"\r\n", 1)[0]) if marker >= 0 else 0
        if len(body) >= length and self._answer is not None and not self._answer.done():
            self._answer.set_result(self._buffer)
            self._buffer = b""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    async def send(self, request: bytes) -> bytes:
        """Send a request and return the whole answer."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


async def closed_load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Result:
    """Keep every connection busy for some seconds."""
    latencies: list[float] = []
    failures = 0
    until = time.perf_counter() + seconds

    async def run() -> None:
        nonlocal failures
        connection = await _connect(port)
        while time.perf_counter() < until:
            started = time.perf_counter()
            answer = await connection.send(next(requests))
            latencies.append((time.perf_counter() - started) * 1000)
            failures += not answer.startswith(b"HTTP/1.1 200")

    started = time.perf_counter()
    await asyncio.gather(*(run() for _ in range(connections)))
    elapsed = time.perf_counter() - started
    return Result(len(latencies) / elapsed, sorted(latencies), failures)


async def open_load(port: int, requests: Iterator[bytes], rate: float, connections: int, seconds: float) -> Result:
    """Send at a fixed rate, whatever the answers take; latency counts from when a request was due."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await _connect(port))
    latencies: list[float] = []
    failures = 0

    async def one(due: float) -> None:
        nonlocal failures
        connection = await free.get()
        answer = await connection.send(next(requests))
        latencies.append((time.perf_counter() - due) * 1000)
        failures += not answer.startswith(b"HTTP/1.1 200")
        free.put_nowait(connection)

    started = time.perf_counter()
    tasks = []
    for n in range(int(rate * seconds)):
        due = started + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    elapsed = time.perf_counter() - started
    return Result(len(latencies) / elapsed, sorted(latencies), failures)


def endless(requests: Sequence[bytes]) -> Iterator[bytes]:
    return cycle(requests)


async def _connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection
