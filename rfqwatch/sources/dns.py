"""An event loop that looks up the names of hosts without holding up the end of the program.

The system's look-up can't be cancelled, and takes half a minute where no name server answers;
asyncio would wait for it at the end.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from typing import Any

LOOKUP_TIMEOUT_S = 8.0
"""Less than a connection may take in all, so that it is the look-up that is named."""


class Loop(asyncio.SelectorEventLoop):
    """asyncio's loop, but for `getaddrinfo`.

    An answer that came too late is that of the next look-up of the same name: where the first name
    servers are dead, every answer takes longer than anyone waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[tuple[object, ...], Future[list[Any]]] = {}

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - as asyncio has it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Look up a name. Raises `socket.gaierror`, also when no answer comes in time."""
        question = (host, port, family, type, proto, flags)
        found = self._asked.get(question) or self._look_up(question)
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT_S):
                return await asyncio.wrap_future(found)
        except TimeoutError:
            why = f"no answer in {LOOKUP_TIMEOUT_S:.0f} s"
            raise socket.gaierror(socket.EAI_AGAIN, why) from None
        finally:
            if found.done():
                self._asked.pop(question, None)

    def _look_up(self, question: tuple[Any, ...]) -> Future[list[Any]]:
        found = self._asked[question] = Future()
        found.set_running_or_notify_cancel()

        def ask() -> None:
            try:
                found.set_result(socket.getaddrinfo(*question))
            except Exception as error:  # noqa: BLE001 - whoever waits raises it
                found.set_exception(error)

        threading.Thread(target=ask, name="getaddrinfo", daemon=True).start()
        return found
