"""An API key as its exchange sees it: what it gives to a user, what it says of a handshake.

It imports nothing of rfqwatch, so that the two can't agree on a mistake.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

if TYPE_CHECKING:
    from collections.abc import Mapping

PrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

PATH = "/trade-api/ws/v2"
TOLERANCE_MS = 10_000
"""Undocumented; what was seen to pass on the exchange."""


class ApiKey:
    """One key; ``environment`` has the variables in which its user gives it to rfqwatch."""

    def __init__(self, private_key: PrivateKey) -> None:
        self._private_key = private_key
        self._id = "5a0e1b9c-6f3d-4c27-8b4e-0d9a7f1e2c36"
        pem = private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.environment = {"KALSHI_API_KEY_ID": self._id, "KALSHI_PRIVATE_KEY": pem.decode()}

    def fault(self, headers: Mapping[str, str]) -> dict[str, str] | None:
        """Say what is wrong with the headers of a handshake, in the exchange's words."""
        names = ("KALSHI-ACCESS-KEY", "KALSHI-ACCESS-TIMESTAMP", "KALSHI-ACCESS-SIGNATURE")
        key_id, timestamp, signature = (headers.get(name, "") for name in names)
        if not (key_id and timestamp and signature):
            return {"code": "signature_is_missing_from_headers"}
        if key_id != self._id:
            return {"code": "authentication_error", "details": "NOT_FOUND"}
        if not timestamp.isdecimal() or abs(int(timestamp) - time.time() * 1000) > TOLERANCE_MS:
            return {"code": "header_timestamp_expired"}
        try:
            self._verify(base64.b64decode(signature, validate=True), f"{timestamp}GET{PATH}")
        except (InvalidSignature, binascii.Error):
            return {"code": "authentication_error", "details": "INCORRECT_API_KEY_SIGNATURE"}
        return None

    def _verify(self, signature: bytes, text: str) -> None:
        if isinstance(self._private_key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            public_key = self._private_key.public_key()
            public_key.verify(signature, text.encode(), pss, hashes.SHA256())
        else:
            self._private_key.public_key().verify(signature, text.encode())
