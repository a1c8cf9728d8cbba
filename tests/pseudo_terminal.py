"""A terminal with a program on it, seen the way a person sees it."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import pyte
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEADLINE_S = 20.0
"""How long anything awaited may take on a busy machine; nothing waits this long when it works."""

_OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def job_control() -> list[str]:
    """Give a shell that has jobs, as people have one."""
    found = shutil.which("bash")
    if not found:
        pytest.skip("job control needs a shell that has it")
    return [found, "--norc", "--noprofile", "-i"]


class _Emulator(pyte.Screen):
    """A screen that also knows which private modes are set."""

    def __init__(self, columns: int, lines: int) -> None:
        self.modes = {7, 25}
        super().__init__(columns, lines)

    def set_mode(self, *modes: int, **flags: Any) -> None:  # noqa: ANN401 - pyte's own signature
        super().set_mode(*modes, **flags)
        if flags.get("private"):
            self.modes |= set(modes)

    def reset_mode(self, *modes: int, **flags: Any) -> None:  # noqa: ANN401
        super().reset_mode(*modes, **flags)
        if flags.get("private"):
            self.modes -= set(modes)


class PseudoTerminal:
    """Runs ``command`` as the leader of a session on a terminal of its own.

    Its standard input is empty and its standard error a pipe, so that only the terminal can carry
    keys and pictures.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 80,
        lines: int = 24,
        *,
        on_stdin: bool = False,
        **environment: str,
    ) -> None:
        self.master, self._slave = os.openpty()
        self._emulator = _Emulator(columns, lines)
        self._stream = pyte.ByteStream(self._emulator)
        self._unseen = b""
        self.raw = b""
        self.resize(columns, lines)
        self.attributes_before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", _OWN_TERMINAL, *command],
            stdin=self._slave if on_stdin else subprocess.DEVNULL,
            stdout=self._slave,
            stderr=self._slave if on_stdin else subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        os.close(self._slave)
        self.hang_up()

    @property
    def display(self) -> list[str]:
        """What stands on the terminal, line by line."""
        return list(self._emulator.display)

    @property
    def text(self) -> str:
        """What stands on the terminal, in one piece."""
        return "\n".join(self.display)

    @property
    def foreground(self) -> int:
        """The process group that has the terminal."""
        return os.tcgetpgrp(self.master)

    @property
    def attributes(self) -> list[Any]:
        """What `termios` says of the terminal now."""
        return termios.tcgetattr(self._slave)

    @attributes.setter
    def attributes(self, attributes: list[Any]) -> None:
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)

    @property
    def blocking(self) -> bool:
        """Whether whoever shares the terminal with the program waits for it."""
        return os.get_blocking(self._slave)

    @property
    def given_back(self) -> bool:
        """Whether the ordinary screen is on, with a cursor, wrapping, and nothing half begun."""
        return self._emulator.modes & {7, 25, 1049, 2026} == {7, 25}

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size; whoever is in its foreground gets SIGWINCH."""
        termios.tcsetwinsize(self._slave, (lines, columns))
        self._emulator.resize(lines, columns)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def enter(self, command: str) -> None:
        """Give a shell a command."""
        self.press(command + "\n")

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    def see(self, wanted: str | Callable[[Self], bool]) -> None:
        """Watch until a text stands on the terminal, or something is true of a whole picture."""
        deadline = time.monotonic() + DEADLINE_S
        while 2026 in self._emulator.modes or not (
            wanted in self.text if isinstance(wanted, str) else wanted(self)
        ):
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(
                    f"never seen: {wanted!r}, but:\n{self.text}\n{self.raw[-500:]!r}"
                )
            ended = self.process.poll() is not None
            if not self._look(0 if ended else left) and ended:
                said = "" if self.process.stderr is None else self.errors()
                raise AssertionError(
                    f"ended with {self.process.returncode} before {wanted!r}:\n{self.text}\n{said}"
                )

    def end(self) -> int:
        """Watch until the program is over and all it wrote is seen; give its exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running:\n{self.text}"
            self._look(0.01)
        while self._look(0):
            pass
        return self.process.returncode

    def line(self) -> str:
        """Wait for a line of standard error."""
        assert self.process.stderr
        ready, _, _ = select.select([self.process.stderr], [], [], DEADLINE_S)
        assert ready, "nothing on standard error"
        return self.process.stderr.readline().decode()

    def errors(self) -> str:
        """Give everything left on standard error, up to its end."""
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def _look(self, seconds: float) -> bool:
        """See what comes next, up to the end of a picture; tell whether anything did."""
        if not self._unseen:
            ready, _, _ = select.select([self.master], [], [], seconds)
            if not ready:
                return False
            self._unseen = os.read(self.master, 65536)
        piece, end, self._unseen = self._unseen.partition(b"\x1b[?2026l")
        self.raw += piece + end
        self._stream.feed(piece + end)
        return True
