"""Where events go: JSON lines, text, or a table on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rfqwatch.exchange.session import Gap, Live
    from rfqwatch.exchange.wire import Frame, Malformed, Payload, Unknown


class Output(Protocol):
    """What takes the stream: bursts of frames, each between `begin` and `end`, and its notices."""

    def begin(self, shard: str, received_ms: int) -> None:
        """Expect what was received over one connection at one moment; ``shard`` may be empty."""

    def event(self, data: Payload, frame: Frame | Unknown | Malformed) -> bool:
        """Take a message and its bytes; tell whether it counts as shown."""

    def live(self, live: Live) -> None:
        """Take note that messages are due from here on."""

    def gap(self, gap: Gap) -> None:
        """Take note that messages are missing here."""

    def end(self) -> None:
        """Show what came since `begin`."""

    @property
    def shed(self) -> int:
        """How many messages counted as shown were dropped after all, as nobody took them."""
