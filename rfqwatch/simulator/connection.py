"""One connection of the simulated exchange: what is written to it, what is not."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from rfqwatch.simulator.commands import ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.simulator.subscription import Subscription

HEARTBEAT: Final = b"heartbeat"
"""The body of the exchange's pings."""

_WRITABLE: Final = 1 << 20  # bytes waiting for the socket, above which a subscription queues
_encode = msgspec.json.encode


class Connection(ServerConnection):
    """A WebSocket connection that can be half open, so that pings go unanswered."""

    half_open = False

    def data_received(self, data: bytes) -> None:
        """Hear ``data``, if not half open."""
        if not self.half_open:
            super().data_received(data)


class Line:
    """A connection with its subscriptions, by sid.

    With ``apart`` each frame is handed to the socket by itself, as the exchange does it; otherwise
    many are at once. ``ahead_ms`` is how far the exchange's clock is ahead of this computer's.
    """

    def __init__(
        self, connection: Connection, number: int, *, apart: bool, ahead_ms: int = 0
    ) -> None:
        self.number = number
        self._apart = apart
        self._ahead_ms = ahead_ms
        self.subscriptions: dict[int, Subscription] = {}
        self.ghost: Subscription | None = None
        """An ended subscription that still has ``ghost_frames`` to come."""
        self.ghost_frames = 0
        self._connection = connection
        self._protocol = connection.protocol
        self._transport = connection.transport
        self._next_sid = 1
        self._gone = False
        self._closing: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether anything can still be written."""
        open_ = self._protocol.state is State.OPEN and not self._transport.is_closing()
        return open_ and not self._gone

    @property
    def writable(self) -> bool:
        """Whether the socket keeps up with what is written."""
        return self.alive and self._transport.get_write_buffer_size() < _WRITABLE

    @property
    def waiting(self) -> bool:
        """Whether messages are queued."""
        return any(subscription.backlog for subscription in self.subscriptions.values())

    def now_ms(self) -> int:
        """Return the time that frames are stamped with, in Unix milliseconds."""
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def next_sid(self) -> int:
        """Return a sid that this connection hasn't had."""
        sid = self._next_sid
        self._next_sid += 1
        return sid

    def reply(self, kind: str, command_id: int, **more: object) -> None:
        """Answer a command, or say something unasked (0), stamped with the time."""
        frame: dict[str, object] = {"id": command_id} if command_id else {}
        self.write(_encode({**frame, "type": kind, **more, "sending_ts_ms": self.now_ms()}))
        self.flush()

    def refuse(self, command_id: int, code: int) -> None:
        """Answer a command with an error."""
        self.reply("error", command_id, msg={"code": code, "msg": ERRORS[code]})

    def write(self, body: bytes) -> None:
        """Send a text frame, at the latest with the next flush."""
        self._write(self._protocol.send_text, body)

    def write_binary(self, body: bytes) -> None:
        """Send a binary frame, at the latest with the next flush."""
        self._write(self._protocol.send_binary, body)

    def _write(self, send: Callable[[bytes], None], body: bytes) -> None:
        if self.alive:
            send(body)
            if self._apart:
                self.flush()

    def write_fragments(self, body: bytes, size: int) -> None:
        """Queue a text message in frames of ``size`` bytes, with a ping in between."""
        if self.alive:
            self._protocol.send_text(body[:size], fin=False)
            self._protocol.send_ping(HEARTBEAT)
            for start in range(size, len(body), size):
                self._protocol.send_continuation(body[start : start + size], fin=False)
            self._protocol.send_continuation(b"", fin=True)

    def write_raw(self, data: bytes) -> None:
        """Write bytes that are a whole WebSocket frame, or pretend to be one."""
        self.flush()
        if self.alive:
            self._transport.write(data)

    def flush(self) -> None:
        """Hand all queued frames to the socket, in one write."""
        if self.alive and (data := b"".join(self._protocol.data_to_send())):
            self._transport.write(data)

    def ping(self) -> None:
        """Send the exchange's ping."""
        if self.alive:
            self._protocol.send_ping(HEARTBEAT)
            self.flush()

    def reset(self) -> None:
        """Cut the connection with a TCP RST, whatever is still to be sent."""
        self.flush()
        self._gone = True
        no_linger = struct.pack("ii", 1, 0)
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self._transport.abort()

    def drop(self) -> None:
        """End the connection with no close frame, after what was written."""
        self.flush()
        self._gone = True
        self._transport.close()

    def close(self, code: int, reason: str) -> None:
        """Close the connection with a close frame."""
        self.flush()
        self._gone = True
        self._closing = asyncio.create_task(self._connection.close(code, reason))

    def fall_silent(self) -> None:
        """Write nothing and hear nothing any more."""
        self.flush()
        self._gone = True
        self._connection.half_open = True

    def abandon(self) -> None:
        """Tear a silent connection down."""
        if self._connection.half_open:
            self._transport.abort()

    def end(self) -> None:
        """Settle the accounts of a connection that is over."""
        self._gone = True
        for subscription in list(self.subscriptions.values()):
            subscription.end("disconnected")
