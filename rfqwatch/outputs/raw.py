"""One message a line, its bytes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.outputs.lines import LineOutput, fold

if TYPE_CHECKING:
    from rfqwatch.session import Gap, Live
    from rfqwatch.wire import Frame, Malformed, Unknown


class RawLines(LineOutput):
    """Whatever came over the channel, malformed messages too, and nothing of our own."""

    def _event_line(self, data: bytes, frame: Frame | Unknown | Malformed) -> bytes:  # noqa: ARG002
        return fold(data) + b"\n"

    def _live_line(self, live: Live) -> bytes:  # noqa: ARG002
        return b""

    def _gap_line(self, gap: Gap, shard: str) -> bytes:  # noqa: ARG002
        return b""
