"""Who may connect: how the exchange answers a handshake, and any other request."""

from __future__ import annotations

import contextlib
import http
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import msgspec
from websockets.datastructures import Headers
from websockets.http11 import Response

from rfqwatch.simulator.faults.kinds import HANDSHAKE, FaultKind
from rfqwatch.simulator.requests.rest import Rest
from rfqwatch.simulator.requests.signatures import Signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request

    from rfqwatch.simulator.faults.effects import Saboteur
    from rfqwatch.simulator.requests.signatures import PublicKey

PATH: Final = "/trade-api/ws/v2"
"""The only path where WebSockets are served, and the path that their clients sign."""

_CLOCK_JUMP_MS: Final = 60_000
_JSON: Final = "application/json"
_TEXT: Final = "text/plain"
_UNAVAILABLE: Final = (
    b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n"
)
_REFUSALS: Final = {
    FaultKind.HTTP_408: (http.HTTPStatus.REQUEST_TIMEOUT, _TEXT, b"Request Timeout\n"),
    FaultKind.HTTP_429: (
        http.HTTPStatus.TOO_MANY_REQUESTS,
        _JSON,
        b'{"error":"too many requests"}',
    ),
    FaultKind.HTTP_503: (http.HTTPStatus.SERVICE_UNAVAILABLE, "text/html", _UNAVAILABLE),
}


class Gate:
    """Answers handshakes as the exchange does, and GETs of its REST API.

    A signature must be of one of ``keys``, by key id. ``accepted`` counts the handshakes let in,
    ``refused`` those answered with an HTTP error. ``ahead_ms`` is how far the exchange's clock is
    ahead, and ``watcher`` tells whose every key is.
    """

    def __init__(
        self,
        keys: Mapping[str, PublicKey],
        saboteur: Saboteur,
        *,
        ahead_ms: int,
        watcher: Callable[[], str],
    ) -> None:
        self.accepted = 0
        self.refused = 0
        self._saboteur = saboteur
        self._signatures = Signatures(keys, ahead_ms)
        self._rest = Rest(self._signatures, saboteur, watcher)
        self._jump_ms = _CLOCK_JUMP_MS

    def let_in(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Give the answer to what is no handshake, or that refuses one; else None."""
        if answer := self._rest.answer(request):
            return _json(*answer)
        fault = self._saboteur.take(HANDSHAKE)
        if fault in _REFUSALS:
            return self._refuse(_response(*_REFUSALS[fault]))
        if fault is FaultKind.MAINTENANCE:
            return self._refuse(_json(*self._rest.maintenance()))
        if fault is FaultKind.EXPIRED:
            # To and fro, so that a client that corrects its clock is refused the next time too.
            self._signatures.ahead_ms += self._jump_ms
            self._jump_ms = -self._jump_ms
        path = request.path.partition("?")[0]
        if path != PATH:
            absent = _response(http.HTTPStatus.NOT_FOUND, _TEXT, b"404 page not found\n")
            return self._refuse(absent)
        if error := self._signatures.fault(request.headers, path):
            return self._refuse(_json(http.HTTPStatus.UNAUTHORIZED, {"error": error}))
        self.accepted += 1
        return None

    def date(self, _connection: ServerConnection, _request: Request, response: Response) -> None:
        """Put the time on an answer, by the exchange's own clock."""
        with contextlib.suppress(KeyError):
            del response.headers["Date"]
        response.headers["Date"] = formatdate(self._signatures.now_ms() / 1000, usegmt=True)

    def _refuse(self, response: Response) -> Response:
        self.refused += 1
        return response


def _json(status: http.HTTPStatus, body: object) -> Response:
    return _response(status, _JSON, msgspec.json.encode(body))


def _response(status: http.HTTPStatus, media_type: str, body: bytes) -> Response:
    headers = Headers(
        {"Connection": "close", "Content-Length": str(len(body)), "Content-Type": media_type}
    )
    return Response(status.value, status.phrase, headers, body)
