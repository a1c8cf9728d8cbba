"""Ways to run a simulated exchange: in this event loop, in another process, for other programs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
import uuid
from errno import EACCES, EADDRINUSE
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rfqwatch.errors import RfqwatchError
from rfqwatch.simulator.account import Account
from rfqwatch.simulator.exchange import SimulatedExchange
from rfqwatch.simulator.faults.kinds import parse_faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from ssl import SSLContext
    from typing import BinaryIO

    from rfqwatch.simulator.faults.kinds import Fault


class Options(TypedDict, total=False):
    """The options of SimulatedExchange, keys excepted, with its defaults."""

    rate: float
    seed: int | None
    port: int
    faults: Sequence[Fault]
    standing: int | None
    ssl: SSLContext | None
    batches: bool
    keep_ids: bool
    keep_frames: bool
    slow_ack: float
    heartbeat: float
    buffer: int
    ahead: float


class ThrowawayKey(NamedTuple):
    """An API key that only a simulated exchange knows: its id, the PKCS#8 PEM, the public key."""

    key_id: str
    private_key_pem: bytes
    public_key: Ed25519PublicKey


def throwaway_key() -> ThrowawayKey:
    """Make an Ed25519 API key."""
    private_key = Ed25519PrivateKey.generate()
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return ThrowawayKey(str(uuid.uuid4()), pem, private_key.public_key())


class Started(NamedTuple):
    """A simulated exchange that listens, with credentials it accepts."""

    exchange: SimulatedExchange
    key_id: str
    private_key_pem: bytes

    @property
    def url(self) -> str:
        """The address to connect to."""
        return self.exchange.url


@contextlib.asynccontextmanager
async def start(**options: Unpack[Options]) -> AsyncIterator[Started]:
    """Run an exchange in this event loop, with a throwaway key."""
    key = throwaway_key()
    async with SimulatedExchange(public_keys={key.key_id: key.public_key}, **options) as exchange:
        yield Started(exchange, key.key_id, key.private_key_pem)


async def serve(*, announce: Callable[[str], None], **options: Unpack[Options]) -> None:
    """Run an exchange until cancelled, for other programs to connect to.

    ``announce`` is given shell lines, one at a time: the variables that lead rfqwatch there, its
    throwaway key in a private file that goes when the exchange does.

    Raises RfqwatchError when the port is taken or the file can't be written.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            started = await stack.enter_async_context(start(**options))
            path = stack.enter_context(_private_file(started.private_key_pem))
        except OSError as error:
            raise RfqwatchError(
                f"the simulated exchange can't serve: {error.strerror}",
                "Try another --port." if error.errno in {EADDRINUSE, EACCES} else "",
            ) from None
        announce(f"export KALSHI_API_KEY_ID={started.key_id}")
        announce(f"export KALSHI_PRIVATE_KEY_PATH={shlex.quote(path)}")
        announce(f"export RFQWATCH_URL={started.exchange.url}")
        announce(f"# or: rfqwatch tail --url {started.exchange.url}")
        await asyncio.get_running_loop().create_future()


@contextlib.contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    """Write a temporary file that only its owner can read."""
    handle, path = tempfile.mkstemp(prefix="rfqwatch-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


class _Order(msgspec.Struct):
    """What the process of an exchange is told on its standard input."""

    key_id: str
    public_key_pem: str
    faults: str
    options: dict[str, Any]


class _Ready(msgspec.Struct):
    """What it answers, once: its URL, or why there is none."""

    url: str = ""
    error: str = ""


class Running:
    """A simulated exchange in a process of its own."""

    def __init__(self, url: str, key: ThrowawayKey, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.key_id = key.key_id
        self.private_key_pem = key.private_key_pem
        self._process = process

    @property
    def pid(self) -> int:
        """The id of the process, for measurements."""
        return self._process.pid

    def accounts(self) -> list[Account]:
        """Ask for what each subscription was sent so far, its ``frames`` since the last time.

        Blocks for a moment.
        """
        _write_line(self._process, b"accounts")
        return msgspec.json.decode(_read_line(self._process), type=list[Account])


@contextlib.contextmanager
def running(**options: Unpack[Options]) -> Iterator[Running]:
    """Run an exchange in a process of its own, so that it takes no time from this one's loop.

    It ends with the ``with``, and also when this process dies in any way: it lives as long as the
    pipe between the two. A Ctrl-C at the terminal doesn't reach it. Its private key is made here
    and stays here. All options but ``ssl`` can be passed on.

    Raises RfqwatchError when the process doesn't start.
    """
    key = throwaway_key()
    pem = key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    faults = ",".join(map(str, options.pop("faults", ())))
    order = _Order(key.key_id, pem.decode(), faults, {**options})
    # -P keeps the current directory off the path: it is no place to import from.
    argv = [sys.executable, "-P", "-m", "rfqwatch.simulator"]
    with subprocess.Popen(  # noqa: S603 - this interpreter, with arguments of our own
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
    ) as process:
        try:
            _write_line(process, msgspec.json.encode(order))
            ready = msgspec.json.decode(_read_line(process), type=_Ready)
            if ready.error:
                raise RfqwatchError(f"The simulated exchange can't start: {ready.error}.")
            yield Running(ready.url, key, process)
        finally:
            process.kill()


async def obey_parent(commands: BinaryIO, answers: BinaryIO) -> None:
    """Be the process of ``running``: serve as its first line says, until the pipe ends."""
    order = msgspec.json.decode(commands.readline(), type=_Order)
    public_key = serialization.load_pem_public_key(order.public_key_pem.encode())
    if not isinstance(public_key, Ed25519PublicKey):
        raise TypeError("a throwaway key is an Ed25519 key")
    exchange = SimulatedExchange(
        public_keys={order.key_id: public_key},
        faults=parse_faults(order.faults),
        **order.options,
    )
    try:
        async with exchange:
            _answer(answers, _Ready(url=exchange.url))
            while await asyncio.to_thread(commands.readline):
                _answer(answers, exchange.sent)
                for account in exchange.sent:
                    account.frames.clear()
    except OSError as error:
        _answer(answers, _Ready(error=str(error)))


def _answer(answers: BinaryIO, value: object) -> None:
    answers.write(msgspec.json.encode(value) + b"\n")
    answers.flush()


def _environment() -> dict[str, str]:
    """Return this process's environment and import path, without the user's credentials."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("KALSHI_")
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return environment


def _write_line(process: subprocess.Popen[bytes], line: bytes) -> None:
    if process.stdin is None:
        raise RfqwatchError("The simulated exchange has no standard input.")
    with contextlib.suppress(BrokenPipeError):  # the answer that doesn't come tells
        # What Python's own buffer can't get rid of would be tried again when it is closed.
        os.write(process.stdin.fileno(), line + b"\n")


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise RfqwatchError("The simulated exchange ended by itself.")
    return line
