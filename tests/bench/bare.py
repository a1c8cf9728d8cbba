"""The barest loop that prints what a WebSocket brings, to measure our commands beside."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rfqwatch.simulator.market.traffic import Traffic
from rfqwatch.simulator.serving import throwaway_key

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/trade-api/ws/v2"

_LOOP = """
import asyncio, sys
from websockets.asyncio.client import connect
async def main(url, count):
    out = sys.stdout.buffer
    async with connect(url, compression=None) as ws:
        await ws.send('{"id":1,"cmd":"subscribe","params":{"channels":["communications"]}}')
        await ws.recv(decode=False)
        for _ in range(count):
            out.write(await ws.recv(decode=False) + b"\\n")
        out.flush()
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def bare(url: str, count: int, *, buffered: bool = True) -> list[str]:
    """Give the command of the bare loop; ``buffered`` is whether lines wait for 8 KiB of them."""
    return [sys.executable, *([] if buffered else ["-u"]), "-c", _LOOP, url, str(count)]


def tail(url: str, count: int, *options: str) -> list[str]:
    """Give the command that prints the same with rfqwatch."""
    return [sys.executable, "-m", "rfqwatch", "tail", "--url", url, "-n", str(count), *options]


def table(url: str, count: int) -> list[str]:
    """Give the command that shows the same with rfqwatch."""
    return [sys.executable, "-m", "rfqwatch", "table", "--url", url, "-n", str(count)]


@contextlib.contextmanager
def credentials() -> Iterator[dict[str, str]]:
    """Give an environment with a key that any server here takes."""
    key = throwaway_key()
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(key.private_key_pem)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "KALSHI_API_KEY_ID": key.key_id,
            "KALSHI_PRIVATE_KEY_PATH": file.name,
        }
        # The bare loop would write each line by itself.
        environment.pop("PYTHONUNBUFFERED", None)
        yield environment


def frames(count: int) -> list[bytes]:
    """Make frames like the exchange's from the simulated traffic: as many RFQs end as begin."""
    at_us = time.time_ns() // 1_000
    traffic = Traffic(seed=7, rate=1_000, standing=2_000, start_us=at_us)
    made: list[bytes] = []
    while len(made) < count:
        at_us += 10_000
        for event in traffic.until(at_us):
            made.append(
                b'{"type":"%s","sid":1,"seq":%d,"sending_ts_ms":%d,"msg":%s}'
                % (event.type.encode(), len(made) + 1, at_us // 1_000, event.msg)
            )
    return made[:count]
