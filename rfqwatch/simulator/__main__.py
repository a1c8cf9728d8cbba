"""The process of a simulated exchange, talked to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys

from rfqwatch.simulator.serving import obey_parent

asyncio.run(obey_parent(sys.stdin.buffer, sys.stdout.buffer))
