from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import Any

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED, SENT_BY_EXCHANGE
from hypothesis import given, settings
from hypothesis import strategies as st
from printing import RECEIVED_MS, Item, gap, live, message, printed

from rfqwatch.exchange.wire import Frame, Malformed, Payload, read
from rfqwatch.lines.jsonlines import JsonLines, RawLines, fold
from rfqwatch.lines.output import Ending

EVENTS = [
    data for data in DOCUMENTED + EARLY_2026 + RECORDED if isinstance(read(Payload(data)), Frame)
]
MESSAGES = [data for data in SENT_BY_EXCHANGE if message(read(Payload(data))) is not None]


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
    meaning = {**extra, **json.loads(data), "rfqwatch test": extra}
    # What UTF-8 can't hold is written in escapes.
    text = json.dumps(meaning, ensure_ascii=any(map(_is_surrogate, str(extra))), indent=indent)
    written = space + text.encode() + space
    line = await printed(JsonLines, [written], terminal=terminal)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == {**meaning, "received_ts_ms": RECEIVED_MS}
    if terminal:
        assert line[:-1].decode().isprintable()
    else:
        kept = written.rstrip().replace(b"\r", b" ").replace(b"\n", b" ")[:-1]
        assert line.startswith(kept)


SHARD = "1/4"


def own_bytes(line: bytes) -> bytes:
    """Give the bytes of the message that a line was made of."""
    stamped = f',"received_ts_ms":{RECEIVED_MS},"shard":"{SHARD}"}}'.encode()
    assert line.endswith(stamped)
    # Whole numbers may have more digits than Python reads.
    told = json.loads(line, parse_int=str, parse_constant=pytest.fail)
    assert told["received_ts_ms"] == str(RECEIVED_MS)
    assert told["shard"] == SHARD
    if told.get("type") == "rfqwatch.malformed":
        kept = told["msg"]
        assert kept.keys() in ({"reason", "text"}, {"reason", "base64"})
        return kept["text"].encode() if "text" in kept else base64.b64decode(kept["base64"])
    start = line.removesuffix(stamped)
    twice = b'"received_ts_ms":%d' % RECEIVED_MS
    if start.endswith(twice) and start.removesuffix(twice).strip() == b"{":
        start = start.removesuffix(twice)
    return start + b"}"


blanks = st.text(" \t\r\n", max_size=3).map(str.encode)
objects = st.builds(
    lambda members, indent, before, after: (
        before + json.dumps(members, indent=indent).encode() + after
    ),
    st.dictionaries(
        st.text() | st.sampled_from(["type", "sid", "seq", "msg", "received_ts_ms", "shard"]),
        json_values | st.sampled_from(["rfq_created", "rfqwatch.malformed", "rfqwatch.x"]),
        max_size=4,
    ),
    st.sampled_from([None, 0, 1, "\r\n"]),
    blanks,
    blanks,
)
hollow = st.builds(lambda a, b, c: a + b"{" + b + b"}" + c, blanks, blanks, blanks)
odd = st.sampled_from(
    [
        b'{"a":"\\ud800"}',
        b'{"\\udfff":{}}',
        b'{"type":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\x00\n"}',
        b'{"a":1e999999,"sid":%b}' % (b"9" * 5_000),
        b'{"type":"rfq_created","seq":-1,"sid":1e5,"msg":NaN}',
        b'{"msg":{}}}',
        b'{"a":1}{"a":2}',
        b"\xef\xbb\xbf{}",
        b"{,}",
        b"9" * 5_000,
    ]
)
damaged = st.builds(
    lambda data, at, put, more: data[: at % len(data)] + put + data[at % len(data) + more :],
    st.sampled_from(EVENTS),
    st.integers(0, 2_000),
    st.binary(max_size=3),
    st.integers(0, 3),
)
anything = st.binary(max_size=50) | objects | hollow | odd | damaged


