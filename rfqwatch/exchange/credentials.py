"""Turns the key that a user names, by option or environment, into one that can sign.

A key is a secret: no message written here holds any of its text, nor the key id, nor a value that
may be a key put where a path belongs. Errors are raised outside of ``except`` blocks, so that no
traceback carries a library's exception either.
"""

from __future__ import annotations

import base64
import os
import re
import select
import shlex
import stat
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from rfqwatch.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_ID_VARIABLES = ("KALSHI_API_KEY_ID", "KALSHI_KEY_ID")
KEY_PATH_VARIABLES = ("KALSHI_PRIVATE_KEY_PATH", "KALSHI_PRIVATE_KEY_FILE")
KEY_VARIABLE = "KALSHI_PRIVATE_KEY"

MAX_KEY_FILE_BYTES = 64 * 1024
MIN_RSA_BITS = 2048
PIPE_PATIENCE_S = 120.0
"""How long a pipe may take to give the key: whoever unlocks a password store types meanwhile."""

# One less than the base64 of the shortest private key, PKCS#8 Ed25519, which so can't pass for an
# id and be sent in a header.
_MAX_KEY_ID_CHARS = 63
_MAX_SHOWN_CHARS = 200

_DESCRIPTOR = re.compile(r"/dev/(?:fd/\d+|stdin)|/proc/(?:self|\d+)/fd/\d+")
_PEM_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=]{40}")
_ESCAPED_NEWLINE = re.compile(r"\\+[nr]")

