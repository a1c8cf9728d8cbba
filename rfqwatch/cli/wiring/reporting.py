"""Sums up the recordings that options name."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from rfqwatch.cli.wiring.replaying import recordings, size_of
from rfqwatch.cli.wiring.selecting import selecting
from rfqwatch.lines.wording import apart, counted
from rfqwatch.replay.progress import bar, say_over
from rfqwatch.report.contents import Report
from rfqwatch.reportfeed import Survey
from rfqwatch.run import until_signal
from rfqwatch.stderr import Voice
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.cli.options.replay import StretchOptions
    from rfqwatch.cli.options.selection import SelectionOptions


def summed_up(
    sources: Sequence[str], selection: SelectionOptions, stretch: StretchOptions, verbosity: int
) -> Report:
    """Read recordings into a report, with a bar on a terminal where that takes long.

    Raises `UsageError`, `RecordingError` and `SignalledError`.
    """
    voice = Voice(verbosity, say_over)
    drift = Drift(voice.say)
    selected, _ = selecting(selection, drift)
    names = recordings(sources)
    told = Report()
    survey = Survey(
        names,
        told,
        selection=selected,
        drift=drift,
        say=voice.say,
        lenient=stretch.lenient,
        since_ms=stretch.since,
        until_ms=stretch.until,
    )
    recording = survey.recording

    async def read() -> None:
        seen = bool(sys.stderr) and sys.stderr.isatty()
        async with bar(lambda: recording.taken, size_of(names)) if seen else nullcontext():
            for _ in survey:
                await asyncio.sleep(0)

    # What is counted holds no circles, and would take long to be looked through for them.
    gc.disable()
    asyncio.run(until_signal(read()))
    if survey.ahead_ms:
        off = f"recorded by a clock that was {apart(survey.ahead_ms)}"
        voice.say(f"{off}: lags, and times of receipt, are off by as much")
    if recording.skipped:
        voice.say(f"{counted(recording.skipped, 'line')} skipped that could not be read")
    if not told.messages:
        voice.say("no message was recorded there, or none that is selected")
    return told
