"""CPU of ``rfqwatch tail`` per frame, against the barest loop that prints the same frames.

Both read the same bytes from a server in a process of its own, in turns, into a pipe that is read
and thrown away. What a process costs before its first frame is measured too, and taken off.
What selecting costs is shown by options that let everything pass.

    python tests/bench/bench_tail.py [--frames 200000] [--rounds 7] [-- --market '*']
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from rfqwatch.simulator.market.traffic import Traffic
from rfqwatch.simulator.serving import throwaway_key

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

BARE = """
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
START = 200
"""Frames of the short run that stands for a process's cost before its first frame."""


def frames(count: int) -> list[bytes]:
    """Make frames like the exchange's from the simulated traffic."""
    traffic = Traffic(seed=7, rate=1_000, standing=2_000)
    events = traffic.burst(time.time_ns() // 1_000, count)
    sent_ms = time.time_ns() // 1_000_000
    return [
        b'{"type":"%s","sid":1,"seq":%d,"sending_ts_ms":%d,"msg":%s}'
        % (event.type.encode(), seq, sent_ms, event.msg)
        for seq, event in enumerate(events[:count], start=1)
    ]


def serve_frames(count: int, ready: Connection) -> None:
    """Send the frames to whoever subscribes, as fast as they are taken."""
    wire = [Frame(Opcode.TEXT, frame).serialize(mask=False) for frame in frames(count)]
    bursts = [b"".join(wire[start : start + 200]) for start in range(0, count, 200)]

    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"id":1,"type":"subscribed","msg":{"sid":1}}')
        for burst in bursts:
            if connection.state is not State.OPEN:
                break  # It has as many as it asked for.
            connection.transport.write(burst)
            with contextlib.suppress(ConnectionError):
                await connection.drain()
        await connection.wait_closed()

    async def main() -> None:
        async with serve(send, "127.0.0.1", 0, compression=None) as server:
            ready.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    asyncio.run(main())


def cpu_s(command: list[str], environment: dict[str, str]) -> float:
    """Run a command into a pipe that is read and thrown away; give its user and system time."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    while os.read(process.stdout.fileno(), 1 << 20):
        pass
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        assert process.stderr is not None
        raise SystemExit(process.stderr.read().decode())
    process.stdout.close()
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("tail_options", nargs="*")
    options = parser.parse_args()

    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(
        target=serve_frames, args=(options.frames, theirs), daemon=True
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

        def tail(count: int) -> float:
            command = [sys.executable, "-m", "rfqwatch", "tail", "--url", url, "-n", str(count)]
            return cpu_s(command + options.tail_options, environment)

        def bare(count: int) -> float:
            return cpu_s([sys.executable, "-c", BARE, url, str(count)], environment)

        ratios = []
        count = options.frames
        for number in range(options.rounds):
            tail_us, bare_us = (
                (run(count) - run(START)) / (count - START) * 1e6 for run in (tail, bare)
            )
            ratios.append(tail_us / bare_us)
            print(
                f"{number + 1}: tail {tail_us:.2f} us, bare {bare_us:.2f} us a frame, "
                f"ratio {ratios[-1]:.3f}",
                flush=True,
            )
    print(
        f"ratio: median {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}, "
        f"{options.rounds} rounds of {count:,} frames"
    )
    server.terminate()


if __name__ == "__main__":
    main()
