"""A consumer that stops reading and comes back: whole lines, an exact account, bounded memory.

The real ``rfqwatch tail`` writes into a pipe that is not read for a while, as the simulated
exchange goes on sending; a relay between the two counts pings and pongs. Every line is held against
the frames that were sent. The exit code is 1 when lines are missing other than where a
shed mark says so, when a quote was shed although an older RFQ was kept, when memory went past
twice the buffer, or when the exchange had to end the subscription. With ``--faults`` the gaps that
they make stand among the marks, as exactly.

    python tests/bench/slow_consumer.py [--seconds 60] [--rate 3000] [--buffer 64MiB]
    python tests/bench/slow_consumer.py --buffer 1MiB --seconds 10
    python tests/bench/slow_consumer.py --buffer 1MiB --seconds 10 --faults reset@30000
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from typing import TYPE_CHECKING

from ledger import Ledger
from relay import relaying
from tailing import resident_mb, tailing

from rfqwatch.cli.options.quantities import Size
from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.market.agenda import ANNOUNCEMENTS
from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailing import Tail

    from rfqwatch.simulator.serving import Running

BEFORE_S = 5.0
AFTER_S = 10.0
SAMPLE_S = 0.25
ALLOWANCE_MB = 16
"""What a process may take for other reasons than its buffer."""
TERMINATED = 143


def read_for(tail: Tail, exchange: Running, ledger: Ledger, seconds: float) -> Iterator[float]:
    """Read lines for a while, and check them; give a sample of memory now and then."""
    end = next_sample = time.monotonic()
    end += seconds
    while (now := time.monotonic()) < end:
        ledger.take(tail.read() or ())
        if now >= next_sample:
            ledger.check(exchange.accounts())
            next_sample += SAMPLE_S
            yield resident_mb(tail.pid)


def pause(tail: Tail, seconds: float) -> Iterator[float]:
    """Read nothing for a while; give samples of memory."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(SAMPLE_S)
        yield resident_mb(tail.pid)


def check(ledger: Ledger) -> None:
    """Note what else must hold: nothing but shedding happened, and quotes were shed last."""
    if ledger.gaps.keys() - {"shed"} or len(ledger.runs) != 1:
        ledger.violations.append(f"more than shedding: {ledger.gaps}, {len(ledger.runs)} runs")
    fates = ledger.runs[0].fates
    places = [place for place, fate in enumerate(fates) if not fate.printed]
    quotes = [place for place in places if fates[place].type not in ANNOUNCEMENTS]
    if quotes:
        between = fates[places[0] : quotes[-1]]
        kept = sum(fate.printed and fate.type in ANNOUNCEMENTS for fate in between)
        if kept:
            ledger.violations.append(f"quotes were shed although {kept} older RFQs were kept")


def main() -> None:
    """Stop reading, come back, and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=3_000)
    parser.add_argument("--buffer", default="64MiB")
    parser.add_argument("--faults", default="", help="of the exchange, like NAME@FRAME,NAME@FRAME")
    options = parser.parse_args()
    faults = parse_faults(options.faults)
    ledger = Ledger(keep_fates=True)
    with (
        running(
            rate=options.rate, seed=1, faults=faults, standing=0, batches=True, keep_frames=True
        ) as exchange,
        relaying(exchange.url) as relay,
        tailing(exchange, "--buffer", options.buffer, url=relay.url) as tail,
    ):
        before = list(read_for(tail, exchange, ledger, BEFORE_S))
        printed_before = ledger.events
        during = list(pause(tail, options.seconds))
        after = list(read_for(tail, exchange, ledger, AFTER_S))
        tail.end()
        while (lines := tail.read()) is not None:
            ledger.take(lines)
        code = tail.wait()
        ledger.settle(exchange.accounts())

    if not faults:
        check(ledger)
        if relay.connections != 1 or relay.pongs < relay.pings - 1:
            ledger.violations.append("the exchange was not answered")
    if code != TERMINATED:
        ledger.violations.append(f"exit code {code}")
    most_mb = max(during + after)
    buffer_mb = Size(options.buffer) / 2**20
    if most_mb - max(before) > 2 * buffer_mb + ALLOWANCE_MB:
        ledger.violations.append("memory went past twice the buffer")
    fates = [fate for run in ledger.runs for fate in run.fates]
    quotes = Counter(fate.printed for fate in fates if fate.type not in ANNOUNCEMENTS)
    print(
        f"not read for {options.seconds:.0f} s at {options.rate:,.0f} frames/s, buffer "
        f"{options.buffer}: {printed_before:,} lines before, "
        f"{ledger.events - printed_before:,} after, all whole"
    )
    print(
        f"{ledger.shed:,} shed in {ledger.gaps['shed']:,} places: "
        f"{ledger.shed - quotes[False]:,} of RFQs and {quotes[False]:,} of quotes; "
        f"of quotes printed: {quotes[True]:,}"
    )
    print(ledger.describe())
    print(
        f"memory before {max(before):.1f}, max {most_mb:.1f}, at the end {after[-1]:.1f} MB; "
        f"connections {relay.connections}, pings {relay.pings}, pongs {relay.pongs}, "
        f"the slowest after {relay.longest_s * 1000:.1f} ms"
    )
    ledger.conclude()


if __name__ == "__main__":
    main()
