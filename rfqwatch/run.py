"""Runs the parts of a command to their end, whichever end comes first."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.signals import first_of, signals
from rfqwatch.summary import summary
from rfqwatch.watch import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rfqwatch.health import Health
    from rfqwatch.lines.output import LineOutput
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.watch import Channel, Quota

    Channels = Sequence[tuple[Channel, Dialer]]
    Say = Callable[[str], None]

GRACE_S = 2.0
"""How long a consumer that does not read may hold up an end that a signal or an error asks for."""


async def print_lines(
    channels: Channels,
    lines: LineOutput,
    *,
    quota: Quota,
    health: Health,
    duration_s: float | None,
    say: Say,
) -> None:
    """Print the stream. Raises what ends it, unless that was asked for; says a summary."""
    start = time.monotonic()
    written = lines.start()
    with signals() as signalled:
        work = asyncio.create_task(watch(channels, say))
        grace_s: float | None = GRACE_S
        gone = False
        try:
            await first_of(work, written, signalled, timeout_s=duration_s)
            grace_s = None
        except ConsumerGoneError:
            gone = True
            raise
        finally:
            await _stop(work)
            lines.close()
            if not gone:
                try:
                    # As asked for, whoever reads gets it all; after a signal, what is quick.
                    await first_of(
                        written, None if signalled.done() else signalled, timeout_s=grace_s
                    )
                finally:
                    waiting = lines.undelivered
                    printed = quota.shown - lines.shed - waiting
                    done = f"{printed:,} events printed in {_since(start)}"
                    say(summary(health, done, shed=lines.shed, undelivered=waiting))


async def show(
    channels: Channels,
    drawn: Awaitable[None],
    *,
    quota: Quota,
    health: Health,
    duration_s: float | None,
    say: Say,
) -> None:
    """Watch while something is drawn, until that is done. Raises what ends it earlier."""
    start = time.monotonic()
    with signals() as signalled:
        work = asyncio.create_task(watch(channels, say))
        drawing = asyncio.ensure_future(drawn)
        try:
            await first_of(work, drawing, signalled, timeout_s=duration_s)
        finally:
            # The terminal comes first: closing connections may take a second.
            await _stop(drawing)
            await _stop(work)
            say(summary(health, f"{quota.shown:,} events watched in {_since(start)}"))


async def until_signal(served: Awaitable[None]) -> None:
    """Serve until a signal. Raises it."""
    with signals() as signalled:
        serving = asyncio.ensure_future(served)
        try:
            await first_of(serving, signalled)
        finally:
            await _stop(serving)


async def _stop(work: asyncio.Future[None]) -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


def _since(start: float) -> str:
    return f"{time.monotonic() - start:.0f} s"
