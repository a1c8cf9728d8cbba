"""One message a line, its bytes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.lines.output import LineOutput, fold

if TYPE_CHECKING:
    from rfqwatch.exchange.session import Gap, Live
    from rfqwatch.exchange.wire import Frame, Malformed, Payload, Unknown


class RawLines(LineOutput):
    """Whatever came over the channel, malformed messages too, and nothing of our own."""

    def _line_end(self, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b"\n"

    def _event_line(self, data: Payload, frame: Frame | Unknown | Malformed) -> Payload:  # noqa: ARG002
        return fold(data)

    def _live_line(self, live: Live) -> bytes:  # noqa: ARG002
        return b""

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b""
