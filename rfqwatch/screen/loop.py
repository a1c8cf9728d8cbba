"""The table's loop: a picture at a steady pace, sooner when a key asks for one."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from rfqwatch.clock import now
from rfqwatch.screen.picture.styles import paint, terminal
from rfqwatch.screen.terminal.keystrokes import Keys
from rfqwatch.screen.terminal.tty import Screen
from rfqwatch.signals import SignalledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.book.book import Book
    from rfqwatch.clock import Instant
    from rfqwatch.screen.picture.styles import Colors, Line
    from rfqwatch.screen.table import Table


KEY_PAUSE_S = 0.04
"""How close two pictures may come when keys ask for them: a key held down repeats."""
CATCHING_UP_S = 0.25
"""How long a picture waits for rows to be looked at; after that it is drawn without the rest."""


class LiveTable:
    """Holds the terminal and draws until the user is done or the terminal is gone.

    ``clock`` tells the moment that a picture is of, ``colors`` whether it may have some. With
    ``bell`` it rings once for a picture in which quotes were accepted since the last one.
    """

    def __init__(
        self,
        table: Table,
        book: Book,
        fps: float,
        clock: Callable[[], Instant] = now,
        colors: Colors = "auto",
        *,
        bell: bool = False,
    ) -> None:
        self._bell = bell
        self._heeded = 0
        self._table = table
        self._clock = clock
        self._colors = colors
        self._book = book
        self._pause_s = 1 / fps
        self._due = asyncio.Event()
        self._gone = False
        self.last: list[Line] = []
        """The last picture made, lines of `width` cells."""
        self.width = 80

    async def run(self) -> None:
        """Draw. Raises `UsageError` when standard output is no terminal for it."""
        console = terminal(self._colors)
        keys = Keys(lambda key: self._press(key, screen))
        with Screen(on_input=keys.feed, on_resize=self._due.set, on_hangup=self._hang_up) as screen:
            while not self._table.view.done:
                if self._gone:
                    raise SignalledError(signal.SIGHUP)
                self._due.clear()
                await self._catch_up()
                lines = [paint(line, console) for line in self.still(*screen.size)]
                accepted = self._book.counts.accepted
                screen.draw(lines, bell=self._bell and accepted > self._heeded)
                self._heeded = accepted
                await self._wait()

    async def run_unseen(self, width: int, height: int) -> None:
        """Make pictures at the same pace, for the last of them, until cancelled."""
        try:
            while True:
                await self._catch_up()
                self.still(width, height)
                await asyncio.sleep(self._pause_s)
        finally:
            self._table.press("home")
            while self._table.catch_up(self._clock().ms):
                pass
            self.still(width, height)

    def still(self, width: int, height: int) -> list[Line]:
        """Make the picture of this moment."""
        drawn = self._clock()
        self._book.tick(drawn.s)
        self.last = self._table.picture(width, height, drawn)
        self.width = width
        return self.last

    async def _catch_up(self) -> None:
        """Let the table look at every row that changed, and the stream go on meanwhile."""
        deadline = time.monotonic() + CATCHING_UP_S
        more = True
        while more and time.monotonic() < deadline:
            more = self._table.catch_up(self._clock().ms)
            await asyncio.sleep(0)

    async def _wait(self) -> None:
        """Wait until the next picture is due; a key or a new size brings it forward."""
        shortest_s = min(self._pause_s, KEY_PAUSE_S)
        await asyncio.sleep(shortest_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause_s - shortest_s):
                await self._due.wait()

    def _press(self, key: str, screen: Screen) -> None:
        self._table.press(key)
        if self._table.view.copied:
            screen.copy(self._table.view.copied)
        if key == "ctrl-l":
            screen.redraw()
        self._due.set()

    def _hang_up(self) -> None:
        self._gone = True
        self._due.set()
