"""The line that says how a recording goes, on standard error."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from rfqwatch.clock import now
from rfqwatch.escaping import safe
from rfqwatch.lines.wording import UNKNOWN, counted, storage
from rfqwatch.stderr import can_be_written, say_when

if TYPE_CHECKING:
    from rfqwatch.recording.folder import Folder
    from rfqwatch.recording.recorder import Recorder
    from rfqwatch.stream.health import Health

DRAWN_EACH_S = 0.5
SAID_EACH_S = 60.0
_ECHO = 3
"""Cells left free behind the line, for the ^C that the terminal shows there."""


class StatusLine:
    """On a terminal the last line, drawn again and again below what is said; else one a minute.

    To whoever wants ``quiet`` it says only what it is told to.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Live | None = None
        if not quiet and sys.stderr and sys.stderr.isatty():
            console = Console(stderr=True, highlight=False, soft_wrap=True)
            self._live = Live(console=console, auto_refresh=False, transient=True)

    def say(self, text: str) -> None:
        """Say one line, above the status."""
        if self._live is None or not self._live.is_started:
            say_when(text)
        elif can_be_written(sys.stderr.fileno()):
            self._live.console.print(Text(f"rfqwatch: {safe(text)}"))

    async def run(self, health: Health, recorder: Recorder) -> None:
        """Say how it goes, until cancelled."""
        if self._live is None:
            while True:
                await asyncio.sleep(SAID_EACH_S)
                if not self._quiet:
                    say_when(status(health, recorder))
        with self._live as live:
            while True:
                if can_be_written(sys.stderr.fileno()):
                    text = Text(safe(status(health, recorder)))
                    width = os.get_terminal_size(sys.stderr.fileno()).columns
                    text.truncate(width - _ECHO, overflow="ellipsis")
                    live.update(text, refresh=True)
                await asyncio.sleep(DRAWN_EACH_S)


def status(health: Health, recorder: Recorder) -> str:
    """Write how a recording goes: its rate, how much there is, what is left of the disk, gaps."""
    away, cards = len(health.away), len(health.shards)
    news = f"{cards - away} of {cards} connections watching, " * bool(away)
    if health.unrecorded:
        news += f"NOT RECORDED: {health.unrecorded}, "
    rate = health.per_second(now().s)
    return (
        f"{news}{rate:,.0f}/s, {counted(recorder.messages, 'event')}, {storage(recorder.size)} in "
        f"{counted(recorder.files, 'file')}, {_left(recorder.folder)} left on the disk, "
        f"gaps {health.totals.gaps:,}"
    )


def _left(folder: Folder) -> str:
    try:
        return storage(folder.free)
    except OSError:
        return UNKNOWN
