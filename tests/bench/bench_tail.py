"""CPU of ``rfqwatch tail`` per frame, against the barest loop that prints the same frames.

Both read the same bytes from a server in a process of its own, in turns, into a pipe that is read
and thrown away. What a process costs before its first frame is measured too, and taken off.
What selecting costs is shown by options that let everything pass. With ``--table`` it is ``table``
on a terminal of 40 lines of 120 cells that is held against the loop, thousands of RFQs open.

    python tests/bench/bench_tail.py [--frames 200000] [--rounds 7] [--table | -- --market '*']
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import multiprocessing
import os
import pty
import statistics
import subprocess
import termios
from typing import TYPE_CHECKING

from bare import PATH, bare, credentials, frames, table, tail
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.protocol import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

PIPE_SIZE = 1 << 20
"""Bytes; else a reader that waits for a core slows down the one, and lags behind the other."""
LINES, COLUMNS = 40, 120
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


def cpu_s(command: list[str], environment: dict[str, str], ends: tuple[int, int]) -> float:
    """Run a command, read and throw away what it writes; give its user and system time.

    ``ends`` are where to read, and its standard output.
    """
    reading, writing = ends
    process = subprocess.Popen(
        command, stdin=writing, stdout=writing, stderr=subprocess.PIPE, env=environment
    )
    os.close(writing)
    room = bytearray(PIPE_SIZE)
    # How Linux tells that nobody writes to a terminal any more is an error.
    with contextlib.suppress(OSError):
        while os.readv(reading, [room]):
            pass
    os.close(reading)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said)
    return usage.ru_utime + usage.ru_stime


def pipe_ends() -> tuple[int, int]:
    """Make a pipe that holds much."""
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
    return reading, writing


def terminal_ends() -> tuple[int, int]:
    """Make a terminal."""
    reading, writing = pty.openpty()
    termios.tcsetwinsize(writing, (LINES, COLUMNS))
    return reading, writing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--table", action="store_true")
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

        def slope_us(
            command: Callable[[int], list[str]], ends: Callable[[], tuple[int, int]]
        ) -> float:
            long_s = cpu_s(command(count), environment, ends())
            short_s = cpu_s(command(START), environment, ends())
            return (long_s - short_s) / (count - START) * 1e6

        def ours_us() -> float:
            if options.table:
                return slope_us(lambda frames: table(url, frames), terminal_ends)
            more = ("--buffer", BUFFER, *options.tail_options)
            return slope_us(lambda frames: tail(url, frames, *more), pipe_ends)

        name = "table" if options.table else "tail"
        for number in range(options.rounds):
            us = ours_us()
            bare_us = slope_us(lambda frames: bare(url, frames), pipe_ends)
            ratios.append(us / bare_us)
            print(
                f"{number + 1}: {name} {us:.2f} us, bare {bare_us:.2f} us a frame, "
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
