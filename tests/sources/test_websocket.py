from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import logging
import re
import socket
import ssl
import struct
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, RefusedError, RfqwatchError, UsageError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem
from rfqwatch.simulator.hostile import bomb
from rfqwatch.simulator.serving import start
from rfqwatch.sources import websocket
from rfqwatch.sources.websocket import LARGEST_MESSAGE, Dialer, DisconnectedError, Link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from rfqwatch.clock import Instant

PATH = "/trade-api/ws/v2"
KEY_ID = "a-key-id-that-nobody-may-see"
KEY = Ed25519PrivateKey.generate()
URI = parse_uri(f"ws://127.0.0.1:1{PATH}")


@pytest.fixture(autouse=True)
def unexpected(event_loop_errors: list[dict[str, Any]]) -> Iterator[None]:
    """No test leaves an exception to the event loop."""
    yield
    assert event_loop_errors == []


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most servers here are silent on purpose."""
    monkeypatch.setattr(websocket, "CLOSE_TIMEOUT_S", 0.1)


@pytest.fixture
async def event_loop_errors() -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    return errors


# Peers: a WebSocket server by the library, or one that answers with any bytes.


def dialer(url: str, *, idle_timeout_s: float = 30, said: list[str] | None = None) -> Dialer:
    say = (said if said is not None else []).append
    return Dialer(url, Credentials(KEY_ID, KEY), idle_timeout_s=idle_timeout_s, say=say)


@contextlib.asynccontextmanager
async def library_server(
    converse: Callable[[ServerConnection], Awaitable[None]],
    **options: Any,  # noqa: ANN401 - the library's
) -> AsyncIterator[str]:
    async def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await converse(connection)

    async with serve(handle, "127.0.0.1", 0, compression=None, close_timeout=0.1, **options) as it:
        port = next(iter(it.sockets)).getsockname()[1]
        yield f"{'wss' if options.get('ssl') else 'ws'}://127.0.0.1:{port}{PATH}"


class Peer(NamedTuple):
    """A connection taken by `raw_server`, after the request was read."""

    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def accept(self, more: bytes = b"") -> None:
        self.writer.write(accepting(self.headers["sec-websocket-key"]) + more)
        await self.writer.drain()


class RawServer(NamedTuple):
    url: str
    requests: list[dict[str, str]]


@contextlib.asynccontextmanager
async def raw_server(
    converse: Callable[[Peer], Awaitable[None]],
    **options: Any,  # noqa: ANN401 - the library's
) -> AsyncIterator[RawServer]:
    """Answer each request as told; the connection ends when ``converse`` does."""
    requests: list[dict[str, str]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(re.split(r":\s*", line, maxsplit=1) for line in lines[1:] if line)
            headers = {name.lower(): value for name, value in headers.items()}
            requests.append(headers)
            await converse(Peer(headers, reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, **options)
    async with server:
        port = server.sockets[0].getsockname()[1]
        scheme = "wss" if options.get("ssl") else "ws"
        yield RawServer(f"{scheme}://127.0.0.1:{port}{PATH}", requests)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def accepting(key: str) -> bytes:
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def receive_all(link: Link, received: list[bytearray]) -> None:
    """Take what comes until the connection ends; raise why it does."""
    link.start(lambda _, burst: received.extend(burst))
    await link.over


async def first_message(link: Link) -> bytearray:
    """Take the first message; all others are ignored."""
    first: asyncio.Future[bytearray] = link.loop.create_future()

    def deliver(_: Instant, burst: list[bytearray]) -> None:
        if not first.done():
            first.set_result(burst[0])

    link.start(deliver)
    async with asyncio.timeout(10):
        return await first


async def for_ever(peer: Peer) -> None:
    """Read until the other end closes, and say nothing."""
    while await peer.reader.read(2**16):
        pass


def frame(
    opcode: int,
    body: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bool = False,
    width: int = 0,
) -> bytes:
    """Write a frame; ``width`` is the least number of bytes that its length takes, 0, 2 or 8."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = mask << 7
    if len(body) < 126 and not width:
        head += bytes([bit | len(body)])
    elif len(body) < 2**16 and width <= 2:
        head += struct.pack("!BH", bit | 126, len(body))
    else:
        head += struct.pack("!BQ", bit | 127, len(body))
    return head + (b"\0\0\0\0" if mask else b"") + body


TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


# Cutting frames


def fragments(body: bytes, cuts: Sequence[int], opcode: int, between: bytes) -> bytes:
    ends = [*sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    parts = [body[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    return between.join(
        frame(CONT if index else opcode, part, fin=index == len(parts) - 1)
        for index, part in enumerate(parts)
    )


sizes = st.sampled_from([0, 1, 2, 3, 40, 124, 125, 126, 127, 128, 300, 2**16 - 1, 2**16, 70_000])
bodies = st.builds(lambda size, fill: bytes([fill]) * size, sizes, st.integers(0, 255))
widths = st.sampled_from([0, 2, 8])
small = st.binary(max_size=125)
plain = st.builds(frame, st.just(TEXT), bodies, width=widths)
in_parts = st.builds(
    fragments,
    bodies,
    st.lists(st.integers(0, 2**17), max_size=4),
    st.sampled_from([TEXT, BINARY]),
    st.sampled_from([b"", frame(PING, b"heartbeat"), frame(PONG)]),
)
harmless = st.one_of(
    plain,
    plain,
    in_parts,
    st.builds(frame, st.just(BINARY), bodies, width=widths),
    st.builds(frame, st.sampled_from([PING, PONG]), small),
)
ending = st.one_of(
    st.just(b""),
    st.sampled_from([b"", b"\x03\xe8", b"\x03\xe9going away"]).map(lambda b: frame(CLOSE, b)),
    st.builds(
        frame,
        st.integers(0, 15),
        small,
        fin=st.booleans(),
        rsv=st.integers(0, 7),
        mask=st.booleans(),
        width=widths,
    ),
    # A message within a message.
    plain.map(lambda whole: frame(TEXT, b"begun", fin=False) + whole),
    st.just(b"\x81\xff"),
    st.just(b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
    st.just(bomb()),
    st.binary(max_size=40),
)


def by_the_library(stream: bytes) -> tuple[list[bytes], bool]:
    """Give the messages that the library finds, and whether the connection is still open."""
    protocol = ClientProtocol(URI, max_size=LARGEST_MESSAGE)
    protocol.connect()
    protocol.receive_data(accepting(protocol.key) + stream)
    messages, partial = [], b""
    for event in protocol.events_received():
        if isinstance(event, Frame) and event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            partial += event.data
            if event.fin:
                messages.append(partial)
                partial = b""
    return messages, protocol.state is State.OPEN


async def by_the_link(stream: bytes, cuts: Sequence[int]) -> tuple[list[bytes], bool]:
    """Feed the stream in pieces, as a socket might."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with theirs:
        protocol = ClientProtocol(URI, max_size=LARGEST_MESSAGE)
        _, link = await loop.create_connection(
            lambda: Link(protocol, ping_interval=None, close_timeout=0.1, max_queue=None), sock=ours
        )
        link.request = protocol.connect()
        data = accepting(protocol.key) + stream
        ends = [*sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            if begin < end:
                link.data_received(data[begin:end])
        messages: list[bytes] = []
        link.start(lambda _, burst: messages.extend(map(bytes, burst)))
        is_open = not link.over.done()
        link.transport.abort()
        await link.wait_closed()
    return messages, is_open


cutting = st.one_of(
    st.lists(st.integers(0, 2**18), max_size=6),
    # Everything that comes with the handshake's answer or right after it.
    st.lists(st.integers(100, 400), max_size=30),
    st.just(range(600)),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(harmless, max_size=6), ending, cutting)
async def test_any_split_gives_what_the_library_gives(
    frames: list[bytes], last: bytes, cuts: Sequence[int]
) -> None:
    stream = b"".join([*frames, last])
    assert await by_the_link(stream, cuts) == by_the_library(stream)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), cutting)
async def test_any_bytes_give_what_the_library_gives(stream: bytes, cuts: Sequence[int]) -> None:
    assert await by_the_link(stream, cuts) == by_the_library(stream)


async def test_a_message_of_the_largest_size_passes() -> None:
    stream = frame(TEXT, b"x" * LARGEST_MESSAGE) + fragments(
        b"y" * LARGEST_MESSAGE, range(0, LARGEST_MESSAGE, 2**16), TEXT, b""
    )
    messages, is_open = await by_the_link(stream, range(0, 2 * LARGEST_MESSAGE, 2**16))
    assert [len(message) for message in messages] == [LARGEST_MESSAGE] * 2
    assert is_open


VIOLATIONS = {
    "masked": (frame(TEXT, b"{}", mask=True), "masking"),
    "masked and long": (frame(TEXT, b"x" * 300, mask=True), "masking"),
    "reserved bit 1": (frame(TEXT, b"{}", rsv=4), "reserved bits"),
    "reserved bit 3": (frame(TEXT, b"{}", rsv=1), "reserved bits"),
    "reserved opcode": (frame(3, b"{}"), "opcode"),
    "bomb": (bomb(), "reserved bits"),
    "ten megabytes": (frame(TEXT, b"x" * 10_000_000), "too big|exceeds|over"),
    "ten megabytes, announced": (frame(TEXT, b"x" * 10_000_000)[:10], "too big|exceeds|over"),
    "beyond any memory": (b"\x81\x7f" + b"\xff" * 8, "too big|exceeds|over"),
    "too big in fragments": (
        fragments(b"x" * (LARGEST_MESSAGE + 1), [2**20, 2**21], TEXT, b""),
        "too big|exceeds|over",
    ),
    "continuation of nothing": (frame(CONT, b"{}"), "continuation"),
    "message in a message": (
        frame(TEXT, b"{", fin=False) + frame(TEXT, b"{}"),
        "continuation",
    ),
    "fragmented ping": (frame(PING, b"", fin=False), "fragmented"),
    "long ping": (frame(PING, b"x" * 126), "control frame"),
    "impossible close code": (frame(CLOSE, b"\0\1"), "invalid status code"),
    "close in a message": (frame(TEXT, b"{", fin=False) + frame(CLOSE), "incomplete"),
}


@pytest.mark.parametrize("goes_on", [False, True], ids=["then silent", "then sending"])
@pytest.mark.parametrize(("violation", "why"), VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_violation_ends_the_connection_and_says_why(
    violation: bytes, why: str, *, goes_on: bool
) -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(TEXT, b"first") + violation)
        while goes_on:
            peer.writer.write(frame(TEXT, b"x" * 1_000))
            await peer.writer.drain()
        await for_ever(peer)

    async with raw_server(converse) as server, asyncio.timeout(4):
        received: list[bytearray] = []
        with pytest.raises(DisconnectedError, match=f"unreadable.*({why})"):
            async with dialer(server.url).dial() as link:
                await receive_all(link, received)
        assert received == [b"first"]


async def test_many_small_fragments_take_no_time() -> None:
    body = b"x" * 2**20
    stream = fragments(body, range(0, len(body), 16), TEXT, b"")
    begun = time.process_time()
    messages, _ = await by_the_link(stream, range(0, 2 * len(body), 2**16))
    assert messages == [body]
    # Copying the message anew for each of them would take 32 GB of copies.
    assert time.process_time() - begun < 5


# Receiving


async def test_messages_come_in_order_with_their_time() -> None:
    asked = asyncio.Event()

    async def converse(connection: ServerConnection) -> None:
        await asked.wait()
        for number in range(1_000):
            await connection.send(str(number))
        await connection.wait_closed()

    async with library_server(converse) as url, dialer(url).dial() as link:
        received: list[bytearray] = []
        whole = asyncio.Event()

        def deliver(at: Instant, burst: list[bytearray]) -> None:
            assert abs(at.ms - now().ms) < 5_000
            assert at.s == link.heard_s
            received.extend(burst)
            if len(received) == 1_000:
                whole.set()

        link.start(deliver)
        asked.set()
        async with asyncio.timeout(10):
            await whole.wait()
    assert received == [str(number).encode() for number in range(1_000)]


async def test_what_came_before_anyone_took_it_is_kept() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(TEXT, b"early") + frame(CLOSE, b"\x03\xe8"))
        await for_ever(peer)

    async with raw_server(converse) as server, dialer(server.url).dial() as link:
        await asyncio.wait({link.over})
        received: list[bytearray] = []
        with pytest.raises(DisconnectedError, match="1000"):
            await receive_all(link, received)
    assert received == [b"early"]


class RefusingError(Exception):
    """Whoever takes the messages wants no more."""


@pytest.mark.parametrize("close", [b"", frame(CLOSE, b"\x03\xe8"), frame(3)])
async def test_whoever_takes_messages_can_end_it(close: bytes) -> None:
    asked = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.accept()
        await asked.wait()
        peer.writer.write(frame(TEXT, b"first") + frame(TEXT, b"second") + close)
        await for_ever(peer)

    received: list[bytearray] = []

    def deliver(_: Instant, burst: list[bytearray]) -> None:
        received.extend(burst)
        raise RefusingError

    async with raw_server(converse) as server, dialer(server.url).dial() as link:
        link.start(deliver)
        asked.set()
        # Also where the exchange closes behind its last message.
        with pytest.raises(RefusingError):
            await link.over
        link.data_received(frame(TEXT, b"third"))
    assert received == [b"first", b"second"]


async def test_pings_are_answered_though_nobody_receives() -> None:
    answered = asyncio.Event()

    async def converse(connection: ServerConnection) -> None:
        for _ in range(200):
            await connection.send("x" * 1_000)
        await (await connection.ping(b"heartbeat"))
        answered.set()
        await connection.wait_closed()

    async with library_server(converse) as url, dialer(url).dial():
        await answered.wait()


async def test_commands_arrive_as_text() -> None:
    came: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def converse(connection: ServerConnection) -> None:
        came.put_nowait(await connection.recv())

    async with library_server(converse) as url, dialer(url).dial() as link:
        link.command(b'{"id":1}')
        assert await came.get() == '{"id":1}'
        await link.wait_closed()
        link.command(b"{}")
        with pytest.raises(DisconnectedError, match="1000"):
            await link.over


# The end of a connection


@pytest.mark.parametrize(
    ("code", "why"), [(1000, ""), (1001, "going away"), (1011, "internal"), (4001, "\x1b[2J")]
)
async def test_a_close_is_told_with_its_code(code: int, why: str) -> None:
    async def converse(connection: ServerConnection) -> None:
        await connection.send("last")
        await connection.close(code, why)

    async with library_server(converse) as url, dialer(url).dial() as link:
        received: list[bytearray] = []
        with pytest.raises(DisconnectedError) as ended:
            await receive_all(link, received)
        assert received == [b"last"]
        assert str(ended.value) == f"closed by the exchange with {code}" + (
            f" ({why})" if why else ""
        )


async def test_a_close_without_a_code() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(CLOSE))
        await for_ever(peer)

    async with raw_server(converse) as server, dialer(server.url).dial() as link:
        with pytest.raises(DisconnectedError, match="closed by the exchange with 1005"):
            await link.over


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_breaks_off(*, reset: bool) -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(TEXT, b"{}") + b"\x81\x7e\x10")
        if reset:
            await peer.reader.read(1)
            sock = peer.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.writer.transport.abort()

    async with raw_server(converse) as server, dialer(server.url).dial() as link:
        assert await first_message(link) == b"{}"
        if reset:
            link.command(b"{}")
        for _ in range(2):
            with pytest.raises(DisconnectedError, match="connection lost"):
                await link.over


async def test_silence_ends_the_connection() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept()
        await for_ever(peer)

    async with raw_server(converse) as server, asyncio.timeout(3):
        with pytest.raises(DisconnectedError, match="nothing heard for 0 s"):
            async with dialer(server.url, idle_timeout_s=0.1).dial() as link:
                await link.over


@pytest.mark.parametrize("life", [frame(PING, b"heartbeat"), frame(PONG), b"\x81"])
async def test_whatever_arrives_is_a_sign_of_life(life: bytes) -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept()
        for _ in range(8):
            await asyncio.sleep(0.05)  # twice the idle timeout, in all
            peer.writer.write(life)
        peer.writer.write(frame(CLOSE, b"\x03\xe8"))
        await for_ever(peer)

    if life == b"\x81":
        # A frame that comes byte by byte: its header, then the body.
        life = b"\x7e"
    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError, match=r"closed|unreadable"):
            async with dialer(server.url, idle_timeout_s=0.2).dial() as link:
                await link.over


async def test_closing_does_not_wait_for_a_silent_exchange(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()

    async def converse(peer: Peer) -> None:
        await peer.accept()
        await for_ever(peer)
        await asyncio.Event().wait()

    async with raw_server(converse) as server:
        async with dialer(server.url).dial():
            begun = time.monotonic()
        assert time.monotonic() - begun < 1.5


async def test_an_exchange_that_pings_and_never_reads_is_left() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept()
        while True:
            peer.writer.write(frame(PING, b"x" * 125) * 1_000)
            await peer.writer.drain()

    async with raw_server(converse) as server, asyncio.timeout(10):
        with pytest.raises(DisconnectedError, match="not read"):
            async with dialer(server.url).dial() as link:
                await link.over


# The address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "external-api-ws.kalshi.com",
        "https://external-api-ws.kalshi.com/trade-api/ws/v2",
        "http://127.0.0.1/",
        "ws:///trade-api/ws/v2",
        "wss://",
        "wss://host:99999/",
        "wss://host:port/",
        "wss://[::1/",
        "wss://host/#part",
        "wss://user:hunter2@host/",
        "wss://hunter2@host/",
        "ws://user:hunter2@127.0.0.1/",
        f"wss://{'a' * 64}.com/",
        f"wss://{'ä' * 64}.com/",
        "wss://a..b/",
    ],
)
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        dialer(url)
    assert refused.value.exit_code == 2
    assert "--url" in refused.value.message
    assert refused.value.advice
    assert "hunter2" not in f"{refused.value.message} {refused.value.advice}"
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize(
    "host",
    [
        "external-api-ws.kalshi.com",
        "192.168.1.1",
        "10.0.0.1:8080",
        "[2001:db8::1]",
        "127.0.0.1.nip.io",
    ],
)
def test_credentials_go_over_plain_ws_to_this_computer_alone(host: str) -> None:
    with pytest.raises(UsageError, match="not sent over ws://"):
        dialer(f"ws://{host}{PATH}")
    dialer(f"wss://{host}{PATH}")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.9.9.9", "[::1]:80", "localhost", "LOCALHOST"])
def test_loopback_takes_plain_ws(host: str) -> None:
    dialer(f"ws://{host}{PATH}")


# The signature


async def test_every_attempt_is_signed_anew() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(CLOSE))

    async with raw_server(converse) as server:
        watcher = dialer(f"{server.url}?a=1")
        for _ in range(3):
            async with watcher.dial():
                await asyncio.sleep(0.002)
    stamps = set()
    for headers in server.requests:
        stamp = headers["kalshi-access-timestamp"]
        assert abs(int(stamp) - now().ms) < 5_000
        assert headers["kalshi-access-key"] == KEY_ID
        signature = base64.b64decode(headers["kalshi-access-signature"], validate=True)
        KEY.public_key().verify(signature, f"{stamp}GET{PATH}".encode())
        assert "sec-websocket-extensions" not in headers
        stamps.add(stamp)
    assert len(stamps) == 3


async def test_the_simulated_exchange_lets_us_in_again_and_again() -> None:
    async with start() as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        watcher = Dialer(started.exchange.url, credentials, idle_timeout_s=30, say=print)
        for _ in range(3):
            async with watcher.dial():
                pass
        assert (started.exchange.accepted, started.exchange.refused) == (3, 0)


# Answers that are no WebSocket


async def failure(
    *answers: bytes, said: list[str] | None = None
) -> tuple[Exception, list[dict[str, str]]]:
    """Dial a server that gives these answers, one a connection; return what is raised."""
    remaining = list(answers)

    async def converse(peer: Peer) -> None:
        peer.writer.write(remaining.pop(0))
        await peer.writer.drain()
        if not remaining:
            peer.writer.write_eof()
        await for_ever(peer)

    async with raw_server(converse) as server, asyncio.timeout(8):
        with pytest.raises((DisconnectedError, RfqwatchError)) as raised:
            async with dialer(server.url, said=said).dial():
                pass
        return raised.value, server.requests


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_some_answers_are_worth_another_attempt(status: int) -> None:
    error, requests = await failure(answer(status, b"<html>no JSON</html>"))
    assert type(error) is DisconnectedError
    assert str(error) == f"HTTP {status}"
    assert len(requests) == 1


@pytest.mark.parametrize("status", [200, 204, 400, 404, 405, 410, 418, 426, 451])
async def test_others_are_not(status: int) -> None:
    error, requests = await failure(answer(status, b"404 page not found"))
    assert type(error) is ConnectionFailedError
    assert error.exit_code == 5
    assert f"HTTP {status}" in error.message
    assert error.advice
    assert len(requests) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_end_it(status: int) -> None:
    body = (
        b'{"error":{"code":"authentication_error","message":"authentication_error",'
        b'"details":"NOT_FOUND"}}'
    )
    error, requests = await failure(answer(status, body))
    assert type(error) is RefusedError
    assert error.exit_code == 4
    assert f"HTTP {status} (authentication_error, NOT_FOUND)" in error.message
    assert "--env" in error.advice
    assert len(requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_signature_does_not_follow_a_redirect(status: int) -> None:
    async with raw_server(for_ever) as elsewhere:
        error, requests = await failure(answer(status, Location=elsewhere.url))
        assert type(error) is ConnectionFailedError
        assert len(requests) == 1
        assert elsewhere.requests == []


EXPIRED = b'{"error":{"code":"header_timestamp_expired"}}'


@pytest.mark.parametrize("ahead_s", [3_600, -90])
async def test_a_wrong_clock_is_mended_from_the_answer(ahead_s: int) -> None:
    async def converse(peer: Peer) -> None:
        if len(server.requests) == 1:
            date = formatdate(time.time() + ahead_s, usegmt=True)
            peer.writer.write(answer(401, EXPIRED, Date=date))
        else:
            await peer.accept()
        await for_ever(peer)

    said: list[str] = []
    async with raw_server(converse) as server:
        watcher = dialer(server.url, said=said)
        async with watcher.dial():
            pass
        async with watcher.dial():
            pass
    _, second, third = server.requests
    for headers in (second, third):
        stamp = headers["kalshi-access-timestamp"]
        assert abs(int(stamp) - now().ms - ahead_s * 1_000) < 3_000
        KEY.public_key().verify(
            base64.b64decode(headers["kalshi-access-signature"]), f"{stamp}GET{PATH}".encode()
        )
    (told,) = said
    assert ("behind" if ahead_s > 0 else "ahead") in told
    assert re.search(r"\d\.\d s", told)


async def test_a_clock_that_stays_wrong_ends_it() -> None:
    said: list[str] = []
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))
    error, requests = await failure(expired, expired, said=said)
    assert type(error) is RefusedError
    assert "header_timestamp_expired" in error.message
    assert "clock" in error.advice
    assert len(requests) == 2
    assert len(said) == 1


async def test_a_mended_clock_meets_a_server_in_trouble() -> None:
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))
    error, requests = await failure(expired, answer(503))
    assert type(error) is DisconnectedError
    assert len(requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": ""}])
async def test_a_wrong_clock_without_a_date_ends_it(headers: dict[str, str]) -> None:
    error, requests = await failure(answer(401, EXPIRED, **headers))
    assert type(error) is RefusedError
    assert len(requests) == 1


NO_HTTP = {
    "nothing": b"",
    "garbage": b"\0\1\2\3",
    "SSH": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "old HTTP": b"HTTP/1.0 200 OK\r\n\r\n",
    "half an answer": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: web",
    "endless line": b"HTTP/1.1 101 " + b"x" * 100_000,
    "endless headers": b"HTTP/1.1 101 OK\r\n" + b"a: b\r\n" * 10_000,
    "strange header": b"HTTP/1.1 101 OK\r\n\xff\xfe: \0\r\n\r\n",
    "wrong accept": accepting("not our key"),
    "no upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "unknown coding": b"HTTP/1.1 401 No\r\nTransfer-Encoding: gzip\r\n\r\n",
    "endless body": b"HTTP/1.1 401 No\r\n\r\n" + b"x" * 3_000_000,
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_answer_is_worth_another_attempt(data: bytes) -> None:
    error, _ = await failure(data)
    assert type(error) is DisconnectedError
    assert str(error)


async def test_a_reset_in_the_handshake_is_worth_another_attempt() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()

    def reset() -> None:
        taken, _ = listening.accept()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        taken.close()

    with listening:
        for _ in range(20):
            resetting = loop.run_in_executor(None, reset)
            with pytest.raises(DisconnectedError):
                async with dialer(f"ws://127.0.0.1:{listening.getsockname()[1]}/").dial():
                    pass
            await resetting


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DisconnectedError, match="connection refused"):
        async with dialer(f"ws://127.0.0.1:{port}/").dial():
            pass


async def test_no_such_name() -> None:
    with pytest.raises(DisconnectedError, match="name of the host"):
        async with dialer("wss://exchange.invalid/").dial():
            pass


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT_S", 0.1)
    async with raw_server(for_ever) as server:
        with pytest.raises(DisconnectedError, match="no answer"):
            async with dialer(server.url).dial():
                pass


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def until_closed(connection: ServerConnection) -> None:
    await connection.send("over TLS")
    await connection.wait_closed()


@pytest.mark.usefixtures("trusted")
async def test_the_authority_of_ssl_cert_file_is_trusted(authority: trustme.CA) -> None:
    context = tls(authority.issue_cert("127.0.0.1"))
    async with library_server(until_closed, ssl=context) as url, dialer(url).dial() as link:
        assert await first_message(link) == b"over TLS"
        assert link.transport.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}


async def no_tls(url: str) -> Exception:
    with pytest.raises((DisconnectedError, RfqwatchError)) as raised:
        async with dialer(url).dial():
            pass
    return raised.value


@pytest.mark.usefixtures("trusted")
async def test_other_certificates_end_it(authority: trustme.CA) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for certificate, why in [
        (trustme.CA().issue_cert("127.0.0.1"), "issuer"),
        (authority.issue_cert("example.com"), "mismatch"),
        (authority.issue_cert("127.0.0.1", not_after=past), "expired"),
    ]:
        async with library_server(until_closed, ssl=tls(certificate)) as url:
            error = await no_tls(url)
        assert type(error) is ConnectionFailedError
        assert error.exit_code == 5
        assert why in error.message
        assert "SSL_CERT_FILE" in error.advice


@pytest.mark.usefixtures("trusted")
async def test_old_tls_is_refused(authority: trustme.CA) -> None:
    context = tls(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with library_server(until_closed, ssl=context) as url:
        error = await no_tls(url)
    assert type(error) is DisconnectedError
    # The alert that says why may be lost behind the reset.
    assert re.fullmatch(r"TLS failed \(.*(version|protocol).*\)|connection lost", str(error))


async def test_a_server_without_tls_is_worth_another_attempt() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        writer.close()

    async with await asyncio.start_server(speak_first, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await no_tls(f"wss://127.0.0.1:{port}/")
    assert type(error) is DisconnectedError


@pytest.mark.usefixtures("trusted")
async def test_a_proxy_sees_no_credentials(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = b""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                seen += data
                writer.write(data)
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        request = await reader.readuntil(b"\r\n\r\n")
        seen += request
        target = urlsplit(f"//{request.split()[1].decode()}")
        onwards = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(carry(reader, onwards[1]), carry(onwards[0], writer))

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "")
        context = tls(authority.issue_cert("127.0.0.1"))
        async with library_server(until_closed, ssl=context) as url, dialer(url).dial() as link:
            assert await first_message(link) == b"over TLS"
    assert seen.startswith(b"CONNECT 127.0.0.1:")
    assert b"KALSHI" not in seen.upper()
    assert KEY_ID.encode() not in seen


@pytest.mark.parametrize(
    "proxy", ["http://user:hunter2@host:port", "gopher://user:hunter2@host", "socks5://host:1"]
)
async def test_a_proxy_that_can_not_be_used_ends_it(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    error = await no_tls("wss://exchange.invalid/")
    assert type(error) is ConnectionFailedError
    assert "hunter2" not in error.message
    assert "proxy" in error.message


# Secrets


async def test_no_log_at_any_level_tells_a_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.basicConfig(level=logging.DEBUG)
    for name in [None, "websockets", "websockets.client", "asyncio"]:
        caplog.set_level(logging.DEBUG, name)
    asyncio.get_running_loop().set_debug(True)
    said: list[str] = []
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))

    async def converse(peer: Peer) -> None:
        if len(server.requests) == 1:
            peer.writer.write(expired)
            return
        await peer.accept(frame(TEXT, b"{}") + frame(PING, b"heartbeat") + frame(3))
        time.sleep(0.12)  # noqa: ASYNC251 - asyncio's debugging tells of slow callbacks
        await for_ever(peer)

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError) as raised:
            async with dialer(server.url, said=said).dial() as link:
                await receive_all(link, [])
    out, err = capfd.readouterr()
    told = "\n".join(
        [
            out,
            err,
            repr(raised.value),
            *said,
            *(record.getMessage() + repr(record.args) for record in caplog.records),
        ]
    )
    assert caplog.records
    for headers in server.requests:
        for name in ["kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature"]:
            assert headers[name] not in told