_GET_ANOTHER = "use the private key that Kalshi gave with the key id, or create a new API key there"
_COPY = f"copy the whole key again, its BEGIN and END lines included, or {_GET_ANOTHER}"
_GIVE_PATH = "give the path of the PEM file with your private key"
_KINDS = f"Kalshi takes RSA (from {MIN_RSA_BITS} bits) or Ed25519: {_GET_ANOTHER}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves to the exchange who is connecting.

    ``key_id`` is fit for an HTTP header: printable ASCII without spaces. Neither field shows in
    ``repr``, and there is no pickling.
    """

    key_id: str = field(repr=False)
    private_key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials can't be pickled: they hold a private key")


def load_credentials(
    key_id: str | None, key_file: str | None, environ: Mapping[str, str]
) -> tuple[Credentials, list[str]]:
    """Load the credentials that the options name, or else the environment.

    The id: ``key_id``, ``KALSHI_API_KEY_ID``, ``KALSHI_KEY_ID``. The key: ``key_file``,
    ``KALSHI_PRIVATE_KEY_PATH``, ``KALSHI_PRIVATE_KEY_FILE`` (all three a path, ``~`` expands), then
    ``KALSHI_PRIVATE_KEY`` (the PEM itself). The first that is given wins and the others are not
    looked at; an empty variable is not given, an empty option is an error.

    Returns the credentials, with warnings of one line each. Raises `CredentialsError`.
    """
    given_id = _given("--key-id", key_id, KEY_ID_VARIABLES, environ)
    given_key = _given("--key-file", key_file, (*KEY_PATH_VARIABLES, KEY_VARIABLE), environ)
    if given_id is None and given_key is None:
        raise CredentialsError(
            "no API key id and no private key were given",
            f"set {KEY_ID_VARIABLES[0]} and {KEY_PATH_VARIABLES[0]}, or give --key-id and "
            "--key-file; --env sim needs neither",
        )
    if given_id is None:
        raise CredentialsError(
            "a private key was given, but no API key id",
            f"set {KEY_ID_VARIABLES[0]} or give --key-id",
        )
    checked_id = _checked_key_id(given_id[1], given_id[0])
    if given_key is None:
        raise CredentialsError(
            "an API key id was given, but no private key",
            f"set {KEY_PATH_VARIABLES[0]} (a path) or {KEY_VARIABLE} (the PEM itself), "
            "or give --key-file",
        )
    origin, value = given_key
    if origin == KEY_VARIABLE:
        _refuse_path_as_pem(value)
        # Bytes that were no UTF-8 in the environment must reach the check for that.
        pem = value.encode("utf-8", "surrogatepass")
        return credentials_from_pem(checked_id, pem, KEY_VARIABLE), []
    path = _expanded(value, origin)
    source = f"key file {_shown(path)} ({origin})"
    pem, mode = _read(path, origin, source)
    credentials = credentials_from_pem(checked_id, pem, source, _as_argument(path))
    exposed = mode & (stat.S_IRGRP | stat.S_IROTH) and not _DESCRIPTOR.fullmatch(path)
    if not exposed:
        return credentials, []
    return credentials, [
        f"key file {_shown(path)} can be read by other users: chmod 600 {_as_argument(path)}"
    ]


def credentials_from_pem(key_id: str, pem: bytes, source: str, file: str = "FILE") -> Credentials:
    r"""Make credentials from a key id and the PEM of its private key.

    The PEM is PKCS#8 or PKCS#1, unencrypted, RSA or Ed25519 (docs.kalshi.com, API keys); what the
    key is counts, not what its header says. Its line ends may be of any system, written as
    ``\n``, or spaces; text around it is skipped. ``source`` is what messages call the place it
    came from, ``file`` what the commands they advise call the file.

    Raises `CredentialsError`.
    """
    return Credentials(
        _checked_key_id(key_id, "the API key id"), _private_key_from_pem(pem, source, file)
    )


def _given(
    option: str, value: str | None, variables: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """Find the first that is given: its name, its value."""
    if value is not None:
        if not _unquoted(value):
            raise CredentialsError(
                f"{option} is empty", f"give it a value, or leave it out to use {variables[0]}"
            )
        return option, value
    for variable in variables:
        if found := _unquoted(environ.get(variable, "")):
            return variable, found
    return None


def _unquoted(value: str) -> str:
    """Take off the whitespace and quotes that copying and env files leave around a value."""
    value = value.strip()
    while len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return "" if value in {'"', "'"} else value


def _checked_key_id(value: str, source: str) -> str:
    key_id = _unquoted(value)
    fits_header = key_id.isascii() and key_id.isprintable() and " " not in key_id
    if not key_id or not fits_header or len(key_id) > _MAX_KEY_ID_CHARS:
        raise CredentialsError(
            f"{source} does not hold an API key id",
            "copy the id that Kalshi shows beside the API key: one word of letters, digits and "
            f"dashes; the private key belongs in {KEY_PATH_VARIABLES[0]} or {KEY_VARIABLE}",
        )
    return key_id


def _refuse_path_as_pem(value: str) -> None:
    # Base64 has no dot and no tilde.
    if "-----" not in value and "\n" not in value and re.search(r"^/|[.~]", value):
        raise CredentialsError(
            f"{KEY_VARIABLE} holds no PEM; it seems to hold a path",
            f"a path belongs in {KEY_PATH_VARIABLES[0]}",
        )


def _expanded(value: str, origin: str) -> str:
    if "-----" in value:
        _refuse_pem_as_path(origin)
    try:
        return str(Path(value).expanduser())
    except RuntimeError:
        pass
    raise CredentialsError(
        f"{origin} names {_shown(value)}, whose user has no home directory here",
        "give the whole path of the key file",
    )


def _refuse_pem_as_path(origin: str) -> NoReturn:
    raise CredentialsError(
        f"{origin} takes the path of a key file; it seems to hold the key itself",
        f"put the key's text into {KEY_VARIABLE}, or into a file and give its path",
    )


def _shown(path: str) -> str:
    """Write a path so that a terminal shows it and does nothing else."""
    safe = path if path.isprintable() else repr(path)[1:-1]
    return safe if len(safe) <= _MAX_SHOWN_CHARS else safe[:_MAX_SHOWN_CHARS] + "..."


def _as_argument(path: str) -> str:
    """Write a path as one word of a shell command, ready to be copied."""
    return shlex.quote(path) if path.isprintable() and len(path) <= _MAX_SHOWN_CHARS else "FILE"


def _read(path: str, origin: str, source: str) -> tuple[bytes, int]:
    """Read a whole key file, never more than a key can be: its bytes, its mode."""
    advice = _GIVE_PATH
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            mode = os.fstat(descriptor).st_mode
            _refuse_what_is_no_file(mode, path, source)
            return _read_descriptor(descriptor, source), mode
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        reason = "does not exist"
    except PermissionError:
        reason = "can't be read: permission denied"
        advice = f"make it yours to read: chmod 600 {_as_argument(path)}"
    except OSError as error:
        reason = f"can't be read: {error.strerror}"
    except ValueError:
        reason = "can't be read: no file can have this name"
    if _BASE64_RUN.search(path) and path[0] not in "/~.":
        _refuse_pem_as_path(origin)
    raise CredentialsError(f"{source} {reason}", advice)


def _refuse_what_is_no_file(mode: int, path: str, source: str) -> None:
    if stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and _DESCRIPTOR.fullmatch(path)):
        return
    kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
    raise CredentialsError(f"{source} is {kind}", _GIVE_PATH)


def _read_descriptor(descriptor: int, source: str) -> bytes:
    content = b""
    deadline = time.monotonic() + PIPE_PATIENCE_S
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while len(content) <= MAX_KEY_FILE_BYTES:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise CredentialsError(
                f"{source} gave no whole key within {PIPE_PATIENCE_S:g} s",
                "check the command that writes into this pipe",
            )
        chunk = os.read(descriptor, MAX_KEY_FILE_BYTES + 1 - len(content))
        if not chunk:
            return content
        content += chunk
    raise CredentialsError(
        f"{source} is longer than {MAX_KEY_FILE_BYTES // 1024} KiB, which no key is",
        _GIVE_PATH,
    )


def _private_key_from_pem(pem: bytes, source: str, file: str) -> RSAPrivateKey | Ed25519PrivateKey:
    label, body = _private_block(_text(pem, source, file), source)
    if label == "OPENSSH PRIVATE KEY":
        raise CredentialsError(
            f"{source} holds a key in OpenSSH's own format",
            f"convert an RSA key: ssh-keygen -p -m PKCS8 -f {file}; an Ed25519 key, which that "
            "leaves as it is: create a new API key at Kalshi",
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
        raise CredentialsError(f"{source} is empty", _GET_ANOTHER)
    try:
        return _ESCAPED_NEWLINE.sub("\n", pem.decode())
    except UnicodeDecodeError:
        pass
    raise CredentialsError(
        f"{source} holds no PEM: it is not UTF-8 text",
        f"if it is DER: openssl pkey -inform DER -in {file} -out kalshi.pem; else {_GET_ANOTHER}",
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
            f"{source} holds {len(private)} private keys", "leave the one of the key id there"
        )
    labels = {block[1] for block in blocks}
    if any("CERTIFICATE" in label for label in labels):
        raise CredentialsError(f"{source} holds a certificate, not a private key", _GET_ANOTHER)
    if any(label.endswith("PUBLIC KEY") for label in labels):
        raise CredentialsError(f"{source} holds a public key, not a private one", _GET_ANOTHER)
    raise CredentialsError(f"{source} holds no private key in PEM format", _GET_ANOTHER)


def _refuse_encrypted(source: str, file: str) -> NoReturn:
    raise CredentialsError(
        f"{source} holds an encrypted key, and rfqwatch asks for no passphrase",
        f"decrypt it: openssl pkey -in {file} -out kalshi.pem, then chmod 600 kalshi.pem",
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
