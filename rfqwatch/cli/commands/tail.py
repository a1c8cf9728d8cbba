"""The command ``tail``."""

import sys

from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.end import EndOptions
from rfqwatch.cli.options.output import LineOptions, VerbosityOptions
from rfqwatch.cli.options.recording import RecordingOptions
from rfqwatch.cli.options.replay import ReplayOptions
from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.options.simulation import SimulationOptions


def tail(  # noqa: PLR0917 - each group of options is one
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    selection: SelectionOptions,
    replay: ReplayOptions,
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

    from rfqwatch.cli.fitting import is_replay
    from rfqwatch.cli.formats import line_output
    from rfqwatch.cli.selecting import selecting
    from rfqwatch.lines.stdout import Stdout
    from rfqwatch.run import print_lines
    from rfqwatch.sources.lookup import Loop
    from rfqwatch.stderr import Voice
    from rfqwatch.stream.drift import Drift

    replayed = is_replay(replay, connection, subscription, recording, simulation)
    if replayed:
        from rfqwatch.cli.replaying import replaying
        from rfqwatch.replay.playback import Playback
        from rfqwatch.replay.progress import say_over as say
    else:
        from rfqwatch.cli.watching import watching
        from rfqwatch.stderr import say_when as say
    voice = Voice(verbosity.level(), say)
    drift = Drift(voice.say)
    selected, read = selecting(selection, drift)
    # What is recorded can wait for whoever reads; what is watched can't.
    place = Stdout(sys.stdout.fileno(), sys.maxsize if replayed else lines.buffer)
    output = line_output(lines.output, place, read)
    advice = "Look for rfqwatch.gap in what was printed."
    if replayed:
        source = replaying(
            output,
            replay,
            end,
            playback=Playback(replay.speed or 0),
            selection=selected,
            drift=drift,
            voice=voice,
            full=lambda: place.waiting > lines.buffer,
            gap_advice=advice,
        )
    else:
        groups = connection, subscription, end, simulation
        source = watching(
            *(output, *groups),
            selection=selected,
            recording=recording,
            drift=drift,
            voice=voice,
            gap_advice=advice,
        )
    with source as watched, asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(print_lines(watched, output, place, end.duration))
