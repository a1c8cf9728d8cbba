"""Frames gone wrong, and what must hold of every one on its way from bytes to a line."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from corpus import SENT_BY_EXCHANGE

from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.session import MOST_NOTES, Ended, Gap, Note, Session, SubscriptionLostError
from rfqwatch.exchange.shards import Shard
from rfqwatch.exchange.wire import Frame, Malformed, Payload, Unknown, decode
from rfqwatch.lines.jsonlines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rfqwatch.exchange.session import Notice
    from rfqwatch.exchange.wire import Received

TYPES = {
    *("rfq_created", "rfq_deleted", "quote_created", "quote_accepted", "quote_executed"),
    *("rfq_batch_created", "rfq_batch_deleted", "rfq_batch_best_quotes", "rfq_batch_executed"),
    *("batch_quote_created", "batch_quote_accepted", "batch_quote_executed"),
    *("subscribed", "unsubscribed", "ok", "error"),
}
KINDS = TYPES | {"JSON", "encoding", "nesting", "envelope"}

NEWLINES = bytes.maketrans(b"\r\n", b"  ")
VALUE = re.compile(rb':("[^"]*"|[0-9]+|\[\]|null)')
SEAM = re.compile(rb'[{,](?=")')

DEEP = b"[" * 100_000 + b"]" * 100_000
LONG = b'"' + b"x" * 1_000_000 + b'"'
VALUES = [
    *(b"null", b"true", b"-1", b"-0", b"0", b"1", b"2", b"3", b"1.5", b"1e999999", b"NaN"),
    *(b"[]", b"{}", b"[[[]]]", b'{"a":{"a":null}}', b'[{"id":"x","rfq_id":"y","quote_id":"z"}]'),
    *(
        b'""',
        b'"x"',
        b'"\\ud83d\\ude00"',
        b'"\\ud800"',
        b'"\\u0000\\u001b[2J"',
        b'"\xf0\x9f\x98\x80"',
    ),
    *(b'"NaN"', b'"sNaN"', b'"-1"', b'"-0"', b'"1e999999"', b'"0.00"', b'"0.350000"', b'"1_0"'),
    *(b"9" * 19, b"9" * 20, b"9" * 5_000, b'"' + b"9" * 5_000 + b'"', b"9223372036854775807"),
    *(b'"2026-09-05T22:33:04"', b'"0001-01-01T00:00:00+23:59"', b'"9999-12-31T23:59:59-23:59"'),
    *(b"[" * 500 + b"]" * 500, b"[" * 2_000 + b"]" * 2_000),
]
TOKENS = [
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xaf", b"\x1b", b"\xe2\x80\xa8"),
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r\n", b"\t", b" ", b"\\u", b"e"),
]
KEYS = [
    b"sid",
    b"seq",
    b"id",
    b"type",
    b"msg",
    b"sending_ts_ms",
    b"received_ts_ms",
    b"shard",
    b"zz",
]
NAMES = [name.encode() for name in sorted(TYPES)] + [b"rfqwatch.gap", b"rfq_whispered", b"x" * 300]


class Mutator:
    """Makes frames of the exchange's own: whole, numbered, or damaged in a few places."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seq = 0
        self._changes = (
            self._flip,
            self._cut,
            self._drop,
            self._insert,
            self._splice,
            self._double,
            self._repeat,
            *[self._space] * 3,
            *[self._replace] * 5,
            *[self._add] * 5,
            *[self._rename] * 2,
        )

    def frame(self) -> bytes:
        """Give one more."""
        frame = self._random.choice(SENT_BY_EXCHANGE)
        if self._random.random() < 0.6:
            self._seq += self._random.choice((0, 1, 1, 1, 1, 1, 1, 2, -3))
            frame = b'{"sid":1,"seq":%d,' % self._seq + frame.removeprefix(b"{")
        for _ in range(self._random.choice((0, 0, 1, 1, 1, 2, 3))):
            frame = self._random.choice(self._changes)(frame)
        return frame

    def _place(self, frame: bytes) -> int:
        return self._random.randint(0, len(frame))

    def _flip(self, frame: bytes) -> bytes:
        if not frame:
            return frame
        place = self._random.randrange(len(frame))
        flipped = frame[place] ^ 1 << self._random.randrange(8)
        return frame[:place] + bytes([flipped]) + frame[place + 1 :]

    def _cut(self, frame: bytes) -> bytes:
        place = self._place(frame)
        return self._random.choice((frame[:place], frame[place:]))

    def _drop(self, frame: bytes) -> bytes:
        place = self._place(frame)
        return frame[:place] + frame[place + self._random.randint(1, 30) :]

    def _insert(self, frame: bytes) -> bytes:
        place = self._place(frame)
        return frame[:place] + self._random.choice(TOKENS) + frame[place:]

    def _splice(self, frame: bytes) -> bytes:
        other = self._random.choice(SENT_BY_EXCHANGE)
        return frame[: self._place(frame)] + other[self._place(other) :]

    def _double(self, frame: bytes) -> bytes:
        return frame + self._random.choice((b"", b"\n", b",")) + frame

    def _repeat(self, frame: bytes) -> bytes:
        start, end = sorted((self._place(frame), self._place(frame)))
        return frame[:end] + frame[start:]

    def _space(self, frame: bytes) -> bytes:
        blanks = self._random.choice((b"\n", b"\r\n  ", b" ", b"\t"))
        spaced = SEAM.sub(lambda seam: seam[0] + blanks, frame)
        return self._random.choice((b"", b" ", b"\n")) + spaced + self._random.choice((b"", blanks))

    def _value(self) -> bytes:
        if self._random.random() < 0.001:
            return self._random.choice((DEEP, LONG))
        return self._random.choice(VALUES)

    def _replace(self, frame: bytes) -> bytes:
        values = list(VALUE.finditer(frame))
        if not values:
            return frame
        value = self._random.choice(values)
        return frame[: value.start(1)] + self._value() + frame[value.end(1) :]

    def _add(self, frame: bytes) -> bytes:
        seams = list(SEAM.finditer(frame))
        if not seams:
            return frame
        place = self._random.choice(seams).end()
        member = b'"%b":%b,' % (self._random.choice(KEYS), self._value())
        return frame[:place] + member + frame[place:]

    def _rename(self, frame: bytes) -> bytes:
        name = b'"type":"%b"' % self._random.choice(NAMES)
        return re.sub(rb'"type":"[^"]*"', lambda _: name, frame, count=1)


