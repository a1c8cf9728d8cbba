"""A recording under ``kill -9`` and a full disk is what ``tail`` printed beside it, line by line.

The real ``rfqwatch tail --record`` runs again and again on a small file system of its own, against
a simulated exchange with faults, and ends in turn by a signal, by ``kill -9``, and by a signal
after the disk was full for a while. Its lines go to a file, which has no delay. The exit code is 1
when a law is broken: after a signal both are the same, and a kill loses no more than a second.

    python tests/bench/record_faults.py [--seconds 60] [--rate 500] [--seed 1]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rfqwatch.simulator.faults.kinds import parse_faults
from rfqwatch.simulator.serving import running

FAULTS = "reset,overflow,seq-hole,malformed,unknown-type"
DISK = "8m"
MOST_LOST_MS = 1_000
OURS = (b'{"type":"rfqwatch.recording"', b'{"type":"rfqwatch.continued"')


def whole(data: bytes) -> list[bytes]:
    """Give the lines that have an end."""
    return data[: data.rfind(b"\n") + 1].splitlines()


def recorded(files: list[Path]) -> list[bytes]:
    """Give the lines of the stream; of a torn frame, none."""
    lines: list[bytes] = []
    for file in files:
        tool = "zstd" if ".zst" in file.suffixes else "gzip"
        with file.open("rb") as opened:
            data = subprocess.run(
                [tool, "-dc"], stdin=opened, capture_output=True, check=False
            ).stdout
        lines += whole(data)
    return [line for line in lines if not line.startswith(OURS)]


def stamp(line: bytes) -> int:
    received_ms: int = json.loads(line)["received_ts_ms"]
    return received_ms


def run(how: str, folder: Path, seconds: float, environment: dict[str, str]) -> str:
    """Record for a while, and end so; say what is wrong."""
    before = set(folder.glob("rfqwatch-*"))
    printed = folder.parents[1] / "printed"
    command = [sys.executable, "-m", "rfqwatch", "tail", "--record", str(folder)]
    command += ["--rotate", "5s", "--rotate", "500KiB"]
    with (
        printed.open("wb") as out,
        (folder.parents[1] / "said").open("ab") as said,
        subprocess.Popen(command, stdout=out, stderr=said, env=environment) as process,
    ):
        time.sleep(seconds / 2)
        if how == "full":
            filler = folder.parent / "filler"
            subprocess.run(["dd", "if=/dev/zero", f"of={filler}"], capture_output=True, check=False)
            time.sleep(seconds / 2)
            filler.unlink()
        else:
            time.sleep(seconds / 2)
        process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
    files = sorted(set(folder.glob("rfqwatch-*")) - before)
    files = [file for file in files if file.name != "rfqwatch.lock"]
    theirs, ours = whole(printed.read_bytes()), recorded(files)
    lost_ms = stamp(theirs[-1]) - stamp(ours[-1])
    print(
        f"{how}: {len(ours):,} lines of {len(theirs):,} in {len(files)} files, last {lost_ms} ms "
        "before the end",
        flush=True,
    )
    if ours != theirs[: len(ours)]:
        return "the lines differ"
    if how != "kill" and len(ours) != len(theirs):
        return "lines are missing"
    return "" if lost_ms <= MOST_LOST_MS else "more than a second is missing"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if "RECORD_FAULTS" not in os.environ:
        os.environ["RECORD_FAULTS"] = "1"
        command = ["unshare", "-rm", sys.executable, *sys.argv]  # For a mount of its own.
        sys.exit(subprocess.run(command, check=False).returncode)
    rng = random.Random(options.seed)
    wrong = []
    with (
        tempfile.TemporaryDirectory() as directory,
        running(rate=options.rate, seed=options.seed, faults=parse_faults(FAULTS)) as exchange,
    ):
        disk = Path(directory, "disk")
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", disk], check=True)
        key = Path(directory, "key.pem")
        key.touch(0o600)
        key.write_bytes(exchange.private_key_pem)
        environment = {
            **os.environ,
            "KALSHI_API_KEY_ID": exchange.key_id,
            "KALSHI_PRIVATE_KEY_PATH": str(key),
            "RFQWATCH_URL": exchange.url,
        }
        end_s = time.monotonic() + options.seconds
        folder = disk / "record"
        folder.mkdir()
        for how in itertools.cycle(("signal", "kill", "full")):
            if time.monotonic() > end_s:
                break
            if problem := run(how, folder, rng.uniform(3, 9), environment):
                wrong.append(f"{how}: {problem}")
            for file in folder.glob("*.jsonl.*"):
                file.unlink()
        subprocess.run(["umount", disk], check=True)
    sys.exit("; ".join(wrong) or 0)


if __name__ == "__main__":
    main()
