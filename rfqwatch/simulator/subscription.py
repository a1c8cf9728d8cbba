"""One subscription to the simulated channel: what it lets through, numbers, wraps in envelopes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from rfqwatch.simulator.account import Account
from rfqwatch.simulator.commands import ERRORS
from rfqwatch.simulator.faults.hostile import BINARY
from rfqwatch.simulator.market.agenda import ANNOUNCEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rfqwatch.simulator.commands import Subscribe
    from rfqwatch.simulator.connection import Line
    from rfqwatch.simulator.faults.hostile import Hostile
    from rfqwatch.simulator.market.agenda import Event

_FRAMES_AT_ONCE: Final = 2_000  # then the other connections have their turn


class Subscription:
    """What one subscription lets through, numbers and wraps in envelopes.

    Shards go by a message's ``slice``; the filters come before the numbering, so that neither
    makes a gap. Messages wait in ``backlog`` while the socket doesn't keep up; past ``limit`` of
    them the exchange gives up with error 25.
    """

    def __init__(
        self,
        line: Line,
        command: Subscribe,
        watcher: str,
        limit: int,
        *,
        keep_ids: bool,
        keep_frames: bool,
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
        self._keep_frames = keep_frames
        self._sid = self.account.sid
        line.subscriptions[self._sid] = self

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

    def send(self, event: Event, spelling: bytes = b"N") -> None:
        """Give a message its number N; send it, so spelled, unless it is one to drop."""
        if self.to_drop:
            self.to_drop -= 1
            self.account.dropped += 1
            self._number(event, self.account.dropped_ids)
            return
        self.line.write(self._kept(self._counted(event, spelling)))
        if self.line.ghost is not None:
            self.line.write(self._kept(self.line.ghost.haunt(event)))

    def send_fragments(self, event: Event) -> None:
        """Send a message over many WebSocket frames."""
        self.line.write_fragments(self._kept(self._counted(event)), 64)

    def send_again(self, event: Event, seq: int) -> None:
        """Send a message beside the count, under a number already used."""
        self.line.write(self._kept(self._extra(event, seq)))

    def send_hostile(self, hostile: Hostile) -> None:
        """Send a hostile frame; it uses up a number only when it shows one."""
        self.account.extra += 1
        body = hostile.body if self.numbered else hostile.body.replace(b',"seq":%(seq)d', b"")
        if hostile.numbered:
            body = body % {b"sid": self._sid, b"seq": self._next_seq()}
        write = self.line.write_binary if hostile.opcode == BINARY else self.line.write
        write(self._kept(body))

    def reply(self, kind: str, command_id: int, **more: object) -> None:
        """Send a numbered frame of the conversation about this subscription."""
        seq = self._next_seq()
        number = {"seq": seq} if self.numbered else {}
        self.line.reply(kind, command_id, sid=self._sid, **number, **more)

    def fail(self, code: int) -> None:
        """End the subscription with an error of its own; the connection lives on."""
        self.reply("error", 0, msg={"code": code, "msg": ERRORS[code]})
        self.end(f"error {code}")

    def end(self, how: str) -> None:
        """Send nothing more."""
        self.account.ended = how
        self.backlog.clear()
        self.line.subscriptions.pop(self._sid, None)

    def haunt(self, event: Event) -> bytes:
        """Give the frame of a message that is sent although the subscription is over."""
        self.line.ghost_frames -= 1
        if not self.line.ghost_frames:
            self.line.ghost = None
        return self._extra(event, self._next_seq())

    def _extra(self, event: Event, seq: int) -> bytes:
        self.account.extra += 1
        return self._envelope(event, seq)

    def _counted(self, event: Event, spelling: bytes = b"N") -> bytes:
        """Return the whole frame of a message that is sent under the next number."""
        self.account.sent += 1
        return self._envelope(event, self._number(event, self.account.sent_ids), spelling)

    def _kept(self, body: bytes) -> bytes:
        if self._keep_frames:
            self.account.frames.append(body)
        return body

    def _number(self, event: Event, ids: list[tuple[int, str, str]]) -> int:
        seq = self._next_seq()
        if self._keep_ids:
            ids.append((seq, event.type, event.id))
        return seq

    def _envelope(self, event: Event, seq: int, spelling: bytes = b"N") -> bytes:
        number = spelling.replace(b"N", b"%d" % seq) if self.numbered else b""
        return b'{"type":"%b","sid":%d%b%b,"sending_ts_ms":%d}' % (
            event.type.encode(),
            self._sid,
            b',"seq":' + number if number else b"",
            b',"msg":' + event.msg if event.msg else b"",
            self.line.now_ms(),
        )

    def _next_seq(self) -> int:
        self.account.last_seq += 1
        return self.account.last_seq
