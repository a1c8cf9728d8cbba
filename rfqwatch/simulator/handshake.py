"""Who may connect: how the exchange answers a handshake."""

from __future__ import annotations

import base64
import binascii
import contextlib
import http
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from websockets.datastructures import Headers
from websockets.http11 import Response

from rfqwatch.simulator.faults import HANDSHAKE, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request

    from rfqwatch.simulator.sabotage import Saboteur

PublicKey = RSAPublicKey | Ed25519PublicKey

PATH: Final = "/trade-api/ws/v2"
"""The only path served, and the path that clients sign."""

TOLERANCE_MS: Final = 10_000
"""How far a timestamp may be off. Undocumented; what was seen to pass on the exchange."""

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
_EXPIRED: Final = {"code": "header_timestamp_expired"}
_MISSING: Final = {
    "code": "signature_is_missing_from_headers",
    "message": "signature is missing from headers",
}


class Gate:
    """Answers handshakes as the exchange does.

    A signature must be of one of ``keys``, by key id. ``accepted`` counts the handshakes let in,
    ``refused`` those answered with an HTTP error.
    """

    def __init__(self, keys: Mapping[str, PublicKey], saboteur: Saboteur) -> None:
        self.accepted = 0
        self.refused = 0
        self._keys = keys
        self._saboteur = saboteur
        self._ahead_ms = 0

    def let_in(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Give the answer that refuses a handshake, or None."""
        fault = self._saboteur.take(HANDSHAKE)
        if fault in _REFUSALS:
            return self._refuse(*_REFUSALS[fault])
        if fault is FaultKind.EXPIRED:
            # To and fro, so that a client that corrects its clock is refused the next time too.
            self._ahead_ms = _CLOCK_JUMP_MS - self._ahead_ms
        path = request.path.partition("?")[0]
        if path != PATH:
            return self._refuse(http.HTTPStatus.NOT_FOUND, _TEXT, b"404 page not found\n")
        if error := self._error(request.headers):
            body = msgspec.json.encode({"error": error})
            return self._refuse(http.HTTPStatus.UNAUTHORIZED, _JSON, body)
        self.accepted += 1
        return None

    def date(self, _connection: ServerConnection, _request: Request, response: Response) -> None:
        """Put the time on an answer, by the exchange's own clock."""
        with contextlib.suppress(KeyError):
            del response.headers["Date"]
        response.headers["Date"] = formatdate(self._now_ms() / 1000, usegmt=True)

    def _error(self, headers: Headers) -> dict[str, Any] | None:
        """Return what is wrong with a handshake's credentials, if anything.

        The signed text is the timestamp, ``GET`` and the path without its query, in the key's
        scheme: RSA-PSS (SHA-256, MGF1 with SHA-256, a salt of 32 bytes) or Ed25519.
        """
        key_id = headers.get("KALSHI-ACCESS-KEY")
        timestamp = headers.get("KALSHI-ACCESS-TIMESTAMP")
        signature = headers.get("KALSHI-ACCESS-SIGNATURE")
        if not (key_id and timestamp and signature):
            return _MISSING
        if key_id not in self._keys:
            return _authentication_error("NOT_FOUND")
        if not (timestamp.isascii() and timestamp.isdecimal()):
            return _EXPIRED
        if abs(int(timestamp[:16]) - self._now_ms()) > TOLERANCE_MS:
            return _EXPIRED
        if not _verifies(self._keys[key_id], signature, f"{timestamp}GET{PATH}".encode()):
            return _authentication_error("INCORRECT_API_KEY_SIGNATURE")
        return None

    def _now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def _refuse(self, status: http.HTTPStatus, media_type: str, body: bytes) -> Response:
        self.refused += 1
        headers = Headers(
            {"Connection": "close", "Content-Length": str(len(body)), "Content-Type": media_type}
        )
        return Response(status.value, status.phrase, headers, body)


def _authentication_error(details: str) -> dict[str, Any]:
    code = "authentication_error"
    return {"code": code, "message": code, "details": details}


def _verifies(key: PublicKey, signature: str, signed: bytes) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, signed)
        else:
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            key.verify(raw, signed, pss, hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True
