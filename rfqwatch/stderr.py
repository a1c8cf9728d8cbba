"""What rfqwatch says about itself, on standard error: one line for each change of state."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys

from rfqwatch.escaping import safe

LONGEST = 500

PATIENCE_MS = 50
"""How long one line may wait for a standard error that nobody reads, as in ``2>&1 | less``."""


def say(text: str) -> None:
    """Say one line, made safe and not too long. Nobody who hears it is no reason to end or wait."""
    line = safe(text[:LONGEST])
    if len(text) > LONGEST or len(line) > LONGEST:
        line = f"{line[:LONGEST]}…"
    line = f"rfqwatch: {line}\n"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        try:
            fd = sys.stderr.fileno()
        except io.UnsupportedOperation:
            sys.stderr.write(line)
            return
        poll = select.poll()
        poll.register(fd, select.POLLOUT)
        if poll.poll(PATIENCE_MS):
            # What Python's own buffer can't get rid of would change the exit code at the end.
            os.write(fd, line.encode())
