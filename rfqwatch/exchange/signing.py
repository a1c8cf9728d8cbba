"""Signs requests."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from rfqwatch.exchange.credentials import Credentials


def signed_headers(credentials: Credentials, path: str, timestamp_ms: int) -> dict[str, str]:
    """Make the headers that authenticate one GET, of a WebSocket or of the REST API.

    ``path`` is the URL's, whose query is not signed; ``timestamp_ms`` is Unix time in
    milliseconds. The exchange refuses old timestamps within seconds, so headers serve once.

    Signed is the timestamp, ``GET`` and the path, put together without separators: with Ed25519 as
    it is, with RSA by PSS (SHA-256, MGF1 with SHA-256, a salt as long as the digest); the signature
    travels as base64 (docs.kalshi.com, API keys and WebSocket quick start).
    """
    text = f"{timestamp_ms}GET{path.partition('?')[0]}".encode()
    key = credentials.private_key
    if isinstance(key, Ed25519PrivateKey):
        signature = key.sign(text)
    else:
        signature = key.sign(text, PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), SHA256())
    return {
        "KALSHI-ACCESS-KEY": credentials.key_id,
        "KALSHI-ACCESS-TIMESTAMP": str(timestamp_ms),
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }
