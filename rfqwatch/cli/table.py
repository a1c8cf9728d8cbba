"""The command ``table``."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rfqwatch.cli.options import (
    ConnectionOptions,
    EndOptions,
    SelectionOptions,
    SimulationOptions,
    TableOptions,
)
from rfqwatch.errors import UsageError

ONCE_S = 5.0
MOST_HELD = 20
"""Lines said while the table has the terminal, that are shown once it is given back."""


def table(
    connection: ConnectionOptions,
    selection: SelectionOptions,
    end: EndOptions,
    shown: TableOptions,
    simulation: SimulationOptions,
) -> None:
    """Show which RFQs are open now, and what was quoted on them. Press ? for the keys."""
    import asyncio

    from rfqwatch.book.book import Book
    from rfqwatch.book.feed import BookOutput
    from rfqwatch.cli.watching import watching
    from rfqwatch.run import show
    from rfqwatch.screen.live import LiveTable
    from rfqwatch.screen.snapshot import paper_size, print_picture, save_picture
    from rfqwatch.screen.table import Table

    if not shown.once and not sys.stdout.isatty():
        raise UsageError(
            "a table needs a terminal, and standard output is none",
            "Use `rfqwatch tail`, or `rfqwatch table --once` for one plain picture.",
        )
    book = Book(max_age_ms=round(shown.max_age * 1000), mine=selection.mine)
    output = BookOutput(book)
    with (
        _held(once=shown.once) as say,
        watching(output, connection, selection, end, simulation, say=say) as watched,
    ):
        live = LiveTable(Table(book, watched.health), book, shown.fps)
        drawn = live.run_unseen(*paper_size()) if shown.once else live.run()
        duration_s = end.duration or (ONCE_S if shown.once else None)
        try:
            asyncio.run(show(watched, drawn, duration_s=duration_s, say=say))
        finally:
            if shown.svg and live.last:
                save_picture(live.last, live.width, shown.svg)
            if shown.once:
                print_picture(live.last)


@contextmanager
def _held(*, once: bool) -> Iterator[Callable[[str], None]]:
    """Keep what is said from a terminal that shows a picture, until it is given back."""
    from rfqwatch.stderr import say

    if once or not (sys.stderr and sys.stderr.isatty()):
        yield say
        return
    held: deque[str] = deque(maxlen=MOST_HELD)
    number = 0

    def hold(text: str) -> None:
        nonlocal number
        number += 1
        held.append(text)

    try:
        yield hold
    finally:
        if number > len(held):
            say(f"… {number - len(held)} lines before these")
        for text in held:
            say(text)
