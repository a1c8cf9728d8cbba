"""Reads the private key out of its file.

A key is a secret: no message written here holds a value that may be one, put where a path belongs.
Errors are raised outside of ``except`` blocks, so that no traceback carries what was read.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import stat
import time
from pathlib import Path
from typing import NoReturn

from rfqwatch.cli.settings.variables import KEY_VARIABLE
from rfqwatch.errors import CredentialsError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem
from rfqwatch.unquoting import may_be_key

MAX_KEY_FILE_BYTES = 64 * 1024
PIPE_PATIENCE_S = 120.0
"""How long a pipe may take to give the key: whoever unlocks a password store types meanwhile."""

_MAX_SHOWN_CHARS = 200

_DESCRIPTOR = re.compile(r"/dev/(?:fd/\d+|stdin)|/proc/(?:self|\d+)/fd/\d+")

_GIVE_PATH = "Give the path of the PEM file with your private key."


def credentials_from_file(key_id: str, value: str, origin: str) -> tuple[Credentials, list[str]]:
    """Make credentials of a checked key id and the key in a file that ``origin`` names so.

    ``~`` expands. Returns them with warnings of one line each. Raises `CredentialsError`.
    """
    path = _expanded(value, origin)
    source = f"key file {_shown(path)} ({origin})"
    pem, mode = _read(path, origin, source)
    credentials = credentials_from_pem(key_id, pem, source, _as_argument(path))
    exposed = mode & (stat.S_IRGRP | stat.S_IROTH) and not _DESCRIPTOR.fullmatch(path)
    warning = f"key file {_shown(path)} can be read by other users: chmod 600 {_as_argument(path)}"
    return credentials, [warning] if exposed else []


def _expanded(value: str, origin: str) -> str:
    if "-----" in value:
        _refuse_pem_as_path(origin)
    try:
        return str(Path(value).expanduser())
    except RuntimeError:
        pass
    raise CredentialsError(
        f"{origin} names {_shown(value)}, whose user has no home directory here",
        "Give the whole path of the key file.",
    )


def _refuse_pem_as_path(origin: str) -> NoReturn:
    raise CredentialsError(
        f"{origin} takes the path of a key file; it seems to hold the key itself",
        f"Put the key's text into {KEY_VARIABLE}, or into a file and give its path.",
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
        advice = f"Make it yours to read: chmod 600 {_as_argument(path)}"
    except OSError as error:
        reason = f"can't be read: {error.strerror}"
    except ValueError:
        reason = "can't be read: no file can have this name"
    if may_be_key(path):
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
                "Check the command that writes into this pipe.",
            )
        chunk = os.read(descriptor, MAX_KEY_FILE_BYTES + 1 - len(content))
        if not chunk:
            return content
        content += chunk
    raise CredentialsError(
        f"{source} is longer than {MAX_KEY_FILE_BYTES // 1024} KiB, which no key is",
        _GIVE_PATH,
    )