def only_json(constant: str) -> object:
    raise AssertionError(f"{constant} is no JSON")


def parsed(text: bytes) -> dict[str, Any]:
    """Read JSON with every number as its own digits."""
    message = json.loads(text, parse_int=str, parse_float=str, parse_constant=only_json)
    assert isinstance(message, dict)
    return message


async def print_frames(
    output: JsonLines, shard: str, received_ms: int, frames: Iterable[tuple[bytes, Received]]
) -> int:
    """Print as the program does: give how many lines that makes."""
    written = output.start()
    output.begin(shard, received_ms)
    lines = sum(
        output.event(Payload(data), frame)
        for data, frame in frames
        if isinstance(frame, Frame | Unknown | Malformed)
    )
    output.end()
    output.close()
    await written
    return lines


def lines_of(shard: str, received_ms: int, frames: Sequence[tuple[bytes, Received]]) -> list[bytes]:
    """Give the lines that frames make, each without its end."""
    with tempfile.TemporaryFile() as file:
        output = JsonLines(file.fileno(), limit=2**40)
        made = asyncio.run(print_frames(output, shard, received_ms, frames))
        file.seek(0)
        text = file.read()
    lines = text.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == made
    return lines


def check_line(line: bytes, data: bytes, shard: str, received_ms: int) -> None:
    """Check that a line is the frame's own bytes, with what rfqwatch adds at the end."""
    own = data.translate(NEWLINES).rstrip()
    assert own.endswith(b"}")
    assert line.startswith(own[:-1])
    assert line[len(own) - 1 :] == b',"received_ts_ms":%d,"shard":"%b"}' % (
        received_ms,
        shard.encode(),
    )
    try:
        expected = parsed(data) | {"received_ts_ms": str(received_ms), "shard": shard}
    except RecursionError:
        # What reads JSON here gives up a little earlier than what decodes frames.
        assert b"[" * 400 in data
        return
    assert parsed(line) == expected


@dataclass
class Trial:
    """A run of frames through decoder, session and printing; ``counts`` says what came of them."""

    shard: str = "0/1"
    now_ms: int = 1_788_645_600_000
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._session = Session(shard=Shard(0, 1), mine=False, backoff=Backoff(Random(1)))
        self._command = self._session.subscribe(self.now_ms)

    def feed(self, inputs: Sequence[bytes]) -> None:
        """Check every law for every input."""
        frames = [(data, self._decode(data)) for data in inputs]
        for _, frame in frames:
            self.now_ms += 1
            self._observe(frame)
        printed = [(data, frame) for data, frame in frames if isinstance(frame, Frame | Unknown)]
        lines = lines_of(self.shard, self.now_ms, frames)
        assert len(lines) == len(printed)
        for line, (data, _) in zip(lines, printed, strict=True):
            check_line(line, data, self.shard, self.now_ms)
        self.counts["inputs"] += len(inputs)
        self.counts["lines"] += len(lines)

    def _decode(self, data: bytes) -> Received:
        frame = decode(Payload(data))
        if isinstance(frame, Malformed):
            assert frame.kind in KINDS
            assert len(frame.reason) <= 200
            self.counts[f"malformed {frame.kind}"] += 1
        elif isinstance(frame, Unknown):
            assert frame.type not in TYPES
            self.counts["unknown type"] += 1
        elif isinstance(frame, Frame):
            assert frame.msg.type in TYPES
            self.counts[frame.msg.type] += 1
        else:
            self.counts["answer to a command"] += 1
        return frame

    def _observe(self, frame: Received) -> None:
        session = self._session
        if not session.live and self.now_ms % 5 == 0:
            # Later than some frames, now and then.
            self._acknowledge()
        try:
            self._tell(session.observe(frame, self.now_ms))
        except (RefusedError, SubscriptionRefusedError, SubscriptionLostError) as refusal:
            self.counts[type(refusal).__name__] += 1
            assert session.lost(self.now_ms) is not None
            self._command = session.subscribe(self.now_ms)

    def _tell(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self.counts[type(notice).__name__] += 1
            if isinstance(notice, Gap):
                assert notice.missed is None or notice.missed > 0
                assert notice.to_ms is not None
                assert notice.from_ms <= notice.to_ms
            elif isinstance(notice, Note):
                assert self.counts["Note"] <= MOST_NOTES
            elif isinstance(notice, Ended):
                assert not self._session.live
                assert self._session.deadline_ms == notice.retry_ms
                self.now_ms = notice.retry_ms
                command = self._session.expired(self.now_ms)
                assert command is not None
                self._command = command

    def _acknowledge(self) -> None:
        command_id = json.loads(self._command)["id"]
        answer = (
            b'{"id":%d,"type":"subscribed","msg":{"channel":"communications","sid":1}}' % command_id
        )
        self._tell(self._session.observe(decode(Payload(answer)), self.now_ms))
        assert self._session.live
