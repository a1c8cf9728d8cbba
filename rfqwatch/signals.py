"""When the program ends: its work is done, its time is up, or a signal says so."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SignalledError(Exception):
    """A signal asked the program to end; the shell's exit code for it is ``exit_code``."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


@contextmanager
def signals() -> Iterator[Future[None]]:
    """Give a future that raises `SignalledError` at the first signal; a second one kills.

    A signal that is ignored from the start, as under nohup, stays ignored.
    """
    loop = asyncio.get_running_loop()
    signalled: Future[None] = loop.create_future()
    former = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    heeded = [signum for signum in _SIGNALS if former[signum] is not signal.SIG_IGN]

    def receive(signum: int) -> None:
        for each in heeded:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        if not signalled.done():
            signalled.set_exception(SignalledError(signum))

    for signum in heeded:
        loop.add_signal_handler(signum, receive, signum)
    try:
        yield signalled
    finally:
        for signum in heeded:
            loop.remove_signal_handler(signum)
            signal.signal(signum, former[signum])
        if signalled.done():
            signalled.exception()  # Mark it as seen.


async def first_of(*futures: Future[Any] | None, timeout_s: float | None = None) -> None:
    """Wait for the first future that is done, or for the time; raise what the future raises."""
    waited = [future for future in futures if future is not None]
    done, _ = await asyncio.wait(waited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    # In the order given: a failure of the work tells more than the signal that came with it.
    for future in waited:
        if future in done:
            future.result()
