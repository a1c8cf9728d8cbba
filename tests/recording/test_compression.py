from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import pytest

from rfqwatch.recording.compression import BEST, GZIP, Compression

TOOLS = {"zst": "zstd", "gz": "gzip"}


def test_zstd_is_taken_where_there_is_any() -> None:
    names = ["compression.zstd"] if sys.version_info >= (3, 14) else ["backports.zstd"]
    known = all(importlib.util.find_spec(name) for name in names)
    assert BEST.suffix == ("zst" if known else "gz")


def test_gzip_is_taken_where_there_is_none() -> None:
    program = """
import sys
sys.modules["backports.zstd"] = sys.modules["compression.zstd"] = None
from rfqwatch.recording.compression import BEST
print(BEST.suffix)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"gz\n"


@pytest.mark.parametrize("compression", [BEST, GZIP], ids=["best", "gzip"])
def test_the_tools_read_frames_that_follow_each_other(compression: Compression) -> None:
    tool = TOOLS[compression.suffix]
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    pieces = [b"one\n" * 5_000, b"two\n", b"three\n" * 3]
    frames = [compression.frame(piece) for piece in pieces]
    assert sum(map(len, frames)) < 1_000

    def read(data: bytes) -> tuple[int, bytes]:
        done = subprocess.run([tool, "-dc"], input=data, capture_output=True, check=False)
        return done.returncode, done.stdout

    assert read(b"".join(frames)) == (0, b"".join(pieces))
    # As far as whole frames go, it reads, whatever is torn off.
    code, data = read(b"".join(frames)[:-5])
    assert code
    assert data.startswith(b"".join(pieces[:-1]))
