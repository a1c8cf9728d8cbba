"""Passes bytes between a client and the exchange, and counts the pings and pongs that go by."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEADERS_END = b"\r\n\r\n"
_PING, _PONG = 0x9, 0xA
_PIECE = 1 << 16


class _Frames:
    """Finds frames in one direction's bytes by their headers (RFC 6455, section 5.2)."""

    def __init__(self, heard: Callable[[int], None]) -> None:
        self._heard = heard
        self._handshake = True
        self._unread = bytearray()

    def take(self, data: bytes) -> None:
        self._unread += data
        if self._handshake:
            end = self._unread.find(_HEADERS_END)
            if end < 0:
                return
            del self._unread[: end + len(_HEADERS_END)]
            self._handshake = False
        start = 0
        while (size := self._size(start)) and start + size <= len(self._unread):
            self._heard(self._unread[start] & 0x0F)
            start += size
        del self._unread[:start]

    def _size(self, start: int) -> int:
        header = self._unread[start : start + 10]
        if len(header) < 2:
            return 0
        masked, length, body = header[1] >> 7, header[1] & 0x7F, 2
        if length >= 126:
            body = 4 if length == 126 else 10
            if len(header) < body:
                return 0
            length = int.from_bytes(header[2:body])
        return body + 4 * masked + length


class Relay:
    """What went by: ``connections``, ``pings`` of the exchange, ``pongs`` of the client.

    ``longest_s`` is the longest that a pong took.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._path = parts.path
        self.url = ""
        self.connections = 0
        self.pings = 0
        self.pongs = 0
        self.longest_s = 0.0
        self._pinged = 0.0

    async def listen(self) -> asyncio.Server:
        """Listen at ``url``."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}{self._path}"
        return server

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._carry(reader, up_writer, _Frames(self._from_client)),
                self._carry(up_reader, writer, _Frames(self._from_exchange)),
            )

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: _Frames
    ) -> None:
        try:
            while data := await reader.read(_PIECE):
                frames.take(data)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def _from_exchange(self, opcode: int) -> None:
        if opcode == _PING:
            self.pings += 1
            self._pinged = time.monotonic()

    def _from_client(self, opcode: int) -> None:
        if opcode == _PONG:
            self.pongs += 1
            self.longest_s = max(self.longest_s, time.monotonic() - self._pinged)


@contextlib.contextmanager
def relaying(url: str) -> Iterator[Relay]:
    """Relay in a thread of its own, until the end of the ``with``."""
    relay = Relay(url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(relay.listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
