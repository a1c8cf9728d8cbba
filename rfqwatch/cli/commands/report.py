"""The command ``report``."""

import os
import signal
import sys

import typer

from rfqwatch.cli.options.output import VerbosityOptions
from rfqwatch.cli.options.replay import ReportOptions, StretchOptions
from rfqwatch.cli.options.selection import SelectionOptions


def report(
    reported: ReportOptions,
    selection: SelectionOptions,
    stretch: StretchOptions,
    verbosity: VerbosityOptions,
) -> None:
    """Sum up recordings: what was asked for, by whom, what became of it, what is missing."""
    import asyncio
    import gc
    from contextlib import nullcontext

    from rfqwatch.cli.replaying import recordings, size_of
    from rfqwatch.cli.selecting import selecting
    from rfqwatch.lines.stdout import ConsumerGoneError
    from rfqwatch.lines.wording import counted
    from rfqwatch.replay.progress import bar, say_over
    from rfqwatch.report.contents import Report
    from rfqwatch.run import until_signal
    from rfqwatch.screen.answers import as_json, as_tables
    from rfqwatch.screen.snapshot import print_text
    from rfqwatch.signals import SignalledError
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.drift import Drift
    from rfqwatch.survey import Survey

    voice = Voice(verbosity.level(), say_over)
    drift = Drift(voice.say)
    selected, _ = selecting(selection, drift)
    names = recordings(reported.source)
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
    try:
        asyncio.run(until_signal(read()))
        if recording.skipped:
            voice.say(f"{counted(recording.skipped, 'line')} skipped that could not be read")
        if not told.messages:
            voice.say("no message was recorded there, or none that is selected")
        write = {"text": as_tables, "json": as_json}[reported.output]
        print_text(write(told.answers(reported.top)))
    except SignalledError as signalled:
        raise typer.Exit(signalled.exit_code) from None
    except ConsumerGoneError:
        os._exit(128 + signal.SIGPIPE)
