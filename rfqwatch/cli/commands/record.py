"""The command ``record``."""

from rfqwatch.cli.options.recording import RecordOptions
from rfqwatch.cli.options.stream import LiveOptions


def record(recording: RecordOptions, options: LiveOptions) -> None:
    """Keep the exchange's RFQ stream in files of a directory, as the lines that tail prints.

    On standard error it says how that goes.
    """
    import asyncio

    from rfqwatch.cli.wiring.selecting import selecting
    from rfqwatch.cli.wiring.watching import watching
    from rfqwatch.run import show
    from rfqwatch.screen.recordstatus import StatusLine
    from rfqwatch.sources.dns import Loop
    from rfqwatch.stderr import Verbosity, Voice
    from rfqwatch.stream.drift import Drift
    from rfqwatch.stream.health import Health

    level = options.verbosity.level()
    line = StatusLine(quiet=level == Verbosity.QUIET)
    voice = Voice(level, line.say)
    drift = Drift(voice.say)
    selected, _ = selecting(options.selection, drift)
    health = Health("", drift)
    kept = watching(None, options, recording, selection=selected, health=health, voice=voice)
    with kept as watched, asyncio.Runner(loop_factory=Loop) as runner:
        assert watched.recorder is not None  # noqa: S101 - the options name where to
        drawn = line.run(watched.health, watched.recorder)
        runner.run(show(watched, drawn, options.end.duration))
