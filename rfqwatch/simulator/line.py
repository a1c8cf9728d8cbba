"""One connection of the simulated exchange: what is written to it, what is not."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from rfqwatch.simulator.agenda import ANNOUNCEMENTS
from rfqwatch.simulator.commands import ERRORS
from rfqwatch.simulator.hostile import BINARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rfqwatch.simulator.agenda import Event
    from rfqwatch.simulator.commands import Subscribe
    from rfqwatch.simulator.hostile import Hostile

HEARTBEAT: Final = b"heartbeat"
"""The body of the exchange's pings."""

_WRITABLE: Final = 1 << 20  # bytes waiting for the socket, above which a subscription queues
_FRAMES_AT_ONCE: Final = 2_000  # then the other connections have their turn
_encode = msgspec.json.encode


class Account(msgspec.Struct):
    """What one subscription was sent: where no frame is lost on the way, what its client got.

    ``sent`` counts the market's messages, each once; ``dropped`` those whose number was used but
    which were deliberately never sent; ``extra`` frames beside them (repeats, hostile ones).
    ``last_seq`` is the last number used, by replies and errors too. ``ended`` says how it ended:
    "" while it lives, "unsubscribed", "error 25" or "disconnected". ``shard`` is which part of the
    channel it is for, like "3/10"; "" for all of it. The lists hold (seq, type, id) and stay empty
    unless the exchange keeps ids.
    """

    connection: int
    sid: int
    shard: str = ""
    sent: int = 0
    dropped: int = 0
    extra: int = 0
    last_seq: int = 0
    ended: str = ""
    sent_ids: list[tuple[int, str, str]] = []
    dropped_ids: list[tuple[int, str, str]] = []


class Connection(ServerConnection):
    """A WebSocket connection that can go deaf, so that pings go unanswered."""

    deaf = False

    def data_received(self, data: bytes) -> None:
        """Hear ``data``, unless deaf."""
        if not self.deaf:
            super().data_received(data)


class Line:
    """A connection with its subscriptions, by sid."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.number = number
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
        return not self._gone and self._protocol.state is State.OPEN

    @property
    def writable(self) -> bool:
        """Whether the socket keeps up with what is written."""
        return self.alive and self._transport.get_write_buffer_size() < _WRITABLE

    @property
    def waiting(self) -> bool:
        """Whether messages are queued."""
        return any(subscription.backlog for subscription in self.subscriptions.values())

    def next_sid(self) -> int:
        """Return a sid that this connection hasn't had."""
        sid = self._next_sid
        self._next_sid += 1
        return sid

    def reply(self, frame: dict[str, Any]) -> None:
        """Send a frame of the conversation, stamped with the time."""
        self.write(_encode({**frame, "sending_ts_ms": now_ms()}))
        self.flush()

    def write(self, body: bytes) -> None:
        """Queue a text frame for the next flush."""
        if self.alive:
            self._protocol.send_text(body)

    def write_binary(self, body: bytes) -> None:
        """Queue a binary frame for the next flush."""
        if self.alive:
            self._protocol.send_binary(body)

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
        self._connection.deaf = True

    def abandon(self) -> None:
        """Tear a silent connection down."""
        if self._connection.deaf:
            self._transport.abort()

    def end(self) -> None:
        """Settle the accounts of a connection that is over."""
        self._gone = True
        for subscription in list(self.subscriptions.values()):
            subscription.end("disconnected")


