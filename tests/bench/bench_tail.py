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
import fcntl
import multiprocessing
import os
import statistics
import subprocess
from typing import TYPE_CHECKING

from bare import PATH, bare, credentials, frames, tail
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.protocol import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

PIPE_SIZE = 1 << 20
"""Bytes; else a reader that waits for a core slows down the one, and lags behind the other."""
BUFFER = "1GiB"
"""What is shed doesn't count as printed, and would be waited for."""
START = 200
"""Frames of the short run that stands for a process's cost before its first frame."""


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
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
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
    url = f"ws://127.0.0.1:{ours.recv()}{PATH}"
    ratios = []
    count: int = options.frames
    with credentials() as environment:

        def slope_us(command: Callable[[int], list[str]]) -> float:
            long_s = cpu_s(command(count), environment)
            short_s = cpu_s(command(START), environment)
            taken_s = long_s - short_s
            return taken_s / (count - START) * 1e6

        for number in range(options.rounds):
            tail_us = slope_us(
                lambda frames: tail(url, frames, "--buffer", BUFFER, *options.tail_options)
            )
            bare_us = slope_us(lambda frames: bare(url, frames))
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
