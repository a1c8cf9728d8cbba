from __future__ import annotations

import pytest
from corpus import SENT_BY_EXCHANGE
from hypothesis import given, settings
from hypothesis import strategies as st
from printing import gap, printed

from rfqwatch.exchange.session import Gap, Live
from rfqwatch.exchange.wire import Frame, Malformed, Unknown, decode
from rfqwatch.lines.raw import RawLines

PRINTED = [
    data
    for data in SENT_BY_EXCHANGE
    if isinstance(decode(bytearray(data)), Frame | Unknown | Malformed)
]


@pytest.mark.parametrize("shard", ["", "3/10"])
async def test_messages_are_their_bytes_alone(shard: str) -> None:
    items: list[bytes | Live | Gap] = [Live(1, 1), *PRINTED, gap()]
    assert await printed(RawLines, items, shard=shard) == b"".join(data + b"\n" for data in PRINTED)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=5))
async def test_anything_at_all_is_one_line(messages: list[bytes]) -> None:
    lines = (await printed(RawLines, messages)).split(b"\n")
    assert lines.pop() == b""
    folded = [data.replace(b"\r", b" ").replace(b"\n", b" ") for data in messages]
    shown = [
        data for data in folded if isinstance(decode(bytearray(data)), Frame | Unknown | Malformed)
    ]
    assert lines == shown


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=50)
    | st.text(min_size=1).map(lambda text: text.encode("utf-8", "replace"))
)
async def test_on_a_terminal_nothing_acts(data: bytes) -> None:
    line = await printed(RawLines, [data], terminal=True)
    assert line.count(b"\n") == 1
    assert line[:-1].decode().isprintable()


async def test_shed_messages_leave_nothing() -> None:
    assert await printed(RawLines, PRINTED[:2], limit=10) == b""
