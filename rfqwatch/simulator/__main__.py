"""The process of a simulated exchange, talked to over its standard input and output."""

from __future__ import annotations

import asyncio
import selectors
import sys

from rfqwatch.simulator.serving import obey_parent


def _loop() -> asyncio.AbstractEventLoop:
    # The default selector wakes up on whole milliseconds, in which three frames may be due.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


with asyncio.Runner(loop_factory=_loop) as runner:
    runner.run(obey_parent(sys.stdin.buffer, sys.stdout.buffer))
