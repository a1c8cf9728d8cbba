"""A server that sends each frame by itself at its own moment, as the real exchange does."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import selectors
import time
from typing import TYPE_CHECKING

from aiohttp import web
from bare import PATH, frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection


def _serve(most: int, ready: Connection) -> None:
    payloads = frames(most)

    async def send(request: web.Request) -> web.WebSocketResponse:
        rate = float(request.query["rate"])
        link = web.WebSocketResponse(compress=False)
        await link.prepare(request)
        await link.receive()
        await link.send_str('{"id":1,"type":"subscribed","msg":{"sid":1}}')
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):  # It has as many as it asked for.
            for number, payload in enumerate(payloads):
                delay_s = start + number / rate - time.monotonic()
                if delay_s > 0:
                    await asyncio.sleep(delay_s)
                sent = b',"sent_ns":%d}' % time.monotonic_ns()
                await link.send_str((payload[:-1] + sent).decode())
        return link

    async def main() -> None:
        app = web.Application()
        app.router.add_get(PATH, send)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    # The default selector wakes up on whole milliseconds, in which three frames may be due.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(main())


@contextlib.contextmanager
def serving_singly(most: int) -> Iterator[str]:
    """Serve in a process of its own; give the address, which needs ``?rate=`` behind it.

    Each frame tells when it was sent, by the monotonic clock, as ``sent_ns``.
    """
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(most, theirs), daemon=True)
    server.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}{PATH}"
    finally:
        server.terminate()
