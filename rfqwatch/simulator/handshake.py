"""Who may connect: the check of a handshake's signed headers."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

PublicKey = RSAPublicKey | Ed25519PublicKey

TOLERANCE_MS: Final = 10_000
"""How far a timestamp may be off. Undocumented; what was seen to pass on the exchange."""

_EXPIRED: Final = {"error": {"code": "header_timestamp_expired"}}
_MISSING: Final = {
    "error": {
        "code": "signature_is_missing_from_headers",
        "message": "signature is missing from headers",
    }
}


def refusal(
    headers: Mapping[str, str], path: str, keys: Mapping[str, PublicKey], now_ms: int
) -> dict[str, Any] | None:
    """Return the body of the 401 that a handshake deserves, or None to let it in.

    The signed text is the timestamp, ``GET`` and the path without its query, in the key's scheme:
    RSA-PSS (SHA-256, MGF1 with SHA-256, a salt of 32 bytes) or Ed25519.
    """
    key_id = headers.get("KALSHI-ACCESS-KEY")
    timestamp = headers.get("KALSHI-ACCESS-TIMESTAMP")
    signature = headers.get("KALSHI-ACCESS-SIGNATURE")
    if not (key_id and timestamp and signature):
        return _MISSING
    if key_id not in keys:
        return _authentication_error("NOT_FOUND")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        return _EXPIRED
    if abs(int(timestamp[:16]) - now_ms) > TOLERANCE_MS:
        return _EXPIRED
    signed = f"{timestamp}GET{path.partition('?')[0]}".encode()
    if not _verifies(keys[key_id], signature, signed):
        return _authentication_error("INCORRECT_API_KEY_SIGNATURE")
    return None


def _authentication_error(details: str) -> dict[str, Any]:
    code = "authentication_error"
    return {"error": {"code": code, "message": code, "details": details}}


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
