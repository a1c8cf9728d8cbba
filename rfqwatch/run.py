"""Runs the parts of a command to their end, whichever end comes first."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.clock import now
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.signals import SignalledError, first_of, signals
from rfqwatch.summary import ending, summary
from rfqwatch.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from rfqwatch.health import Health
    from rfqwatch.lines.output import LineOutput
    from rfqwatch.lines.stdout import Stdout
    from rfqwatch.quota import Quota
    from rfqwatch.recording.recorder import Recorder
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.stderr import Voice
    from rfqwatch.watch import Channel

GRACE_S = 2.0
"""How long a consumer that does not read may hold up an end that a signal or an error asks for."""


class Watched(NamedTuple):
    """What a command watches: a channel for each shard, with what they all count on and tell.

    ``recorder`` is what keeps it, if that was asked for.
    """

    channels: list[tuple[Channel, Dialer]]
    quota: Quota
    health: Health
    voice: Voice
    recorder: Recorder | None = None

    def end(self, reason: str, *printed: LineOutput) -> None:
        """Write the last line of what is ``printed``, and of the record: how it ended."""
        at = now()
        for lines in (*printed, *([self.recorder.lines] if self.recorder else ())):
            shed = lines.place.shed
            lines.ended(ending(self.health, reason, self.quota.shown, shed), at)


async def print_lines(
    watched: Watched, lines: LineOutput, place: Stdout, duration_s: float | None
) -> None:
    """Print the stream. Raises what ends it, unless that was asked for; says a summary."""
    start = time.monotonic()
    quota = watched.quota
    written = place.start()
    reason = "duration"
    with signals() as signalled:
        try:
            async with _running(watch(watched.channels, watched.voice)) as work:
                await first_of(work, written, signalled, timeout_s=duration_s)
                if work.done():
                    reason = "count"
        finally:
            error = sys.exception()
            watched.end(_reason(error) or reason, lines)
            if not isinstance(error, ConsumerGoneError):
                place.close()
                # As asked for, whoever reads gets it all; after a signal, what is quick.
                grace_s = GRACE_S if error else None
                to_come = None if signalled.done() else signalled
                try:
                    await first_of(written, to_come, timeout_s=grace_s)
                finally:
                    waiting = place.undelivered
                    printed = quota.shown - place.shed - waiting
                    done = f"{printed:,} events printed in {_since(start)}"
                    lost = {"shed": place.shed, "undelivered": waiting}
                    watched.voice.say(summary(watched.health, done, **lost))


async def show(watched: Watched, drawn: Awaitable[None], duration_s: float | None) -> None:
    """Watch while something is drawn, until that is done. Raises what ends it earlier."""
    start = time.monotonic()
    reason = "duration"
    with signals() as signalled:
        try:
            # The terminal is given back first: closing connections may take a moment.
            async with (
                _running(watch(watched.channels, watched.voice)) as work,
                _running(drawn) as drawing,
            ):
                await first_of(work, drawing, signalled, timeout_s=duration_s)
                if work.done():
                    reason = "count"
                elif drawing.done():
                    reason = "quit"
        finally:
            watched.end(_reason(sys.exception()) or reason)
            done = f"{watched.quota.shown:,} events watched in {_since(start)}"
            watched.voice.say(summary(watched.health, done))


async def until_signal(served: Awaitable[None]) -> None:
    """Serve until a signal. Raises it."""
    with signals() as signalled:
        async with _running(served) as serving:
            await first_of(serving, signalled)


def _reason(error: BaseException | None) -> str:
    """Name what ended the stream against its will; "" where nothing did."""
    if error is None:
        return ""
    return "signal" if isinstance(error, SignalledError | ConsumerGoneError) else "error"


@asynccontextmanager
async def _running(work: Awaitable[None]) -> AsyncIterator[asyncio.Future[None]]:
    future = asyncio.ensure_future(work)
    try:
        yield future
    finally:
        future.cancel()
        await asyncio.gather(future, return_exceptions=True)


def _since(start: float) -> str:
    return f"{time.monotonic() - start:.0f} s"
