"""The command ``table``."""

from rfqwatch.cli.options.quantities import Seconds
from rfqwatch.cli.options.stream import StreamOptions
from rfqwatch.cli.options.table import TableOptions

ONCE = Seconds("5s")


def table(options: StreamOptions, shown: TableOptions) -> None:
    """Show which RFQs are open now, and what was quoted on them. Press ? for the keys."""
    import asyncio
    import gc

    from rfqwatch.book.book import Book
    from rfqwatch.book.feed import Feed
    from rfqwatch.cli.wiring.drawing import drawing
    from rfqwatch.cli.wiring.stream import Stream
    from rfqwatch.run import show
    from rfqwatch.screen.terminal.messages import said_after
    from rfqwatch.screen.terminal.tty import require_terminal
    from rfqwatch.sources.dns import Loop

    if not shown.once:
        require_terminal()
    # What is imported stays, and what comes by the thousand has no cycles.
    gc.freeze()
    gc.set_threshold(20_000)
    with said_after(once=shown.once) as say:
        stream = Stream(options, speed=0 if shown.once else 1, say=say)
        book = Book(max_age_ms=round(shown.max_age * 1000), mine=options.live.subscription.mine)
        feed = Feed(book, stream.read, lambda: stream.health.ahead_ms)
        at_most = ONCE if shown.once and not stream.playback else None
        with (
            stream.to(feed, grows=True, stays=not shown.once) as watched,
            drawing(shown, book, watched, stream.playback) as drawn,
            asyncio.Runner(loop_factory=Loop) as runner,
        ):
            runner.run(show(watched, drawn, options.live.end.duration or at_most))