@settings(max_examples=400, deadline=None)
@given(st.lists(anything.filter(lambda data: message(read(Payload(data))) is not None), max_size=8))
async def test_every_message_is_one_line_from_which_its_bytes_can_be_had(
    messages: list[bytes],
) -> None:
    lines = (await printed(JsonLines, messages, shard=SHARD)).split(b"\n")
    assert lines.pop() == b""
    malformed = [isinstance(read(Payload(data)), Malformed) for data in messages]
    assert list(map(own_bytes, lines)) == [
        data if odd else fold(Payload(data)).rstrip()
        for data, odd in zip(messages, malformed, strict=True)
    ]


@pytest.mark.parametrize(
    ("data", "msg"),
    [
        (b"Service\nUnavailable", {"reason": "not JSON", "text": "Service\nUnavailable"}),
        (b"", {"reason": "not JSON", "text": ""}),
        (b"[]", {"reason": "no JSON object", "text": "[]"}),
        (b"\xff\x00", {"reason": "not UTF-8", "base64": "/wA="}),
        (
            b'{"type":"rfqwatch.gap","msg":{}}',
            {
                "reason": "types that begin with rfqwatch. are rfqwatch's own",
                "text": '{"type":"rfqwatch.gap","msg":{}}',
            },
        ),
        (
            b'{"type":"\\u0072fqwatch.ended"}',
            {
                "reason": "types that begin with rfqwatch. are rfqwatch's own",
                "text": '{"type":"\\u0072fqwatch.ended"}',
            },
        ),
    ],
)
async def test_what_is_malformed_is_kept_in_a_line_of_our_own(
    data: bytes, msg: dict[str, str]
) -> None:
    assert json.loads(await printed(JsonLines, [data], shard="0/2")) == {
        "type": "rfqwatch.malformed",
        "msg": msg,
        "received_ts_ms": RECEIVED_MS,
        "shard": "0/2",
    }


async def test_the_last_line_says_why_it_ended_and_is_of_no_shard() -> None:
    ending = Ending("duration", events=1, gaps=2, missed=None, malformed=3)
    lines = (await printed(JsonLines, [EVENTS[0], ending], shard="0/2")).splitlines()
    assert len(lines) == 2
    assert json.loads(lines[-1]) == {
        "type": "rfqwatch.ended",
        "msg": {"reason": "duration", "events": 1, "gaps": 2, "missed": None, "malformed": 3},
        "received_ts_ms": RECEIVED_MS,
    }


async def test_lines_of_our_own() -> None:
    items: list[Item] = [live(7), gap(), gap("disconnected", None, None), live(None)]
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
    lines = await printed(JsonLines, [*EVENTS, gap(), live(7)])
    jq = shutil.which("jq")
    assert jq is not None
    types = subprocess.run([jq, "-r", ".type"], input=lines, capture_output=True, check=True)  # noqa: ASYNC221
    assert len(types.stdout.split()) == len(EVENTS) + 2


# Raw


@pytest.mark.parametrize("shard", ["", "3/10"])
async def test_raw_messages_are_their_bytes_alone(shard: str) -> None:
    ending = Ending("signal", events=1, gaps=0, missed=0, malformed=0)
    items: list[Item] = [live(1), *MESSAGES, gap(), ending]
    raw = await printed(RawLines, items, shard=shard)
    assert raw == b"".join(data + b"\n" for data in MESSAGES)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=5))
async def test_anything_at_all_is_one_raw_line(messages: list[bytes]) -> None:
    lines = (await printed(RawLines, messages)).split(b"\n")
    assert lines.pop() == b""
    assert lines == [fold(Payload(data)) for data in messages]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=50)
    | st.text(min_size=1).map(lambda text: text.encode("utf-8", "replace"))
)
async def test_on_a_terminal_no_raw_line_acts(data: bytes) -> None:
    line = await printed(RawLines, [data], terminal=True)
    assert line.count(b"\n") == 1
    assert line[:-1].decode().isprintable()


async def test_shed_raw_messages_leave_nothing() -> None:
    assert await printed(RawLines, MESSAGES[:2], limit=10) == b""
