"""Servers to dial: one by the WebSocket library, one that answers with any bytes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.uri import parse_uri

from rfqwatch.exchange.credentials import Credentials
from rfqwatch.sources import websocket
from rfqwatch.sources.websocket import Dialer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from rfqwatch.clock import Instant
    from rfqwatch.sources.link import Link

PATH = "/trade-api/ws/v2"
KEY_ID = "a-key-id-that-nobody-may-see"
KEY = Ed25519PrivateKey.generate()
URI = parse_uri(f"ws://127.0.0.1:1{PATH}")


# Fixtures for whoever dials them.


@pytest.fixture(autouse=True)
def unexpected(event_loop_errors: list[dict[str, Any]]) -> Iterator[None]:
    """No test leaves an exception to the event loop."""
    yield
    assert event_loop_errors == []


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most servers here are silent on purpose."""
    monkeypatch.setattr(websocket, "CLOSE_TIMEOUT_S", 0.1)


@pytest.fixture
async def event_loop_errors() -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    return errors


# Peers


def dialer(url: str, *, idle_timeout_s: float = 30, said: list[str] | None = None) -> Dialer:
    say = (said if said is not None else []).append
    return Dialer(url, Credentials(KEY_ID, KEY), idle_timeout_s=idle_timeout_s, say=say)


@contextlib.asynccontextmanager
async def library_server(
    converse: Callable[[ServerConnection], Awaitable[None]],
    **options: Any,  # noqa: ANN401 - the library's
) -> AsyncIterator[str]:
    async def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await converse(connection)

    async with serve(handle, "127.0.0.1", 0, compression=None, close_timeout=0.1, **options) as it:
        port = next(iter(it.sockets)).getsockname()[1]
        yield f"{'wss' if options.get('ssl') else 'ws'}://127.0.0.1:{port}{PATH}"


class Peer(NamedTuple):
    """A connection taken by `raw_server`, after the request was read."""

    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def accept(self, more: bytes = b"") -> None:
        self.writer.write(accepting(self.headers["sec-websocket-key"]) + more)
        await self.writer.drain()


class RawServer(NamedTuple):
    url: str
    requests: list[dict[str, str]]


@contextlib.asynccontextmanager
async def raw_server(
    converse: Callable[[Peer], Awaitable[None]],
    **options: Any,  # noqa: ANN401 - the library's
) -> AsyncIterator[RawServer]:
    """Answer each request as told; the connection ends when ``converse`` does."""
    requests: list[dict[str, str]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(re.split(r":\s*", line, maxsplit=1) for line in lines[1:] if line)
            headers = {name.lower(): value for name, value in headers.items()}
            requests.append(headers)
            await converse(Peer(headers, reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, **options)
    async with server:
        port = server.sockets[0].getsockname()[1]
        scheme = "wss" if options.get("ssl") else "ws"
        yield RawServer(f"{scheme}://127.0.0.1:{port}{PATH}", requests)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def accepting(key: str) -> bytes:
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def receive_all(link: Link, received: list[bytearray]) -> None:
    """Take what comes until the connection ends; raise why it does."""
    link.start(lambda _, burst: received.extend(burst))
    await link.over


async def first_message(link: Link) -> bytearray:
    """Take the first message; all others are ignored."""
    first: asyncio.Future[bytearray] = link.loop.create_future()

    def deliver(_: Instant, burst: list[bytearray]) -> None:
        if not first.done():
            first.set_result(burst[0])

    link.start(deliver)
    async with asyncio.timeout(10):
        return await first


async def for_ever(peer: Peer) -> None:
    """Read until the other end closes, and say nothing."""
    while await peer.reader.read(2**16):
        pass


def frame(
    opcode: int,
    body: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bool = False,
    width: int = 0,
) -> bytes:
    """Write a frame; ``width`` is the least number of bytes that its length takes, 0, 2 or 8."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = mask << 7
    if len(body) < 126 and not width:
        head += bytes([bit | len(body)])
    elif len(body) < 2**16 and width <= 2:
        head += struct.pack("!BH", bit | 126, len(body))
    else:
        head += struct.pack("!BQ", bit | 127, len(body))
    return head + (b"\0\0\0\0" if mask else b"") + body


TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
