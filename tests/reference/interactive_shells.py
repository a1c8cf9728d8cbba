"""Shells as people have them: on a terminal, with a key for TAB."""

from __future__ import annotations

import os
import shutil
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from pages import TOP, texts
from pseudo_terminal import PseudoTerminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TAB = "\t"
TELL = "\x07"
"""Bound to what tells the line as it stands, and empties it."""

BASH = """
PS1='ready> '
{readme}
tell() {{ printf '%s\\n' "$READLINE_LINE" >{told}; READLINE_LINE=; }}
bind -x '"\\C-g": tell'
"""
ZSH = """
PS1='ready> '
{readme}
autoload -U compinit
compinit -D
tell() {{ print -r -- "$BUFFER" >{told}; BUFFER= }}
zle -N tell
bindkey '^G' tell
"""
FISH = """
function fish_prompt; echo 'ready> '; end
{readme}
bind \\cg 'commandline >{told}; commandline ""'
"""


def _shared() -> Mapping[str, str]:
    """Give where each of the scripts is installed, below what ``bin`` is in."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    shared: Mapping[str, str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    return {source: target for source, target in shared.items() if source.startswith("completions")}


class Shell(PseudoTerminal):
    """One of the three, that was just started in a folder of its own, told what the README says.

    In there are a file, a directory, and programs called rfqwatch: one in a folder that is not on
    the path, and one that is installed and linked to. They leave a trace when they are run.
    ``written`` is what is installed with it, by the names in the project.
    """

    def __init__(self, name: str, folder: Path, written: Mapping[str, str]) -> None:
        found = shutil.which(name)
        if not found:
            pytest.skip(f"there is no {name}")
        home, work, installed = folder / "home", folder / "work", folder / "installed"
        linked = home / "bin"
        for place in (linked, work / "directory", work / ".venv" / "bin", installed / "bin"):
            place.mkdir(parents=True)
        (work / "file.pem").touch()
        self._trace = folder / "run"
        for place in (work / ".venv" / "bin", installed / "bin"):
            (place / "rfqwatch").write_text(f"#!/bin/sh\ntouch {self._trace}\n")
            (place / "rfqwatch").chmod(0o755)
        (linked / "rfqwatch").symlink_to(installed / "bin" / "rfqwatch")
        for source, target in _shared().items():
            (installed / target).parent.mkdir(parents=True, exist_ok=True)
            (installed / target).write_text(written[source])
        told = folder / "told"
        os.mkfifo(told)
        self._told = os.open(told, os.O_RDWR | os.O_NONBLOCK)
        self._tabs = TAB * 2 if name == "bash" else TAB
        script = {"bash": BASH, "zsh": ZSH, "fish": FISH}[name]
        setup = home / {"bash": ".bashrc", "zsh": ".zshrc", "fish": "setup.fish"}[name]
        setup.write_text(script.format(readme=texts(name)[0], told=told))
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
            PATH=f"{linked}:{os.environ['PATH']}",
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
