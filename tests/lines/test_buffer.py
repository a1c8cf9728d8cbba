from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rfqwatch.exchange.wire import Frame, Malformed, Unknown
from rfqwatch.lines.buffer import OWN, QUOTE, RFQ, Batch, Buffer, Mark, Shed, rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from rfqwatch.exchange.wire import Message

MESSAGES: dict[int, Message | None] = {
    RFQ: Frame("rfq_created"),
    QUOTE: Frame("quote_created"),
    OWN: None,
}


class Line(NamedTuple):
    """A line as the tests write it, and what they know of it."""

    number: int
    shard: str
    rank: int
    received_ms: int
    batch: int
    text: bytes


def describe(shed: Shed) -> bytes:
    return f"shed {shed.shard} {shed.missed} {shed.from_ms} {shed.to_ms}".encode()


def batch_of(lines: Sequence[Line]) -> Batch:
    shard, received_ms = lines[0].shard, lines[0].received_ms
    frames = [MESSAGES[line.rank] for line in lines]
    return Batch(shard, received_ms, [line.text for line in lines], frames, b"\n")


def taken(buffer: Buffer) -> list[bytes]:
    lines: list[bytes] = []
    while (entry := buffer.take()) is not None:
        if isinstance(entry, Mark):
            lines += map(describe, entry.sheds.values())
        else:
            lines += entry.written().splitlines()
    return lines


def test_what_is_not_about_rfqs_is_as_dear_as_a_quote() -> None:
    assert rank(Frame("rfq_batch_created")) == rank(Frame("rfq_deleted")) == RFQ
    assert rank(Frame("batch_quote_created")) == QUOTE
    assert rank(Unknown("rfq_created_2")) == rank(Malformed("not JSON")) == QUOTE
    assert rank(None) == OWN


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
def test_what_is_shed_is_accounted_for_where_it_stood(
    drawn: list[tuple[str, list[tuple[int, int]]]], limit: int
) -> None:
    put_batches = lines_of(drawn)
    put = [line for batch in put_batches for line in batch]
    buffer = Buffer(limit)
    for batch in put_batches:
        buffer.put(batch_of(batch))
    messages = sum(line.rank != OWN for line in put)
    assert buffer.messages == messages - buffer.shed
    lines = taken(buffer)
    assert not buffer
    assert buffer.messages == 0
    shown = {line for line in lines if not line.startswith(b"shed ")}
    missing = [line for line in put if line.text not in shown]
    # In the order in which they were put, exactly one mark a shard stands in every hole.
    for hole, marks in holes(put, lines):
        expected = {}
        for line in hole:
            of_shard = [each.received_ms for each in hole if each.shard == line.shard]
            expected[line.shard] = Shed(line.shard, len(of_shard), of_shard[0], of_shard[-1])
        assert sorted(marks) == sorted(map(describe, expected.values()))
    # Exact, and no more than needed.
    assert buffer.shed == len(missing) == len(put) - len(shown)
    kept = [line for line in put if line.text in shown]
    assert not missing or sum(batch_of(b).size for b in put_batches) > limit
    assert sum(len(line.text) for line in kept if line.rank != OWN) <= limit
    # By worth: our own never, quotes only where no RFQ is left.
    assert all(line.rank != OWN for line in missing)
    last_quote = max((line.batch for line in missing if line.rank == QUOTE), default=-1)
    assert all(line.batch > last_quote for line in kept if line.rank == RFQ)
    # Oldest first.
    for worth in (RFQ, QUOTE):
        last = max((line.number for line in missing if line.rank == worth), default=-1)
        assert all(line.number > last for line in kept if line.rank == worth)


def test_nothing_but_gaps_does_not_outgrow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfqwatch.lines.buffer.OWN_ALLOWANCE", 20_000)
    buffer = Buffer(10_000)
    for number in range(1_000):
        text = f"{number}".encode()
        lines = [b"event " + text, b"gap " + text]
        buffer.put(Batch("", number, lines, [Frame("rfq_created"), None], b"\n"))
    assert buffer.shed == 1_000
    shown = taken(buffer)
    assert len(shown) < 100
    # One gap of unknown size stands for all that went, up to the event before the next gap.
    assert shown[0] == describe(Shed("", None, 0, int(shown[1].split()[1])))
    assert shown[-1] == b"gap 999"
