"""Asks the exchange's REST API, one GET over one connection.

Source: docs.kalshi.com, REST quick start, API keys.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from websockets.headers import build_host
from websockets.uri import WebSocketURI

from rfqwatch.clock import now
from rfqwatch.exchange.signing import signed_headers
from rfqwatch.sources.connecting import USER_AGENT, Way, bracketed, refuse_plain
from rfqwatch.sources.link import DisconnectedError

if TYPE_CHECKING:
    from ssl import SSLContext

    from websockets.http11 import Response

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.credentials import Credentials

PATH = "/trade-api/v2"
TIMEOUT_S = 5.0
"""For all of one request."""

_HOSTS = {
    "external-api-ws.kalshi.com": "external-api.kalshi.com",
    "external-api-ws.demo.kalshi.co": "external-api.demo.kalshi.co",
}
"""By that of the WebSocket; any other serves both, as those of the exchange's older addresses do.

Source: docs.kalshi.com, WebSocket and REST quick starts.
"""


class Answer(NamedTuple):
    """An answer, with when it was asked for and when it was there."""

    response: Response
    asked: Instant
    answered: Instant


class Rest:
    """The REST API of the exchange whose WebSocket is at ``uri``: over TLS where that is."""

    def __init__(self, uri: WebSocketURI, tls: SSLContext | None) -> None:
        """Find its address. ``tls`` is for ``wss://``.

        Raises `UsageError` for one that credentials must not go to.
        """
        refuse_plain(uri)
        host = _HOSTS.get(uri.host, uri.host)
        self._uri = WebSocketURI(uri.secure, host, uri.port, PATH, "")
        self._tls = tls if uri.secure else None
        self.place = f"{bracketed(host)}:{uri.port}"

    async def get(
        self, path: str, credentials: Credentials | None = None, offset_ms: int = 0
    ) -> Answer:
        """Get what is at ``path``, below the API's own; signed, where ``credentials`` are given.

        ``offset_ms`` is how far the exchange's clock is ahead, as far as it is known.

        Raises `DisconnectedError` where there is no answer in HTTP, and `ConnectionFailedError`
        where none can be had: certificates, proxies. Any answer is one, whatever its status.
        """
        way = Way(self._uri, self._tls)
        whole = f"{self._uri.path}{path}"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await way.open()
                asked = now()
                signature = (
                    signed_headers(credentials, whole, asked.ms + offset_ms) if credentials else {}
                )
                headers = {
                    "Host": build_host(self._uri.host, self._uri.port, self._uri.secure),
                    "User-Agent": USER_AGENT,
                    "Accept": "application/json",
                    "Connection": "close",
                    **signature,
                }
                lines = [f"GET {whole} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
                response = await way.ask("\r\n".join(lines).encode())
                return Answer(response, asked, now())
        except TimeoutError:
            raise DisconnectedError(f"{self.place} gave no answer in {TIMEOUT_S:g} s") from None
        finally:
            way.close()
