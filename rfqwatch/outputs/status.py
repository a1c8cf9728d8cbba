"""What rfqwatch says about itself, on standard error: one line for each change of state."""

from __future__ import annotations

import contextlib
import io
import select
import sys

from rfqwatch.outputs.terminal import safe

LONGEST = 500

PATIENCE_MS = 50
"""How long one line may wait for a standard error that nobody reads, as in ``2>&1 | less``."""


def say(text: str) -> None:
    """Say one line, made safe and not too long. Nobody who hears it is no reason to end or wait."""
    line = safe(text[:LONGEST])
    if len(text) > LONGEST or len(line) > LONGEST:
        line = f"{line[:LONGEST]}…"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if _is_read():
            sys.stderr.write(f"rfqwatch: {line}\n")
            sys.stderr.flush()


def _is_read() -> bool:
    try:
        fd = sys.stderr.fileno()
    except io.UnsupportedOperation:
        return True
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(PATIENCE_MS))
