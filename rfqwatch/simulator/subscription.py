"""One subscription to the simulated channel: what it lets through, numbers, wraps in envelopes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from rfqwatch.simulator.account import Account
from rfqwatch.simulator.agenda import ANNOUNCEMENTS
from rfqwatch.simulator.commands import ERRORS
from rfqwatch.simulator.hostile import BINARY
from rfqwatch.simulator.line import now_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rfqwatch.simulator.agenda import Event
    from rfqwatch.simulator.commands import Subscribe
    from rfqwatch.simulator.hostile import Hostile
    from rfqwatch.simulator.line import Line

_FRAMES_AT_ONCE: Final = 2_000  # then the other connections have their turn


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
