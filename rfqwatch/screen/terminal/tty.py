"""The terminal, held only while a picture is on it.

It is opened anew, by name: a description of its own can be made non-blocking without the shell, or
whatever else shares standard output, ever noticing. Where it can't be opened, after su for one, the
inherited description does, and blocks again when it is given back. Keys are read from it too, so
standard input stays free. It is given back whatever happens, by a guard if need be.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import termios
from contextlib import contextmanager, suppress
from fcntl import F_GETFL, fcntl
from tty import CC, LFLAG
from typing import TYPE_CHECKING, Any

from rfqwatch.errors import UsageError
from rfqwatch.screen.terminal.canvas import Canvas
from rfqwatch.screen.terminal.guard import Guard
from rfqwatch.screen.terminal.leaving import leave, set_attributes
from rfqwatch.stderr import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

_ADVICE = "Use `rfqwatch tail`, or `rfqwatch table --once` for one plain picture."

_STDOUT = 1
_STANDARD = (_STDOUT, 0, 2)
_DUMB = {"dumb", "unknown"}


def require_terminal() -> None:
    """Raise `UsageError` when standard output is no terminal that can hold a picture."""
    if not os.isatty(_STDOUT):
        raise UsageError("a table needs a terminal, and standard output is none", _ADVICE)
    if os.environ.get("TERM", "").lower() in _DUMB:
        raise UsageError("a table moves the cursor, and TERM says none can here", _ADVICE)
    os.close(_open_terminal())


class Screen:
    """The whole terminal, for as long as the ``with`` block lasts; use it inside a running loop.

    ``on_input`` gets the bytes of keys. ``on_resize`` is told that a new picture is due, because
    the size may be another. ``on_hangup`` is told, once, that the terminal is gone for good; SIGHUP
    mostly says so too. SIGWINCH, SIGTSTP and SIGCONT are handled here. SIGINT, SIGTERM and SIGHUP
    are the program's own: it ends by leaving the block.

    In the background the terminal belongs to someone else: pictures and keys wait, which is said at
    the beginning, the program does not, and the first picture in the foreground brings everything
    back.

    Raises `UsageError` when standard output is not a terminal that can hold a picture.
    """

    def __init__(
        self,
        *,
        on_input: Callable[[bytes], object],
        on_resize: Callable[[], object],
        on_hangup: Callable[[], object],
    ) -> None:
        require_terminal()
        self._on_input = on_input
        self._on_resize = on_resize
        self._on_hangup = on_hangup
        self._fd = -1
        self._saved: list[Any] | None = None  # the attributes to give back; None: nothing taken
        self._guard: Guard | None = None
        self._live = False  # reading keys and writing pictures
        self._gone = False
        self._size = os.terminal_size((80, 24))

    def __enter__(self) -> Self:
        self._fd = _open_terminal()
        self._blocking = os.get_blocking(self._fd)
        self._loop = asyncio.get_running_loop()
        self._canvas = Canvas(self._fd, lambda: self.size, self._hang_up)
        self._loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        self._stoppable = signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN
        if self._stoppable:
            self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        atexit.register(self.restore)
        self._take()
        if not self._in_foreground():
            say("in the background: shown once it is in front (fg, or timeout --foreground)")
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()
        atexit.unregister(self.restore)
        for number in (signal.SIGWINCH, signal.SIGCONT):
            self._loop.remove_signal_handler(number)
        if self._stoppable:
            self._loop.remove_signal_handler(signal.SIGTSTP)
        os.close(self._fd)

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines, as they are now."""
        if not self._gone:
            with suppress(OSError):
                size = os.get_terminal_size(self._fd)
                if all(size):
                    self._size = size
        return self._size

    def draw(self, lines: Sequence[str], *, bell: bool = False) -> None:
        """Put a picture on the terminal, or as soon as it takes one; only changed lines are sent.

        Each line is exactly as many cells as the screen has columns, styled with SGR sequences at
        most, and ends unstyled. Lines beyond the height are left out, missing ones are blank. With
        ``bell`` the terminal sounds or flashes, as its user likes.
        """
        self._canvas.picture = list(lines)
        if self._live and not self._in_foreground():
            self._step_aside()
        elif self._live:
            if bell:
                self._canvas.ring()
            self._canvas.flush()
        else:
            self._take()

    def redraw(self) -> None:
        """Write the whole next picture, whatever may have disturbed the last one."""
        self._canvas.forget()

    def copy(self, text: str) -> None:
        """Ask the terminal to put a text on its clipboard; not every one does, and none answers."""
        if self._live:
            self._canvas.copy(text)

    def restore(self) -> None:
        """Give the terminal back for good, within `PATIENCE_S`; harmless the second time."""
        self._give_back()
        self._gone = True

    def _take(self) -> None:
        if self._gone or not self._in_foreground():
            return
        try:
            if self._saved is None:
                self._saved = termios.tcgetattr(self._fd)
            attributes = termios.tcgetattr(self._fd)
            attributes[LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
            attributes[CC][termios.VMIN] = 1
            attributes[CC][termios.VTIME] = 0
            # Should another job have come in front meanwhile, nothing stops us without a word.
            with _blocked(signal.SIGTTOU):
                termios.tcsetattr(self._fd, termios.TCSANOW, attributes)
            os.set_blocking(self._fd, False)
            if self._guard is None:
                held = termios.tcgetattr(self._fd)
                self._guard = Guard(self._fd, self._saved, held, blocking=self._blocking)
        except termios.error:
            self._hang_up()
            return
        self._live = True
        self._loop.add_reader(self._fd, self._read)
        self._canvas.begin()

    def _give_back(self) -> None:
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        self._step_aside()
        with _blocked(signal.SIGTTOU):
            leave(self._fd)
            set_attributes(self._fd, saved)
        os.set_blocking(self._fd, self._blocking)
        if self._guard:
            self._guard.dismiss()
            self._guard = None

    def _step_aside(self) -> None:
        """Neither read nor write any more, until the terminal is taken again."""
        self._live = False
        if not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
        self._canvas.stop()

    def _hang_up(self) -> None:
        self._step_aside()
        self._gone = True
        self._on_hangup()

    def _stop(self) -> None:
        """Do what Ctrl-Z asks: stop here, as any program does, but with the terminal in order."""
        self._give_back()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        signal.raise_signal(signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._continued()

    def _continued(self) -> None:
        self._take()
        self._on_resize()

    def _resized(self) -> None:
        self._canvas.forget()
        self._on_resize()

    def _in_foreground(self) -> bool:
        """Tell whether touching the terminal is ours now; from the background it would stop us."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:  # not our controlling terminal, so nobody takes turns on it
            return True

    def _read(self) -> None:
        if not self._in_foreground():
            self._step_aside()
            return
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_input(data)
        else:
            self._hang_up()


def _open_terminal() -> int:
    """Give a descriptor of the terminal for keys and pictures. Raises `UsageError`."""
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with suppress(OSError):
        return os.open(os.ttyname(_STDOUT), flags)
    try:
        return os.open("/dev/tty", flags)
    except OSError as error:
        # A terminal of another user, and none that controls us.
        for fd in _STANDARD:
            if _is_terminal_to_read_and_write(fd):
                return os.dup(fd)
        raise UsageError(f"the terminal can't be opened: {error.strerror}", _ADVICE) from error


def _is_terminal_to_read_and_write(fd: int) -> bool:
    with suppress(OSError):
        same = os.path.samestat(os.fstat(fd), os.fstat(_STDOUT))
        return same and fcntl(fd, F_GETFL) & os.O_ACCMODE == os.O_RDWR
    return False


@contextmanager
def _blocked(number: signal.Signals) -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
