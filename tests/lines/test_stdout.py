from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import pty
import select
import socket
import threading
import tty
from itertools import count
from typing import TYPE_CHECKING

import pytest

from rfqwatch.errors import OutputError
from rfqwatch.exchange.wire import Frame
from rfqwatch.lines.buffer import Batch, Shed
from rfqwatch.lines.stdout import ConsumerGoneError, Stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def describe(shed: Shed) -> bytes:
    return f"shed {shed.shard} {shed.missed} {shed.from_ms} {shed.to_ms}\n".encode()


def simple(*texts: str) -> Batch:
    frames = [Frame("rfq_created")] * len(texts)
    return Batch("", 0, [text.encode() for text in texts], frames, b"\n")


def stdout_of(fd: int, limit: int = 2**24) -> Stdout:
    stdout = Stdout(fd, limit=limit)
    stdout.describe_shed = describe
    return stdout


class Pipe:
    """A pipe whose writing end is a `Stdout`."""

    def __init__(self, limit: int = 2**24) -> None:
        self.read_end, self.write_end = os.pipe()
        self.stdout = stdout_of(self.write_end, limit)

    async def lines(self, number: int) -> list[bytes]:
        """Read so many lines as they come."""
        data = b""
        while data.count(b"\n") < number:
            data += await asyncio.to_thread(os.read, self.read_end, 2**16)
        assert data.endswith(b"\n")
        return data.splitlines()

    async def rest(self, written: asyncio.Future[None]) -> list[bytes]:
        """Close, and read to the end."""
        self.stdout.close()

        def read() -> bytes:
            return b"".join(iter(lambda: os.read(self.read_end, 2**16), b""))

        reading = asyncio.create_task(asyncio.to_thread(read))
        await written
        os.close(self.write_end)
        return (await reading).splitlines(keepends=True)


@pytest.fixture
def pipe(request: pytest.FixtureRequest) -> Iterator[Pipe]:
    made = Pipe(getattr(request, "param", 2**24))
    yield made
    for end in (made.read_end, made.write_end):
        with contextlib.suppress(OSError):
            os.close(end)


# Writing


