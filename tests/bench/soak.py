"""Ten million frames with faults: memory stays flat, and every frame is printed or accounted for.

The real ``rfqwatch tail`` writes into a pipe that is read here, against a simulated exchange in a
process of its own that sends as fast as it is read. The faults are spread over the frames by
``--seed``: those that end a connection or a subscription a few times each, those that only spoil a
frame often, those that last once and late. Each line is held against the exchange's account by its
number, and with ``--bytes`` (which takes memory) each frame by its bytes. The exit code is 1 when
a law is broken.

    python tests/bench/soak.py [--frames 10000000] [--shards 1] [--seed 1] [--faults reset,overflow]
    python tests/bench/soak.py --frames 300000 --bytes
"""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING

from ledger import Ledger
from tailing import describe_memory, resident_mb, tailing

from rfqwatch.simulator.faults import Fault, FaultKind, parse_faults
from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from ledger import Settlement
    from tailing import Tail

    from rfqwatch.simulator.serving import Running

BLEMISHES = (
    FaultKind.SEQ_HOLE,
    FaultKind.REPEAT,
    FaultKind.BACKWARD,
    FaultKind.ODD_SEQ,
    FaultKind.MALFORMED,
    FaultKind.DRIFT,
    FaultKind.UNKNOWN_TYPE,
    FaultKind.FRAGMENTS,
)
"""Faults that the connection outlives."""
LASTING = (FaultKind.NO_SEQ, FaultKind.NO_LIST)
"""Faults that never pass: without numbers little is known, without answers a deaf line is quiet."""
ENDINGS = tuple(kind for kind in FaultKind if kind not in {*BLEMISHES, *LASTING})
"""Faults that end a connection or a subscription; a new one follows after a pause."""
OFTEN = 50
SAMPLE_S = 1.0
IDLE_TIMEOUT = "12s"
"""More than the time between two pings of the exchange, and no more than a half-open needs."""
QUIET_TIMEOUT = "2s"
"""As soon is a subscription missed that ended without a word."""


def spread(
    kinds: list[FaultKind], frames: int, endings: int, rng: random.Random
) -> tuple[Fault, ...]:
    """Place faults over the frames: ``endings`` times each kind that ends something."""
    late = frames * 19 // 20
    return tuple(
        Fault(kind, late if kind in LASTING else rng.randrange(1, late))
        for kind in kinds
        for _ in range(endings if kind in ENDINGS else 1 if kind in LASTING else OFTEN)
    )


class Soak:
    """One run: its lines read as they come, and the memory of both sides sampled meanwhile."""

    def __init__(self, frames: int, shards: int, seed: int, *, keep_frames: bool) -> None:
        self.ledger = Ledger(keep_frames=keep_frames)
        self.tail_mb: list[float] = []
        self.exchange_mb: list[float] = []
        self._frames = frames
        self._shards = shards
        self._seed = seed
        self._keep_frames = keep_frames

    def run(self, faults: tuple[Fault, ...]) -> Settlement:
        """Read to the end, and compare."""
        arguments = ["-n", str(self._frames), "--idle-timeout", IDLE_TIMEOUT]
        arguments += ["--quiet-timeout", QUIET_TIMEOUT]
        if self._shards > 1:
            arguments += ["--shard", f"all/{self._shards}"]
        with (
            running(
                rate=0,
                seed=self._seed,
                faults=faults,
                keep_frames=self._keep_frames,
            ) as exchange,
            tailing(exchange, *arguments) as tail,
        ):
            self._read(tail, exchange)
            code = tail.wait()
            settlement = self.ledger.settle(exchange.accounts())
            settlement.check_summary(self.ledger, tail.summed_up())
        if code:
            settlement.violations.append(f"exit code {code}")
        if self.ledger.events != self._frames:
            settlement.violations.append(f"{self.ledger.events} events instead of {self._frames}")
        return settlement

    def _read(self, tail: Tail, exchange: Running) -> None:
        take = self.ledger.take
        start = next_sample = time.monotonic()
        tenths = 1
        while (lines := tail.read()) is not None:
            for line in lines:
                take(line)
            now = time.monotonic()
            if now >= next_sample:
                next_sample = now + SAMPLE_S
                self.tail_mb.append(resident_mb(tail.pid))
                self.exchange_mb.append(resident_mb(exchange.pid))
            if self.ledger.lines * 10 >= tenths * self._frames:
                tenths += 1
                print(
                    f"{self.ledger.lines:,} lines in {now - start:.0f} s, "
                    f"tail {self.tail_mb[-1]:.1f} MB",
                    flush=True,
                )


def main() -> None:
    """Run the soak, and print what it shows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="all", help="kinds, separated by commas; none for none")
    parser.add_argument("--endings", type=int, default=2, help="how often each that ends a thing")
    parser.add_argument("--bytes", action="store_true", help="compare each frame byte by byte")
    options = parser.parse_args()
    asked = "" if options.faults == "none" else options.faults
    kinds = list(FaultKind)
    if asked != "all":
        kinds = [fault.kind for fault in parse_faults(asked)]
    faults = spread(kinds, options.frames, options.endings, random.Random(options.seed))

    soak = Soak(options.frames, options.shards, options.seed, keep_frames=options.bytes)
    start = time.monotonic()
    settlement = soak.run(faults)
    ledger = soak.ledger
    print(
        f"{ledger.events:,} frames over {options.shards} shard(s) in "
        f"{time.monotonic() - start:.0f} s, "
        f"{len(faults)} faults of {len(kinds)} kinds, seed {options.seed}, "
        f"{len(ledger.runs)} subscriptions; gap lines: "
        + (", ".join(f"{reason} {count}" for reason, count in ledger.gaps.items()) or "none")
    )
    print(settlement.describe())
    warm = len(soak.tail_mb) // 20 + 2
    print(f"memory of tail:     {describe_memory(soak.tail_mb[warm:])}")
    print(f"memory of exchange: {describe_memory(soak.exchange_mb[warm:])}")
    settlement.conclude()


if __name__ == "__main__":
    main()
