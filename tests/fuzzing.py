"""Frames gone wrong, and what must hold of every one on its way from bytes to an event."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from corpus import SENT_BY_EXCHANGE

from rfqwatch.clock import Instant
from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.decoding import read as read_event
from rfqwatch.exchange.decoding import read_told
from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.exchange.notices import Ended, Gap, Note, Send
from rfqwatch.exchange.session import MOST_NOTES, Session, SubscriptionLostError
from rfqwatch.exchange.shards import Shard
from rfqwatch.exchange.wire import (
    CHANNEL,
    OWN_TYPES,
    Error,
    Frame,
    Malformed,
    Ok,
    Payload,
    Subscribed,
    Unknown,
    Unsubscribed,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.exchange.decoding import Reading
    from rfqwatch.exchange.notices import Notice
    from rfqwatch.exchange.wire import Received

CONTROLS = {"subscribed": Subscribed, "unsubscribed": Unsubscribed, "ok": Ok, "error": Error}
TYPES = EVENT_TYPES | CONTROLS.keys()
OURS = "types that begin with rfqwatch. are rfqwatch's own"
REASONS = {"not UTF-8", "not JSON", "nested too deep", "no JSON object", OURS}
DEPTH = 900
"""Nested deeper than that, JSON may be given up, as what checks it here may."""

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
            self._enclose,
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

    def _enclose(self, frame: bytes) -> bytes:
        return b"[%b]" % frame

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


def parsed(data: bytes) -> Any:  # noqa: ANN401 - JSON may hold anything
    """Read JSON with every number as its own digits; raises `ValueError` for what is none."""
    return json.loads(data.decode(), parse_int=Digits, parse_float=Digits, parse_constant=refuse)


class Digits(str):
    """A number, as it is written."""

    __slots__ = ()


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def whole(value: object) -> int | None:
    """Give the number that an envelope may hold; None for anything else."""
    if isinstance(value, Digits) and re.fullmatch(r"-0|0|[1-9]\d{0,18}", value):
        number = int(value)
        return number if number < 2**63 else None
    return None


def check_envelope(data: bytes, frame: Received) -> None:
    """Check what is read of a payload against what another reader finds in it."""
    try:
        message = parsed(data)
    except UnicodeDecodeError:
        assert frame == Malformed("not UTF-8")
        return
    except RecursionError:
        assert is_deep(data)
        return
    except ValueError:
        assert frame == Malformed("not JSON") or (frame == TOO_DEEP and is_deep(data))
        return
    if frame == TOO_DEEP and is_deep(data):
        return
    if type(message) is not dict:
        assert frame == Malformed("no JSON object")
        return
    kind = message.get("type")
    kind = kind if type(kind) is str else ""
    if kind in CONTROLS:
        expected: type[object] = CONTROLS[kind]
        assert isinstance(frame, expected)
        check_control(frame)
    elif kind.startswith(OWN_TYPES):
        assert frame == Malformed(OURS)
    else:
        numbers = (whole(message.get(name)) for name in ("sid", "seq", "sending_ts_ms"))
        assert frame == (Frame if kind in EVENT_TYPES else Unknown)(kind, *numbers)


def check_told(data: bytes, frame: Received) -> None:
    """Check that a message is the same where its event is read with it."""
    told = read_told(Payload(data))
    if not isinstance(told, Frame) or told.event is None:
        assert told == frame
        return
    assert type(frame) is Frame
    assert frame == Frame(told.type, told.sid, told.seq, told.sending_ts_ms)
    assert read_event(frame.type, Payload(data)) == (told.event, ())


TOO_DEEP = Malformed("nested too deep")


def is_deep(data: bytes) -> bool:
    return data.count(b"[") + data.count(b"{") >= DEPTH


def check_control(frame: Received) -> None:
    """Check that what will be acted upon has the type that it is declared to have."""
    assert not isinstance(frame, Frame | Malformed)
    assert msgspec.convert(msgspec.structs.asdict(frame), type(frame)) == frame
    if isinstance(frame, Error):
        assert len(frame.text) <= 200
        assert not isinstance(frame.code, str) or len(frame.code) <= 200


def check_reading(kind: str, reading: Reading) -> None:
    """Check that an event can be kept and shown, and that what is missing of it was told."""
    event, misfits = reading
    assert event is not None or misfits
    if event is not None:
        assert event.type == kind
        # A time may be one that UTC has no year for; as text it can be written.
        assert msgspec.msgpack.encode(msgspec.to_builtins(event, enc_hook=str))
    for misfit in misfits:
        assert misfit.field
        assert 0 < len(misfit.why) <= 200
        assert "".join(misfit).encode()


@dataclass
class Trial:
    """A run of frames through the exchange's part; ``counts`` says what came of them."""

    now: Instant = field(default_factory=lambda: Instant(1_788_645_600_000, 5_000.0))
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._session = Session(shard=Shard(0, 1), mine=False, backoff=Backoff(Random(1)))
        self._command = self._session.subscribe(self.now)
        self._question = b""

    def feed(self, inputs: Sequence[bytes]) -> None:
        """Check every law for every input."""
        for data in inputs:
            frame = self._read(data)
            self._pass(0.003)
            self._observe(frame)
        self.counts["inputs"] += len(inputs)

    def _pass(self, seconds: float) -> None:
        self.now = Instant(self.now.ms + round(seconds * 1_000), self.now.s + seconds)

    def _read(self, data: bytes) -> Received:
        frame = read(Payload(data))
        check_envelope(data, frame)
        check_told(data, frame)
        if isinstance(frame, Malformed):
            assert frame.reason in REASONS
            self.counts[f"malformed: {frame.reason}"] += 1
        elif isinstance(frame, Unknown):
            self.counts["unknown type"] += 1
        elif isinstance(frame, Frame):
            self.counts[frame.type] += 1
            reading = read_event(frame.type, Payload(data))
            check_reading(frame.type, reading)
            self.counts["whole" if not reading.misfits else "in part"] += 1
            self.counts["without ids"] += reading.event is None
        else:
            self.counts["answer to a command"] += 1
        return frame

    def _observe(self, frame: Received) -> None:
        session = self._session
        if not session.live and self.counts["observed"] % 5 == 0:
            # Later than some frames, now and then.
            self._acknowledge()
        self.counts["observed"] += 1
        try:
            if self.now.s >= session.deadline_s:
                self._tell(session.expired(self.now))
            self._tell(session.observe(frame, self.now))
            self._answer()
        except (RefusedError, SubscriptionRefusedError, SubscriptionLostError) as refusal:
            self.counts[type(refusal).__name__] += 1
            assert session.lost(self.now.s) is not None
            self._question = b""
            self._command = session.subscribe(self.now)

    def _tell(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self.counts[type(notice).__name__] += 1
            if isinstance(notice, Gap):
                self.counts[f"gap: {notice.reason}"] += 1
                assert notice.missed is None or notice.missed > 0
                assert notice.to_ms is not None
                assert notice.from_ms <= notice.to_ms
            elif isinstance(notice, Note):
                assert self.counts["Note"] <= MOST_NOTES
            elif isinstance(notice, Send):
                self._question = notice.command
            elif isinstance(notice, Ended):
                assert not self._session.live
                assert self._session.deadline_s == self.now.s + notice.delay_s
                self._pass(notice.delay_s + 0.001)
                (send,) = self._session.expired(self.now)
                assert isinstance(send, Send)
                self._command = send.command

    def _acknowledge(self) -> None:
        self._tell(self._session.observe(self._answer_to(self._command, "subscribed"), self.now))
        assert self._session.live

    def _answer(self) -> None:
        """Answer one question in two, half of those with the truth."""
        question, self._question = self._question, b""
        if question and self.counts["Send"] % 2:
            sids = [self._session.numbering.sid or 1] * (self.counts["Send"] % 4 // 2)
            self._tell(self._session.observe(self._answer_to(question, "ok", *sids), self.now))

    def _answer_to(self, command: bytes, type_: str, *sids: int) -> Received:
        entries = [{"channel": CHANNEL, "sid": sid} for sid in sids]
        msg: object = {"channel": CHANNEL, "sid": 1} if type_ == "subscribed" else entries
        answer = {"id": json.loads(command)["id"], "type": type_, "msg": msg}
        return read(Payload(json.dumps(answer).encode()))
