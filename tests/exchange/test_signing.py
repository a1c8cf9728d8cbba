from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from rfqwatch.exchange.credentials import Credentials
from rfqwatch.exchange.signing import signed_headers

PATH = "/trade-api/ws/v2"
NOW_MS = 1_790_000_000_123
SIGNED = b"1790000000123GET/trade-api/ws/v2"


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signature(headers: dict[str, str]) -> bytes:
    return base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"], validate=True)


def test_headers_are_the_documented_three() -> None:
    headers = signed_headers(Credentials("an-id", Ed25519PrivateKey.generate()), PATH, NOW_MS)
    assert set(headers) == {
        "KALSHI-ACCESS-KEY",
        "KALSHI-ACCESS-TIMESTAMP",
        "KALSHI-ACCESS-SIGNATURE",
    }
    assert headers["KALSHI-ACCESS-KEY"] == "an-id"
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == "1790000000123"


def test_ed25519_signs_timestamp_method_and_path() -> None:
    key = Ed25519PrivateKey.generate()
    headers = signed_headers(Credentials("an-id", key), PATH, NOW_MS)
    assert len(headers["KALSHI-ACCESS-SIGNATURE"]) == 88
    key.public_key().verify(signature(headers), SIGNED)


def test_rsa_signs_by_pss_with_a_salt_of_32_bytes(rsa_key: rsa.RSAPrivateKey) -> None:
    headers = signed_headers(Credentials("an-id", rsa_key), PATH, NOW_MS)
    rsa_key.public_key().verify(
        signature(headers),
        SIGNED,
        padding.PSS(padding.MGF1(SHA256()), salt_length=32),
        SHA256(),
    )


@pytest.mark.parametrize("query", ["?", "?a=1", "?a=1?b=2", "?next=/other"])
def test_query_is_not_signed(query: str) -> None:
    key = Ed25519PrivateKey.generate()
    headers = signed_headers(Credentials("an-id", key), PATH + query, NOW_MS)
    key.public_key().verify(signature(headers), SIGNED)


@pytest.mark.parametrize(("path", "timestamp_ms"), [(PATH, NOW_MS + 1), (PATH + "/", NOW_MS)])
def test_another_time_or_path_has_another_signature(path: str, timestamp_ms: int) -> None:
    key = Ed25519PrivateKey.generate()
    headers = signed_headers(Credentials("an-id", key), path, timestamp_ms)
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature(headers), SIGNED)
