"""Leaves a terminal as it was before a picture was on it.

Run as a program it is a guard: it waits for the end of standard input, which whoever started it
holds, and then gives back the terminal that is its standard output.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import sys
import termios
import time
from contextlib import suppress
from tty import IFLAG
from typing import Any

PATIENCE_S = 1.0
"""How long giving the terminal back may wait for a terminal that takes nothing."""

CANCEL = b"\x18"
"""Ends an escape sequence that was written in part."""
_LEAVE = CANCEL + b"\x1b[?2026l\x1b[?2004l\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"


def leave(fd: int) -> None:
    """Write what leaves the screen, within `PATIENCE_S`; a terminal that is gone gets nothing."""
    data = _LEAVE
    deadline = time.monotonic() + PATIENCE_S
    with suppress(OSError, termios.error):
        while data:
            try:
                data = data[os.write(fd, data) :]
            except BlockingIOError:
                _undo_ctrl_s(fd)
                left = deadline - time.monotonic()
                if left <= 0:
                    termios.tcflush(fd, termios.TCOFLUSH)
                    os.write(fd, _LEAVE)
                    return
                select.select([], [fd], [], left)


def _undo_ctrl_s(fd: int) -> None:
    """Let a terminal stopped by Ctrl-S go on: without IXON nothing is held."""
    attributes = termios.tcgetattr(fd)
    attributes[IFLAG] &= ~termios.IXON
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def set_attributes(fd: int, attributes: list[Any]) -> None:
    """Set what `termios` calls that, unless the terminal is gone."""
    with suppress(termios.error):
        termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _guard() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with suppress(OSError):  # what the C library keeps for itself
            signal.signal(number, signal.SIG_IGN)
    told = sys.stdin.buffer.read()
    before, held, blocking = marshal.loads(told)  # noqa: S302 - our own parent wrote it
    terminal = sys.stdout.fileno()
    with suppress(termios.error):
        # A shell that was quicker has set its own.
        undisturbed = termios.tcgetattr(terminal) == held
        leave(terminal)
        if undisturbed:
            set_attributes(terminal, before)
    os.set_blocking(terminal, blocking)


if __name__ == "__main__":
    _guard()
