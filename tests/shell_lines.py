"""Lines of shell as a user with an account and recordings runs them."""

from __future__ import annotations

import re
import shlex
import signal
from typing import TYPE_CHECKING

from program import RFQWATCH, bash, rfqwatch
from pseudo_terminal import PseudoTerminal

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

_LASTING = re.compile(
    "rfqwatch (tail|record|simulate)(?!.* --(from|count|duration) )|rfqwatch table(?!.* --once)"
)
"""What goes on until Ctrl-C, on a terminal."""


def record_some(exchange: Exchange, folder: Path) -> Path:
    """Put ``recordings`` into a folder."""
    arguments = ("record", str(folder / "recordings"), "-n", "50")
    done = rfqwatch(*arguments, environment=exchange.environment)
    assert done.returncode == 0, done.stderr
    return folder


def run(line: str, exchange: Exchange, folder: Path) -> None:
    """Run a line to its end, or until it displays something, and see that nothing is wrong."""
    script = f"cd {shlex.quote(str(folder))}; set -o pipefail; {line}"
    if not _LASTING.match(line):
        done = bash(script, exchange.environment)
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr
        assert done.stdout != "null\n"
        return
    command = ["bash", "-c", f'rfqwatch() {{ {shlex.join(RFQWATCH)} "$@"; }}\n{script}']
    with PseudoTerminal(command, 160, 50, on_stdin=True, **exchange.environment) as terminal:
        terminal.see(lambda seen: bool(_shown(seen)))
        terminal.press("\x03")
        assert terminal.end() in {128 + signal.SIGINT, -signal.SIGINT}, terminal.text
        assert "error" not in terminal.text


def _shown(terminal: PseudoTerminal) -> str:
    """Give what is displayed, but for what rfqwatch says beside it."""
    return "".join(line for line in terminal.display if " rfqwatch: " not in line).strip()
