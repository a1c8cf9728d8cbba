"""The table of a recording, on a real terminal: time is the user's."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from pseudo_terminal import PseudoTerminal

if TYPE_CHECKING:
    from pathlib import Path

RFQWATCH = [sys.executable, "-m", "rfqwatch"]
T = 1_790_000_000_000
"""2026-09-21 14:13:20 UTC."""
SECONDS = 60


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """Hold an RFQ a second."""
    file = tmp_path / "a.jsonl"
    lines = [f'{{"type":"rfqwatch.subscribed","sid":1,"msg":{{}},"received_ts_ms":{T}}}\n']
    lines += [
        f'{{"type":"rfq_created","sid":1,"seq":{n},"msg":{{"id":"rfq-{n}","market_ticker":"M"}},'
        f'"received_ts_ms":{T + 1_000 * n}}}\n'
        for n in range(1, SECONDS + 1)
    ]
    file.write_text("".join(lines))
    return str(file)


def at(terminal: PseudoTerminal) -> int:
    """Tell how many seconds after the start the picture is."""
    found = re.search(r"recorded 2026-09-21 14:(\d\d):(\d\d)Z", terminal.text)
    return (int(found[1]) * 60 + int(found[2])) - (13 * 60 + 20) if found else -1


def is_open(number: int, terminal: PseudoTerminal) -> bool:
    return f"open {number} " in " ".join(terminal.display[:3])


def test_space_stops_time_and_a_point_steps_a_second(recording: str) -> None:
    command = [*RFQWATCH, "table", "--from", recording, "--speed", "20"]
    with PseudoTerminal(command, 120) as terminal:
        terminal.see("20 times as fast")
        terminal.see(lambda terminal: at(terminal) > 5)
        terminal.press(" ")
        terminal.see(", paused")
        stopped = at(terminal)
        assert is_open(stopped, terminal)
        for step in (1, 2, 3):
            terminal.press(".")
            terminal.see(lambda terminal, step=step: at(terminal) == stopped + step)  # type: ignore[misc]
            terminal.see(lambda terminal, step=step: is_open(stopped + step, terminal))  # type: ignore[misc]
        terminal.press("?")
        terminal.see("let it stand still a second later")
        terminal.press("? ")
        terminal.see("20 times as fast")
        # A point stops it, too.
        terminal.press(".")
        terminal.see(", paused")
        terminal.press(" ")
        # It stays at the end, for whoever looks on.
        terminal.see("at its end")
        terminal.see(lambda terminal: at(terminal) == SECONDS)
        assert is_open(SECONDS, terminal)
        # Ages are by the recording's clock.
        assert "unconfirmed" not in terminal.text
        terminal.press("\x1b[H")
        terminal.see(lambda terminal: bool(re.search(r"(?m)^>\s+0s +\? +M", terminal.text)))
        terminal.press("q")
        assert terminal.end() == 0
        assert f"{SECONDS} events watched" in terminal.errors()


def test_what_came_before_is_there_from_the_start(recording: str) -> None:
    since = "2026-09-21T14:13:50Z"
    command = [*RFQWATCH, "table", "--from", recording, "--since", since]
    with PseudoTerminal(command, 120) as terminal:
        terminal.see("1 times as fast")
        terminal.see(lambda terminal: at(terminal) >= 30)
        terminal.press(".")
        terminal.see(lambda terminal: is_open(at(terminal), terminal))
        assert at(terminal) < SECONDS
        terminal.press("q")
        assert terminal.end() == 0


def test_a_long_replay_shows_how_far_it_is(recording: str, tmp_path: Path) -> None:
    command = shlex.join([*RFQWATCH, "tail", "--from", recording, "--speed", "20"])
    shell = ["sh", "-c", f"{command} > {shlex.quote(str(tmp_path / 'out'))}"]
    with PseudoTerminal(shell, 120, on_stdin=True) as terminal:
        terminal.see("━")
        assert terminal.end() == 0
        # It goes, and what is said stays.
        assert "━" not in terminal.text
        assert f"{SECONDS} events printed" in terminal.text
