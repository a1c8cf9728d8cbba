"""Runs the parts of a command to their end, whichever end comes first."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rfqwatch.clock import now
from rfqwatch.lines.output import Ending
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.lines.wording import counted
from rfqwatch.signals import SignalledError, first_of, signals
from rfqwatch.stream.summary import ending, summary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from typing import Any

    from rfqwatch.clock import Instant
    from rfqwatch.lines.output import LineOutput
    from rfqwatch.lines.stdout import Stdout
    from rfqwatch.recording.recorder import Recorder
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.health import Health
    from rfqwatch.stream.quota import Quota

_Result = TypeVar("_Result")

GRACE_S = 2.0
"""How long a consumer that does not read may hold up an end that a signal or an error asks for."""


class Watched(NamedTuple):
    """What a command watches: a stream, with what it counts on and tells.

    ``run`` carries it to its output and gives why it ended; or what a recording says of its own
    end, which is "" where it breaks off. ``recorder`` is what keeps it, if that was asked for, and
    ``clock`` tells the moment that it is at.
    """

    run: Callable[[], Coroutine[Any, Any, str | Ending]]
    quota: Quota
    health: Health
    voice: Voice
    recorder: Recorder | None = None
    clock: Callable[[], Instant] = now

    def end(self, end: str | Ending, *printed: LineOutput) -> None:
        """Write the last line of what is ``printed``, and of the record: how it ended."""
        at = self.clock()
        for lines in (*printed, *([self.recorder.lines] if self.recorder else ())):
            shed = lines.place.shed
            if isinstance(end, Ending):
                lines.ended(end, at)
            elif end:
                lines.ended(ending(self.health, end, self.quota.shown, shed), at)


async def print_lines(
    watched: Watched, lines: LineOutput, place: Stdout, duration_s: float | None
) -> None:
    """Print the stream. Raises what ends it, unless that was asked for; says a summary."""
    start = time.monotonic()
    quota = watched.quota
    written = place.start()
    end: str | Ending = "duration"
    with signals() as signalled:
        try:
            async with _running(watched.run()) as work:
                await first_of(work, written, signalled, timeout_s=duration_s)
                if work.done():
                    end = work.result()
        finally:
            error = sys.exception()
            watched.end(_reason(error) or end, lines)
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
                    done = f"{counted(printed, 'event')} printed in {_since(start)}"
                    lost = {"shed": place.shed, "undelivered": waiting}
                    watched.voice.say(summary(watched.health, done, **lost))


async def show(watched: Watched, drawn: Awaitable[None], duration_s: float | None) -> None:
    """Watch while something is drawn, until that is done. Raises what ends it earlier."""
    start = time.monotonic()
    end: str | Ending = "duration"
    with signals() as signalled:
        try:
            # The terminal is given back first: closing connections may take a moment.
            async with _running(watched.run()) as work, _running(drawn) as drawing:
                await first_of(work, drawing, signalled, timeout_s=duration_s)
                if work.done():
                    end = work.result()
                elif drawing.done():
                    end = "quit"
        finally:
            watched.end(_reason(sys.exception()) or end)
            done = f"{counted(watched.quota.shown, 'event')} watched in {_since(start)}"
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
async def _running(work: Awaitable[_Result]) -> AsyncIterator[asyncio.Future[_Result]]:
    future = asyncio.ensure_future(work)
    try:
        yield future
    finally:
        future.cancel()
        await asyncio.gather(future, return_exceptions=True)


def _since(start: float) -> str:
    return f"{time.monotonic() - start:.0f} s"
