"""CPU of ``rfqwatch tail`` per frame at the pace that users live at, against the bare loop.

Each frame is sent by itself, at its own moment, by a server in a process of its own, and printed
into a pipe that is read. The programs run in turns, the bare loop also without the buffer of its
standard output, so that each line can be read at once, as those of ``tail`` can. CPU is what a
process has used at the last frame, less what it had used a second of frames after its start.

    python tests/bench/bench_pace.py [--rates 3000 400] [--seconds 5] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time

from bare import bare, credentials, tail
from singly import serving_singly

SETTLING_S = 1.0


def frame_us(command: list[str], environment: dict[str, str], rate: int, count: int) -> float:
    """Run a command that prints ``count`` lines; give the microseconds of CPU for each."""
    settled = round(SETTLING_S * rate)
    lines, before = 0, (0, 0.0)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout is not None
        while lines < count and (data := os.read(process.stdout.fileno(), 1 << 16)):
            lines += data.count(b"\n")
            if not before[0] and lines >= settled:
                before = lines, used_s(process.pid)
        after = lines, used_s(process.pid)
        process.kill()
    if lines < count:
        raise SystemExit(f"{' '.join(command[1:4])} … ended after {lines} lines")
    return (after[1] - before[1]) / (after[0] - before[0]) * 1e6


def used_s(pid: int) -> float:
    """Give the CPU time of a process, all its threads, user and system (Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=[3_000, 400])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    seconds = SETTLING_S + options.seconds
    # Those that end by themselves would end in the middle of the measurement.
    served = round(max(options.rates) * (seconds + 5))
    with credentials() as environment, serving_singly(served) as url:
        for rate in options.rates:
            count = round(rate * seconds)
            paced = f"{url}?rate={rate}"
            commands = {
                "tail": tail(paced, served),
                "bare": bare(paced, served),
                "bare, unbuffered": bare(paced, served, buffered=False),
            }
            rounds = []
            for number in range(options.rounds):
                rounds.append(
                    {
                        name: frame_us(command, environment, rate, count)
                        for name, command in commands.items()
                    }
                )
                told = ", ".join(f"{name} {us:.1f} us" for name, us in rounds[-1].items())
                print(f"{rate:,}/s, {number + 1}: {told}", flush=True)
            for name in list(commands)[1:]:
                ratios = [each["tail"] / each[name] for each in rounds]
                print(
                    f"{rate:,}/s: tail against {name}: median {statistics.median(ratios):.2f}, "
                    f"{min(ratios):.2f} to {max(ratios):.2f}, {options.rounds} rounds"
                )


if __name__ == "__main__":
    main()
