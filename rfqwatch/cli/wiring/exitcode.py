"""Turns the end of a stream into the program's."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from rfqwatch.errors import GapsError
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.signals import SignalledError
from rfqwatch.stream.summary import uncertain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rfqwatch.cli.options.end import EndOptions
    from rfqwatch.stream.health import Health

_UNPROVEN = "Where that will do, leave out --fail-on-gap."


@contextmanager
def to_its_end(
    health: Health, lost: Callable[[], int], end: EndOptions, gap_advice: str
) -> Iterator[None]:
    """Let a stream run in the block; ``lost`` counts the messages that nobody took.

    At the end it raises `GapsError` where ``--fail-on-gap`` asked for none, with ``gap_advice`` if
    there were any, then a signal's exit code, and leaves at once when the reader of standard output
    is gone.
    """
    code = 0
    try:
        yield
    except ConsumerGoneError:
        # Quietly, and without a flush of what Python may hold for a reader that is gone.
        os._exit(128 + signal.SIGPIPE)
    except SignalledError as signalled:
        code = signalled.exit_code
    if end.fail_on_gap and (why := uncertain(health, lost())):
        raise GapsError(why, gap_advice if health.totals.gaps or lost() else _UNPROVEN)
    if code:
        raise typer.Exit(code)
