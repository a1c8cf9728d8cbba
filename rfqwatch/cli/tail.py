"""The command ``tail``."""

import sys

from rfqwatch.cli.options import (
    ConnectionOptions,
    EndOptions,
    LineOptions,
    SelectionOptions,
    SimulationOptions,
)


def tail(
    connection: ConnectionOptions,
    selection: SelectionOptions,
    end: EndOptions,
    lines: LineOptions,
    simulation: SimulationOptions,
) -> None:
    """Print the exchange's RFQ stream as JSON lines: one message, one line.

    A stream without a line of the type rfqwatch.gap is complete.
    """
    import asyncio

    from rfqwatch.cli.formats import FORMATS
    from rfqwatch.cli.watching import watching
    from rfqwatch.run import print_lines
    from rfqwatch.stderr import say

    output = FORMATS[lines.output](sys.stdout.fileno(), limit=lines.buffer)
    advice = "Look for rfqwatch.gap in what was printed."
    with watching(
        output, connection, selection, end, simulation, say=say, gap_advice=advice
    ) as watched:
        asyncio.run(print_lines(watched, output, duration_s=end.duration, say=say))
