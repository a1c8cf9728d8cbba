"""Turns the text of a private key into credentials that can sign.

A key is a secret: no message written here holds any of its text, nor the key id. Errors are raised
outside of ``except`` blocks, so that no traceback carries a library's exception either.
"""

from __future__ import annotations

import base64
import re
import warnings
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from rfqwatch.errors import CredentialsError
from rfqwatch.unquoting import unquoted

MIN_RSA_BITS = 2048

# One less than the base64 of the shortest private key, PKCS#8 Ed25519, which so can't pass for an
# id and be sent in a header.
_MAX_KEY_ID_CHARS = 63

_PEM_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_ESCAPED_NEWLINE = re.compile(r"\\+[nr]")

_ANOTHER = "the private key that Kalshi gave with the key id, or create a new API key there."
_USE_ANOTHER = f"Use {_ANOTHER}"
_COPY = f"Copy the whole key again, its BEGIN and END lines included, or use {_ANOTHER}"
_KINDS = f"Kalshi takes RSA (from {MIN_RSA_BITS} bits) or Ed25519: use {_ANOTHER}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves to the exchange who is connecting.

    ``key_id`` is fit for an HTTP header: printable ASCII without spaces. Neither field shows in
    ``repr``, and there is no pickling.
    """

    key_id: str = field(repr=False)
    private_key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def kind(self) -> str:
        """Name the kind of key."""
        key = self.private_key
        return f"RSA {key.key_size} bits" if isinstance(key, RSAPrivateKey) else "Ed25519"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials can't be pickled: they hold a private key")


def credentials_from_pem(key_id: str, pem: bytes, source: str, file: str = "FILE") -> Credentials:
    r"""Make credentials from a key id and the PEM of its private key.

    The PEM is PKCS#8 or PKCS#1, unencrypted, RSA or Ed25519 (docs.kalshi.com, API keys); what the
    key is counts, not what its header says. Its line ends may be of any system, written as
    ``\n``, or spaces; text around it is skipped. ``source`` is what messages call the place it
    came from, ``file`` what the commands they advise call the file.

    Raises `CredentialsError`.
    """
    key_id = fit_key_id(key_id, "the API key id")
    return Credentials(key_id, _private_key_from_pem(pem, source, file))


def fit_key_id(text: str, source: str) -> str:
    """Take a key id out of what was copied. Raises `CredentialsError` for what can't be one."""
    key_id = unquoted(text)
    fits_header = key_id.isascii() and key_id.isprintable() and " " not in key_id
    if not key_id or not fits_header or len(key_id) > _MAX_KEY_ID_CHARS:
        raise CredentialsError(
            f"{source} does not hold an API key id",
            "Copy the id that Kalshi shows beside the API key: one word of letters, digits and "
            "dashes; the private key belongs in KALSHI_PRIVATE_KEY_PATH or KALSHI_PRIVATE_KEY.",
        )
    return key_id


def _private_key_from_pem(pem: bytes, source: str, file: str) -> RSAPrivateKey | Ed25519PrivateKey:
    label, body = _private_block(_text(pem, source, file), source)
    if label == "OPENSSH PRIVATE KEY":
        raise CredentialsError(
            f"{source} holds a key in OpenSSH's own format",
            f"Convert an RSA key: ssh-keygen -p -m PKCS8 -f {file}; an Ed25519 key, which that "
            "leaves as it is: create a new API key at Kalshi.",
        )
    if label == "ENCRYPTED PRIVATE KEY" or ("Proc-Type:" in body and "ENCRYPTED" in body):
        _refuse_encrypted(source, file)
    key = _decoded(body, source, file)
    if isinstance(key, RSAPrivateKey):
        if key.key_size < MIN_RSA_BITS:
            raise CredentialsError(f"{source} holds an RSA key of {key.key_size} bits", _KINDS)
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise CredentialsError(f"{source} holds a key that is neither RSA nor Ed25519", _KINDS)


def _text(pem: bytes, source: str, file: str) -> str:
    if not pem.strip():
        raise CredentialsError(f"{source} is empty", _USE_ANOTHER)
    try:
        return _ESCAPED_NEWLINE.sub("\n", pem.decode())
    except UnicodeDecodeError:
        pass
    raise CredentialsError(
        f"{source} holds no PEM: it is not UTF-8 text",
        f"If it is DER: openssl pkey -inform DER -in {file} -out kalshi.pem; else use {_ANOTHER}",
    )


def _private_block(text: str, source: str) -> tuple[str, str]:
    """Find the one private key among a PEM's blocks: its label, the text between its marks."""
    blocks = list(_PEM_BEGIN.finditer(text))
    private = [block for block in blocks if block[1].endswith("PRIVATE KEY")]
    if len(private) == 1:
        label = private[0][1]
        body, end, _ = text[private[0].end() :].partition(f"-----END {label}-----")
        if not end:
            raise CredentialsError(f"{source} is cut off: the key's END line is missing", _COPY)
        return label, body
    if private:
        raise CredentialsError(
            f"{source} holds {len(private)} private keys", "Leave the one of the key id there."
        )
    labels = {block[1] for block in blocks}
    if any("CERTIFICATE" in label for label in labels):
        raise CredentialsError(f"{source} holds a certificate, not a private key", _USE_ANOTHER)
    if any(label.endswith("PUBLIC KEY") for label in labels):
        raise CredentialsError(f"{source} holds a public key, not a private one", _USE_ANOTHER)
    raise CredentialsError(f"{source} holds no private key in PEM format", _USE_ANOTHER)


def _refuse_encrypted(source: str, file: str) -> NoReturn:
    raise CredentialsError(
        f"{source} holds an encrypted key, and rfqwatch asks for no passphrase",
        f"Decrypt it: openssl pkey -in {file} -out kalshi.pem, then chmod 600 kalshi.pem.",
    )


def _decoded(body: str, source: str, file: str) -> object:
    """Decode the base64 between a PEM's marks into a key of any kind."""
    encrypted = unsupported = False
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        # Some kinds that are refused anyway come with a deprecation warning.
        with warnings.catch_warnings(action="ignore"):
            return load_der_private_key(der, password=None)
    except TypeError:  # how cryptography says that it wants a password
        encrypted = True
    except UnsupportedAlgorithm:
        unsupported = True
    except ValueError:
        pass
    if encrypted:
        _refuse_encrypted(source, file)
    if unsupported:
        raise CredentialsError(f"{source} holds a key that is neither RSA nor Ed25519", _KINDS)
    raise CredentialsError(f"{source} holds a private key that is cut off or damaged", _COPY)
