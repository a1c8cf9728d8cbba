"""Private keys of each kind to try, and what a refusal of one must not tell."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ParamSpec

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from rfqwatch.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.exchange.credentials import Credentials

Arguments = ParamSpec("Arguments")

KEY_ID = "b35bfa1c-0f4e-4e5c-8d0e-6c0d7b1f9a42"


@dataclass(frozen=True)
class Keys:
    """One of each kind that the exchange takes."""

    ed25519: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    rsa: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def pem(self) -> bytes:
        return pkcs8(self.ed25519)


def pkcs8(
    key: rsa.RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def certificate(key: Ed25519PrivateKey) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key())
    builder = builder.serial_number(1).not_valid_before(now)
    builder = builder.not_valid_after(now + timedelta(days=1))
    return builder.sign(key, None).public_bytes(Encoding.PEM)


def refusal(
    call: Callable[Arguments, object], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> CredentialsError:
    """Give the error that a call ends with, which tells no secret, and what to do."""
    with pytest.raises(CredentialsError) as caught:
        call(*args, **kwargs)
    error = caught.value
    assert error.exit_code == 3
    assert error.message.isprintable()
    assert error.advice
    assert error.advice.isprintable()
    assert error.__context__ is None
    assert KEY_ID not in "".join(traceback.format_exception(error))
    return error


def runs_shared(text: str, secret: str, length: int = 16) -> list[str]:
    """Find what of a secret stands in a text."""
    return [
        secret[i : i + length]
        for i in range(len(secret) - length + 1)
        if secret[i : i + length] in text
    ]


def same_key(credentials: Credentials, key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> bool:
    return credentials.private_key.public_key() == key.public_key()
