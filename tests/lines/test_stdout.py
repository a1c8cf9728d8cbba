from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rfqwatch.errors import OutputError
from rfqwatch.lines.stdout import OWN, QUOTE, Batch, ConsumerGoneError, Shed, Stdout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

RFQ = 0


class Line(NamedTuple):
    """A line as the tests write it, and what they know of it."""

    number: int
    shard: str
    rank: int
    received_ms: int
    batch: int
    text: bytes


def describe(shed: Shed) -> bytes:
    return f"shed {shed.shard} {shed.missed} {shed.from_ms} {shed.to_ms}\n".encode()


def batch_of(lines: Sequence[Line]) -> Batch:
    dear = {index: line.rank for index, line in enumerate(lines) if line.rank}
    shard, received_ms = lines[0].shard, lines[0].received_ms
    return Batch(shard, received_ms, [line.text for line in lines], b"\n", dear)


def simple(*texts: str, rank: int = RFQ) -> Batch:
    dear = dict.fromkeys(range(len(texts)), rank) if rank else {}
    return Batch("", 0, [text.encode() for text in texts], b"\n", dear)


class Pipe:
    """A pipe whose writing end is a `Stdout`."""

    def __init__(self, limit: int = 2**24) -> None:
        self.read_end, self.write_end = os.pipe()
        self.stdout = Stdout(self.write_end, limit=limit, describe_shed=describe)

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
def pipe() -> Iterator[Pipe]:
    made = Pipe()
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
        stdout = Stdout(file.fileno(), describe_shed=describe)
        written = stdout.start()
        stdout.put(simple("one", "two"))
        stdout.close()
        await written
    assert path.read_text() == "one\ntwo\n"


async def test_a_named_pipe_that_is_its_own_reader_is_no_consumer_that_left(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    stdout = Stdout(fd, describe_shed=describe)
    written = stdout.start()
    for _ in range(3):
        stdout.put(simple("x"))
        assert await asyncio.to_thread(os.read, fd, 100) == b"x\n"
    stdout.close()
    await written
    os.close(fd)


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
        stdout = Stdout(ours.fileno(), describe_shed=describe)
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
    stdout = Stdout(full, describe_shed=describe)
    written = stdout.start()
    stdout.put(simple("x"))
    with pytest.raises(OutputError, match="No space left on device") as failed:
        await asyncio.wait_for(written, 5)
    assert failed.value.exit_code == 1


def test_a_loop_that_ends_first_is_no_failure() -> None:
    made = Pipe()

    async def leave() -> None:
        made.stdout.start()
        made.stdout.put(simple("x" * 500_000))
        await asyncio.to_thread(os.read, made.read_end, 1)

    asyncio.run(leave())
    os.close(made.read_end)
    # The thread finds the broken pipe, with nobody left to tell; a failure of its own fails us.
    for thread in [made.stdout._thread]:  # noqa: SLF001
        thread.join(5)
        assert not thread.is_alive()
    os.close(made.write_end)


# Shedding

texts = st.sampled_from([1, 10, 100, 1_000])
ranks = st.sampled_from([RFQ, RFQ, RFQ, QUOTE, OWN])
batches = st.lists(
    st.tuples(
        st.sampled_from(["", "0/2", "1/2"]),
        st.lists(st.tuples(ranks, texts), min_size=1, max_size=6),
    ),
    max_size=40,
)


def lines_of(drawn: list[tuple[str, list[tuple[int, int]]]]) -> list[list[Line]]:
    numbers = count()
    return [
        [
            Line(number, shard, rank, 1_000 + index, index, f"{number} ".encode() + b"x" * length)
            for (rank, length), number in zip(shape, numbers, strict=False)
        ]
        for index, (shard, shape) in enumerate(drawn)
    ]


def holes(put: list[Line], lines: list[bytes]) -> Iterator[tuple[list[Line], list[bytes]]]:
    """Give, for each place between two lines, what is missing there and the marks that stand."""
    expected = iter(put)
    marks: list[bytes] = []
    for line in [*lines, b""]:
        if line.startswith(b"shed "):
            marks.append(line)
            continue
        missing = []
        for each in expected:
            if each.text == line:
                break
            missing.append(each)
        yield missing, marks
        marks = []


@settings(max_examples=300, deadline=None)
@given(batches, st.integers(0, 60_000))
@example([("", [(QUOTE, 10)]), ("", [(OWN, 10)]), ("", [(RFQ, 10)])], 0)
async def test_what_is_shed_is_accounted_for_where_it_stood(
    drawn: list[tuple[str, list[tuple[int, int]]]], limit: int
) -> None:
    put_batches = lines_of(drawn)
    put = [line for batch in put_batches for line in batch]
    made = Pipe(limit)
    try:
        for batch in put_batches:
            made.stdout.put(batch_of(batch))
        events = sum(line.rank != OWN for line in put)
        assert made.stdout.undelivered == events - made.stdout.shed
        lines = [line[:-1] for line in await made.rest(made.stdout.start())]
    finally:
        os.close(made.read_end)
    shown = {line for line in lines if not line.startswith(b"shed ")}
    missing = [line for line in put if line.text not in shown]
    # In the order in which they were put, exactly one mark a shard stands in every hole.
    for hole, marks in holes(put, lines):
        expected = {}
        for line in hole:
            of_shard = [each.received_ms for each in hole if each.shard == line.shard]
            expected[line.shard] = Shed(line.shard, len(of_shard), of_shard[0], of_shard[-1])
        assert sorted(mark + b"\n" for mark in marks) == sorted(map(describe, expected.values()))
    # Exact, and no more than needed.
    assert made.stdout.shed == len(missing) == len(put) - len(shown)
    kept = [line for line in put if line.text in shown]
    assert not missing or sum(batch_of(b).size for b in put_batches) > limit
    assert sum(len(line.text) for line in kept if line.rank != OWN) <= limit
    # By worth: our own never, quotes only where no RFQ is left.
    assert all(line.rank != OWN for line in missing)
    last_quote = max((line.batch for line in missing if line.rank == QUOTE), default=-1)
    assert all(line.batch > last_quote for line in kept if line.rank == RFQ)
    # Oldest first.
    for rank in (RFQ, QUOTE):
        last = max((line.number for line in missing if line.rank == rank), default=-1)
        assert all(line.number > last for line in kept if line.rank == rank)


async def test_nothing_but_gaps_does_not_outgrow_the_memory(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rfqwatch.lines.stdout.OWN_ALLOWANCE", 20_000)
    stdout = Stdout(pipe.write_end, limit=10_000, describe_shed=describe)
    for number in range(1_000):
        text = f"{number}".encode()
        stdout.put(Batch("", number, [b"event " + text, b"gap " + text], b"\n", {1: OWN}))
    assert stdout.shed == 1_000
    pipe.stdout = stdout
    lines = await pipe.rest(stdout.start())
    assert len(lines) < 100
    # One gap of unknown size stands for all that went, up to the event before the next gap.
    assert lines[0] == describe(Shed("", None, 0, int(lines[1].split()[1])))
    assert lines[-1] == b"gap 999\n"


async def test_a_consumer_that_stops_and_comes_back(pipe: Pipe) -> None:
    pipe.stdout = Stdout(pipe.write_end, limit=2**20, describe_shed=describe)
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
