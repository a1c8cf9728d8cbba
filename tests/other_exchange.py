"""An exchange on another WebSocket library, which sends what a test scripts, frame by frame.

It shares no line with rfqwatch, so that the two can't agree on a mistake. A test says what becomes
of each connection, in their order: a script or a refusal, the last for all that follow too. ::

    async def deaf(connection: Connection) -> None:
        await connection.subscribed()
        await connection.send(b'{"type":"rfq_created","sid":1,"seq":1,"msg":{"id":"a"}}')
        connection.subscriptions.clear()
        await connection.heard("list_subscriptions")
        await connection.subscribed()

    async with exchange(Refusal(503), deaf) as other:  # or, in a thread: with running(…) as other
        ...  # start a program in other.environment, and read what it prints

What stops a script, or keeps it from its end, is raised at the end of the ``with``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from aiohttp import web
from api_key import PATH, ApiKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripted_connection import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from api_key import PrivateKey

T = TypeVar("T")

PING_S = 10.0
PATIENCE_S = 5.0
"""How long a script has to its end once its client has gone."""

Script: TypeAlias = Callable[[Connection], Coroutine[Any, Any, None]]


class Refusal(NamedTuple):
    """An HTTP answer in place of a connection."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Exchange(NamedTuple):
    """Variables that lead rfqwatch here, the headers of each attempt to come, and who is in."""

    environment: dict[str, str]
    handshakes: list[Mapping[str, str]]
    connections: list[Connection]


@asynccontextmanager
async def exchange(
    *fates: Script | Refusal, private_key: PrivateKey | None = None, ping_s: float = PING_S
) -> AsyncIterator[Exchange]:
    """Run an exchange in this event loop."""
    key = ApiKey(private_key or Ed25519PrivateKey.generate())
    other = Exchange(key.environment, [], [])
    to_come = deque(fates)
    failures: list[BaseException] = []

    async def greet(request: web.Request) -> web.StreamResponse:
        other.handshakes.append(request.headers)
        if failures:
            return web.Response(status=403)  # so that no program tries on after the test has failed
        if fault := key.fault(request.headers):
            return web.json_response({"error": fault}, status=401)
        fate = to_come.popleft() if len(to_come) > 1 else to_come[0]
        if isinstance(fate, Refusal):
            return web.Response(status=fate.status, body=fate.body, headers=fate.headers)
        link = web.WebSocketResponse()
        connection = Connection(request, link, await link.prepare(request))
        other.connections.append(connection)
        try:
            await _play(fate, connection, ping_s)
        except* Exception as group:  # noqa: BLE001 - all of it fails the test, at the end
            failures.extend(group.exceptions)
            connection.reset()
        return link

    app = web.Application()
    app.router.add_get(PATH, greet)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2 * PATIENCE_S)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other.environment["RFQWATCH_URL"] = f"ws://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    try:
        yield other
    finally:
        for connection in other.connections:
            connection.reset()
        await runner.cleanup()
        if failures:
            raise failures[0]


async def _play(script: Script, connection: Connection, ping_s: float) -> None:
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(script(connection))
        await connection.converse(ping_s)
        _, late = await asyncio.wait([playing], timeout=PATIENCE_S)
        if late:
            raise TimeoutError("the client has gone, and a script did not come to its end")


@contextmanager
def running(*fates: Script | Refusal, ping_s: float = PING_S) -> Iterator[Exchange]:
    """Run an exchange and its scripts in a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    context = exchange(*fates, ping_s=ping_s)

    def call(step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    with ExitStack() as stack:
        thread.start()
        stack.callback(loop.close)
        stack.callback(thread.join)
        stack.callback(loop.call_soon_threadsafe, loop.stop)
        other = call(context.__aenter__())
        stack.callback(lambda: call(context.__aexit__(None, None, None)))
        yield other
