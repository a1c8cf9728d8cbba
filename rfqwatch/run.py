"""Runs the parts of a command to their end, whichever end comes first."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.signals import first_of, signals
from rfqwatch.summary import summary
from rfqwatch.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from rfqwatch.health import Health
    from rfqwatch.lines.output import LineOutput
    from rfqwatch.sources.websocket import Dialer
    from rfqwatch.watch import Channel, Quota

    Say = Callable[[str], None]

GRACE_S = 2.0
"""How long a consumer that does not read may hold up an end that a signal or an error asks for."""


class Watched(NamedTuple):
    """What a command watches: a channel for each shard, with what they all count on and tell."""

    channels: list[tuple[Channel, Dialer]]
    quota: Quota
    health: Health


async def print_lines(
    watched: Watched, lines: LineOutput, *, duration_s: float | None, say: Say
) -> None:
    """Print the stream. Raises what ends it, unless that was asked for; says a summary."""
    start = time.monotonic()
    written = lines.start()
    with signals() as signalled:
        try:
            async with _running(watch(watched.channels, say)) as work:
                await first_of(work, written, signalled, timeout_s=duration_s)
        finally:
            error = sys.exception()
            lines.close()
            if not isinstance(error, ConsumerGoneError):
                # As asked for, whoever reads gets it all; after a signal, what is quick.
                grace_s = GRACE_S if error else None
                to_come = None if signalled.done() else signalled
                try:
                    await first_of(written, to_come, timeout_s=grace_s)
                finally:
                    waiting = lines.undelivered
                    printed = watched.quota.shown - lines.shed - waiting
                    done = f"{printed:,} events printed in {_since(start)}"
                    say(summary(watched.health, done, shed=lines.shed, undelivered=waiting))


async def show(
    watched: Watched, drawn: Awaitable[None], *, duration_s: float | None, say: Say
) -> None:
    """Watch while something is drawn, until that is done. Raises what ends it earlier."""
    start = time.monotonic()
    with signals() as signalled:
        try:
            # The terminal is given back first: closing connections may take a second.
            async with _running(watch(watched.channels, say)) as work, _running(drawn) as drawing:
                await first_of(work, drawing, signalled, timeout_s=duration_s)
        finally:
            done = f"{watched.quota.shown:,} events watched in {_since(start)}"
            say(summary(watched.health, done))


async def until_signal(served: Awaitable[None]) -> None:
    """Serve until a signal. Raises it."""
    with signals() as signalled:
        async with _running(served) as serving:
            await first_of(serving, signalled)


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
