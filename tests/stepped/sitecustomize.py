"""Python imports this before the program when its folder is on PYTHONPATH: a world to be set.

At each SIGUSR1 the clock on the wall is set by STEP_S seconds, and each time that the program would
wait for a random while it is DELAY_S seconds.
"""

from __future__ import annotations

import os
import random
import signal
import time

_ns, _s = time.time_ns, time.time
_set_s = 0.0


def _step(*_: object) -> None:
    global _set_s  # noqa: PLW0603 - a clock is one for all
    _set_s += float(os.environ["STEP_S"])


if "STEP_S" in os.environ:
    signal.signal(signal.SIGUSR1, _step)
    time.time_ns = lambda: _ns() + int(_set_s * 1e9)
    time.time = lambda: _s() + _set_s
if "DELAY_S" in os.environ:
    random.Random.uniform = lambda *_: float(os.environ["DELAY_S"])  # type: ignore[method-assign]
