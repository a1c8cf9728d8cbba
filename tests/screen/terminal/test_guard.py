"""What no code of the program's own can mend afterwards: its end, whatever that is."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
import screen_program
from pseudo_terminal import DEADLINE_S, PseudoTerminal, job_control

COMMAND = f"{sys.executable} {screen_program.__file__}"

UNLISTED = [
    *(signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGTRAP, signal.SIGIO, signal.SIGKILL),
]


@pytest.mark.parametrize("number", UNLISTED)
def test_an_end_nobody_listed_gives_it_back(number: int) -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter("clear; stty -g | cksum; echo ready")
        terminal.see("\nready")
        attributes = terminal.display[0]
        terminal.enter(COMMAND)
        terminal.see("size 80x24")
        os.killpg(terminal.foreground, number)
        terminal.see(lambda terminal: terminal.given_back)
        terminal.enter("clear; stty -g | cksum; echo over")
        terminal.see("\nover")
        assert attributes in terminal.display


@pytest.mark.parametrize("key", ["\x1c", "o", "m", "x"])
def test_so_does_one_that_a_key_asks_for(key: str) -> None:
    # A shell that does nothing for the terminal by itself.
    script = f"trap : QUIT; {COMMAND}; sleep 1000"
    with PseudoTerminal(["sh", "-c", script], on_stdin=True) as terminal:
        terminal.see("size 80x24")
        terminal.press(key)
        terminal.see(lambda terminal: terminal.given_back)
        deadline = time.monotonic() + DEADLINE_S
        while terminal.attributes != terminal.attributes_before:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_guard_is_there_only_as_long_as_a_picture_is() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter(COMMAND)
        terminal.see("size 80x24")
        children = Path(f"/proc/{terminal.foreground}/task/{terminal.foreground}/children")
        for _ in range(2):
            assert len(children.read_text().split()) == 1
            terminal.press("\x1a")
            terminal.see("Stopped")
            assert children.read_text() == ""
            terminal.enter("clear; fg")
            terminal.see("size 80x24")
        terminal.press("q")
        terminal.see(lambda terminal: terminal.given_back)
