"""Runs the parts of a command to their end, whichever end comes first."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.signals import first_of, signals
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
                    say(_summary(health, done, shed=lines.shed, undelivered=waiting))


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
            say(_summary(health, f"{quota.shown:,} events watched in {_since(start)}"))


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


def gaps(health: Health, shed: int) -> int:
    """Count the gaps of all shards; what was shed is one more."""
    return sum(card.gaps for card in health.shards.values()) + bool(shed)


def _summary(health: Health, done: str, *, shed: int = 0, undelivered: int = 0) -> str:
    cards = health.shards.values()
    counts = {
        "events not taken from standard output at the end": undelivered,
        "frames without a seq, so that completeness can't be checked": sum(
            card.unnumbered for card in cards
        ),
        "malformed frames": sum(card.malformed for card in cards),
        "frames of unknown types": sum(card.unknown for card in cards),
    }
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return "; ".join([done, _completeness(health, shed), *told])


def _completeness(health: Health, shed: int) -> str:
    cards = health.shards.values()
    unseen = sum(card.heard_ms is None for card in cards)
    if unseen == len(cards):
        return "nothing was watched"
    told = f"{unseen} of {len(cards)} shards never watched, " if unseen else ""
    number = gaps(health, shed)
    if not number:
        return f"{told}no gaps"
    missed = sum(card.missed for card in cards) + shed
    known = f"{missed:,} frames missed"
    if any(card.unmeasured for card in cards):
        more = "an unknown number"
        known = f"{known} and {more} more" if missed else f"{more} of frames missed"
    why = f", {shed:,} of them shed as they were not read in time" if shed else ""
    return f"{told}gaps: {number:,}, {known}{why}"
