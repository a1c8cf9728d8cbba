"""Dials the exchange, with a fresh signature for every attempt."""

from __future__ import annotations

import logging
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
)
from websockets.proxy import parse_proxy
from websockets.uri import parse_uri

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, UsageError
from rfqwatch.exchange.signing import signed_headers
from rfqwatch.lines.wording import apart
from rfqwatch.sources import refusals
from rfqwatch.sources.certificates import distrust, tls_context
from rfqwatch.sources.connecting import (
    HAPPY_EYEBALLS_DELAY_S,
    USER_AGENT,
    bracketed,
    refuse_plain,
    unconnected,
)
from rfqwatch.sources.link import LARGEST_MESSAGE, DisconnectedError, Link
from rfqwatch.sources.proxies import proxy_before, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.client import ClientProtocol
    from websockets.http11 import Response
    from websockets.uri import WebSocketURI

    from rfqwatch.exchange.credentials import Credentials

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0

# The library's debug log prints the signature headers, so it is never let out.
_SILENT = logging.getLogger("rfqwatch.websockets")
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False


class _Connect(connect):
    """The library's connector, without its redirects: they would carry the signature elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Dialer:
    """Where to connect and as whom; signs every attempt anew and knows the exchange's clock."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        idle_timeout_s: float,
        say: Callable[[str], None],
        origin: str = "--url",
    ) -> None:
        """Check ``url``, which ``origin`` gave.

        Raises `UsageError` when credentials must not or can't go there, and for variables of the
        environment that TLS can't go by.
        """
        self._uri = address(url, origin)
        self._url = url
        self.place = f"{bracketed(self._uri.host)}:{self._uri.port}"
        self._credentials = credentials
        self._idle_timeout_s = idle_timeout_s
        self._say = say
        self._offset_ms = 0
        self._free_s = 0.0
        self._ssl = tls_context() if self._uri.secure else None

    @property
    def pause_s(self) -> float:
        """For how many seconds from here on an answer asked to be left alone."""
        return max(0.0, self._free_s - now().s)

    @asynccontextmanager
    async def dial(self) -> AsyncIterator[Link]:
        """Connect, and close again at the end.

        Raises `DisconnectedError` when another attempt may succeed, and an `RfqwatchError` when
        none will: HTTP 401 and 403, other answers that are no WebSocket, certificates.
        """
        try:
            link = await self._open()
        except InvalidStatus as refused:
            offset_ms = refusals.clock_offset_ms(refused.response, now().ms)
            if offset_ms is None:
                raise self._failure(refused) from None
            self._offset_ms = offset_ms
            self._say(f"this computer's clock is {apart(offset_ms)}; signing with its time")
            try:
                link = await self._open()
            except InvalidStatus as refused_again:
                raise self._failure(refused_again) from None
        try:
            link.watch(self._idle_timeout_s)
            yield link
        finally:
            await link.leave()

    async def _open(self) -> Link:
        headers = signed_headers(
            self._credentials, self._uri.path or "/", now().ms + self._offset_ms
        )
        proxy = proxy_before(self._uri)
        through = f"through {proxy.name}: " if proxy else ""
        made: list[Link] = []

        def make(protocol: ClientProtocol, **options: object) -> Link:
            made.append(Link(protocol, **options))
            if proxy:
                made[-1].way = f"{self.place} through {proxy.name},"
            return made[-1]

        try:
            link = await _Connect(
                self._url,
                additional_headers=headers,
                user_agent_header=USER_AGENT,
                # A megabyte a second needs no compression, and inflating it would cost more time
                # than everything else done with a frame.
                compression=None,
                proxy=proxy.url if proxy else None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                # The exchange's own pings and the watchdog tell whether it lives; a pong to our
                # ping would queue behind unread data and time out just when traffic is high.
                ping_interval=None,
                max_size=LARGEST_MESSAGE,
                max_queue=None,
                logger=_SILENT,
                create_connection=make,  # type: ignore[arg-type]  # any factory will do
                ssl=self._ssl,
                # Addresses that don't answer are passed over, as RFC 8305 has it.
                happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S,
            )
        except InvalidStatus:
            raise
        except InvalidProxyStatus as refused:
            self._heed(refused.response)
            assert proxy  # noqa: S101 - who else answered
            raise refusal(proxy, self.place, refused.response) from None
        except ssl.SSLCertVerificationError as error:
            # A proxy may have a certificate of its own, before there is a way through it.
            raise distrust(error, proxy.name if proxy and not made else self.place) from None
        except TimeoutError:
            stage = _stage(made, "the tunnel" if proxy else "the TCP connection")
            raise DisconnectedError(
                f"{through}{stage} took more than {OPEN_TIMEOUT_S:.0f} s"
            ) from None
        except (OSError, InvalidHandshake, ConnectionClosed) as error:
            # ssl.SSLError is an OSError.
            host = parse_proxy(proxy.url).host if proxy else self._uri.host
            raise unconnected(error, host, through) from None
        except ImportError as error:
            assert proxy  # noqa: S101 - SOCKS needs another library
            raise ConnectionFailedError(
                f"{proxy.name} can't be used: {error}", "Name an http:// proxy, or unset it."
            ) from None
        assert isinstance(link, Link)  # noqa: S101 - the factory above made it
        if link.response:
            link.ahead_ms = refusals.ahead_ms(link.response, now().ms)
        return link

    def _heed(self, response: Response) -> None:
        at = now()
        self._free_s = at.s + refusals.pause_s(response, at.ms)

    def _failure(self, refused: InvalidStatus) -> Exception:
        self._heed(refused.response)
        if refusals.is_temporary(refused.response):
            return DisconnectedError(refusals.describe(refused.response))
        return refusals.error(refused.response, self.place)


def address(url: str, origin: str) -> WebSocketURI:
    """Read an address, which ``origin`` gave.

    Raises `UsageError` when it is none, or one that credentials must not go to.
    """
    # No error tells the URL, nor carries it as its cause: it may hold a password.
    wrong = UsageError(f"{origin} is not a WebSocket address", "Write wss://host/trade-api/ws/v2.")
    if " " in url or not url.isprintable():
        raise wrong
    try:
        uri = parse_uri(url)
        uri.host.encode("idna")
    except (InvalidURI, ValueError):
        raise wrong from None
    if uri.user_info is not None:
        raise UsageError(
            f"{origin} holds a user and password, which the exchange has no use for",
            "Leave them out; the API key signs the connection.",
        )
    refuse_plain(uri)
    return uri


def _stage(made: list[Link], first: str) -> str:
    """Name what a connection was waiting for: it is made after ``first``, and gets TLS first."""
    if not made:
        return first
    return "the WebSocket handshake" if hasattr(made[-1], "transport") else "the TLS handshake"
