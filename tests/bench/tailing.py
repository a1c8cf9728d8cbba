"""The real ``rfqwatch tail`` in a process of its own, read through a pipe, and its memory."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.simulator.serving import Running

_PIECE = 1 << 20
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mb(pid: int) -> float:
    """Give the memory that a process has in use; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
    except (OSError, IndexError):
        return 0.0


def describe_memory(samples: Sequence[float]) -> str:
    """Say how samples of memory went, in the order they were taken."""
    alive = [sample for sample in samples if sample]
    if not alive:
        return "not measured"
    tenth = max(1, len(alive) // 10)
    return (
        f"first {alive[0]:.1f}, median {statistics.median(alive):.1f}, last {alive[-1]:.1f}, "
        f"max {max(alive):.1f} MB; medians of the first tenth "
        f"{statistics.median(alive[:tenth]):.1f} and of the last "
        f"{statistics.median(alive[-tenth:]):.1f} MB ({len(alive)} samples)"
    )


class Tail:
    """A running ``rfqwatch tail``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._rest = b""
        self._fd = process.stdout.fileno() if process.stdout else -1
        self.pid = process.pid

    def read(self) -> list[bytes] | None:
        """Wait for lines, and give the whole ones, without their ends; None at the end."""
        data = os.read(self._fd, _PIECE)
        if not data:
            if self._rest:
                raise SystemExit(f"the last line is cut off: {self._rest[:200]!r}")
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines

    def end(self) -> None:
        """Ask it to end; what runs in the background may not heed Ctrl-C."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end, and give the exit code."""
        return self._process.wait(timeout=60)


@contextlib.contextmanager
def tailing(exchange: Running, *options: str, url: str | None = None) -> Iterator[Tail]:
    """Run ``rfqwatch tail`` against a simulated exchange, or against ``url`` with its key."""
    with tempfile.TemporaryDirectory() as directory:
        key = Path(directory, "key.pem")
        key.touch(0o600)
        key.write_bytes(exchange.private_key_pem)
        environment = {
            **os.environ,
            "KALSHI_API_KEY_ID": exchange.key_id,
            "KALSHI_PRIVATE_KEY_PATH": str(key),
        }
        tail = [sys.executable, "-m", "rfqwatch", "tail", "--quiet", "--url", url or exchange.url]
        with subprocess.Popen(
            [*tail, *options], stdout=subprocess.PIPE, env=environment
        ) as process:
            try:
                yield Tail(process)
            finally:
                process.kill()
