"""Four shards in one process: together they are the whole stream, and one that fails fails alone.

First ``rfqwatch tail`` and ``rfqwatch tail --shard all/4`` watch one simulated exchange side by
side: between the moment when all shards are live and the end, both have printed the same messages.
Then faults befall single connections: their shards tell of gaps, the others stay whole by every
frame that was sent. The exit code is 1 when any of this does not hold.

    python tests/bench/shards.py [--rate 2000] [--seconds 20] [--factor 4]
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from ledger import Ledger
from tailing import resident_mb, tailing

from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from tailing import Tail

START_S = 5.0
"""How long the processes may take until they watch."""
NUMBERS = re.compile(rb',"(?:sid|seq|sending_ts_ms)":\d+')


class Reading:
    """Reads a program's lines in a thread, so that no pipe fills up while another is read."""

    def __init__(self, tail: Tail) -> None:
        self.ledger = Ledger(keep_fates=True)
        self.begun = threading.Event()
        self.memory_mb = 0.0
        self._tail = tail
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while (lines := self._tail.read()) is not None:
            self.ledger.take(lines)
            self.begun.set()
            self.memory_mb = resident_mb(self._tail.pid) or self.memory_mb

    def end(self) -> None:
        """Ask the program to end, and read to its end."""
        self._tail.end()
        self._thread.join()
        self._tail.wait()

    @property
    def events(self) -> dict[str, list[bytes]]:
        """What was printed of each shard, in order, without the numbers of its subscription."""
        printed: dict[str, list[bytes]] = {}
        for run in self.ledger.runs:
            bare = (NUMBERS.sub(b"", fate.frame) for fate in run.fates)
            printed.setdefault(run.shard, []).extend(bare)
        return printed


def compare_with_whole(rate: float, seconds: float, factor: int) -> list[str]:
    """Watch the whole and its shards side by side; give what is wrong."""
    with (
        running(rate=rate, seed=1, standing=0, keep_frames=True) as exchange,
        tailing(exchange) as plain,
    ):
        whole = Reading(plain)
        # The whole must have begun first, and end last.
        whole.begun.wait()
        with tailing(exchange, "--shard", f"all/{factor}") as sharded:
            parts = Reading(sharded)
            time.sleep(START_S + seconds)
            parts.end()
        whole.end()
        accounts = exchange.accounts()
    whole.ledger.settle([account for account in accounts if not account.shard])
    parts.ledger.settle([account for account in accounts if account.shard])
    broken = whole.ledger.violations + parts.ledger.violations
    events = whole.events[""]
    place = {event: number for number, event in enumerate(events)}
    shards = parts.events
    start = max(place[shard[0]] for shard in shards.values())
    end = min(place[shard[-1]] for shard in shards.values())
    expected = Counter(events[start : end + 1])
    got = Counter(
        event for shard in shards.values() for event in shard if start <= place[event] <= end
    )
    if len(place) != len(events):
        broken.append("messages of the whole stream are not unique")
    if got != expected:
        broken.append(
            f"{(expected - got).total()} frames are in no shard, "
            f"{(got - expected).total()} in more than one"
        )
    gaps = {**whole.ledger.gaps, **parts.ledger.gaps}
    if gaps or len(shards) != factor:
        broken.append(f"gaps {gaps}, {len(shards)} shards")
    shares = ", ".join(f"{name} {len(shard):,}" for name, shard in sorted(shards.items()))
    print(
        f"{end - start + 1:,} frames at {rate:,.0f} frames/s, the same in the whole and in "
        f"{factor} shards ({shares}); memory {whole.memory_mb:.1f} and {parts.memory_mb:.1f} MB"
    )
    return broken


def fail_one(rate: float, seconds: float, factor: int) -> list[str]:
    """Let single connections suffer; give what is wrong with the others."""
    frames = round(rate * seconds)
    faults = parse_faults(f"seq-hole@{frames // 4},repeat@{frames // 3},reset@{frames // 2}")
    with (
        running(rate=rate, seed=1, standing=0, faults=faults, keep_frames=True) as exchange,
        tailing(exchange, "--shard", f"all/{factor}") as tail,
    ):
        reading = Reading(tail)
        time.sleep(START_S + seconds)
        reading.end()
        accounts = exchange.accounts()
        ledger = reading.ledger
        ledger.settle(accounts)
    broken = ledger.violations
    shards: dict[str, list[str]] = {run.shard: [] for run in ledger.runs}
    for run in ledger.runs:
        told = [f"{run.missing} missed" if run.missing else "", run.gap]
        shards[run.shard] += filter(None, told)
    hit = {account.shard for account in accounts if account.dropped or account.extra}
    hit |= {account.shard for account in accounts if account.connection > factor}
    for shard, told in sorted(shards.items()):
        count = sum(run.printed for run in ledger.runs if run.shard == shard)
        print(f"shard {shard}: {count:,} frames; {', '.join(told) or 'no gap'}")
        if bool(told) and shard not in hit:
            broken.append(f"shard {shard} told of a gap that another one had")
    if len(shards) != factor or not 0 < sum(map(bool, shards.values())) < factor:
        broken.append(f"not one of several shards was hit: {shards}")
    print(ledger.describe())
    return broken


def main() -> None:
    """Show both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--factor", type=int, default=4)
    options = parser.parse_args()
    broken = [
        violation
        for show in (compare_with_whole, fail_one)
        for violation in show(options.rate, options.seconds, options.factor)
    ]
    for violation in broken:
        print(f"BROKEN: {violation}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
