"""Lines a second of ``tail --from`` against reading the same file's envelopes and nothing else.

``bench_replay.py [FILE]`` takes a recording, or makes one of the simulated exchange in which every
line has a millisecond of its own, as on the real channel.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rfqwatch.exchange.wire import Payload, read
from rfqwatch.sources.recorded import Recording

RFQWATCH = [sys.executable, "-m", "rfqwatch"]
MESSAGES = 200_000
STAMP = re.compile(rb"(?<=received_ts_ms\":)\d+")


def make(file: Path) -> None:
    """Record, and put the lines two milliseconds apart."""
    command = [*RFQWATCH, "tail", "-q", "--env", "sim", "--sim-rate", "0", "-n", str(MESSAGES)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines(
        keepends=True
    )
    start = 1_790_000_000_000
    file.write_bytes(
        b"".join(STAMP.sub(b"%d" % (start + 2 * n), line) for n, line in enumerate(lines))
    )


def bare(file: Path) -> int:
    with file.open("rb") as opened:
        return len([read(Payload(line)) for line in opened])


def pieces(file: Path) -> int:
    return sum(map(len, Recording([str(file)])))


def replayed(file: Path) -> None:
    command = [*RFQWATCH, "tail", "-q", "--from", str(file)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def measure(file: Path) -> None:
    start = time.process_time()
    lines = bare(file)
    print(f"bare loop   {lines / (time.process_time() - start):>10,.0f} lines/s of CPU")
    start = time.process_time()
    pieces(file)
    print(f"Recording   {lines / (time.process_time() - start):>10,.0f}")
    before = os.times()
    replayed(file)
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    print(f"tail --from {lines / spent:>10,.0f}, its start included")


def main() -> None:
    if sys.argv[1:]:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording.jsonl"
        make(file)
        measure(file)


if __name__ == "__main__":
    main()
