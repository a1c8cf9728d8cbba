from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from rfqwatch.clock import now
from rfqwatch.simulator.faults.hostile import bomb
from rfqwatch.sources.link import LARGEST_MESSAGE, DisconnectedError, Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from websockets.asyncio.server import ServerConnection

    from rfqwatch.clock import Instant

from raw_server import (  # noqa: F401 - fixtures among them
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    URI,
    Peer,
    accepting,
    dialer,
    event_loop_errors,
    first_message,
    for_ever,
    frame,
    library_server,
    patience,
    raw_server,
    receive_all,
    unexpected,
)

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


def feed(link: Link, data: bytes) -> None:
    """Hand over bytes as a socket does that has them all."""
    while data:
        room = link.get_buffer(-1)
        size = min(len(room), len(data))
        room[:size] = data[:size]
        link.buffer_updated(size)
        data = data[size:]


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
                feed(link, data[begin:end])
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


async def test_of_a_flood_nothing_more_is_read_at_the_end() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept()
        with contextlib.suppress(ConnectionError):
            while True:
                peer.writer.write(frame(TEXT, b"{}") * 10_000)
                await peer.writer.drain()

    async with raw_server(converse) as server:
        async with dialer(server.url).dial() as link:
            flooded = asyncio.Event()
            link.start(lambda *_: flooded.set())
            await flooded.wait()
            left_s = time.monotonic()
        assert link.heard_s <= left_s


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
