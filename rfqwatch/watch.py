"""The loop: one task for each shard carries frames from the exchange to the output.

::

    dial -> subscribe -> receive -> decode -> observe -> output
      ^                     |
      +---- wait <--- lost -+
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, NoReturn, TypeGuard

from rfqwatch.clock import now_ms
from rfqwatch.errors import ConnectionFailedError, RfqwatchError
from rfqwatch.exchange.session import Ended, Gap, Live, Note, SubscriptionLostError
from rfqwatch.exchange.shards import LARGEST_FACTOR
from rfqwatch.exchange.wire import Frame, Malformed, Unknown, decode
from rfqwatch.health import Connection, lag_of
from rfqwatch.sources.websocket import DisconnectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.exchange.session import Notice, Session
    from rfqwatch.exchange.wire import Payload, Received
    from rfqwatch.health import ShardHealth
    from rfqwatch.output import Output
    from rfqwatch.sources.websocket import Dialer, Link

MOST_KINDS_SAID = 100
LONGEST_EXCERPT = 100
"""Bytes shown of a malformed frame."""
GAP_SAYING_INTERVAL_MS = 10_000
LAG_ADVISED_MS = 2_000
OVERFLOWS_ADVISED = 2


class EnoughError(Exception):
    """As many events as asked for were shown."""


class Quota:
    """How many events were shown, over all shards, and how many may be; None for no end."""

    def __init__(self, count: int | None, output: Output) -> None:
        self._count = count
        self._output = output
        self.shown = 0

    @property
    def left(self) -> int:
        """How many may still be shown."""
        if self._count is None:
            return sys.maxsize
        return self._count - (self.shown - self._output.shed)


class Channel:
    """One shard of the channel on its way from the exchange to the output."""

    def __init__(
        self,
        session: Session,
        health: ShardHealth,
        output: Output,
        quota: Quota,
        say: Callable[[str], None],
    ) -> None:
        self._session = session
        self._health = health
        self._output = output
        self._quota = quota
        self._say = say
        self._name = health.name
        self._kinds_said: set[str] = set()
        self._gap_said_ms = 0
        self._overflows = 0
        self._least_lag_ms: int | None = None
        self._advised = False

    async def run(self, dialer: Dialer) -> None:
        """Watch for ever. Raises an `RfqwatchError` when that is no use, and `EnoughError`."""
        session = self._session
        self._say_own(f"connecting to {dialer.place}")
        try:
            while True:
                self._become(Connection.CONNECTING)
                alive_ms = 0
                try:
                    async with dialer.dial() as link:
                        try:
                            await self._converse(link)
                        finally:
                            alive_ms = link.heard_ms
                except (DisconnectedError, SubscriptionLostError) as lost:
                    delay_s = session.lost(alive_ms)
                    if delay_s is None:
                        raise ConnectionFailedError(
                            f"{dialer.place}: {lost}",
                            "Allow more attempts with --max-retries, or leave out --no-reconnect.",
                        ) from None
                    self._retry(str(lost), delay_s)
                await asyncio.sleep(delay_s)
        except RfqwatchError:
            self._become(Connection.ENDED)
            self._tell_apart(session.finish(None))
            raise

    async def _converse(self, link: Link) -> NoReturn:
        session = self._session
        await link.command(session.subscribe(now_ms()))
        while True:
            try:
                received_ms, burst = await link.receive(session.deadline_ms)
            except TimeoutError:
                if command := session.expired(now_ms()):
                    await link.command(command)
            else:
                self._deliver(received_ms, burst)

    def finish(self) -> None:
        """Tell of the gap that is still open at the end of the stream."""
        self._tell_apart(self._session.finish(now_ms()))

    def _deliver(self, received_ms: int, burst: Sequence[Payload]) -> None:
        output, health, observe = self._output, self._health, self._session.observe
        shown, most = 0, self._quota.left
        if most <= 0:
            # Another shard has shown the last of them a moment ago.
            raise EnoughError
        output.begin(self._name, received_ms)
        first: Frame | None = None
        try:
            for data in burst:
                frame = decode(data)
                if notices := observe(frame, received_ms):
                    self._tell_all(notices)
                if isinstance(frame, Frame):
                    first = first or frame
                elif not self._count_odd(frame, data):
                    continue
                if output.event(data, frame):
                    shown += 1
                    if shown >= most:
                        raise EnoughError
        finally:
            self._quota.shown += shown
            health.heard(len(burst), received_ms)
            health.backward = self._session.backward
            health.unnumbered = self._session.unnumbered
            output.end()
        if first is not None:
            lag_ms = lag_of(first.msg, received_ms, first.sending_ts_ms)
            if lag_ms is not None:
                self._lagged(lag_ms)

    def _count_odd(self, frame: Received, data: Payload) -> TypeGuard[Unknown | Malformed]:
        """Count what is no event of the channel; tell whether the output may show it."""
        if isinstance(frame, Unknown):
            self._health.unknown += 1
            self._say_kind(f"type {frame.type[:60]}", "passed on, though unknown")
        elif isinstance(frame, Malformed):
            self._health.malformed += 1
            start = data[:LONGEST_EXCERPT].decode(errors="backslashreplace")
            more = "…" if len(data) > LONGEST_EXCERPT else ""
            self._say_kind(f"malformed {frame.kind} frame", f"{frame.reason}: {start}{more}")
        else:
            return False
        return True

    def _tell_apart(self, notices: Sequence[Notice]) -> None:
        self._output.begin(self._name, now_ms())
        self._tell_all(notices)
        self._output.end()

    def _tell_all(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self._tell(notice)

    def _tell(self, notice: Notice) -> None:
        match notice:
            case Live():
                self._output.live(notice)
                self._become(
                    Connection.WATCHING,
                    "watching" + ("" if notice.sid is None else f" (sid {notice.sid})"),
                )
            case Gap():
                self._health.gapped(notice.missed)
                self._output.gap(notice)
                self._say_gap(notice)
            case Ended():
                self._retry(notice.why, (notice.retry_ms - now_ms()) / 1000)
                if notice.overflow:
                    self._overflows += 1
                    if self._overflows == OVERFLOWS_ADVISED:
                        self._advise("the exchange can't send fast enough over this connection")
            case Note():
                self._say_own(notice.text)

    def _retry(self, why: str, delay_s: float) -> None:
        delay_s = max(0.0, delay_s)
        self._become(
            Connection.RECONNECTING,
            f"{why}; trying again in {delay_s:.1f} s",
            retry_at_ms=now_ms() + round(delay_s * 1000),
        )

    def _become(self, state: Connection, text: str = "", retry_at_ms: int | None = None) -> None:
        self._health.become(state, now_ms(), retry_at_ms)
        if text:
            self._say_own(text)

    def _say_own(self, text: str) -> None:
        self._say(f"shard {self._name}: {text}" if self._name else text)

    def _say_kind(self, kind: str, text: str) -> None:
        if kind not in self._kinds_said and len(self._kinds_said) < MOST_KINDS_SAID:
            self._kinds_said.add(kind)
            self._say_own(f"{kind}: {text} (said once; counted from here on)")

    def _say_gap(self, gap: Gap) -> None:
        # A stream that loses a frame a second would bury everything else.
        if gap.reason == "seq":
            at_ms = gap.from_ms if gap.to_ms is None else gap.to_ms
            if at_ms - self._gap_said_ms < GAP_SAYING_INTERVAL_MS:
                return
            self._gap_said_ms = at_ms
        missed = "an unknown number of" if gap.missed is None else str(gap.missed)
        self._say_own(
            f"gap ({gap.reason}): {missed} frames missed"
            + (f"; {self._health.gaps} gaps so far" if self._health.gaps > 1 else "")
        )

    def _lagged(self, lag_ms: int) -> None:
        self._health.lagged(lag_ms)
        # Clocks differ, so the least lag seen stands for none.
        if self._least_lag_ms is None or lag_ms < self._least_lag_ms:
            self._least_lag_ms = lag_ms
        elif lag_ms - self._least_lag_ms > LAG_ADVISED_MS:
            self._advise(f"frames come {(lag_ms - self._least_lag_ms) / 1000:.1f} s late")

    def _advise(self, why: str) -> None:
        if self._advised:
            return
        self._advised = True
        key, _, factor = self._name.rpartition("/")
        larger = min(2 * int(factor or 1), LARGEST_FACTOR)
        advice = f"divide it further, as in --shard …/{larger}" if key else "try --shard all/2"
        self._say_own(f"{why}; one connection is not enough: {advice}")


async def watch(channels: Sequence[tuple[Channel, Dialer]], say: Callable[[str], None]) -> None:
    """Watch every shard until one has shown enough, or none is left.

    A shard that fails does not disturb the others; when all have, the first failure is raised.
    """
    tasks = [asyncio.create_task(channel.run(dialer)) for channel, dialer in channels]
    failures: list[RfqwatchError] = []
    try:
        for next_end in asyncio.as_completed(tasks):
            try:
                await next_end
            except EnoughError:
                return
            except RfqwatchError as failure:
                failures.append(failure)
                if len(failures) < len(tasks):
                    say(f"{failure.message}; the other shards go on")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel, _ in channels:
            channel.finish()
    raise failures[0]
