"""From the exchange's send to a readable line: latency of ``tail``, and of the bare loop, in turns.

A server in a process of its own sends frames like the exchange's at a steady rate, each by itself
with the moment of its sending; the reader of the pipe compares. Both use the machine's monotonic
clock. The bare loop's standard output has no buffer, or its lines would wait in it.

    python tests/bench/bench_latency.py [--rate 1340] [--seconds 8] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import time

from bare import bare, credentials, tail
from singly import serving_singly

SENT = re.compile(rb'"sent_ns":(\d+)')
SETTLING = 500
"""Frames not measured: the start of the stream."""
SHARES = (0.5, 0.99, 0.999)


def measure(command: list[str], environment: dict[str, str]) -> list[float]:
    """Read the program's lines as they come; give each one's milliseconds on the way, in order."""
    lags = []
    rest = b""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as program:
        assert program.stdout is not None
        while data := os.read(program.stdout.fileno(), 1 << 16):
            now_ns = time.monotonic_ns()
            *lines, rest = (rest + data).split(b"\n")
            sents = filter(None, map(SENT.search, lines))
            lags += [(now_ns - int(sent[1])) / 1e6 for sent in sents]
    return sorted(lags[SETTLING:])


def main() -> None:
    """Measure several times, and print percentiles of each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_340)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    count = round(options.rate * options.seconds)
    ratios = []
    with credentials() as environment, serving_singly(count) as url:
        paced = f"{url}?rate={options.rate}"
        for number in range(options.rounds):
            took = []
            for name, command in (
                ("tail", tail(paced, count)),
                ("bare", bare(paced, count, buffered=False)),
            ):
                lags = measure(command, environment)
                took.append([lags[int(len(lags) * share)] for share in SHARES])
                p50, p99, p999 = took[-1]
                print(
                    f"{number + 1}: {name}: {len(lags):,} lines at {options.rate:,.0f} frames/s: "
                    f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99.9 {p999:.2f} ms, "
                    f"worst {lags[-1]:.2f} ms",
                    flush=True,
                )
            ratios.append([ours / theirs for ours, theirs in zip(*took, strict=True)])
    for share, of_share in zip(SHARES, zip(*ratios, strict=True), strict=True):
        print(
            f"tail against bare: p{share * 100:g}: median {statistics.median(of_share):.2f}, "
            f"{min(of_share):.2f} to {max(of_share):.2f}, {options.rounds} rounds"
        )


if __name__ == "__main__":
    main()
