"""Shells as people have them: on a terminal, with a key for TAB."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from pseudo_terminal import PseudoTerminal

if TYPE_CHECKING:
    from pathlib import Path

TAB = "\t"
TELL = "\x07"
"""Bound to what tells the line as it stands, and empties it."""

BASH = """
PS1='ready> '
source {completions}/rfqwatch.bash
tell() {{ printf '%s\\n' "$READLINE_LINE" >{told}; READLINE_LINE=; }}
bind -x '"\\C-g": tell'
"""
ZSH = """
PS1='ready> '
fpath=({completions} $fpath)
autoload -U compinit
compinit -D
tell() {{ print -r -- "$BUFFER" >{told}; BUFFER= }}
zle -N tell
bindkey '^G' tell
"""
FISH = """
function fish_prompt; echo 'ready> '; end
set -p fish_complete_path {completions}
bind \\cg 'commandline >{told}; commandline ""'
"""


class Shell(PseudoTerminal):
    """One of the three, that was just started in a folder of its own.

    In there are a file, a directory, and programs called rfqwatch, here and on the path, which
    leave a trace when they are run.
    """

    def __init__(self, name: str, folder: Path, completions: Path) -> None:
        found = shutil.which(name)
        if not found:
            pytest.skip(f"there is no {name}")
        home = folder / "home"
        work = folder / "work"
        self._trace = folder / "run"
        (work / "directory").mkdir(parents=True)
        (work / "file.pem").touch()
        home.mkdir()
        for place in (work, work / ".venv" / "bin"):
            place.mkdir(parents=True, exist_ok=True)
            (place / "rfqwatch").write_text(f"#!/bin/sh\ntouch {self._trace}\n")
            (place / "rfqwatch").chmod(0o755)
        told = folder / "told"
        os.mkfifo(told)
        self._told = os.open(told, os.O_RDWR | os.O_NONBLOCK)
        self._tabs = TAB * 2 if name == "bash" else TAB
        script = {"bash": BASH, "zsh": ZSH, "fish": FISH}[name]
        setup = home / {"bash": ".bashrc", "zsh": ".zshrc", "fish": "setup.fish"}[name]
        setup.write_text(script.format(completions=completions, told=told))
        arguments = {
            "bash": ["--rcfile", str(setup)],
            "zsh": ["--no-global-rcs"],
            "fish": ["--no-config", "--private", "--init-command", f"source {setup}"],
        }[name]
        super().__init__(
            ["env", f"--chdir={work}", found, *arguments, "-i"],
            columns=120,
            lines=60,
            on_stdin=True,
            HOME=str(home),
            ZDOTDIR=str(home),
            XDG_CONFIG_HOME=str(home / ".config"),
            PATH=f"{work / '.venv' / 'bin'}:{os.environ['PATH']}",
        )
        self.see("ready>")

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        os.close(self._told)
        assert not self._trace.exists(), "completion has run the program"

    def completed(self, line: str) -> str:
        """Type a line and TAB; give what it has become, but for what is there to go on typing."""
        self.press(line + TAB)
        return self.emptied().rstrip(" =,")

    def list(self, line: str, *wanted: str) -> None:
        """Type a line and TAB until all is listed; see what is wanted."""
        self.press(line + self._tabs)
        self.see(lambda seen: all(each in seen.text for each in wanted))
        self.emptied()

    def emptied(self) -> str:
        """Give the line as it stands, and empty it."""
        self.press(TELL)
        told = b""

        def complete(_: PseudoTerminal) -> bool:
            nonlocal told
            with suppress(BlockingIOError):
                told += os.read(self._told, 65536)
            return told.endswith(b"\n")

        self.see(complete)
        return told.decode().removesuffix("\n")
