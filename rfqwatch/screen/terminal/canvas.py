"""What a terminal shows, brought up to the newest picture as fast as the terminal takes it.

Nothing waits for a slow terminal: what it does not take stays back, and meanwhile newer pictures
replace older ones.

Sequences are those of ECMA-48 and of xterm's ctlseqs: 1049 the alternate screen, 25 the cursor, 7
wrapping, 2004 bracketed paste, 2026 synchronized output, OSC 52 the clipboard (a terminal that
lacks one ignores it).
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from rfqwatch.screen.terminal.leaving import CANCEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[m"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class Canvas:
    """Writes pictures to a non-blocking terminal on the running loop, changed lines only.

    ``size`` tells its columns and lines. ``on_gone`` is told that it can't be written to any more.
    """

    def __init__(
        self, fd: int, size: Callable[[], os.terminal_size], on_gone: Callable[[], object]
    ) -> None:
        self.picture: Sequence[str] = ()
        """The newest picture, for `flush` to write."""
        self._fd = fd
        self._size = size
        self._on_gone = on_gone
        self._loop = asyncio.get_running_loop()
        self._shown: Sequence[str] | None = None  # None: anything may be on the terminal
        self._shown_size = size()
        self._pending = b""

    def begin(self) -> None:
        """Take the terminal over, whatever is on it."""
        self._pending += _ENTER
        self.forget()
        self.flush()

    def forget(self) -> None:
        """Take nothing for granted of what is on the terminal."""
        self._shown = None

    def copy(self, text: str) -> None:
        """Ask for a text on the clipboard."""
        self._pending += b"\x1b]52;c;%b\x07" % base64.b64encode(text.encode())
        self.flush()

    def ring(self) -> None:
        """Ring the bell, with the next that is written."""
        self._pending += b"\a"

    def flush(self) -> None:
        """Write what the terminal takes now, and the rest when it has room again."""
        while self._pending or self._shown is not self.picture:
            if not self._pending:
                self._pending = self._difference()
                continue
            try:
                written = os.write(self._fd, self._pending)
            except BlockingIOError:
                self._loop.add_writer(self._fd, self.flush)
                return
            except OSError:
                self._on_gone()
                return
            self._pending = self._pending[written:]
        self._loop.remove_writer(self._fd)

    def stop(self) -> None:
        """Write no more; what was written in part is called off later."""
        if not self._loop.is_closed():
            self._loop.remove_writer(self._fd)
        self._pending = CANCEL if self._pending else b""

    def _difference(self) -> bytes:
        """Write down what turns the picture shown into the newest one."""
        size = self._size()
        parts = []
        if self._shown is None or size != self._shown_size:
            self._shown = ()
            parts.append("\x1b[2J")
        rows = zip_longest(self.picture, self._shown, fillvalue="")
        for row, (line, shown) in enumerate(islice(rows, size.lines), 1):
            if line != shown:
                # Written over what was there, so that no line is ever seen empty. Past a full line
                # nothing may be erased: the cursor is still on its last cell.
                text = line.rstrip(" ")
                rest = "" if line and text == line else "\x1b[K"
                parts.append(f"\x1b[{row};1H{text}{rest}")
        self._shown, self._shown_size = self.picture, size
        if not parts:
            return b""
        return "".join((_BEGIN, *parts, _END)).encode(sys.stdout.encoding, "replace")
