"""One JSON object a line: the exchange's own bytes, with when and where they were received."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from rfqwatch.exchange.wire import CHANNEL, OWN_TYPES, Malformed
from rfqwatch.lines.output import LineOutput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.lines.buffer import Line
    from rfqwatch.lines.output import Ending

_NEWLINE = ord("\n")
_RETURN = ord("\r")
_BRACE = ord("}")
_HOLLOW = frozenset(b"{ \t")
"""What stands before the brace that ends an object without members."""


def fold(data: Payload) -> Payload:
    """Put a message on one line: outside of strings, JSON takes a space for a line break."""
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


class JsonLines(LineOutput):
    """Every message as the exchange wrote it, plus ``received_ts_ms`` and ``shard`` at its end.

    A message that is no JSON object, and whatever is not the exchange's, has a ``type`` of our own.
    """

    def _line_end(self, shard: str, received_ms: int) -> bytes:
        return _end(shard, received_ms)

    def _message_lines(self, data: Sequence[Payload], frames: Sequence[Message]) -> Sequence[Line]:
        lines: list[Line] = []
        for payload, frame in zip(data, frames, strict=True):
            if type(frame) is Malformed:
                lines.append(_malformed(payload, frame))
                continue
            line = payload
            if _NEWLINE in line or _RETURN in line:
                line = fold(line)
            if line.pop() != _BRACE:
                line = line.rstrip()
                line.pop()
            if line[-1] in _HOLLOW and line.strip() == b"{":
                # After no member, no comma may stand: what the line's end says is said twice.
                line += b'"received_ts_ms":%d' % self._received_ms
            lines.append(line)
        return lines

    def _live_line(self, live: Live) -> bytes:
        told: dict[str, object] = {"channel": CHANNEL, "sid": live.sid}
        if live.ahead_ms is not None:
            told["exchange_ahead_ms"] = live.ahead_ms
        return _own("subscribed", live.sid, told)

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return _own(
            "gap",
            gap.sid,
            {
                "reason": gap.reason,
                "missed": gap.missed,
                "last_seq": gap.last_seq,
                "next_seq": gap.next_seq,
                "from_ts_ms": gap.from_ms,
                "to_ts_ms": gap.to_ms,
            },
        )

    def _ended_line(self, ending: Ending) -> bytes:
        return _own("ended", None, ending._asdict())


def recording_line(told: Mapping[str, object], at_ms: int) -> bytes:
    """Write the first line of a file, which says what it is a recording of, and when it begins."""
    return _own("recording", None, told) + _end("", at_ms)


def continued_line(messages: int, at_ms: int) -> bytes:
    """Write the last line of a file that another follows, which says how much is in this one."""
    return _own("continued", None, {"events": messages}) + _end("", at_ms)


def _end(shard: str, received_ms: int) -> bytes:
    name = f',"shard":"{shard}"' if shard else ""
    return f',"received_ts_ms":{received_ms}{name}}}\n'.encode()


def _malformed(data: Payload, frame: Malformed) -> bytes:
    try:
        kept = {"text": data.decode()}
    except UnicodeDecodeError:
        kept = {"base64": base64.b64encode(data).decode()}
    return _own("malformed", None, {"reason": frame.reason, **kept})


def _own(name: str, sid: int | None, msg: Mapping[str, object]) -> bytes:
    line = {"type": OWN_TYPES + name, **({} if sid is None else {"sid": sid}), "msg": msg}
    return msgspec.json.encode(line)[:-1]


class RawLines(LineOutput):
    """Every message's bytes alone, malformed ones too, and nothing of our own."""

    def _line_end(self, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b"\n"

    def _message_lines(self, data: Sequence[Payload], frames: Sequence[Message]) -> Sequence[Line]:  # noqa: ARG002
        return [fold(payload) for payload in data]

    def _live_line(self, live: Live) -> bytes:  # noqa: ARG002
        return b""

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b""

    def _ended_line(self, ending: Ending) -> bytes:  # noqa: ARG002
        return b""
