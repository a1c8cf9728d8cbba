from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from websockets.http11 import Request, Response


class Listening(ClientConnection):
    """A connection that also shows the exchange's pings, and how often the socket was read."""

    pings: asyncio.Queue[bytes]
    reads = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.pings = asyncio.Queue()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        super().data_received(data)

    def process_event(self, event: Frame | Request | Response) -> None:
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings.put_nowait(bytes(event.data))
        super().process_event(event)


class Client:
    """The plainest client there can be: the library's connection, JSON in and out."""

    def __init__(self, socket: Listening) -> None:
        self.socket = socket

    async def ask(self, cmd: str, command_id: int = 1, **params: object) -> None:
        frame: dict[str, Any] = {"id": command_id, "cmd": cmd}
        if params:
            frame["params"] = params
        await self.socket.send(msgspec.json.encode(frame).decode())

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = msgspec.json.decode(await self.socket.recv(decode=False))
        return frame

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]

    async def until(self, kind: str) -> dict[str, Any]:
        while (frame := await self.next())["type"] != kind:
            pass
        return frame

    async def subscribe(self, command_id: int = 1, **params: object) -> int:
        await self.ask("subscribe", command_id, channels=["communications"], **params)
        sid: int = (await self.until("subscribed"))["msg"]["sid"]
        return sid


class Exchange(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def private_key_pem(self) -> bytes: ...


@contextlib.asynccontextmanager
async def client(
    to: Exchange,
    *,
    ahead_ms: int = 0,
    ssl: ssl.SSLContext | None = None,
    compression: str | None = None,
) -> AsyncIterator[Client]:
    async with connect(
        to.url,
        additional_headers=signed(to.key_id, to.private_key_pem, ahead_ms=ahead_ms),
        ssl=ssl,
        compression=compression,
        create_connection=Listening,
        ping_interval=None,
        max_queue=None,  # a full queue would keep the closing handshake from being read
    ) as socket:
        assert isinstance(socket, Listening)
        yield Client(socket)


def signed(key_id: str, pem: bytes, *, ahead_ms: int = 0) -> dict[str, str]:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, Ed25519PrivateKey)
    timestamp = str(time.time_ns() // 1_000_000 + ahead_ms)
    signature = key.sign(f"{timestamp}GET/trade-api/ws/v2".encode())
    return {
        "KALSHI-ACCESS-KEY": key_id,
        "KALSHI-ACCESS-TIMESTAMP": timestamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }
