"""Draws the table as options name it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rfqwatch.errors import UsageError
from rfqwatch.screen.loop import LiveTable
from rfqwatch.screen.picture.columns import columns_named
from rfqwatch.screen.snapshot import paper_size, print_picture, save_picture
from rfqwatch.screen.table import Table
from rfqwatch.screen.view import Grouping, Sort, View

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence
    from typing import Any

    from rfqwatch.book.book import Book
    from rfqwatch.cli.options.table import TableOptions
    from rfqwatch.clock import Instant
    from rfqwatch.replay.playback import Playback
    from rfqwatch.run import Watched
    from rfqwatch.screen.picture.columns import Column


def columns_asked_for(names: str | None) -> Sequence[Column]:
    """Read ``--columns``; none where it is not given. Raises `UsageError`."""
    try:
        return columns_named(names) if names else ()
    except ValueError as error:
        raise UsageError(f"--columns: {error}") from None


@contextmanager
def drawing(
    shown: TableOptions, book: Book, watched: Watched, playback: Playback | None
) -> Iterator[Coroutine[Any, Any, None]]:
    """Give what draws a book again and again; keep the last picture at the end as was asked for.

    Raises `UsageError`.
    """
    view = View(
        sort=Sort[shown.sort.upper()],
        grouping=Grouping(shown.group or "none"),
        replayed=playback is not None,
        unseen=shown.once,
    )
    columns = columns_asked_for(shown.columns)

    def by_the_exchange() -> Instant:
        at = watched.clock()
        return at._replace(ms=at.ms + watched.health.ahead_ms)

    table = Table(book, watched.health, view, playback, columns)
    live = LiveTable(table, book, shown.fps, by_the_exchange, shown.color, bell=shown.bell)
    try:
        yield live.run_unseen(*paper_size()) if shown.once else live.run()
    finally:
        if shown.svg and live.last:
            save_picture(live.last, live.width, shown.svg)
        if shown.once:
            print_picture(live.last)
