"""Ten million frames with faults: memory stays flat, and every frame is printed or accounted for.

The real ``rfqwatch tail`` writes into a pipe that is read here, against a simulated exchange in a
process of its own that sends as fast as it is read. The faults are spread over the frames by
``--seed``: those that end a connection or a subscription a few times each, those that only spoil a
frame often, those that last once, near the end. The lines are held against every frame that the
exchange sent, byte by byte. The exit code is 1 when a law is broken.

    python tests/bench/soak.py [--frames 10000000] [--shards 1] [--seed 1] [--faults reset,overflow]
"""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING

from ledger import Ledger
from tailing import describe_memory, resident_mb, tailing

from rfqwatch.simulator.faults.kinds import Fault, FaultKind, parse_faults
from rfqwatch.simulator.serving import running

if TYPE_CHECKING:
    from tailing import Tail

    from rfqwatch.simulator.serving import Running

BLEMISHES = (
    FaultKind.SEQ_HOLE,
    FaultKind.ODD_SEQ,
    FaultKind.REPEAT,
    FaultKind.BACKWARD,
    FaultKind.MALFORMED,
    FaultKind.DRIFT,
    FaultKind.UNKNOWN_TYPE,
    FaultKind.FRAGMENTS,
)
"""Faults that the connection outlives."""
LASTING = (FaultKind.NO_LIST, FaultKind.NO_SEQ)
"""Faults after which nothing is as before; they come when ``LATE`` of the frames are sent."""
ENDINGS = tuple(kind for kind in FaultKind if kind not in {*BLEMISHES, *LASTING})
"""Faults that end a connection or a subscription; a new one follows after a pause."""
OFTEN = 50
LATE = 0.9
SAMPLE_S = 1.0
IDLE_TIMEOUT = "12s"
"""More than the time between two pings of the exchange, and no more than a half-open needs."""
QUIET_TIMEOUT = "1s"
"""After which a subscription that ended without a word is asked for."""


def spread(
    kinds: list[FaultKind], frames: int, endings: int, rng: random.Random
) -> tuple[Fault, ...]:
    """Place faults over the frames: ``endings`` times each kind that ends something."""
    late = round(frames * LATE)
    faults = [
        # Where nothing can be asked, a quiet stream is believed: no deafness would end.
        Fault(kind, rng.randrange(1, late if kind is FaultKind.DEAF else frames))
        for kind in kinds
        if kind not in LASTING
        for _ in range(endings if kind in ENDINGS else OFTEN)
    ]
    lasting = [Fault(kind, late) for kind in kinds if kind in LASTING]
    if FaultKind.NO_LIST in kinds:
        # An error makes doubt, which then only messages could settle.
        lasting.append(Fault(FaultKind.ODD_ERROR, (late + frames) // 2))
    return (*faults, *lasting)


class Soak:
    """One run: its lines read as they come, and the memory of both sides sampled meanwhile."""

    def __init__(self, frames: int, shards: int, seed: int) -> None:
        self.ledger = Ledger()
        self.tail_mb: list[float] = []
        self.exchange_mb: list[float] = []
        self._frames = frames
        self._shards = shards
        self._seed = seed

    def run(self, faults: tuple[Fault, ...]) -> None:
        """Read to the end, and compare."""
        arguments = ["-n", str(self._frames)]
        arguments += ["--idle-timeout", IDLE_TIMEOUT, "--quiet-timeout", QUIET_TIMEOUT]
        if self._shards > 1:
            arguments += ["--shard", f"all/{self._shards}"]
        with (
            running(rate=0, seed=self._seed, faults=faults, keep_frames=True) as exchange,
            tailing(exchange, *arguments) as tail,
        ):
            self._read(tail, exchange)
            code = tail.wait()
            self.ledger.settle(exchange.accounts())
        if code:
            self.ledger.violations.append(f"exit code {code}")
        if self.ledger.events != self._frames:
            self.ledger.violations.append(f"{self.ledger.events} events, not {self._frames}")

    def _read(self, tail: Tail, exchange: Running) -> None:
        ledger = self.ledger
        start = next_sample = time.monotonic()
        tenths = 1
        while (lines := tail.read()) is not None:
            ledger.take(lines)
            now = time.monotonic()
            if now < next_sample:
                continue
            next_sample = now + SAMPLE_S
            self.tail_mb.append(resident_mb(tail.pid))
            self.exchange_mb.append(resident_mb(exchange.pid))
            ledger.check(exchange.accounts())
            if ledger.events * 10 >= tenths * self._frames:
                tenths = ledger.events * 10 // self._frames + 1
                print(
                    f"{ledger.events:,} frames in {now - start:.0f} s, "
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
    options = parser.parse_args()
    asked = "" if options.faults == "none" else options.faults
    kinds = list(FaultKind)
    if asked != "all":
        kinds = [fault.kind for fault in parse_faults(asked)]
    faults = spread(kinds, options.frames, options.endings, random.Random(options.seed))

    soak = Soak(options.frames, options.shards, options.seed)
    start = time.monotonic()
    soak.run(faults)
    print(
        f"{soak.ledger.events:,} frames over {options.shards} shard(s) in "
        f"{time.monotonic() - start:.0f} s, "
        f"{len(faults)} faults of {len(kinds)} kinds, seed {options.seed}"
    )
    print(soak.ledger.describe())
    warm = len(soak.tail_mb) // 20 + 2
    print(f"memory of tail:     {describe_memory(soak.tail_mb[warm:])}")
    print(f"memory of exchange: {describe_memory(soak.exchange_mb[warm:])}")
    soak.ledger.conclude()


if __name__ == "__main__":
    main()
