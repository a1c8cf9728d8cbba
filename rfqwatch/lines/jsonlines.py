"""One JSON object a line: the exchange's own bytes, with when and where they were received."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rfqwatch.exchange.wire import CHANNEL, Malformed
from rfqwatch.lines.output import LineOutput, fold

if TYPE_CHECKING:
    from rfqwatch.exchange.session import Gap, Live
    from rfqwatch.exchange.wire import Frame, Payload, Unknown

_NEWLINE = ord("\n")
_RETURN = ord("\r")
_BRACE = ord("}")


class JsonLines(LineOutput):
    """Every message as the exchange wrote it, plus ``received_ts_ms`` and ``shard`` at its end.

    Lines of our own have the types ``rfqwatch.subscribed`` and ``rfqwatch.gap``.
    """

    def _line_end(self, shard: str, received_ms: int) -> bytes:
        name = f',"shard":"{shard}"' if shard else ""
        return f',"received_ts_ms":{received_ms}{name}}}\n'.encode()

    def _event_line(self, data: Payload, frame: Frame | Unknown | Malformed) -> Payload | None:
        if type(frame) is Malformed:
            return None
        if _NEWLINE in data or _RETURN in data:
            data = fold(data)
        if data[-1] != _BRACE:
            data = data.rstrip()
        data.pop()
        return data

    def _live_line(self, live: Live) -> bytes:
        return _own("rfqwatch.subscribed", live.sid, {"channel": CHANNEL, "sid": live.sid})

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return _own(
            "rfqwatch.gap",
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


def _own(name: str, sid: int | None, msg: dict[str, object]) -> bytes:
    line = {"type": name, **({} if sid is None else {"sid": sid}), "msg": msg}
    return msgspec.json.encode(line)[:-1]
