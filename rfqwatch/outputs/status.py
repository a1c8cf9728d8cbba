"""What rfqwatch says about itself, on standard error: one line for each change of state."""

from __future__ import annotations

import contextlib
import sys

from rfqwatch.outputs.terminal import safe

LONGEST = 500


def say(text: str) -> None:
    """Say one line, made safe and not too long. A closed standard error is no reason to end."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"rfqwatch: {safe(text)}\n")
        sys.stderr.flush()
