"""CPU of ``rfqwatch record`` at 3,000 frames/s, with zstd and with gzip, and of ``tail`` beside it.

The simulated exchange runs in a process of its own. What a process costs up to a second after its
start, the burst of open RFQs included, is measured too, and taken off.

    python tests/bench/bench_record.py [--seconds 20] [--rate 3000] [--rounds 2]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rfqwatch.simulator.serving import running
from rfqwatch.sources.decompression import Opened

WITHOUT_ZSTD = """
import sys
sys.modules["backports.zstd"] = sys.modules["compression.zstd"] = None
from rfqwatch.cli.main import main
main()
"""
GOAL = 0.15
START_S = 2


def cpu_s(command: list[str], environment: dict[str, str]) -> float:
    """Run a command to its end; give its user and system time."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    if process.returncode:
        raise SystemExit(said)
    return usage.ru_utime + usage.ru_stime


def lines_of(file: Path) -> int:
    """Count: an exchange that lacks the CPU sends fewer than it should."""
    lines = 0
    with Opened(str(file)) as opened:
        while (data := opened.read()) is not None:
            lines += data.count(b"\n")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=float, default=3_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    rfqwatch = [sys.executable, "-m", "rfqwatch"]
    with (
        running(rate=options.rate, seed=7, standing=300) as exchange,
        tempfile.TemporaryDirectory() as directory,
    ):
        key = Path(directory, "key.pem")
        key.touch(0o600)
        key.write_bytes(exchange.private_key_pem)
        environment = {
            **os.environ,
            "KALSHI_API_KEY_ID": exchange.key_id,
            "KALSHI_PRIVATE_KEY_PATH": str(key),
            "RFQWATCH_URL": exchange.url,
        }
        commands = {
            "record, zstd": [*rfqwatch, "record", f"{directory}/zst"],
            "record, gzip": [sys.executable, "-c", WITHOUT_ZSTD, "record", f"{directory}/gz"],
            "tail": [*rfqwatch, "tail"],
        }
        for number in range(options.rounds):
            for name, command in commands.items():
                cpu = {
                    seconds: cpu_s([*command, "--duration", f"{seconds}s"], environment)
                    for seconds in (START_S, START_S + options.seconds)
                }
                spent = (cpu[START_S + options.seconds] - cpu[START_S]) / options.seconds
                print(f"{number + 1}: {name}: {spent:.1%} of a core", flush=True)
        for suffix in ("zst", "gz"):
            # One file for each run, a short one and a long one in turns.
            files = sorted(Path(directory, suffix).glob("*.jsonl.*"))
            lines = [lines_of(file) for file in files]
            rate = (sum(lines[1::2]) - sum(lines[::2])) / options.seconds / options.rounds
            size = sum(file.stat().st_size for file in files)
            print(f"{suffix}: about {rate:,.0f} frames/s came, {size / sum(lines):.0f} bytes each")
    print(f"goal: at most {GOAL:.0%}")


if __name__ == "__main__":
    main()
