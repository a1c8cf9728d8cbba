"""The screen on real terminals: what is seen on it, and what is left of it afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import screen_program
from pseudo_terminal import PseudoTerminal, job_control
from tmux import MODES, PICTURE, Tmux

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = screen_program.__file__
COMMAND = [sys.executable, PROGRAM]
BUSY = [*COMMAND, "0.002"]


def assert_as_before(terminal: PseudoTerminal) -> None:
    terminal.see(lambda terminal: terminal.given_back)
    assert terminal.attributes == terminal.attributes_before


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 10), (160, 60), (12, 2)])
def test_a_picture_fills_the_grid_and_q_gives_it_back(columns: int, lines: int) -> None:
    with PseudoTerminal(COMMAND, columns, lines) as terminal:
        terminal.see("drawn 1" if lines > 3 else "keys")
        assert not terminal.given_back
        assert terminal.display[0].rstrip() == f"size {columns}x{lines}"[:columns]
        if lines > 4:
            assert [line.split()[:2] for line in terminal.display[4:]] == [
                ["1", str(row)] for row in range(4, lines)
            ]
            assert all(line.endswith("-") for line in terminal.display[4:])
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_hostile_text_is_seen_and_does_nothing() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        shown = r"\x1b[2J\x1b]0;owned\x07\x9b31m\u202eabc\u200b 漢字 [/oops]\r\n"
        assert terminal.display[2].rstrip() == shown
        assert b"\x1b[2J\x1b]" not in terminal.raw


def test_keys_come_from_the_terminal_while_standard_input_is_empty() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        terminal.press("j \x1b[A\x1bOH\x1b[6~\r")
        terminal.see("keys j   up home pgdn enter")
        terminal.press("\x1b")
        terminal.see("enter esc")
        terminal.press("\x1b[200~q\nx\x1b[201~")
        terminal.see("esc paste:qx")


def test_only_changed_lines_are_written() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        before = len(terminal.raw)
        terminal.press("j")
        terminal.see("drawn 2")
        picture = terminal.raw[before:]
        assert b"size" not in picture
        assert picture.count(b"\x1b[2J") == 0
        assert picture.startswith(b"\x1b[?2026h\x1b[2;1H")


def test_a_new_size_is_a_new_picture() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        for columns, lines in ((40, 10), (100, 30), (80, 24)):
            terminal.resize(columns, lines)
            terminal.see(f"size {columns}x{lines}")
            terminal.see(lambda terminal: terminal.display[-1].endswith("-"))
            assert len(terminal.display[-1]) == columns
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_give_it_back(number: signal.Signals) -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        terminal.process.send_signal(number)
        assert terminal.end() == 128 + number
        assert_as_before(terminal)
        assert terminal.errors() == ""


def test_ctrl_c_is_a_signal() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        terminal.press("\x03")
        assert terminal.end() == 128 + signal.SIGINT
        assert_as_before(terminal)


def test_an_exception_gives_it_back() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        terminal.press("x")
        assert terminal.end() == 1
        assert_as_before(terminal)
        assert "ValueError: as asked" in terminal.errors()


def test_a_closed_window_ends_it_without_a_traceback() -> None:
    with PseudoTerminal(BUSY) as terminal:
        terminal.see("drawn 1")
        terminal.hang_up()
        assert terminal.process.wait(20) == 128 + signal.SIGHUP
        assert "Traceback" not in terminal.errors()


def test_a_terminal_that_takes_nothing_delays_nothing() -> None:
    with PseudoTerminal(BUSY, 160, 60) as terminal:
        terminal.see("drawn 1")
        lines = [terminal.line() for _ in range(3)]  # unread, 300 pictures are ten times its buffer
        assert lines == ["drawn 100\n", "drawn 200\n", "drawn 300\n"]
        terminal.see(lambda terminal: int(terminal.display[3].split()[1]) >= 300)
        assert len({line.split()[0] for line in terminal.display[4:]}) == 1
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_a_stuck_terminal_is_given_back_in_bounded_time() -> None:
    with PseudoTerminal(BUSY, 160, 60) as terminal:
        terminal.see("drawn 1")
        assert [terminal.line() for _ in range(3)][-1] == "drawn 300\n"
        terminal.press("q")
        started = time.monotonic()
        assert terminal.process.wait(20) == 0
        assert time.monotonic() - started < 5
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_ctrl_s_holds_the_picture_and_ctrl_q_shows_the_newest() -> None:
    with PseudoTerminal(BUSY) as terminal:
        terminal.see("drawn 1")
        terminal.press("\x13")
        drawn = [int(terminal.line().split()[1]) for _ in range(5)][-1]
        terminal.press("\x11")
        terminal.see(lambda terminal: int(terminal.display[3].split()[1]) >= drawn)
        terminal.press("\x13")
        terminal.line()
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_ctrl_z_and_fg() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter("stty -g | cksum > /dev/fd/2; echo ready")
        terminal.see("\nready")
        attributes = terminal.display[terminal.display.index("ready".ljust(80)) - 1]
        terminal.enter(" ".join(COMMAND))
        terminal.see("size 80x24")
        terminal.press("\x1a")
        terminal.see("Stopped")
        assert terminal.given_back
        terminal.enter("clear; stty -g | cksum; echo stopped")
        terminal.see("\nstopped")
        assert attributes in terminal.display
        terminal.resize(70, 20)
        terminal.enter("fg")
        terminal.see("size 70x20")
        terminal.press("jq")
        terminal.see(lambda terminal: terminal.given_back)
        terminal.enter("clear; stty -g | cksum; echo ended with $?")
        terminal.see("\nended with 0")
        assert attributes[:70] in terminal.display
        terminal.enter("exit")
        terminal.end()
        assert terminal.attributes == terminal.attributes_before


def test_in_the_background_it_runs_on_and_leaves_the_terminal_alone() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter(" ".join(BUSY) + " &")
        terminal.see("drawn 100")  # which is its standard error: no picture is on
        assert terminal.given_back
        terminal.enter("clear; jobs; echo two$((1+1))")
        terminal.see("two2")
        assert "Running" in terminal.text
        terminal.enter("fg")
        terminal.see("size 80x24")
        terminal.press("\x1a")
        terminal.see("Stopped")
        terminal.enter("clear; bg; echo three$((1+2)); jobs")
        terminal.see("three3")
        terminal.see("Running")
        assert terminal.given_back
        terminal.enter("fg")
        terminal.see("size 80x24")
        terminal.press("q")
        terminal.see(lambda terminal: terminal.given_back)


def test_in_the_background_it_says_why_nothing_is_shown() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter(" ".join(BUSY) + " &")
        terminal.see("rfqwatch: in the background: shown once it is in front")
        terminal.enter("fg")
        terminal.see("size 80x24")
        terminal.press("q")
        terminal.see(lambda terminal: terminal.given_back)


ANOTHER_USER = """
import os, sys
os.fchmod(1, 0)
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Leaves a program the terminal but no name to open it by, as su does."""


def as_another_user() -> list[str]:
    command = [sys.executable, "-c", ANOTHER_USER]
    if os.getuid():
        return command
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("root may open any terminal, and without setpriv can't do otherwise")
    return [setpriv, "--bounding-set", "-dac_override,-dac_read_search", *command]


@pytest.mark.parametrize("key", ["q", "x"])
def test_a_terminal_that_cannot_be_opened_is_held_as_it_was_inherited(key: str) -> None:
    with PseudoTerminal([*as_another_user(), *COMMAND], on_stdin=True) as terminal:
        terminal.see("drawn 1")
        terminal.press("j")
        terminal.see("keys j")
        assert not terminal.blocking
        terminal.press(key)
        assert terminal.end() == int(key == "x")
        assert_as_before(terminal)
        terminal.see(lambda terminal: terminal.blocking)


def test_ctrl_z_without_a_shell_changes_nothing() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        terminal.press("\x1a")
        terminal.see("drawn 2")
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_after_a_stop_nobody_could_prepare_for_it_takes_over_again() -> None:
    with PseudoTerminal(COMMAND) as terminal:
        terminal.see("drawn 1")
        held = terminal.attributes
        terminal.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        terminal.attributes = terminal.attributes_before
        terminal.process.send_signal(signal.SIGCONT)
        terminal.see("drawn 2")
        assert terminal.attributes == held
        terminal.press("q")
        assert terminal.end() == 0
        assert_as_before(terminal)


def test_a_killed_job_that_was_stopped_leaves_no_trace() -> None:
    with PseudoTerminal(job_control(), on_stdin=True, PS1="$ ") as terminal:
        terminal.see("$ ")
        terminal.enter(" ".join(COMMAND))
        terminal.see("size 80x24")
        terminal.press("\x1a")
        terminal.see("Stopped")
        terminal.enter("clear; set -b; kill %1")
        terminal.see("Exit 143")
        assert terminal.given_back


def test_tmux_agrees(tmp_path: Path) -> None:
    with Tmux(tmp_path) as tmux:
        tmux.do("send-keys", " ".join(COMMAND), "Enter")
        text = tmux.see("size 80x24", *PICTURE)
        assert r"\x1b[2J\x1b]0;owned\x07\x9b31m\u202eabc\u200b 漢字 [/oops]" in text
        assert tmux.see("1 0 0", *MODES)
        tmux.do("resize-window", "-x", "60", "-y", "15")
        tmux.see("size 60x15", *PICTURE)
        tmux.do("send-keys", "Up", "PageDown", "Escape")
        tmux.see("keys up pgdn esc", *PICTURE)
        tmux.do("send-keys", "q")
        tmux.see("0 1 1", *MODES)


def test_dumb_terminals_are_refused() -> None:
    with PseudoTerminal(COMMAND, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert "rfqwatch tail" in terminal.errors()
        assert terminal.raw == b""


def test_a_pipe_is_refused() -> None:
    ended = subprocess.run(COMMAND, capture_output=True, check=False, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "rfqwatch tail" in ended.stderr
