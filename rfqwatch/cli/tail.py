"""The command ``tail``."""

import sys

from rfqwatch.cli.options import (
    ConnectionOptions,
    EndOptions,
    LineOptions,
    RecordingOptions,
    SelectionOptions,
    SimulationOptions,
    SubscriptionOptions,
    VerbosityOptions,
)


def tail(  # noqa: PLR0917 - each group of options is one
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    selection: SelectionOptions,
    recording: RecordingOptions,
    end: EndOptions,
    lines: LineOptions,
    verbosity: VerbosityOptions,
    simulation: SimulationOptions,
) -> None:
    """Print the exchange's RFQ stream as JSON lines: one message, one line.

    A stream without a line of the type rfqwatch.gap is complete.
    """
    import asyncio

    from rfqwatch.cli.formats import line_output
    from rfqwatch.cli.selecting import selecting
    from rfqwatch.cli.watching import watching
    from rfqwatch.drift import Drift
    from rfqwatch.lines.stdout import Stdout
    from rfqwatch.run import print_lines
    from rfqwatch.sources.lookup import Loop
    from rfqwatch.stderr import Voice

    voice = Voice(verbosity.level())
    drift = Drift(voice.say)
    selected, read = selecting(selection, drift)
    place = Stdout(sys.stdout.fileno(), lines.buffer)
    output = line_output(lines.output, place, read)
    advice = "Look for rfqwatch.gap in what was printed."
    groups = connection, subscription, end, simulation
    printed = watching(
        *(output, *groups),
        selection=selected,
        recording=recording,
        drift=drift,
        voice=voice,
        gap_advice=advice,
    )
    with printed as watched, asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(print_lines(watched, output, place, end.duration))
