"""The way of lines to standard output, which never holds up the reader of the exchange.

A pipe or a file is written by the event loop: a pipe takes what it has room for, and is heard of
when it has room again. Anything else is written by a thread, which may wait for a slow consumer as
long as it takes. What is not written yet waits in a buffer.

Lines are whole in every write, and as far as they are short enough no write to a pipe is longer
than what the system keeps together when several programs write into it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
import stat
import threading
from typing import TYPE_CHECKING

from rfqwatch.errors import OutputError
from rfqwatch.escaping import safe_json_line
from rfqwatch.lines.buffer import Batch, Buffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.lines.buffer import Shed

_ATOMIC = select.PIPE_BUF


class ConsumerGoneError(Exception):
    """Whoever read standard output has gone away."""


class Stdout:
    """Standard output, or another file descriptor, behind a buffer of ``limit`` bytes.

    ``describe_shed`` writes the line that stands where lines were shed; empty bytes say nothing.
    """

    def __init__(self, fd: int, limit: int) -> None:
        self.describe_shed: Callable[[Shed], bytes] = lambda _: b""
        self._fd = fd
        self._terminal = os.isatty(fd)
        self._pipe = stat.S_ISFIFO(os.fstat(fd).st_mode)
        self._prompt_fd = _prompt(fd)
        self._condition = threading.Condition()
        self._buffer = Buffer(limit)
        self._in_hand: Batch | None = None
        self._data = b""
        self._done = 0
        self._full = False
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None

    def start(self) -> asyncio.Future[None]:
        """Begin to write; the future ends when all is written, or raises what prevents it.

        It raises `ConsumerGoneError` or `OutputError`.
        """
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        if self._pipe and fcntl.fcntl(self._fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
            # A pipe whose reader has gone reports an error even when there is nothing to write.
            self._loop.add_reader(self._fd, self._finish, ConsumerGoneError())
        if self._prompt_fd is None:
            threading.Thread(target=self._write_all, name="stdout", daemon=True).start()
        return self._ended

    def put(self, batch: Batch) -> None:
        """Hand over lines; the oldest are shed when too many wait."""
        if self._terminal:
            lines = batch.written().splitlines(keepends=True)
            batch.lines, batch.end = [safe_json_line(line)[:-1] for line in lines], b"\n"
        if self._prompt_fd is None:
            with self._condition:
                self._buffer.put(batch)
                self._condition.notify()
        else:
            self._buffer.put(batch)
            if not self._full:
                self._write_promptly()

    def close(self) -> None:
        """Say that no more lines will come."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        if self._prompt_fd is not None and not self._full:
            self._write_promptly()

    @property
    def shed(self) -> int:
        """How many messages were dropped because nobody took them."""
        return self._buffer.shed

    @property
    def waiting(self) -> int:
        """About how many bytes of memory the lines take that nobody has taken."""
        return self._buffer.size

    @property
    def undelivered(self) -> int:
        """How many messages still wait to be written."""
        with self._condition:
            in_hand = self._in_hand
            if in_hand is None:
                return self._buffer.messages
            written = self._data.count(b"\n", 0, self._done)
            return in_hand.part(written).messages + self._buffer.messages

    def _take(self) -> bool:
        """Take in hand what is to be written next; tell whether there is any."""
        entry = self._buffer.take()
        self._in_hand = entry if isinstance(entry, Batch) else None
        self._done = 0
        if isinstance(entry, Batch):
            self._data = entry.written()
        elif entry is not None:
            self._data = b"".join(map(self.describe_shed, entry.sheds.values()))
        else:
            self._data = b""
        return entry is not None

    def _piece(self) -> bytes | memoryview:
        """Give what is to be written at once."""
        data, start = self._data, self._done
        if len(data) - start <= _ATOMIC or not self._pipe:
            return memoryview(data)[start:] if start else data
        # A line that is longer than that by itself goes out alone.
        end = data.rfind(b"\n", start, start + _ATOMIC) + 1 or data.find(b"\n", start) + 1
        return memoryview(data)[start:end]

    def _write_promptly(self) -> None:
        """Write what there is room for, and the rest when there is room again."""
        assert self._loop is not None  # noqa: S101 - nothing is put before the start
        assert self._prompt_fd is not None  # noqa: S101 - or this would not be called
        try:
            while self._done < len(self._data) or self._take():
                self._done += os.write(self._prompt_fd, self._piece())
        except BlockingIOError:
            if not self._full:
                self._full = True
                self._loop.add_writer(self._prompt_fd, self._write_promptly)
            return
        except OSError as error:
            self._finish(_failure(error))
            return
        if self._full:
            self._full = False
            self._loop.remove_writer(self._prompt_fd)
        if self._closing:
            self._finish(None)

    def _write_all(self) -> None:
        try:
            while True:
                with self._condition:
                    while not self._take():
                        if self._closing:
                            self._report(None)
                            return
                        self._condition.wait()
                while self._done < len(self._data):
                    self._write_patiently()
        except OSError as error:
            self._report(_failure(error))

    def _write_patiently(self) -> None:
        try:
            self._done += os.write(self._fd, self._piece())
        except BlockingIOError:
            # Whoever shares the pipe or terminal with us may have set it so.
            select.select([], [self._fd], [])

    def _report(self, failure: Exception | None) -> None:
        assert self._loop is not None  # noqa: S101 - the thread starts after it is set
        # The loop is closed when the program ended without waiting for a consumer that is stuck.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._finish, failure)

    def _finish(self, failure: Exception | None) -> None:
        assert self._loop is not None  # noqa: S101 - the same
        assert self._ended is not None  # noqa: S101 - the same
        self._loop.remove_reader(self._fd)
        if self._prompt_fd is not None:
            self._loop.remove_writer(self._prompt_fd)
            if self._prompt_fd != self._fd:
                # Else the pipe's reader would wait for the end as long as we live.
                os.close(self._prompt_fd)
            self._prompt_fd = None
        if not self._ended.done():
            if failure is None:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(failure)


def _failure(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):
        return ConsumerGoneError()
    return OutputError(f"standard output can't be written: {error.strerror}")


def _prompt(fd: int) -> int | None:
    """Give a descriptor that can be written without ever waiting; None where there is none.

    A pipe is opened anew, as a description of its own can be made non-blocking without whoever
    shares the pipe ever noticing. A file takes what it is given.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    if stat.S_ISFIFO(mode):
        with contextlib.suppress(OSError):
            return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None
