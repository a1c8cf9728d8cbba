"""Makes the checks that options ask for, and prints what each found."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from typing import TYPE_CHECKING

import typer

from rfqwatch.checking.dependencies import exit_code
from rfqwatch.checking.doctor import examine
from rfqwatch.checking.printing import Sheet, as_json
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.screen.snapshot import print_text
from rfqwatch.sources.dns import Loop
from rfqwatch.stderr import Verbosity, Voice

if TYPE_CHECKING:
    from rfqwatch.checking.subject import Subject


def check_all(subject: Subject, verbosity: int, *, json: bool) -> None:
    """Check everything, and print it as it is found, or all of it as JSON at the end.

    Raises `typer.Exit` with the code of the first that failed.
    """
    sheet = Sheet(brief=verbosity == Verbosity.QUIET)
    found = []
    # What the verdicts say needs no saying twice.
    voice = Voice(verbosity if verbosity == Verbosity.VERBOSE else Verbosity.QUIET)

    async def show() -> None:
        async with aclosing(examine(subject, voice.detail)) as examined:
            async for each, verdict in examined:
                found.append((each, verdict))
                if not json:
                    print_text(sheet.lines(each, verdict))

    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(show())
        verdicts = [verdict for _, verdict in found]
        print_text(as_json(found) if json else sheet.summary(verdicts))
    except ConsumerGoneError:
        os._exit(128 + signal.SIGPIPE)
    if code := exit_code(verdicts):
        raise typer.Exit(code)
