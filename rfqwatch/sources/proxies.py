"""Finds the proxy that the environment puts before the exchange."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from websockets.exceptions import InvalidProxy
from websockets.proxy import get_proxy, parse_proxy

from rfqwatch.errors import ConnectionFailedError
from rfqwatch.sources.link import DisconnectedError
from rfqwatch.sources.refusals import describe, is_temporary
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from websockets.http11 import Response
    from websockets.uri import WebSocketURI

_VARIABLES = ("wss_proxy", "socks_proxy", "https_proxy")
"""In the library's order. Each counts in any case, before its like in capitals."""


class Proxy(NamedTuple):
    """A proxy's address, which may hold a password, and what it is called where that is read."""

    url: str
    name: str


def proxy_before(uri: WebSocketURI) -> Proxy | None:
    """Give the proxy for an address; a proxy would see what goes over ws://, so there it is none.

    Raises `ConnectionFailedError` for one that is no proxy's address.
    """
    url = unquoted(get_proxy(uri) or "") if uri.secure else ""
    if not url:
        return None
    variable = _variable()
    try:
        parsed = parse_proxy(url)
        parsed.host.encode("idna")
    except (InvalidProxy, ValueError):
        # The address is not told, as it may hold a password.
        raise ConnectionFailedError(
            f"the proxy of {variable} can't be used: its address is malformed",
            "Write http://host:port, or http://USER:PASSWORD@host:port, or unset it.",
        ) from None
    return Proxy(url, f"the proxy of {variable}, {parsed.host}:{parsed.port}")


def refusal(proxy: Proxy, place: str, response: Response) -> Exception:
    """Make the error for a proxy that won't let us through to ``place``."""
    told = f"{proxy.name} does not let us through to {place}: {describe(response)}"
    if is_temporary(response):
        return DisconnectedError(told)
    return ConnectionFailedError(
        told,
        "Put a user and a password into its address: http://USER:PASSWORD@host:port."
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        else "Ask whoever runs it, or name the exchange in NO_PROXY.",
    )


def _variable() -> str:
    """Name what the proxy was read from."""
    for wanted in _VARIABLES:
        for name in sorted(os.environ, reverse=True):
            if name.lower() == wanted and os.environ[name]:
                return name
    return "the system's settings"
