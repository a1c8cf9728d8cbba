"""One open connection, read burst by burst.

Reading never waits for anything: messages are handed on as they are parsed, without the library's
queue, so that nothing downstream can pause the socket or starve its pongs. Whatever arrives counts
as a sign of life, pings included, as the exchange stops its pings while traffic flows
(docs.kalshi.com, WebSocket keep-alive).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from rfqwatch.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.client import ClientProtocol
    from websockets.protocol import Event

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.wire import Payload

    Deliver = Callable[[Instant, list[Payload]], None]
    """What takes the messages that came at one moment."""

LARGEST_MESSAGE = 4 * 2**20
"""Bytes; the largest messages known are about 20 kB."""

_ROOM = 2**18
"""Bytes read at once at most."""
_HEADERS_END = b"\r\n\r\n"
_OLD_HTTP, _HTTP = b"HTTP/1.0 ", b"HTTP/1.1 "
_WHOLE_TEXT = 0x81
_FIRST_BYTES = frozenset({0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A})
"""Data, its continuations and control frames, without the bits that no extension of ours uses."""
_SHORT_HEADER = 2
_SHORT_LENGTHS = 126
_LONG_HEADERS = {126: 4, 127: 10}


class DisconnectedError(Exception):
    """No connection, or none any more; another attempt may succeed. The text is from the wire.

    ``advice`` is what may mend it, where that is known.
    """

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.advice = advice


class ClosedError(DisconnectedError):
    """The exchange closed the connection; ``code`` says why (RFC 6455, section 7.4)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed by the exchange with {code}" + (f" ({reason})" if reason else ""))
        self.code = code


class UnreadableError(DisconnectedError):
    """What came breaks the protocol, or is larger than any message that is taken."""


async def caught_up() -> None:
    """Wait until what lies in the sockets is read: who slept must not blame others for silence."""
    for _ in range(2):
        # In the first turn the loop still does what it found before; in the next it reads.
        await asyncio.sleep(0)


