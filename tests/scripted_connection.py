"""One client of the other exchange, as its script sees it: what it said, and ways to answer."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp.abc import AbstractStreamWriter

Message: TypeAlias = dict[str, Any]


class Connection:
    """One client: what it said in ``commands``, and ``subscriptions``, its channels by sid.

    Commands are answered unless ``answering`` is switched off. Sending to a client that has gone,
    or waiting for what it never said, raises `ConnectionError`.
    """

    def __init__(
        self, request: web.Request, link: web.WebSocketResponse, writer: AbstractStreamWriter
    ) -> None:
        self.commands: list[Message] = []
        self.subscriptions: dict[int, str] = {}
        self.sid = 0
        """The latest; those of a connection count from 1."""
        self.answering = True
        self.gone = asyncio.Event()
        self._request = request
        self._link = link
        self._writer = writer
        self._unheeded: defaultdict[str, deque[Message]] = defaultdict(deque)
        self._changed = asyncio.Condition()

    async def subscribed(self) -> Message:
        """Wait for the next ``subscribe``, and its answer."""
        return await self.heard("subscribe")

    async def heard(self, cmd: str) -> Message:
        """Wait for the next command of a name, and its answer; give each once."""
        commands = self._unheeded[cmd]
        async with self._changed:
            await self._changed.wait_for(lambda: commands or self.gone.is_set())
        if not commands:
            raise ConnectionError(f"the client has gone, and never said {cmd}")
        return commands.popleft()

    async def send(self, payload: bytes | str, opcode: WSMsgType = WSMsgType.TEXT) -> None:
        """Send one frame in a write of its own; a text frame, too, may hold any bytes."""
        data = payload.encode() if isinstance(payload, str) else payload
        await self._link.send_frame(data, opcode)

    async def send_wire(self, data: bytes) -> None:
        """Send bytes as they are, any frames' headers among them, in one write."""
        if self._request.transport is None:
            raise ConnectionResetError("the client has gone")
        self._request.transport.write(data)
        await self._writer.drain()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the way that the protocol wants it."""
        await self._link.close(code=code, message=reason.encode())

    def reset(self) -> None:
        """End the connection by a TCP reset, if it has not ended."""
        if self._request.transport is not None:
            end: socket.socket = self._request.transport.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._request.transport.abort()

    async def converse(self, ping_s: float) -> None:
        """Hear and answer until the client has gone, and ping it meanwhile."""
        pinging = asyncio.create_task(self._ping(ping_s))
        try:
            async for said in self._link:
                command = json.loads(said.data)
                self.commands.append(command)
                named = {"id": command["id"]} if command.get("id") else {}
                for answer in self._answers(command) if self.answering else ():
                    await self.send(json.dumps({**named, **answer}))
                async with self._changed:
                    self._unheeded[command["cmd"]].append(command)
                    self._changed.notify_all()
        finally:
            pinging.cancel()
            self.gone.set()
            async with self._changed:
                self._changed.notify_all()

    async def _ping(self, ping_s: float) -> None:
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(ping_s)
                await self._link.ping(b"heartbeat")

    def _answers(self, command: Message) -> Iterator[Message]:
        match command["cmd"]:
            case "subscribe":
                for channel in command["params"]["channels"]:
                    self.sid += 1
                    self.subscriptions[self.sid] = channel
                    yield {"type": "subscribed", "msg": {"channel": channel, "sid": self.sid}}
            case "unsubscribe":
                for sid in command["params"]["sids"]:
                    known = self.subscriptions.pop(sid, None)
                    unknown = _error(7, "Unknown subscription ID")
                    yield {"type": "unsubscribed", "sid": sid} if known else unknown
            case "list_subscriptions":
                held = self.subscriptions.items()
                yield {"type": "ok", "msg": [{"channel": name, "sid": sid} for sid, name in held]}
            case _:
                yield _error(5, "Unknown command")


def _error(code: int, text: str) -> Message:
    return {"type": "error", "msg": {"code": code, "msg": text}}
