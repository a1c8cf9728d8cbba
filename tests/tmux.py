"""A terminal of tmux's with a shell on it, seen the way a person sees it."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Self

import pytest
from pseudo_terminal import DEADLINE_S

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = ("capture-pane", "-p")
MODES = ("display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}")


class Tmux:
    """A server of its own in a folder, with one window of 80 columns and 24 lines."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which("tmux"):
            pytest.skip("there is no tmux")
        self._command = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]

    def __enter__(self) -> Self:
        self.do("new-session", "-d", "-x", "80", "-y", "24", "sh")
        return self

    def __exit__(self, *_: object) -> None:
        self.do("kill-server")

    def do(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._command, *arguments], capture_output=True, check=True, text=True
        ).stdout

    def see(self, wanted: str, *arguments: str) -> str:
        """Ask until the answer holds what is wanted; give the answer."""
        deadline = time.monotonic() + DEADLINE_S
        while wanted not in (text := self.do(*arguments)):
            assert time.monotonic() < deadline, f"never seen: {wanted!r}, but:\n{text}"
        return text
