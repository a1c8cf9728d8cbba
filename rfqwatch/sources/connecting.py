"""Opens the way to a host a step at a time: its addresses, TCP, a proxy's tunnel, TLS."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from errno import ECONNREFUSED
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.http11 import Response
from websockets.proxy import parse_proxy, prepare_connect_request
from websockets.streams import StreamReader
from websockets.uri import WebSocketURI

from rfqwatch import __version__
from rfqwatch.errors import UsageError
from rfqwatch.sources.certificates import distrust
from rfqwatch.sources.link import DisconnectedError
from rfqwatch.sources.proxies import proxy_before, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable

USER_AGENT = f"rfqwatch/{__version__}"
STEP_TIMEOUT_S = 5.0
HAPPY_EYEBALLS_DELAY_S = 0.25

_ROOM = 2**16
_GOOD = range(200, 300)
_UNRESOLVED = "Check that name, and that this computer is online."
_NOBODY = "Nothing listens there: check the address, or wait until something does."
_ERRNO = re.compile(r"\[Errno (\d+)\]")

_Result = TypeVar("_Result")

Address: TypeAlias = WebSocketURI
"""Where something is: host, port, path, and whether by TLS."""


class UnusableProxyError(DisconnectedError):
    """The WebSocket can go by this proxy, but a `Way` can't: SOCKS takes another library."""


class Way:
    """The way to one host, by the proxy that the environment puts before it.

    Each step needs those before it. All raise `DisconnectedError` where another attempt may
    succeed, and `ConnectionFailedError` where none will. ``tls`` is None for a plain connection.
    """

    def __init__(self, uri: Address, tls: ssl.SSLContext | None) -> None:
        """Find the proxy. Raises `ConnectionFailedError` for one that is none."""
        self.place = f"{bracketed(uri.host)}:{uri.port}"
        self.proxy = proxy_before(uri)
        self._uri = uri
        self._tls = tls
        self._parsed = parse_proxy(self.proxy.url) if self.proxy else None
        self.host = self._parsed.host if self._parsed else uri.host
        """Of the first leg: the proxy's, if there is one."""
        self.port = self._parsed.port if self._parsed else uri.port
        self._through = f"through {self.proxy.name}: " if self.proxy else ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Take all the steps."""
        await self.connect()
        await self.tunnel()
        await self.encrypt()

    async def look_up(self) -> list[str]:
        """Give the addresses of the first leg."""
        loop = asyncio.get_running_loop()
        # It has a time limit of its own.
        looking = loop.getaddrinfo(self.host, self.port, type=SOCK_STREAM)
        found = await self._step(looking, timed=False)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def connect(self) -> str:
        """Connect to the first leg; give the address that answered."""
        opened = asyncio.open_connection(
            self.host,
            self.port,
            happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S,
            ssl=self._tls if self._parsed and self._parsed.scheme == "https" else None,
        )
        self._reader, writer = await self._step(opened, "the TCP connection")
        self._writer = writer
        return str(writer.get_extra_info("peername")[0])

    async def tunnel(self) -> None:
        """Have the proxy let us through, if there is one."""
        if self._parsed is None or self.proxy is None:
            return
        if self._parsed.scheme.startswith("socks"):
            raise UnusableProxyError(f"{self.proxy.name}, is a SOCKS proxy")
        request = prepare_connect_request(self._parsed, self._uri, USER_AGENT)
        answer = await self._step(self.ask(request, from_proxy=True), "the tunnel")
        if answer.status_code not in _GOOD:
            raise refusal(self.proxy, self.place, answer)

    async def encrypt(self) -> ssl.SSLObject | None:
        """Make it TLS; give what that came to, None where it is not asked for."""
        if self._tls is None:
            return None
        assert self._writer is not None  # noqa: S101 - the steps are taken in their order
        started = self._writer.start_tls(self._tls, server_hostname=self._uri.host)
        await self._step(started, "the TLS handshake")
        tls: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return tls

    async def ask(self, request: bytes, *, from_proxy: bool = False) -> Response:
        """Send an HTTP request, and read the answer; a proxy's ends with its headers.

        Raises `DisconnectedError` for what is no answer, or longer than 1 MiB.
        """
        assert self._reader is not None  # noqa: S101 - the steps are taken in their order
        assert self._writer is not None  # noqa: S101
        read = StreamReader()
        parser = Response.parse(read.read_line, read.read_exact, read.read_to_eof, from_proxy)
        self._writer.write(request)
        try:
            while True:
                next(parser)
                if data := await self._reader.read(_ROOM):
                    read.feed_data(data)
                else:
                    read.feed_eof()
        except StopIteration as done:
            answer: Response = done.value
            return answer
        except OSError as error:
            raise unconnected(error, self.host, self._through) from None
        except (EOFError, ValueError, LookupError, RuntimeError, InvalidHandshake) as error:
            raise DisconnectedError(f"{self._through}no answer in HTTP: {error}") from None

    def close(self) -> None:
        """End it, if it was begun."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _step(
        self, work: Awaitable[_Result], named: str = "", *, timed: bool = True
    ) -> _Result:
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S if timed else None):
                return await work
        except ssl.SSLCertVerificationError as error:
            # A proxy may have a certificate of its own, before there is a way through it.
            whose = self.proxy.name if self.proxy and self._writer is None else self.place
            raise distrust(error, whose) from None
        except TimeoutError:
            raise DisconnectedError(
                f"{self._through}{named} took more than {STEP_TIMEOUT_S:g} s"
            ) from None
        except (OSError, UnicodeError) as error:
            raise unconnected(error, self.host, self._through) from None


def refuse_plain(uri: Address) -> None:
    """Raise `UsageError` where credentials could be read on their way."""
    if not uri.secure and not _is_loopback(uri.host):
        raise UsageError(
            f"credentials are not sent over ws:// to another computer ({uri.host})",
            "Use wss://.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def bracketed(host: str) -> str:
    """Write a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def unconnected(error: Exception, host: str, through: str) -> DisconnectedError:
    """Make the error for a ``host`` that can't be reached, ``through`` what stands before it."""
    told = _described(error, host)
    refused = isinstance(error, OSError) and told == os.strerror(ECONNREFUSED).lower()
    advice = _UNRESOLVED if isinstance(error, gaierror) else _NOBODY if refused else ""
    return DisconnectedError(f"{through}{told}", advice)


def _described(error: Exception, host: str) -> str:
    """Say why there is no connection, or none any more."""
    match error:
        case ssl.SSLError():
            reason = error.reason or error.strerror or "unexpected end"
            return f"TLS failed ({reason.replace('_', ' ').lower()})"
        case gaierror():
            return f"the name {host} can't be resolved ({error.strerror})"
        case OSError() if numbers := _ERRNO.findall(str(error)):
            # asyncio puts those of several addresses into one text.
            return ", ".join(dict.fromkeys(os.strerror(int(each)).lower() for each in numbers))
        case ConnectionError() | ConnectionClosed():
            return "connection lost"
        case _:
            return str(error.__cause__ or error) or type(error).__name__
