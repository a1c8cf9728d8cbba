"""What a line output writes to a pipe or a terminal, for messages and notices handed to it."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.clock import Instant
from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import Control, Message, Payload, Received, read
from rfqwatch.lines.output import Ending
from rfqwatch.lines.stdout import Stdout
from rfqwatch.lines.text import TextLines
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.lines.output import LineOutput

RECEIVED_MS = 1_790_000_000_123
RECEIVED = Instant(RECEIVED_MS, 5.0)

Item: TypeAlias = bytes | Live | Gap | Ending

text_lines = partial(TextLines, read=Drift().read, encoding="utf-8")


def message(received: Received) -> Message | None:
    """Leave out what answers a command."""
    return None if isinstance(received, Control) else received


def read_all(fd: int) -> bytes:
    written = b""
    try:
        while data := os.read(fd, 2**16):
            written += data
    except OSError:
        # How Linux tells that nobody writes to a terminal any more.
        pass
    return written


async def printed(
    kind: Callable[[Stdout], LineOutput],
    items: Sequence[Item],
    *,
    shard: str = "",
    terminal: bool = False,
    limit: int = 2**26,
) -> bytes:
    """Hand over all in one burst, neighbouring messages together, and give what was written.

    Answers to commands are left out, as they are by who watches.
    """
    if terminal:
        read_end, write_end = pty.openpty()
        tty.setraw(write_end)
    else:
        read_end, write_end = os.pipe()
    place = Stdout(write_end, limit=limit)
    output = kind(place)
    ended = place.start()
    output.begin(shard, RECEIVED)
    burst: list[Payload] = []
    for item in [*items, None]:
        if isinstance(item, bytes):
            burst.append(Payload(item))
            continue
        frames = [(data, frame) for data in burst if (frame := message(read(data))) is not None]
        output.messages([data for data, _ in frames], [frame for _, frame in frames])
        burst.clear()
        match item:
            case Live():
                output.live(item)
            case Gap():
                output.gap(item)
            case Ending():
                output.end()
                output.ended(item, RECEIVED)
    output.end()
    place.close()

    reading = asyncio.create_task(asyncio.to_thread(read_all, read_end))
    await ended
    os.close(write_end)
    try:
        return await reading
    finally:
        os.close(read_end)


def live(sid: int | None) -> Live:
    return Live(sid, RECEIVED, 0.1)


def gap(reason: str = "seq", missed: int | None = 3, to_ms: int | None = RECEIVED_MS) -> Gap:
    return Gap(
        reason,  # type: ignore[arg-type]
        missed=missed,
        sid=7,
        last_seq=10,
        next_seq=14,
        from_ms=RECEIVED_MS - 2_500,
        to_ms=to_ms,
    )
