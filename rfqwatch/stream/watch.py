"""The loop: one task for each shard carries frames from the exchange to the output.

::

    dial -> subscribe -> receive -> read -> observe -> output
      ^                     |
      +---- wait <--- lost -+
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, NoReturn, cast

from msgspec import structs

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, RfqwatchError
from rfqwatch.exchange.notices import Ended, Gap, Live, Note, Proven, Send
from rfqwatch.exchange.session import SubscriptionLostError
from rfqwatch.exchange.shards import LARGEST_FACTOR
from rfqwatch.exchange.wire import Frame, Malformed, Unknown
from rfqwatch.lines.wording import apart, counted
from rfqwatch.sources.link import DisconnectedError, caught_up
from rfqwatch.stream.clockjumps import jumps
from rfqwatch.stream.health import APART_MS, LATE_MS, Connection, lag_of
from rfqwatch.stream.quota import EnoughError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Notice
    from rfqwatch.exchange.session import Session
    from rfqwatch.exchange.wire import Message, Payload, Received
    from rfqwatch.sources.link import Link
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.clockjumps import Jump
    from rfqwatch.stream.health import ShardHealth
    from rfqwatch.stream.quota import Output, Quota

MOST_KINDS_SAID = 100
LONGEST_EXCERPT = 100
"""Bytes shown of a malformed frame."""
GAP_SAYING_INTERVAL_S = 10.0
LATE_FOR_ADVISED_S = 5.0
OVERFLOWS_ADVISED = 2
REFUSALS_BELIEVED = 10
"""In a row, of one kind, by a stream that was live before: any fewer may come from a network."""
_MINUTE_S = 60.0
_SOON_S = 0.05


class Channel:
    """One shard of the channel on its way from the exchange to the output.

    ``spent`` is what to advise where no more attempts are allowed.
    """

    def __init__(
        self,
        session: Session,
        health: ShardHealth,
        output: Output,
        quota: Quota,
        voice: Voice,
        *,
        spent: str = "",
    ) -> None:
        self._session = session
        self._health = health
        health.numbering = session.numbering
        self._output = output
        self._quota = quota
        self._voice = voice
        self._spent = spent
        self._name = health.name
        self._link: Link | None = None
        self._alarm: asyncio.Timeout | None = None
        self._kinds_said: set[str] = set()
        self._gap_said_s = -inf
        self._overflows = 0
        self._advised = False
        self._skew_said = False
        self._failure: type[Exception] | None = None
        self._failures = 0

    async def run(self, dialer: Dialer) -> None:
        """Watch for ever. Raises an `RfqwatchError` when that is no use, and `EnoughError`."""
        session = self._session
        session.begin(now())
        self._say(f"connecting to {dialer.place}")
        try:
            while True:
                self._become(Connection.CONNECTING)
                alive_s = 0.0
                try:
                    async with dialer.dial() as link:
                        try:
                            await self.converse(link)
                        finally:
                            alive_s = link.heard_s
                except (DisconnectedError, SubscriptionLostError, RfqwatchError) as lost:
                    if self._is_final(lost):
                        raise
                    delay_s = session.lost(alive_s)
                    if delay_s is None:
                        if isinstance(lost, RfqwatchError):
                            raise
                        mend = lost.advice if isinstance(lost, DisconnectedError) else ""
                        raise ConnectionFailedError(
                            f"{dialer.place}: {lost}", f"{mend} {self._spent}".strip()
                        ) from None
                    delay_s = max(delay_s, dialer.pause_s)
                    self._retry(str(lost), delay_s)
                await asyncio.sleep(delay_s)
        except RfqwatchError:
            self._become(Connection.ENDED)
            self._tell_apart(session.finish(None))
            raise

    def _is_final(self, failure: Exception) -> bool:
        """Tell whether a refusal stands: once live, a stream believes only what is repeated."""
        self._failures = self._failures + 1 if type(failure) is self._failure else 1
        self._failure = type(failure)
        was_live = self._health.heard is not None
        return isinstance(failure, RfqwatchError) and (
            not was_live or self._failures >= REFUSALS_BELIEVED
        )

    async def converse(self, link: Link) -> NoReturn:
        """Watch over one connection, while it lasts.

        Raises `DisconnectedError` and `SubscriptionLostError` when another may do better, and what
        `run` raises.
        """
        session = self._session
        self._link = link
        self._health.told_ms = link.ahead_ms
        self._detail(f"connected to {link.described}")
        link.command(session.subscribe(now()))
        link.start(self._deliver)
        minute_s = now().s + _MINUTE_S
        while True:
            try:
                async with asyncio.timeout(None) as alarm:
                    self._alarm = alarm
                    self._set_alarm(minute_s)
                    try:
                        await asyncio.shield(link.over)
                    finally:
                        self._alarm = None
            except TimeoutError:
                await caught_up()
                at = now()
                self._tell_apart(session.expired(at))
                if at.s >= minute_s:
                    minute_s = at.s + _MINUTE_S
                    pings, link.pings = link.pings, 0
                    self._detail(f"{counted(pings, 'ping')} in the last minute")

    def _set_alarm(self, latest_s: float = inf) -> None:
        """Wake when the session's deadline passes, which may be sooner than it was."""
        if self._alarm is not None and not self._alarm.expired():
            due_s = min(self._session.deadline_s, self._alarm.when() or inf, latest_s)
            self._alarm.reschedule(None if due_s == inf else due_s)

    def jumped(self, jump: Jump) -> None:
        """Take note that time jumped."""
        self._health.measure_anew(round(jump.set_s * 1_000))
        if jump.absent:
            self.doubt(jump.text)

    def doubt(self, why: str) -> None:
        """Have the exchange asked whether the subscription lives, for a reason."""
        self._tell_apart(self._session.doubt(why, now()))

    def finish(self) -> None:
        """Tell of the gap that is still open at the end of the stream."""
        self._tell_apart(self._session.finish(now()))

    def _deliver(self, at: Instant, burst: Sequence[Payload]) -> None:
        output = self._output
        if self._quota.left <= 0:
            # Another shard has shown the last of them a moment ago.
            raise EnoughError
        lost: Exception | None = None
        try:
            at_once = self._quota.at_once or len(burst)
            for start in range(0, len(burst), at_once):
                lost = self._pass_on(burst[start : start + at_once], at, lost, first=not start)
        finally:
            self._health.receive(len(burst), at)
            output.end()
        if lost:
            raise lost

    def _pass_on(
        self, burst: Sequence[Payload], at: Instant, lost: Exception | None, *, first: bool
    ) -> Exception | None:
        """Read messages, check their numbers, show them; give by what the subscription is lost."""
        session, read = self._session, self._quota.read
        frames = [read(data) for data in burst]
        if first:
            # Before it begins, as it may go by the clock that this tells of.
            self._measure(frames, burst, at)
            self._output.begin(self._name, at)
        place, end = 0, len(frames)
        while place < end:
            count = 0 if lost else session.follow(frames, place, at)
            if not count:
                frame, data = frames[place], burst[place]
                if not lost:
                    try:
                        self._tell_all(session.observe(frame, at))
                    except (SubscriptionLostError, RfqwatchError) as error:
                        # What came behind it came all the same.
                        lost = error
                if not isinstance(frame, Frame | Malformed):
                    place += 1
                    continue
                self._count_odd(frame, data)
                count = 1
            messages = cast("Sequence[Message]", frames[place : place + count])
            self._quota.show(burst[place : place + count], messages)
            place += count
        return lost

    def _count_odd(self, frame: Message, data: Payload) -> None:
        if isinstance(frame, Unknown):
            self._health.unknown += 1
            kind = f"type {frame.type[:60]}" if frame.type else "a message without a type"
            self._say_kind(kind, "passed on, though unknown")
        elif isinstance(frame, Malformed):
            self._health.malformed += 1
            start = data[:LONGEST_EXCERPT].decode(errors="backslashreplace")
            more = "…" if len(data) > LONGEST_EXCERPT else ""
            self._say_kind("malformed frame", f"{frame.reason}: {start}{more}")

    def _tell_apart(self, notices: Sequence[Notice]) -> None:
        if notices:
            self._output.begin(self._name, now())
            self._tell_all(notices)
            self._output.end()

    def _tell_all(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self._tell(notice)
        if notices:
            self._set_alarm()

    def _tell(self, notice: Notice) -> None:
        match notice:
            case Live():
                self._failures = 0
                told_ms = self._health.told_ms
                if told_ms is not None and abs(told_ms) > APART_MS:
                    notice = structs.replace(notice, ahead_ms=told_ms)
                self._output.live(notice)
                sid = "" if notice.sid is None else f" (sid {notice.sid})"
                self._become(Connection.WATCHING, f"watching{sid}")
                self._detail(f"acknowledged after {notice.asked_s * 1000:.0f} ms")
            case Gap():
                self._health.gapped(notice.missed)
                self._output.gap(notice)
                if self._health.heard is not None:
                    # Else nothing was ever due, and what is wrong is said by itself.
                    self._say_gap(notice)
            case Ended():
                self._retry(notice.why, notice.delay_s)
                self._overflows += notice.overflow
                if notice.overflow and self._overflows == OVERFLOWS_ADVISED:
                    self._advise("the exchange can't send fast enough over this connection")
            case Send():
                self._send(notice)
            case Proven():
                self._health.proven = now()
                self._detail("the exchange has our subscription")
            case Note():
                self._say(notice.text)

    def _send(self, notice: Send) -> None:
        if notice.why:
            self._detail(f"asking whether our subscription lives: {notice.why}")
        if self._link is not None:
            self._link.command(notice.command)

    def _retry(self, why: str, delay_s: float) -> None:
        at = now()
        self._health.become(Connection.RECONNECTING, at, at.s + delay_s, why)
        due = f"in {delay_s:.1f} s" if delay_s >= _SOON_S else "at once"
        self._say(f"{why}; trying again {due}")

    def _become(self, state: Connection, text: str = "") -> None:
        self._health.become(state, now())
        if text:
            self._say(text)

    def _named(self, text: str) -> str:
        return f"shard {self._name}: {text}" if self._name else text

    def _say(self, text: str) -> None:
        self._voice.say(self._named(text))

    def _detail(self, text: str) -> None:
        self._voice.detail(self._named(text))

    def _say_kind(self, kind: str, text: str) -> None:
        if kind not in self._kinds_said and len(self._kinds_said) < MOST_KINDS_SAID:
            self._kinds_said.add(kind)
            self._say(f"{kind}: {text} (said once; counted from here on)")

    def _say_gap(self, gap: Gap) -> None:
        # A stream that loses a frame a second would bury everything else.
        if gap.reason == "seq":
            at_s = now().s
            if at_s - self._gap_said_s < GAP_SAYING_INTERVAL_S:
                return
            self._gap_said_s = at_s
        missed = "an unknown number of frames"
        if gap.missed is not None:
            missed = counted(gap.missed, "frame")
        self._say(
            f"gap ({gap.reason}): {missed} missed"
            + (f"; {self._health.gaps} gaps so far" if self._health.gaps > 1 else "")
        )

    def _measure(self, frames: Sequence[Received], burst: Sequence[Payload], at: Instant) -> None:
        # Those that came at once are about as late as the first of them.
        for frame, data in zip(frames, burst, strict=True):
            if isinstance(frame, Frame) and type(frame) is not Unknown:
                lag_ms = lag_of(frame, data, at)
                break
        else:
            return
        if lag_ms is None:
            return
        late_s = self._health.lagged(lag_ms, at)
        if not self._skew_said and (ahead_ms := self._health.ahead_ms):
            self._skew_said = True
            off = apart(ahead_ms)
            self._say(f"received_ts_ms goes by this computer's clock, which is {off}")
        if late_s > LATE_FOR_ADVISED_S:
            self._advise(f"frames have come over {LATE_MS // 1000} s late for {late_s:.0f} s")

    def _advise(self, why: str) -> None:
        if self._advised:
            return
        self._advised = True
        key, _, factor = self._name.rpartition("/")
        larger = min(2 * int(factor or 1), LARGEST_FACTOR)
        advice = f"divide it further, as in --shard …/{larger}" if key else "try --shard all/2"
        self._say(f"{why}; one connection is not enough: {advice}")


async def watch(channels: Sequence[tuple[Channel, Dialer]], voice: Voice) -> str:
    """Watch every shard until one has shown enough, or none is left; give why it ended.

    A shard that fails does not disturb the others; when all have, the first failure is raised.
    """
    tasks = [asyncio.create_task(channel.run(dialer)) for channel, dialer in channels]
    all_tasks = [*tasks, asyncio.create_task(_mind_time([each for each, _ in channels], voice))]
    failures: list[RfqwatchError] = []
    try:
        for next_end in asyncio.as_completed(tasks):
            try:
                await next_end
            except EnoughError:
                return "count"
            except RfqwatchError as failure:
                failures.append(failure)
                if len(failures) < len(tasks):
                    voice.say(f"{failure.message}; the other shards go on")
    finally:
        for task in all_tasks:
            task.cancel()
        await asyncio.gather(*all_tasks, return_exceptions=True)
        for channel, _ in channels:
            channel.finish()
    raise failures[0]


async def _mind_time(channels: Sequence[Channel], voice: Voice) -> None:
    async for jump in jumps():
        voice.say(f"{jump.text}; lag is measured anew")
        for channel in channels:
            channel.jumped(jump)
