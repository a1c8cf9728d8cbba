"""Listens to subscriptions for a moment, as the rest of rfqwatch watches them."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from rfqwatch.book.lag import is_told_again
from rfqwatch.book.readings import milliseconds
from rfqwatch.clock import now
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.events import RfqCreated
from rfqwatch.exchange.session import Session
from rfqwatch.exchange.wire import Malformed, Unknown
from rfqwatch.stderr import Verbosity, Voice
from rfqwatch.stream.drift import Drift
from rfqwatch.stream.health import Health
from rfqwatch.stream.newfields import novel_fields
from rfqwatch.stream.quota import Quota
from rfqwatch.stream.watch import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.checking.subject import Subject
    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.sources.link import Link

MOST_SEARCHED = 20_000
"""Messages in which new fields are looked for, which takes longer than all else."""
MOST_KINDS = 100
"""Names kept; a hostile stream could invent them without end."""
_LONGEST_NAME = 100


class Ear:
    """What was heard: an output that keeps no message.

    ``lives`` are the acknowledgements and ``gaps`` what is missing; ``first`` is when the
    first message came, ``last_s`` when the last of each shard did. ``messages_heard`` counts what
    came, ``told_again`` how many of them announced what was open before, ``unstamped`` those of
    known types that say no time; ``new_types`` and ``new_fields`` are by name, ``drift`` is of
    known fields that do not fit. ``changed`` is set whenever something happens.
    """

    reads = False
    shed = lost = 0

    def __init__(self) -> None:
        self.lives: list[Live] = []
        self.gaps: list[Gap] = []
        self.first: Instant | None = None
        self.last_s: dict[str, float] = {}
        self.messages_heard = self.told_again = self.unstamped = self.malformed = 0
        self.new_types: Counter[str] = Counter()
        self.new_fields: Counter[str] = Counter()
        self.drift = Drift()
        self.changed = asyncio.Event()
        self._shard, self._at = "", now()

    def begin(self, shard: str, at: Instant) -> None:
        """Take note of when it came."""
        self._shard, self._at = shard, at

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Look into messages."""
        self.first = self.first or self._at
        self.last_s[self._shard] = self._at.s
        for payload, frame in zip(data, frames, strict=True):
            self.messages_heard += 1
            if isinstance(frame, Malformed):
                self.malformed += 1
                continue
            if isinstance(frame, Unknown):
                _count(self.new_types, frame.type)
                continue
            self.unstamped += frame.sending_ts_ms is None
            if self.messages_heard <= MOST_SEARCHED:
                for name in novel_fields(frame.type, payload):
                    _count(self.new_fields, name)
            event = self.drift.read(frame.type, payload)
            created_ms = milliseconds(event.created_ts) if type(event) is RfqCreated else None
            self.told_again += created_ms is not None and is_told_again(
                self._at.ms, frame.sending_ts_ms, created_ms, self._live_ms
            )

    @property
    def _live_ms(self) -> int | None:
        return self.lives[0].at.ms if self.lives else None

    def live(self, live: Live) -> None:
        """Take note of an acknowledgement."""
        self.lives.append(live)

    def gap(self, gap: Gap) -> None:
        """Take note of a gap."""
        self.gaps.append(gap)

    def end(self) -> None:
        """Let whoever waits look."""
        self.changed.set()


class Conversation:
    """The subscriptions that were asked for, each over one connection, which is not made again."""

    def __init__(self, subject: Subject, say: Callable[[str], None]) -> None:
        self.ear = Ear()
        self.health = Health("")
        quota = Quota(None, self.ear)

        def hear(text: str) -> None:
            self.ear.changed.set()
            say(text)

        voice = Voice(Verbosity.VERBOSE, hear)
        self._channels = [
            Channel(
                Session(shard=shard, mine=subject.mine, backoff=Backoff(Random())),
                self.health.shard(str(shard or "")),
                self.ear,
                quota,
                voice,
            )
            for shard in subject.shards or (None,)
        ]
        self._links: Sequence[Link] = ()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended_s: float | None = None

    def begin(self, links: Sequence[Link]) -> None:
        """Subscribe, over a connection for each shard."""
        self._links = links
        for channel, link in zip(self._channels, links, strict=True):
            task = asyncio.create_task(channel.converse(link))
            task.add_done_callback(lambda _: self.ear.changed.set())
            self._tasks.append(task)

    async def until(self, true: Callable[[], bool], timeout_s: float | None) -> bool:
        """Wait until something is true, or one of the conversations is over; tell whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not true() and self.over is None:
                    self.ear.changed.clear()
                    await self.ear.changed.wait()
        return true()

    @property
    def over(self) -> BaseException | None:
        """What ended the first conversation that is over."""
        return next((task.exception() for task in self._tasks if task.done()), None)

    @property
    def acknowledged(self) -> bool:
        """Whether every subscription was."""
        return len(self.ear.lives) >= len(self._channels)

    def ask(self) -> None:
        """Have the exchange asked whether the subscriptions live."""
        for channel in self._channels:
            channel.doubt("the check wants to know")

    @property
    def proven(self) -> bool:
        """Whether it said so, of each of them."""
        return all(card.proven for card in self.health.shards.values())

    @property
    def heard_s(self) -> float:
        """When anything at all last came, over the connection that is silent the longest."""
        return min(link.heard_s for link in self._links)

    @property
    def listened_s(self) -> float:
        """For how many seconds there were messages to be heard."""
        first = self.ear.first
        return 0.0 if first is None else (self._ended_s or now().s) - first.s

    def messages_since(self, since_s: float) -> bool:
        """Tell whether messages came over each connection since a moment."""
        return all(self.ear.last_s.get(name, 0.0) > since_s for name in self.health.shards)

    @property
    def pings(self) -> int:
        """How many pings of the exchange came."""
        return sum(link.pings for link in self._links)

    @property
    def outages(self) -> list[Gap]:
        """The gaps that are none of the numbering."""
        return [gap for gap in self.ear.gaps if gap.reason != "seq"]

    async def end(self) -> None:
        """Stop, and tell of the gaps that are still open."""
        self._ended_s = self._ended_s or now().s
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self._channels:
            channel.finish()
        self._channels = []


def _count(names: Counter[str], name: str) -> None:
    name = name[:_LONGEST_NAME]
    if name in names or len(names) < MOST_KINDS:
        names[name] += 1
