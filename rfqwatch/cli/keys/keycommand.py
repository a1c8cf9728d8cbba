"""Runs the command that prints the private key, for those who keep it in a store of secrets.

What it prints is a secret, and what else it is told may be: no message written here holds more of
the command than its first word. Errors are raised outside of ``except`` blocks, so that no
traceback carries what was read.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from rfqwatch.cli.settings.variables import KEY_VARIABLE
from rfqwatch.errors import CredentialsError
from rfqwatch.escaping import cut
from rfqwatch.unquoting import may_be_key

PATIENCE_S = 30.0
"""How long a command may take: whoever unlocks the store types meanwhile."""
MAX_KEY_BYTES = 64 * 1024
MAX_COMPLAINT_BYTES = 64 * 1024
MOST_SHOWN = 300
"""Cells of what the command complains of."""
_TICK_S = 0.1
"""How often to see whether the command has ended, where some child of its own keeps its pipe."""

_LIKE_A_KEY = re.compile(r"[A-Za-z0-9+/=]{40,}")


def key_from_command(command: str, origin: str) -> tuple[bytes, str]:
    """Run ``command``, which ``origin`` gave, without a shell, and give what it prints.

    Its words are split as a shell would, and ``~`` at the beginning of one is expanded. It may ask
    whoever is at the terminal. Also gives what messages call the place that the key came from.
    Raises `CredentialsError`, with what the command says on its standard error.
    """
    words = _split(command, origin)
    if may_be_key(words[0]):
        raise CredentialsError(
            f"{origin} takes a command; it seems to hold the key itself",
            f"Put the key's text into {KEY_VARIABLE}, or into a file and give its path.",
        )
    called = f"{cut(Path(words[0]).name, 40)} ({origin})"
    pem, complaint, ended = _run(words, called)
    if ended:
        how = f"exit code {ended}" if ended > 0 else f"signal {signal.Signals(-ended).name}"
        raise CredentialsError(
            f"{called} failed with {how}{_shown(complaint)}",
            "It has to print the private key in PEM; try it in a shell.",
        )
    if not pem.strip():
        raise CredentialsError(
            f"{called} printed nothing{_shown(complaint)}",
            "It has to print the private key in PEM; try it in a shell.",
        )
    return pem, f"what {called} printed"


def _split(command: str, origin: str) -> list[str]:
    reason = "is empty"
    try:
        words = shlex.split(command)
        if words and words[0]:
            return [os.path.expanduser(word) for word in words]  # noqa: PTH111 - not all are paths
    except ValueError as error:
        reason = f"can't be taken apart: {error}"
    raise CredentialsError(f"{origin} {reason}", "Write it as for a shell: op read 'op://…'")


def _run(words: list[str], called: str) -> tuple[bytes, bytes, int]:
    """Give what a command prints, what it complains of and its exit code."""
    asks = sys.stdin is not None and sys.stdin.isatty()
    reason = "can't be run"
    try:
        with subprocess.Popen(  # noqa: S603 - it is what the user asks for
            words,
            stdin=None if asks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                return _heard(process, called)
            finally:
                process.kill()
    except FileNotFoundError:
        reason = "is not there"
    except OSError as error:
        reason = f"can't be run: {error.strerror}"
    except ValueError:
        pass
    raise CredentialsError(f"{called} {reason}", "Name a program on your PATH, or its whole path.")


def _heard(process: subprocess.Popen[bytes], called: str) -> tuple[bytes, bytes, int]:
    assert process.stdout is not None  # noqa: S101 - both are pipes
    assert process.stderr is not None  # noqa: S101
    printed, complained = process.stdout.fileno(), process.stderr.fileno()
    heard = {printed: b"", complained: b""}
    deadline = time.monotonic() + PATIENCE_S
    with selectors.DefaultSelector() as selector:
        for pipe in heard:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ended = process.poll() is not None
            ready = selector.select(0 if ended else _TICK_S)
            if ended and not ready:
                break
            for key, _ in ready:
                chunk = os.read(key.fd, MAX_KEY_BYTES)
                if not chunk:
                    selector.unregister(key.fd)
                heard[key.fd] += chunk
            heard[complained] = heard[complained][:MAX_COMPLAINT_BYTES]
            _refuse_what_is_too_long(heard[printed], called)
            _refuse_what_takes_too_long(deadline, heard[complained], called)
    while process.poll() is None:
        _refuse_what_takes_too_long(deadline, heard[complained], called)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TICK_S)
    return heard[printed], heard[complained], process.returncode


def _refuse_what_is_too_long(pem: bytes, called: str) -> None:
    if len(pem) > MAX_KEY_BYTES:
        raise CredentialsError(
            f"{called} printed more than {MAX_KEY_BYTES // 1024} KiB, which no key is",
            "It has to print the private key in PEM, nothing else.",
        )


def _refuse_what_takes_too_long(deadline: float, complaint: bytes, called: str) -> None:
    if time.monotonic() > deadline:
        raise CredentialsError(
            f"{called} gave no whole key within {PATIENCE_S:g} s{_shown(complaint)}",
            "Unlock the store of secrets first, or try the command in a shell.",
        )


def _shown(complaint: bytes) -> str:
    """Write what a command says on its standard error in one line, without what may be a key."""
    lines = complaint.decode(errors="backslashreplace").split("\n")
    text = " / ".join(line.strip() for line in lines if line.strip())
    if not text:
        return ""
    if "PRIVATE KEY" in text:
        return "; what it says may hold a key, and is not shown"
    return f": {cut(_LIKE_A_KEY.sub('…', text), MOST_SHOWN)}"
