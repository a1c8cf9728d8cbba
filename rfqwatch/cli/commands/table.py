"""The command ``table``."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.end import EndOptions
from rfqwatch.cli.options.output import VerbosityOptions
from rfqwatch.cli.options.recording import RecordingOptions
from rfqwatch.cli.options.replay import ReplayOptions
from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.options.simulation import SimulationOptions
from rfqwatch.cli.options.table import TableOptions

if TYPE_CHECKING:
    from rfqwatch.book.book import Book
    from rfqwatch.replay.playback import Playback
    from rfqwatch.screen.table import Table
    from rfqwatch.stream.health import Health

ONCE_S = "5s"
MOST_HELD = 20
"""Lines said while the table has the terminal, that are shown once it is given back."""


def table(  # noqa: PLR0917 - each group of options is one
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    selection: SelectionOptions,
    replay: ReplayOptions,
    recording: RecordingOptions,
    end: EndOptions,
    shown: TableOptions,
    verbosity: VerbosityOptions,
    simulation: SimulationOptions,
) -> None:
    """Show which RFQs are open now, and what was quoted on them. Press ? for the keys."""
    import asyncio

    from rfqwatch.book.book import Book
    from rfqwatch.book.feed import Feed
    from rfqwatch.cli.fitting import is_replay
    from rfqwatch.cli.options.quantities import Seconds
    from rfqwatch.cli.selecting import selecting
    from rfqwatch.run import show
    from rfqwatch.screen.live import LiveTable
    from rfqwatch.screen.snapshot import paper_size, print_picture, save_picture
    from rfqwatch.screen.terminal.tty import require_terminal
    from rfqwatch.sources.lookup import Loop
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.drift import Drift

    replayed = is_replay(replay, connection, subscription, recording, simulation)
    if not shown.once:
        require_terminal()
    book = Book(max_age_ms=round(shown.max_age * 1000), mine=subscription.mine)
    with ExitStack() as stack:
        voice = Voice(verbosity.level(), stack.enter_context(_held(once=shown.once)))
        drift = Drift(voice.say)
        selected, read = selecting(selection, drift)
        feed = Feed(book, read)
        playback, duration = None, end.duration
        if replayed:
            from rfqwatch.cli.replaying import replaying
            from rfqwatch.replay.playback import Playback

            speed = (0 if shown.once else 1) if replay.speed is None else replay.speed
            playback = Playback(speed)
            source = replaying(
                feed,
                replay,
                end,
                playback=playback,
                selection=selected,
                drift=drift,
                voice=voice,
                lead_in=True,
                stays=not shown.once,
            )
        else:
            from rfqwatch.cli.watching import watching

            groups = connection, subscription, end, simulation
            source = watching(
                feed, *groups, selection=selected, recording=recording, drift=drift, voice=voice
            )
            duration = duration or (Seconds(ONCE_S) if shown.once else None)
        watched = stack.enter_context(source)
        table = _table(shown, book, watched.health, playback)
        live = LiveTable(table, book, shown.fps, watched.clock, shown.color, bell=shown.bell)
        drawn = live.run_unseen(*paper_size()) if shown.once else live.run()
        try:
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(show(watched, drawn, duration))
        finally:
            if shown.svg and live.last:
                save_picture(live.last, live.width, shown.svg)
            if shown.once:
                print_picture(live.last)


def _table(
    shown: TableOptions, book: "Book", health: "Health", playback: "Playback | None"
) -> "Table":
    """Make the table as it is first shown. Raises `UsageError`."""
    from rfqwatch.errors import UsageError
    from rfqwatch.screen.keymap import Grouping, Sort, View
    from rfqwatch.screen.picture.columns import columns_named
    from rfqwatch.screen.table import Table

    view = View(
        sort=Sort[shown.sort.upper()],
        grouping=Grouping(shown.group or "none"),
        replayed=playback is not None,
    )
    try:
        columns = columns_named(shown.columns) if shown.columns else ()
    except ValueError as error:
        raise UsageError(f"--columns: {error}") from None
    return Table(book, health, view, playback, columns)


@contextmanager
def _held(*, once: bool) -> Iterator[Callable[[str], None]]:
    """Keep what is said from a terminal that shows a picture, until it is given back."""
    from rfqwatch.stderr import say_when as say

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
