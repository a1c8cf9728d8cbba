"""What a line output writes to a pipe or a terminal, for messages and notices handed to it."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from typing import TYPE_CHECKING

from rfqwatch.exchange.session import Gap, Live
from rfqwatch.exchange.wire import Frame, Malformed, Unknown, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.lines.output import LineOutput

RECEIVED_MS = 1_790_000_000_123


async def printed(
    kind: type[LineOutput],
    items: Sequence[bytes | Live | Gap],
    *,
    shard: str = "",
    terminal: bool = False,
    limit: int = 2**26,
) -> bytes:
    """Hand over all in one burst, and give what was written."""
    if terminal:
        read_end, write_end = pty.openpty()
        tty.setraw(write_end)
    else:
        read_end, write_end = os.pipe()
    output = kind(write_end, limit=limit)
    output.begin(shard, RECEIVED_MS)
    for item in items:
        match item:
            case Live():
                output.live(item)
            case Gap():
                output.gap(item)
            case _:
                frame = decode(data := bytearray(item))
                if isinstance(frame, Frame | Unknown | Malformed):
                    output.event(data, frame)
    output.end()
    output.close()

    def read() -> bytes:
        written = b""
        try:
            while data := os.read(read_end, 2**16):
                written += data
        except OSError:
            # How Linux tells that nobody writes to a terminal any more.
            pass
        return written

    reading = asyncio.create_task(asyncio.to_thread(read))
    await output.start()
    os.close(write_end)
    try:
        return await reading
    finally:
        os.close(read_end)


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
