from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from hypothesis import given, settings
from hypothesis import strategies as st
from printing import RECEIVED_MS, gap, printed

from rfqwatch.exchange.session import Gap, Live
from rfqwatch.exchange.wire import Frame, Malformed, Unknown, decode
from rfqwatch.lines.jsonlines import JsonLines

EVENTS = [
    data
    for data in DOCUMENTED + EARLY_2026 + RECORDED
    if isinstance(decode(bytearray(data)), Frame | Unknown)
]


def expected(data: bytes, shard: str = "") -> bytes:
    name = f',"shard":"{shard}"' if shard else ""
    return data[:-1] + f',"received_ts_ms":{RECEIVED_MS}{name}}}\n'.encode()


@pytest.mark.parametrize("shard", ["", "3/10"])
async def test_the_exchange_s_bytes_are_kept(shard: str) -> None:
    assert await printed(JsonLines, EVENTS, shard=shard) == b"".join(
        expected(data, shard) for data in EVENTS
    )


def test_every_type_is_among_them() -> None:
    assert len({json.loads(data)["type"] for data in EVENTS}) >= 12


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3)
    ),
    max_leaves=8,
)


def _is_surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"


@settings(max_examples=150, deadline=None)
@given(
    data=st.sampled_from(EVENTS),
    extra=st.dictionaries(st.text(), json_values, max_size=3),
    indent=st.sampled_from([None, 0, 2, "\t", "\r\n"]),
    space=st.sampled_from([b"", b" ", b"\n", b"\r\n\t "]),
    terminal=st.booleans(),
)
async def test_any_writing_of_a_message_stays_one_line_of_the_same_meaning(
    data: bytes,
    extra: dict[str, Any],
    indent: int | str | None,
    space: bytes,
    *,
    terminal: bool,
) -> None:
    message = {**extra, **json.loads(data), "rfqwatch test": extra}
    # What UTF-8 can't hold is written in escapes.
    text = json.dumps(message, ensure_ascii=any(map(_is_surrogate, str(extra))), indent=indent)
    written = space + text.encode() + space
    line = await printed(JsonLines, [written], terminal=terminal)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == {**message, "received_ts_ms": RECEIVED_MS}
    if terminal:
        assert line[:-1].decode().isprintable()
    else:
        kept = written.rstrip().replace(b"\r", b" ").replace(b"\n", b" ")[:-1]
        assert line.startswith(kept)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EVENTS), st.data())
async def test_whatever_is_taken_for_a_message_prints_as_json(
    data: bytes, draw: st.DataObject
) -> None:
    at = draw.draw(st.integers(0, len(data)))
    until = draw.draw(st.integers(at, min(len(data), at + 3)))
    damaged = data[:at] + draw.draw(st.binary(max_size=3)) + data[until:]
    frame = decode(bytearray(damaged))
    lines = (await printed(JsonLines, [damaged])).splitlines()
    if isinstance(frame, Malformed):
        assert lines == []
    elif isinstance(frame, Frame | Unknown):
        (line,) = lines
        assert json.loads(line)["received_ts_ms"] == RECEIVED_MS


async def test_lines_of_our_own() -> None:
    first_live, last_live = Live(7, RECEIVED_MS), Live(None, RECEIVED_MS)
    items: list[Live | Gap] = [first_live, gap(), gap("disconnected", None, None), last_live]
    first, second, third, fourth = (await printed(JsonLines, items, shard="0/2")).splitlines()
    assert json.loads(first) == {
        "type": "rfqwatch.subscribed",
        "sid": 7,
        "msg": {"channel": "communications", "sid": 7},
        "received_ts_ms": RECEIVED_MS,
        "shard": "0/2",
    }
    assert json.loads(second) == {
        "type": "rfqwatch.gap",
        "sid": 7,
        "msg": {
            "reason": "seq",
            "missed": 3,
            "last_seq": 10,
            "next_seq": 14,
            "from_ts_ms": RECEIVED_MS - 2_500,
            "to_ts_ms": RECEIVED_MS,
        },
        "received_ts_ms": RECEIVED_MS,
        "shard": "0/2",
    }
    assert json.loads(third)["msg"] | {"reason": "disconnected"} == {
        "reason": "disconnected",
        "missed": None,
        "last_seq": 10,
        "next_seq": 14,
        "from_ts_ms": RECEIVED_MS - 2_500,
        "to_ts_ms": None,
    }
    assert json.loads(fourth) == {
        "type": "rfqwatch.subscribed",
        "msg": {"channel": "communications", "sid": None},
        "received_ts_ms": RECEIVED_MS,
        "shard": "0/2",
    }


async def test_a_malformed_message_is_no_line() -> None:
    assert await printed(JsonLines, [b"Service Unavailable", b"", b"{}", b"\xff", b"[]"]) == b""


async def test_shed_messages_leave_a_gap_of_our_own() -> None:
    (line,) = (await printed(JsonLines, EVENTS[:1] * 5, shard="1/4", limit=10)).splitlines()
    assert json.loads(line) == {
        "type": "rfqwatch.gap",
        "msg": {
            "reason": "shed",
            "missed": 5,
            "last_seq": None,
            "next_seq": None,
            "from_ts_ms": RECEIVED_MS,
            "to_ts_ms": RECEIVED_MS,
        },
        "received_ts_ms": RECEIVED_MS,
        "shard": "1/4",
    }


async def test_no_message_acts_on_a_terminal() -> None:
    hostile = '{"type":"rfq_created","msg":{"id":"\x9b2J\u202e\ufeffé","x":"\x7f"},"x\u2028":1}'
    line = await printed(JsonLines, [hostile.encode()], terminal=True)
    assert json.loads(line) == {**json.loads(hostile), "received_ts_ms": RECEIVED_MS}
    assert line[:-1].decode().isprintable()
    assert "\\u009b2J\\u202e\\ufeffé" in line.decode()


async def test_jq_reads_them() -> None:
    lines = await printed(JsonLines, [*EVENTS, gap(), Live(7, 1)])
    jq = shutil.which("jq")
    assert jq is not None
    types = subprocess.run([jq, "-r", ".type"], input=lines, capture_output=True, check=True)  # noqa: ASYNC221
    assert len(types.stdout.split()) == len(EVENTS) + 2
