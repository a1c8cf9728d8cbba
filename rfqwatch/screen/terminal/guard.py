"""Posts a guard over the terminal: another process, which nothing that ends this one can end."""

from __future__ import annotations

import marshal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from rfqwatch.screen.terminal import leaving


class Guard:
    """Gives the terminal back when this process ends, however it does, before `dismiss`.

    ``before`` are the attributes to give back, ``held`` those that the terminal has meanwhile;
    ``blocking`` is how whoever shares ``fd`` knew it.
    Where no process can be had it is missing, and the terminal as safe as the program is.
    """

    def __init__(self, fd: int, before: list[Any], held: list[Any], *, blocking: bool) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                # Little is imported, as it is there for as long as a picture is.
                [sys.executable, "-I", "-S", leaving.__file__],
                stdin=subprocess.PIPE,
                stdout=fd,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                # Keys that are signals are not for it, nor is it part of a shell's job; and no
                # terminal keeps from its attributes whom it does not control.
                start_new_session=True,
            )
            # Its standard input ends when this process does.
            assert self._process.stdin  # noqa: S101 - a pipe, as asked for
            self._process.stdin.write(marshal.dumps((before, held, blocking)))

    def dismiss(self) -> None:
        """Send it home: the terminal was given back."""
        if self._process:
            self._process.kill()
            self._process.communicate()