class Subscription:
    """What one subscription lets through, numbers and wraps in envelopes.

    Shards go by a message's ``slice``; the filters come before the numbering, so that neither
    makes a gap. Messages wait in ``backlog`` while the socket doesn't keep up; past ``limit`` of
    them the exchange gives up with error 25.
    """

    def __init__(
        self, line: Line, command: Subscribe, watcher: str, limit: int, *, keep_ids: bool
    ) -> None:
        self.line = line
        self.account = Account(line.number, line.next_sid(), command.shard)
        self.backlog: deque[Event] = deque()
        self.numbered = True
        self.to_drop = 0
        self._command = command
        self._watcher = watcher
        self._limit = limit
        self._keep_ids = keep_ids
        self._heads: dict[str, bytes] = {}
        self._sid = self.account.sid
        self._seq = 0
        line.subscriptions[self._sid] = self

    @property
    def seq(self) -> int:
        """The last number used."""
        return self._seq

    def offer(self, events: Iterable[Event]) -> None:
        """Queue what of ``events`` this subscription is for."""
        command = self._command
        if command.shard_factor > 1:
            factor, key = command.shard_factor, command.shard_key
            events = [event for event in events if event.slice % factor == key]
        if command.own:
            events = [
                event
                for event in events
                if event.type not in ANNOUNCEMENTS or event.creator_id == self._watcher
            ]
        self.backlog.extend(events)
        if len(self.backlog) > self._limit:
            self.fail(25)

    def pump(self, befall: Callable[[Subscription, Event], bool]) -> None:
        """Send what the socket takes; ``befall`` says of each message whether it may go."""
        for _ in range(min(len(self.backlog), _FRAMES_AT_ONCE)):
            if not (self.backlog and self.line.alive):
                break
            event = self.backlog.popleft()
            if befall(self, event):
                self.send(event)
        self.line.flush()

    def send(self, event: Event) -> None:
        """Give a message its number; send it, unless it is one to drop."""
        self._seq = seq = self._seq + 1
        account = self.account
        account.last_seq = seq
        if self.to_drop:
            self.to_drop -= 1
            account.dropped += 1
            if self._keep_ids:
                account.dropped_ids.append((seq, event.type, event.id))
            return
        account.sent += 1
        if self._keep_ids:
            account.sent_ids.append((seq, event.type, event.id))
        self.line.write(self.envelope(event, seq))
        if self.line.ghost is not None:
            self.line.ghost.haunt(event)

    def send_fragments(self, event: Event) -> None:
        """Send a message over many WebSocket frames."""
        self._count(event)
        self.line.write_fragments(self.envelope(event, self._seq), 64)

    def send_again(self, event: Event, seq: int) -> None:
        """Send a message beside the count, under a number already used."""
        self.account.extra += 1
        self.line.write(self.envelope(event, seq))

    def send_hostile(self, hostile: Hostile) -> None:
        """Send a hostile frame; it uses up a number only when it shows one."""
        self.account.extra += 1
        body = hostile.body
        if hostile.numbered:
            body = body % {b"sid": self._sid, b"seq": self._next_seq()}
        if hostile.opcode == BINARY:
            self.line.write_binary(body)
        else:
            self.line.write(body)

    def envelope(self, event: Event, seq: int) -> bytes:
        """Return the whole frame of a message."""
        tail = b',"sending_ts_ms":%d}' % now_ms()
        if not self.numbered:
            head = b'{"type":"%b","sid":%d' % (event.type.encode(), self._sid)
            return b'%b,"msg":%b%b' % (head, event.msg, tail)
        head = self._heads.get(event.type) or self._head(event.type)
        return b'%b%d,"msg":%b%b' % (head, seq, event.msg, tail)

    def reply(self, kind: str, command_id: int, **more: object) -> None:
        """Send a numbered frame of the conversation about this subscription."""
        frame: dict[str, Any] = {"id": command_id} if command_id else {}
        frame |= {"type": kind, "sid": self._sid}
        seq = self._next_seq()
        if self.numbered:
            frame["seq"] = seq
        self.line.reply({**frame, **more})

    def fail(self, code: int) -> None:
        """End the subscription with an error of its own; the connection lives on."""
        self.reply("error", 0, msg={"code": code, "msg": ERRORS[code]})
        self.end(f"error {code}")

    def end(self, how: str) -> None:
        """Send nothing more."""
        self.account.ended = how
        self.backlog.clear()
        self.line.subscriptions.pop(self._sid, None)

    def haunt(self, event: Event) -> None:
        """Send a message although the subscription is over."""
        self.line.ghost_frames -= 1
        if not self.line.ghost_frames:
            self.line.ghost = None
        self.account.extra += 1
        self.line.write(self.envelope(event, self._next_seq()))

    def _count(self, event: Event) -> None:
        seq = self._next_seq()
        self.account.sent += 1
        if self._keep_ids:
            self.account.sent_ids.append((seq, event.type, event.id))

    def _next_seq(self) -> int:
        self._seq += 1
        self.account.last_seq = self._seq
        return self._seq

    def _head(self, kind: str) -> bytes:
        head = b'{"type":"%b","sid":%d,"seq":' % (kind.encode(), self._sid)
        self._heads[kind] = head
        return head


def now_ms() -> int:
    """Return the Unix time in milliseconds."""
    return time.time_ns() // 1_000_000
