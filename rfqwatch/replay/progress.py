"""A bar on standard error that shows how far a long reading is."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from rfqwatch.stderr import say_when

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PATIENCE_S = 2.0
"""What is over sooner needs no bar."""
_PAUSE_S = 0.2
_ERASED = b"\r\x1b[2K"


def say_over(text: str) -> None:
    """Say one line where a bar may stand, which comes back below it."""
    if sys.stderr and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _ERASED)
    say_when(text)


@asynccontextmanager
async def bar(taken: Callable[[], int], size: int) -> AsyncIterator[None]:
    """Show how many bytes of ``size`` are taken, while the block lasts, unless it is soon over."""
    showing = asyncio.create_task(_show(taken, size))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _show(taken: Callable[[], int], size: int) -> None:
    await asyncio.sleep(PATIENCE_S)
    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    progress = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stderr=False,
    )
    with progress:
        task = progress.add_task("", total=size)
        while True:
            progress.update(task, completed=taken(), refresh=True)
            await asyncio.sleep(_PAUSE_S)
