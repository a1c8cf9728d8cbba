"""The command ``report``."""

import os
import signal

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
    from rfqwatch.cli.wiring.reporting import summed_up
    from rfqwatch.lines.stdout import ConsumerGoneError
    from rfqwatch.screen.report import as_json, as_tables
    from rfqwatch.screen.snapshot import print_text
    from rfqwatch.signals import SignalledError

    write = {"text": as_tables, "json": as_json}[reported.output]
    try:
        told = summed_up(reported.source, selection, stretch, verbosity.level())
        print_text(write(told.answers(reported.top)))
    except SignalledError as signalled:
        raise typer.Exit(signalled.exit_code) from None
    except ConsumerGoneError:
        os._exit(128 + signal.SIGPIPE)
