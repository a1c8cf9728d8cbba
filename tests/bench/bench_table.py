"""What ``rfqwatch table`` costs at 3,000 frames/s with 20,000 RFQs open, on 60 lines of 160 cells.

The real program draws on a pseudo-terminal that is read and thrown away, against the simulated
exchange in a process of its own. Printed are the frames a second it took, the share of one core it
used, how much of that went into drawing, and the longest time between two reads of the socket.

    python tests/bench/bench_table.py [--rate 3000] [--open 20000] [--seconds 20] [--rounds 3]
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from rfqwatch.simulator.serving import running

LINES, COLUMNS = 60, 160
SETTLING_S = 6.0
"""Not measured: the burst of open RFQs, and what follows it."""

CHILD = """
import json, sys, time
from rfqwatch.stream import watch
from rfqwatch.cli import main as cli
from rfqwatch.screen.loop import LiveTable
from rfqwatch.screen.terminal.tty import Screen
from rfqwatch.sources.link import Link

report, settling_s, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
drawing, read, gaps = [0.0], [0.0], []
start = time.monotonic()
cpu = {}

def timed(owner, name):
    inner = getattr(owner, name)
    def outer(*args, **named):
        before = time.process_time()
        try:
            return inner(*args, **named)
        finally:
            drawing[0] += time.process_time() - before
    setattr(owner, name, outer)

timed(LiveTable, "still")
timed(Screen, "draw")
inner = Link.buffer_updated
frames = [0]

def buffer_updated(self, nbytes):
    now = time.monotonic()
    since = now - start
    if since > settling_s:
        if not cpu:
            cpu["start"] = (now, time.process_time(), drawing[0], frames[0])
        gaps.append(now - read[0])
        cpu["end"] = (now, time.process_time(), drawing[0], frames[0])
    read[0] = now
    inner(self, nbytes)

Link.buffer_updated = buffer_updated
deliver = watch.Channel._deliver

def counted(self, received_ms, burst):
    frames[0] += len(burst)
    deliver(self, received_ms, burst)

watch.Channel._deliver = counted
sys.argv = ["rfqwatch", "table", "--duration", f"{settling_s + seconds}s"]
try:
    cli.main()
except SystemExit:
    pass
(t0, c0, d0, f0), (t1, c1, d1, f1) = cpu["start"], cpu["end"]
wall = t1 - t0
json.dump({"frames": (f1 - f0) / wall, "cpu": (c1 - c0) / wall, "drawing": (d1 - d0) / wall,
           "gap": max(gaps)}, open(report, "w"))
"""


def measure(environment: dict[str, str], seconds: float) -> dict[str, float]:
    """Run the program once on a pseudo-terminal; give shares of a core, frames/s, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        arguments = [sys.executable, "-c", CHILD, str(report), str(SETTLING_S), str(seconds)]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(sys.executable, arguments, environment)  # noqa: S606 - this interpreter
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        deadline = time.monotonic() + SETTLING_S + seconds + 20
        last = b""
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 1.0)
            if ready:
                try:
                    last = os.read(terminal, 1 << 16) or last
                except OSError:
                    break
        else:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
        if not report.exists():
            raise SystemExit(last.decode(errors="replace"))
        return dict(json.loads(report.read_text()))


def main() -> None:
    """Measure several times, and print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=3_000)
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = []
    with tempfile.NamedTemporaryFile() as key:
        for number in range(options.rounds):
            with running(rate=options.rate, standing=options.open, seed=7) as exchange:
                Path(key.name).write_bytes(exchange.private_key_pem)
                environment = {
                    **os.environ,
                    "RFQWATCH_URL": exchange.url,
                    "KALSHI_API_KEY_ID": exchange.key_id,
                    "KALSHI_PRIVATE_KEY_PATH": key.name,
                    "TERM": "xterm-256color",
                }
                figures = measure(environment, options.seconds)
            rounds.append(figures)
            print(f"{number + 1}: {describe(figures)}", flush=True)
    print(
        "median:",
        describe({name: statistics.median(r[name] for r in rounds) for name in rounds[0]}),
    )


def describe(figures: dict[str, float]) -> str:
    """Write a round's figures on a line."""
    return (
        f"{figures['frames']:,.0f} frames/s, {figures['cpu']:.1%} of a core, of it drawing "
        f"{figures['drawing']:.1%}; longest time between two reads {figures['gap'] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
