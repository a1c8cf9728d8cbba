"""Which certificates are trusted, as the environment says, and why one is not.

Codes of verification are those of OpenSSL's x509_vfy.h.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, UsageError
from rfqwatch.unquoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Container

_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}
_ADVICE: list[tuple[Container[int], str]] = [
    ({9}, "Set this computer's clock if it is wrong: it says {clock}."),
    ({10}, "It has to be renewed there, unless this computer's clock is wrong: it says {clock}."),
    (
        {62, 64},
        "Someone else answers: a sign-in page, an inspecting proxy; or a wrong address.",
    ),
    (
        {66, 67, 68},
        "It is too weak; its issuer (an inspecting proxy?) must make a better one.",
    ),
    (range(79, 95), "It is badly made, which Python minds from 3.13 on; its issuer must mend it."),
]
_OTHER = "Whoever runs that host, or an inspecting proxy on the way, has to mend it."
_INSPECTED = "Behind an inspecting proxy, point SSL_CERT_FILE to its CA certificate."
_NONE_TRUSTED = (
    "This computer trusts nobody: install CA certificates (ca-certificates), or point "
    "SSL_CERT_FILE to some."
)


def tls_context() -> ssl.SSLContext:
    """Make what TLS connections begin with.

    Raises `UsageError` for a variable whose file can't be used, which Python and OpenSSL would
    overlook, or blame on the exchange's certificate.
    """
    file = _cleaned("SSL_CERT_FILE")
    folders = _cleaned("SSL_CERT_DIR")
    keys = _cleaned("SSLKEYLOGFILE")
    try:
        context = ssl.create_default_context()
    except OSError as error:
        raise UsageError(
            f"SSLKEYLOGFILE names {keys}, which can't be written: {error.strerror}",
            "Name a file in a folder that is there, or unset it.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if file:
            context.load_verify_locations(cafile=file)
    except OSError as error:  # ssl.SSLError is one, too
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(
            f"SSL_CERT_FILE names {file}, which can't be used: {why}",
            "Name a PEM file of CA certificates, or unset it.",
        ) from None
    if folders and not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise UsageError(
            f"SSL_CERT_DIR names {folders}, which is no folder",
            "Name a folder of CA certificates, or unset it.",
        )
    return context


def distrust(error: ssl.SSLCertVerificationError, place: str) -> ConnectionFailedError:
    """Make the error for a certificate of ``place`` that was not believed."""
    return ConnectionFailedError(
        f"the certificate of {place} can't be trusted: {error.verify_message}",
        _advice(error.verify_code),
    )


def _advice(code: int) -> str:
    """Say what may be done, as far as it is known what made the certificate fail."""
    if code in _UNKNOWN_ISSUER:
        if file := os.environ.get("SSL_CERT_FILE"):
            return f"SSL_CERT_FILE names {file}, where the issuer is missing: add it, or unset it."
        return _INSPECTED if _somebody_trusted() else _NONE_TRUSTED
    clock = f"{datetime.fromtimestamp(now().ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    advice = next((advice for codes, advice in _ADVICE if code in codes), _OTHER)
    return advice.format(clock=clock)


def _somebody_trusted() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def _cleaned(variable: str) -> str:
    """Give a variable without blanks and quotes; Python and OpenSSL read it from where it is."""
    value = unquoted(os.environ.pop(variable, ""))
    if value:
        os.environ[variable] = value
    return value
