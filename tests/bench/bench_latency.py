"""From the exchange's send to a readable line: latency of ``rfqwatch tail`` on loopback.

A server in a process of its own sends frames like the exchange's at a steady rate, each with the
moment of its sending; the reader of the pipe compares. Both use the machine's monotonic clock.

    python tests/bench/bench_latency.py [--rate 1500] [--seconds 20] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_tail import frames
from websockets.asyncio.server import ServerConnection, serve

from rfqwatch.simulator.serving import throwaway_key

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SENT = re.compile(rb'"sent_ns":(\d+)')
SETTLING = 500
"""Frames not measured: the start of the stream."""


def serve_frames(count: int, rate: float, ready: Connection) -> None:
    """Send frames at a rate to whoever subscribes, each with when it was sent."""
    payloads = frames(count)

    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"id":1,"type":"subscribed","msg":{"sid":1}}')
        start = time.monotonic()
        for number, payload in enumerate(payloads):
            delay_s = start + number / rate - time.monotonic()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            sent = b',"sent_ns":%d}' % time.monotonic_ns()
            await connection.send(payload[:-1] + sent, text=True)
        await connection.wait_closed()

    async def main() -> None:
        async with serve(send, "127.0.0.1", 0, compression=None) as server:
            ready.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    asyncio.run(main())


def measure(url: str, count: int, environment: dict[str, str]) -> list[float]:
    """Read the program's lines as they come; give each one's milliseconds on the way, in order."""
    command = [sys.executable, "-m", "rfqwatch", "tail", "--url", url, "-n", str(count)]
    lags = []
    rest = b""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as tail:
        assert tail.stdout is not None
        while data := os.read(tail.stdout.fileno(), 1 << 16):
            now_ns = time.monotonic_ns()
            *lines, rest = (rest + data).split(b"\n")
            sents = filter(None, map(SENT.search, lines))
            lags += [(now_ns - int(sent[1])) / 1e6 for sent in sents]
    return sorted(lags[SETTLING:])


def main() -> None:
    """Measure several times, and print percentiles of each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    count = round(options.rate * options.seconds)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(
        target=serve_frames, args=(count, options.rate, theirs), daemon=True
    )
    server.start()
    url = f"ws://127.0.0.1:{ours.recv()}/trade-api/ws/v2"
    key = throwaway_key()
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(key.private_key_pem)
        environment = {
            **os.environ,
            "KALSHI_API_KEY_ID": key.key_id,
            "KALSHI_PRIVATE_KEY_PATH": file.name,
        }
        for number in range(options.rounds):
            lags = measure(url, count, environment)
            p50, p99, p999 = (lags[int(len(lags) * share)] for share in (0.5, 0.99, 0.999))
            print(
                f"{number + 1}: {len(lags):,} lines at {options.rate:,.0f} frames/s: "
                f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99.9 {p999:.2f} ms, worst {lags[-1]:.2f} ms",
                flush=True,
            )
    server.terminate()


if __name__ == "__main__":
    main()
