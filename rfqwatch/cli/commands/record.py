"""The command ``record``."""

from rfqwatch.cli.options.connection import ConnectionOptions, SubscriptionOptions
from rfqwatch.cli.options.end import EndOptions
from rfqwatch.cli.options.output import VerbosityOptions
from rfqwatch.cli.options.recording import RecordOptions
from rfqwatch.cli.options.selection import SelectionOptions
from rfqwatch.cli.options.simulation import SimulationOptions


def record(  # noqa: PLR0917 - each group of options is one
    recording: RecordOptions,
    connection: ConnectionOptions,
    subscription: SubscriptionOptions,
    selection: SelectionOptions,
    end: EndOptions,
    verbosity: VerbosityOptions,
    simulation: SimulationOptions,
) -> None:
    """Keep the exchange's RFQ stream in files of a directory, as the lines that tail prints.

    On standard error it says how that goes.
    """
    import asyncio

    from rfqwatch.cli.selecting import selecting
    from rfqwatch.cli.watching import watching
    from rfqwatch.run import show
    from rfqwatch.screen.status import StatusLine
    from rfqwatch.sources.lookup import Loop
    from rfqwatch.stderr import Verbosity, Voice
    from rfqwatch.stream.drift import Drift

    level = verbosity.level()
    line = StatusLine(quiet=level == Verbosity.QUIET)
    voice = Voice(level, line.say)
    drift = Drift(voice.say)
    selected, _ = selecting(selection, drift)
    groups = connection, subscription, end, simulation
    kept = watching(
        None, *groups, selection=selected, recording=recording, drift=drift, voice=voice
    )
    with kept as watched, asyncio.Runner(loop_factory=Loop) as runner:
        assert watched.recorder is not None  # noqa: S101 - the options name where to
        drawn = line.run(watched.health, watched.recorder)
        runner.run(show(watched, drawn, end.duration))
