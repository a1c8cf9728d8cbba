"""Damaged frames by the million. Run it: ``python tests/bench/fuzz.py --inputs 1000000``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from fuzzing import Mutator, Trial

BURST = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    mutator = Mutator(Random(options.seed))
    trial = Trial()
    start = time.perf_counter()
    left = options.inputs
    while left:
        burst = min(BURST, left)
        trial.feed([mutator.frame() for _ in range(burst)])
        left -= burst
    took_s = time.perf_counter() - start
    for what, count in sorted(trial.counts.items(), key=lambda entry: -entry[1]):
        print(f"{count:>12,}  {what}")
    print(f"seed {options.seed}, {took_s:.0f} s, every law held")


if __name__ == "__main__":
    main()
