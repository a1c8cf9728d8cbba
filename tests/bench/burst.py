"""Every open RFQ at once: 50,000 sent right after subscribing, and not one lost on our side.

Prints the time from the line that says the subscription is live to the last line of the burst, and
how many frames a second that makes. The exit code is 1 when a frame is missing.

    python tests/bench/burst.py [--open 50000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from ledger import Ledger
from tailing import resident_mb, tailing

from rfqwatch.simulator.serving import running

RATE = 1_000
"""Frames a second of the market meanwhile."""


def take_burst(size: int, seed: int) -> tuple[float, float, list[str]]:
    """Take one burst: the seconds it took, the memory of tail after it, what was wrong."""
    ledger = Ledger()
    live: float | None = None
    memory_mb = 0.0
    took_s = 0.0
    with running(rate=RATE, seed=seed, standing=size, keep_frames=True) as exchange:
        # The market opens with the first subscription, and that takes it seconds.
        with tailing(exchange, "-n", "1") as first:
            while first.read() is not None:
                pass
        opening = len(exchange.accounts())
        with tailing(exchange, "-n", str(size)) as tail:
            while (lines := tail.read()) is not None:
                live = live or time.monotonic()
                took_s = time.monotonic() - live
                memory_mb = resident_mb(tail.pid) or memory_mb
                ledger.take(lines)
            code = tail.wait()
            ledger.settle(exchange.accounts()[opening:])
    if code or ledger.gaps or ledger.events != size:
        ledger.violations.append(f"exit code {code}, gaps {ledger.gaps}, {ledger.events} events")
    return took_s, memory_mb, ledger.violations


def main() -> None:
    """Take several bursts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    times = []
    broken = False
    for number in range(1, options.rounds + 1):
        took_s, memory_mb, violations = take_burst(options.open, number)
        times.append(took_s)
        print(
            f"{number}: {options.open:,} open RFQs in {took_s:.2f} s, "
            f"{options.open / took_s:,.0f} frames/s, memory {memory_mb:.1f} MB",
            flush=True,
        )
        for violation in violations:
            broken = True
            print(f"BROKEN: {violation}")
    print(
        f"median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f} s; "
        + ("frames are missing" if broken else "none missing")
    )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