class Link(ClientConnection, asyncio.BufferedProtocol):
    """One open connection, read as bursts of whole messages.

    ``over`` is done when the connection ends, or is of no more use: its exception says why.
    ``pings`` counts those of the exchange, and ``ahead_ms`` is how far its clock is ahead of ours
    as its answer to the handshake told, if it did.
    """

    def __init__(self, protocol: ClientProtocol, **options: object) -> None:
        super().__init__(protocol, **options)  # type: ignore[arg-type]
        self.over: asyncio.Future[None] = self.loop.create_future()
        self.pings = 0
        self.ahead_ms: int | None = None
        self.way = ""
        """Where it leads and by which way, when that is not the address it is connected to."""
        self._deliver: Deliver | None = None
        self._burst: list[Payload] = []
        self._partial: bytearray | None = None
        self._unread = bytearray()
        self._wanted = 0
        self._room = memoryview(bytearray(_ROOM))
        self._take: Callable[[memoryview], None] = self._take_handshake
        self.heard_s = self.loop.time()
        """When anything at all last arrived, a ping too, by the clock that can't be set."""
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def described(self) -> str:
        """Where it leads, and over what: address, port, TLS version."""
        host, port, *_ = self.remote_address
        tls = self.transport.get_extra_info("ssl_object")
        over = "TCP, no TLS" if tls is None else tls.version()
        return f"{self.way or f'{host} port {port}'} over {over}"

    def start(self, deliver: Deliver) -> None:
        """Hand every burst from here on, and what came already, to ``deliver``.

        What it raises ends the connection, and is the exception of ``over``.
        """
        self._deliver = deliver
        if self._burst:
            self._hand_on(now())

    def command(self, command: bytes) -> None:
        """Send a command, if there is still a connection."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_text(command)
            self.send_data()

    def watch(self, idle_timeout_s: float) -> None:
        """End the connection when nothing at all arrives for so long."""
        self._watchdog = self.loop.create_task(self._end_silence(idle_timeout_s))

    async def _end_silence(self, longest_s: float) -> None:
        while (silent_s := self.loop.time() - self.heard_s) < longest_s:
            await asyncio.sleep(longest_s - silent_s)
            await caught_up()
        self._finish(DisconnectedError(f"nothing heard for {silent_s:.0f} s"))
        self.transport.abort()

    async def leave(self) -> None:
        """Say goodbye, and wait for nothing: the exchange may go on sending."""
        self._deliver = None
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self.send_data()
        self._finish(DisconnectedError("left"))
        self.transport.abort()
        await self.wait_closed()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - it is only a hint
        """Give room for what comes next, always the same: to find some costs more than to read."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take bytes from the socket, which lie in the room given."""
        at = now()
        self.heard_s = at.s
        self._take(self._room[:nbytes])
        if self._burst:
            self._hand_on(at)

    def _hand_on(self, at: Instant) -> None:
        if self._deliver is None:
            return
        burst, self._burst = self._burst, []
        try:
            self._deliver(at, burst)
        except Exception as error:  # noqa: BLE001 - whoever waits for the end raises it
            self._deliver = None
            self._finish(error)
            self.transport.pause_reading()

    # The library knows everything a frame can be, at several times what it takes to cut out the one
    # form that nearly all have. So it does the handshake and gets every other frame, whole; once it
    # finds fault with the connection, it gets all the rest, and lets nothing more through.

    def _take_handshake(self, room: memoryview) -> None:
        data = bytes(room)
        taken = len(self._unread)
        if not taken and data.startswith(_OLD_HTTP):
            # Proxies and sign-in pages still speak it; the library would not tell what they say.
            data = _HTTP + data.removeprefix(_OLD_HTTP)
        self._unread += data
        end = self._unread.find(_HEADERS_END, max(0, taken - len(_HEADERS_END)))
        if end < 0:
            super().data_received(data)
            if self.protocol.handshake_exc is not None:
                self._take_rest(len(self._unread))
            return
        end += len(_HEADERS_END)
        super().data_received(data[: end - taken])
        del self._unread[:end]
        self._take = self._take_frames
        self._cut_frames()

    def _take_frames(self, data: memoryview) -> None:
        self._unread += data
        if len(self._unread) >= self._wanted:
            self._cut_frames()

    def _cut_frames(self) -> None:
        """Cut whole frames off what is unread, by their headers (RFC 6455, section 5.2)."""
        unread, burst = self._unread, self._burst
        start, size = 0, len(unread)
        self._wanted = 0
        while size - start >= _SHORT_HEADER:
            first, length = unread[start], unread[start + 1]
            if first not in _FIRST_BYTES:
                self._take_rest(start)
                return
            body = start + _SHORT_HEADER
            if length >= _SHORT_LENGTHS:
                # A mask makes the length larger than any; the library will refuse it.
                body = start + _LONG_HEADERS.get(length, _SHORT_HEADER)
                if body > size:
                    break
                length = int.from_bytes(unread[start + _SHORT_HEADER : body])
                if not 0 < length <= LARGEST_MESSAGE:
                    self._take_rest(start)
                    return
            end = body + length
            if end > size:
                self._wanted = end - start
                break
            if first == _WHOLE_TEXT and self._partial is None:
                burst.append(unread[body:end])
            else:
                super().data_received(bytes(unread[start:end]))
                if self.protocol.state is not State.OPEN:
                    self._take_rest(end)
                    return
            start = end
        del unread[:start]

    def _take_rest(self, start: int) -> None:
        rest = memoryview(bytes(self._unread[start:]))
        self._unread.clear()
        self._take = self._take_by_library
        self._take(rest)

    def _take_by_library(self, data: memoryview) -> None:
        super().data_received(bytes(data))
        if self.protocol.state is not State.OPEN:
            # Nothing more will come out, even if the exchange goes on sending.
            self._finish(self._closing())

    def process_event(self, event: Event) -> None:
        """Take a parsed frame from the library, in place of its queue."""
        if self.response is None or not isinstance(event, Frame):
            super().process_event(event)
            return
        self.pings += event.opcode is Opcode.PING
        if event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            if self._partial is None:
                self._partial = bytearray()
            self._partial += event.data
            if event.fin:
                self._burst.append(self._partial)
                self._partial = None

    def pause_writing(self) -> None:
        """End the connection when what is written stays in memory.

        Little is ever sent, so its other end has stopped reading, or floods us with pings.
        """
        super().pause_writing()
        self._finish(DisconnectedError("what we send is not read"))
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the socket is gone."""
        super().connection_lost(exc)
        if self._watchdog is not None:
            self._watchdog.cancel()
        lost = self._closing() if exc is None else DisconnectedError(f"connection lost ({exc})")
        self._finish(lost)

    def _closing(self) -> DisconnectedError:
        parser_error = self.protocol.parser_exc
        if parser_error is not None and not isinstance(parser_error, EOFError):
            return UnreadableError(f"unreadable: {parser_error}")
        close = self.protocol.close_rcvd
        if close is None:
            return DisconnectedError("connection lost")
        return ClosedError(close.code, close.reason)

    def _finish(self, why: Exception) -> None:
        if self._burst:
            # What came before the end comes first, and may be the better reason.
            self._hand_on(now())
        if not self.over.done():
            self.over.set_exception(why)
            # Whoever no longer waits for it need not be told.
            self.over.exception()