async def test_a_line_goes_out_when_it_is_put(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    for number in range(3):
        pipe.stdout.put(simple(str(number)))
        assert await pipe.lines(1) == [str(number).encode()]
    assert await pipe.rest(written) == []


async def test_lines_are_whole_and_in_order(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    for number in range(500):
        pipe.stdout.put(simple(*(f"{number} {index} {'x' * 2_000}" for index in range(5))))
    lines = await pipe.rest(written)
    assert [line.split()[:2] for line in lines] == [
        [str(number).encode(), str(index).encode()] for number in range(500) for index in range(5)
    ]
    assert all(line.endswith(b"xxx\n") for line in lines)
    assert pipe.stdout.undelivered == 0


async def test_closing_waits_for_the_consumer(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    pipe.stdout.put(simple("x" * 500_000))
    pipe.stdout.put(simple("last"))
    pipe.stdout.close()
    # The pipe holds 64 KiB.
    await asyncio.wait([written], timeout=0.05)
    assert not written.done()
    assert pipe.stdout.undelivered == 2
    assert (await pipe.rest(written))[-1] == b"last\n"
    assert pipe.stdout.undelivered == 0


async def test_a_pipe_that_does_not_block_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe.write_end, False)
    written = pipe.stdout.start()
    pipe.stdout.put(simple("x" * 500_000))
    assert await pipe.rest(written) == [b"x" * 500_000 + b"\n"]


async def test_a_file_takes_all(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with path.open("wb") as file:
        stdout = stdout_of(file.fileno())
        written = stdout.start()
        stdout.put(simple("one", "two"))
        stdout.close()
        await written
    assert path.read_text() == "one\ntwo\n"


async def test_a_named_pipe_that_is_its_own_reader_is_no_consumer_that_left(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    stdout = stdout_of(fd)
    written = stdout.start()
    for _ in range(3):
        stdout.put(simple("x"))
        assert await asyncio.to_thread(os.read, fd, 100) == b"x\n"
    stdout.close()
    await written
    os.close(fd)


async def test_no_write_to_a_pipe_can_be_torn(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    written = pipe.stdout.start()
    writes: list[bytes] = []
    write = os.write

    def record(fd: int, data: bytes | memoryview) -> int:
        taken = write(fd, data)
        writes.append(bytes(data[:taken]))
        return taken

    monkeypatch.setattr("rfqwatch.lines.stdout.os.write", record)
    for number in range(100):
        pipe.stdout.put(simple(*(f"{number} {'x' * (index * 400)}" for index in range(8))))
    pipe.stdout.put(simple("short", "y" * 2 * select.PIPE_BUF, "short"))
    assert b"".join(await pipe.rest(written)) == b"".join(writes)
    for data in writes:
        # A line that is longer by itself can't be kept together, but takes no other along.
        whole = data.endswith(b"\n") and len(data) <= select.PIPE_BUF
        assert whole or set(data) <= set(b"y\n")


async def test_several_who_share_a_pipe_tear_no_line() -> None:
    read_end, write_end = os.pipe()

    async def write_many(name: str, fd: int) -> None:
        stdout = stdout_of(fd)
        written = stdout.start()
        for number in range(200):
            lines = (f"{name} {number} {name * (index * 300)}." for index in range(10))
            stdout.put(simple(*lines))
            await asyncio.sleep(0)
        stdout.close()
        await written
        os.close(fd)

    def read_all() -> bytes:
        return b"".join(iter(lambda: os.read(read_end, 10_000), b""))

    reading = asyncio.create_task(asyncio.to_thread(read_all))
    names = ["a", "b", "c"]
    ends = [os.dup(write_end) for _ in names]
    os.close(write_end)
    await asyncio.gather(
        *(
            asyncio.to_thread(asyncio.run, write_many(name, fd))
            for name, fd in zip(names, ends, strict=True)
        )
    )
    lines = (await reading).decode().splitlines()
    os.close(read_end)
    for name in names:
        assert [line for line in lines if line.startswith(name)] == [
            f"{name} {number} {name * (index * 300)}."
            for number in range(200)
            for index in range(10)
        ]
    assert len(lines) == 6_000


def pipe_ends() -> tuple[int, int]:
    return os.pipe()


def socket_ends() -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def terminal_ends() -> tuple[int, int]:
    read_end, write_end = pty.openpty()
    tty.setraw(write_end)
    return read_end, write_end


@pytest.mark.parametrize("ends", [pipe_ends, socket_ends, terminal_ends])
async def test_a_reader_that_stops_holds_nothing_up(ends: Callable[[], tuple[int, int]]) -> None:
    read_end, write_end = ends()

    def read_some() -> bytes:
        try:
            return os.read(read_end, 2**16)
        except OSError:
            # How Linux tells that nobody writes to a terminal any more.
            return b""

    held_up = threading.Event()

    def let_go() -> None:
        held_up.set()
        collections.deque(iter(read_some, b""), maxlen=0)

    rescue = threading.Timer(5, let_go)
    rescue.daemon = True
    rescue.start()
    stdout = stdout_of(write_end, 2**19)
    written = stdout.start()
    put = 0
    while not stdout.shed:
        assert not held_up.is_set()
        stdout.put(simple(*(f"{number} {'x' * 500}" for number in range(put, put + 20))))
        put += 20
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not held_up.is_set()
    rescue.cancel()
    assert not written.done()
    assert stdout.undelivered > 0
    if ends is pipe_ends:
        in_pipe = await asyncio.to_thread(read_some)
        assert in_pipe.endswith(b"x\n")
    else:
        in_pipe = b""
    stdout.close()
    reading = asyncio.create_task(asyncio.to_thread(lambda: b"".join(iter(read_some, b""))))
    await asyncio.wait_for(written, 10)
    os.close(write_end)
    data = in_pipe + await reading
    os.close(read_end)
    assert data.endswith(b"x\n")
    lines = data.decode().splitlines()
    shown = [int(line.split()[0]) for line in lines if not line.startswith("shed")]
    assert all(line.endswith("x" * 500) for line in lines if not line.startswith("shed"))
    assert shown == sorted(set(shown))
    assert len(shown) == put - stdout.shed
    assert shown[-1] == put - 1


# Failing


async def test_a_consumer_that_goes_is_noticed_though_nothing_is_written(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    pipe.stdout.put(simple("only"))
    assert await pipe.lines(1) == [b"only"]
    os.close(pipe.read_end)
    with pytest.raises(ConsumerGoneError):
        await asyncio.wait_for(written, 5)
    pipe.stdout.close()


async def test_a_consumer_that_goes_is_noticed_in_the_middle_of_a_write(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    pipe.stdout.put(simple("x" * 500_000))
    await asyncio.to_thread(os.read, pipe.read_end, 1)
    os.close(pipe.read_end)
    with pytest.raises(ConsumerGoneError):
        await asyncio.wait_for(written, 5)


async def test_a_consumer_on_a_socket_that_goes_is_noticed_at_the_next_write() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        stdout = stdout_of(ours.fileno())
        written = stdout.start()
        theirs.close()
        stdout.put(simple("x"))
        with pytest.raises(ConsumerGoneError):
            await asyncio.wait_for(written, 5)


@pytest.fixture
def full() -> Iterator[int]:
    fd = os.open("/dev/full", os.O_WRONLY)
    yield fd
    os.close(fd)


async def test_a_full_disk_is_said(full: int) -> None:
    stdout = stdout_of(full)
    written = stdout.start()
    stdout.put(simple("x"))
    with pytest.raises(OutputError, match="No space left on device") as failed:
        await asyncio.wait_for(written, 5)
    assert failed.value.exit_code == 1


def test_a_loop_that_ends_first_is_no_failure() -> None:
    ours, theirs = socket.socketpair()

    async def leave() -> None:
        stdout = stdout_of(ours.fileno())
        stdout.start()
        stdout.put(simple("x" * 5_000_000))
        await asyncio.to_thread(theirs.recv, 1)

    with ours:
        asyncio.run(leave())
        theirs.close()
        # The thread finds nobody there, and nobody left to tell; a failure of its own fails us.
        for thread in threading.enumerate():
            if thread.name == "stdout":
                thread.join(5)
                assert not thread.is_alive()


@pytest.mark.parametrize("pipe", [2**20], indirect=True)
async def test_a_consumer_that_stops_and_comes_back(pipe: Pipe) -> None:
    written = pipe.stdout.start()
    numbers = count()
    put = 0
    lines: list[bytes] = []
    for _ in range(5):
        for _ in range(2_000):
            pipe.stdout.put(simple(*(f"{next(numbers)} {'x' * 1_000}" for _ in range(3))))
            put += 3
        # It reads some, then stops again.
        lines += [line + b"\n" for line in await pipe.lines(10)]
    lines += await pipe.rest(written)
    shed = [line.split() for line in lines if line.startswith(b"shed ")]
    shown = [int(line.split()[0]) for line in lines if not line.startswith(b"shed ")]
    assert shown == sorted(shown)
    assert len(shown) + sum(int(words[1]) for words in shed) == put
    assert pipe.stdout.shed == put - len(shown) > 20_000
    assert shown[-1] == put - 1
