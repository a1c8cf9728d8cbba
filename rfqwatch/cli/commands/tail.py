"""The command ``tail``."""

import sys

from rfqwatch.cli.options.output import LineOptions
from rfqwatch.cli.options.stream import StreamOptions


def tail(options: StreamOptions, lines: LineOptions) -> None:
    """Print the exchange's RFQ stream as JSON lines: one message, one line.

    A stream without a line of the type rfqwatch.gap is complete.
    """
    import asyncio

    from rfqwatch.cli.wiring.formats import line_output
    from rfqwatch.cli.wiring.stream import Stream
    from rfqwatch.lines.stdout import Stdout
    from rfqwatch.run import print_lines
    from rfqwatch.sources.dns import Loop

    stream = Stream(options, speed=0)
    # What is recorded can wait for whoever reads; what is watched can't.
    place = Stdout(sys.stdout.fileno(), sys.maxsize if stream.playback else lines.buffer)
    output = line_output(lines.output, place, stream.read)
    advice = "Look for rfqwatch.gap in what was printed."
    full = lambda: place.waiting > lines.buffer  # noqa: E731 - said where it is used
    with (
        stream.to(output, full=full, gap_advice=advice) as watched,
        asyncio.Runner(loop_factory=Loop) as runner,
    ):
        runner.run(print_lines(watched, output, place, options.live.end.duration))
