"""The names of a recording's files, which sort in the order they were written. Pure.

``rfqwatch-20261124T180000Z-0001.jsonl.zst``: when it was begun, which of that second it is, and
how it is compressed. A file that is not whole yet has ``.part`` at its end.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

PART = ".part"

_NAME = re.compile(r"rfqwatch-(\d{8}T\d{6}Z)-(\d{4,})\.jsonl\.(?:zst|gz)", re.ASCII)


def is_ours(name: str) -> bool:
    """Tell whether it is the name of a whole file of a recording."""
    return _NAME.fullmatch(name) is not None


def next_name(last: str, at_ms: int, suffix: str) -> str:
    """Name a file begun at a moment (Unix milliseconds), after the ``last`` one; "" for none.

    It sorts behind the last even where the clock was set back since.
    """
    time = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    if (match := _NAME.fullmatch(last)) and match[1] >= time:
        time, number = match[1], int(match[2]) + 1
    return f"rfqwatch-{time}-{number:04}.jsonl.{suffix}"
