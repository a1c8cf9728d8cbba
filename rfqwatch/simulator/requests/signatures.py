"""Whose a request is, by its signature and by the exchange's clock."""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.datastructures import Headers

PublicKey = RSAPublicKey | Ed25519PublicKey

TOLERANCE_MS: Final = 10_000
"""How far a timestamp may be off. Undocumented; what was seen to pass on the exchange."""

_EXPIRED: Final = {"code": "header_timestamp_expired"}
_MISSING: Final = {
    "code": "signature_is_missing_from_headers",
    "message": "signature is missing from headers",
}


class Signatures:
    """Checks that requests are signed by one of ``keys``, by key id.

    ``ahead_ms`` is how far the exchange's clock is ahead of this computer's.
    """

    def __init__(self, keys: Mapping[str, PublicKey], ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms
        self._keys = keys

    def now_ms(self) -> int:
        """Give the time by the exchange's own clock, in Unix milliseconds."""
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def fault(self, headers: Headers, path: str) -> dict[str, Any] | None:
        """Return what is wrong with the credentials of a GET for ``path``, if anything.

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
        if abs(int(timestamp[:16]) - self.now_ms()) > TOLERANCE_MS:
            return _EXPIRED
        if not _verifies(self._keys[key_id], signature, f"{timestamp}GET{path}".encode()):
            return _authentication_error("INCORRECT_API_KEY_SIGNATURE")
        return None


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
