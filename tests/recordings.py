"""The files of a recording, read the way a user reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from rfqwatch.recording.compression import BEST

if TYPE_CHECKING:
    from pathlib import Path

TOOL = {"zst": "zstd", "gz": "gzip"}[BEST.suffix]
NAME = re.compile(rf"rfqwatch-\d{{8}}T\d{{6}}Z-\d{{4}}\.jsonl\.{BEST.suffix}")

needs_tool = pytest.mark.skipif(not shutil.which(TOOL), reason=f"{TOOL} is not installed")


def content(path: Path, *, torn: bool = False) -> str:
    """Read a file by the tool that everybody has; of one that may be ``torn``, the whole lines."""
    with path.open("rb") as file:
        done = subprocess.run([TOOL, "-dc"], stdin=file, capture_output=True, check=not torn)
    return done.stdout[: done.stdout.rfind(b"\n") + 1].decode()


def files(directory: Path) -> list[Path]:
    found = sorted(path for path in directory.iterdir() if path.name != "rfqwatch.lock")
    assert all(NAME.fullmatch(path.name) for path in found)
    return found


def frames_of_stream(lines: str) -> str:
    """Leave out the lines that only files have."""
    kept = [
        line
        for line in lines.splitlines(keepends=True)
        if not line.startswith(('{"type":"rfqwatch.recording"', '{"type":"rfqwatch.continued"'))
    ]
    return "".join(kept)


def first_line(path: Path) -> dict[str, Any]:
    line = json.loads(content(path).splitlines()[0])
    assert line["type"] == "rfqwatch.recording"
    told: dict[str, Any] = line["msg"]
    return told
