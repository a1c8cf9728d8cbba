"""What rfqwatch says about itself, on standard error: one line for each change of state."""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import sys
import time
from enum import IntEnum
from typing import TYPE_CHECKING

from rfqwatch.escaping import safe

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 500

PATIENCE_MS = 50
"""How long one line may wait for a standard error that nobody reads, as in ``2>&1 | less``."""


def say(text: str, stamp: str = "") -> None:
    """Say one line, made safe and not too long. Nobody who hears it is no reason to end or wait."""
    line = safe(text[:LONGEST])
    if len(text) > LONGEST or len(line) > LONGEST:
        line = f"{line[:LONGEST]}…"
    line = f"{stamp}rfqwatch: {line}\n"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        try:
            fd = sys.stderr.fileno()
        except io.UnsupportedOperation:
            sys.stderr.write(line)
            return
        if can_be_written(fd):
            # What Python's own buffer can't get rid of would change the exit code at the end.
            os.write(fd, line.encode(sys.stderr.encoding, "backslashreplace"))


def can_be_written(fd: int) -> bool:
    """Tell whether someone takes what is written, or will in a moment."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(PATIENCE_MS))


def say_when(text: str) -> None:
    """Say one line, in a file with the local time before it, so that a day's log can be read."""
    say(text, time.strftime("%Y-%m-%d %H:%M:%S%z ") if _is_file() else "")


class Verbosity(IntEnum):
    """How much of a running watch is said; errors always are."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


class Voice:
    """Says what a running watch has to say, as far as its user wants to hear it.

    ``write`` takes one line.
    """

    def __init__(
        self, verbosity: int = Verbosity.NORMAL, write: Callable[[str], None] = say_when
    ) -> None:
        self._verbosity = verbosity
        self._write = write

    def say(self, text: str) -> None:
        """Say a change of state."""
        if self._verbosity >= Verbosity.NORMAL:
            self._write(text)

    def complain(self, text: str) -> None:
        """Say an error that the watch outlives; whoever wants quiet hears it, too."""
        self._write(f"error: {text}")

    def detail(self, text: str) -> None:
        """Say what only someone who looks for trouble wants to know."""
        if self._verbosity >= Verbosity.VERBOSE:
            self.say(text)


def _is_file() -> bool:
    try:
        return stat.S_ISREG(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False
