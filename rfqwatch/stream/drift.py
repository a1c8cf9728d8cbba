"""How the exchange's messages have come to differ from those that rfqwatch knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rfqwatch.exchange.decoding import read_by_field, read_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.exchange.events import Event
    from rfqwatch.exchange.wire import Payload

MOST_KINDS = 100
"""Fields told apart; a hostile stream could invent them without end."""
OTHERS = "others"


class Drift:
    """Reads events, and counts by type and field what of them did not fit.

    ``say`` is told of each kind once. ``unread`` counts messages of which nothing could be made.
    """

    def __init__(self, say: Callable[[str], object] = str) -> None:
        self.misfits: Counter[str] = Counter()
        self.unread = 0
        self._say = say

    def read(self, kind: str, data: Payload) -> Event | None:
        """Read the event in a frame of a known type; None without its ids."""
        event = read_whole(kind, data)
        return self._read_by_field(kind, data) if event is None else event

    def _read_by_field(self, kind: str, data: Payload) -> Event | None:
        event, misfits = read_by_field(kind, data)
        for misfit in misfits:
            name = f"{kind}.{misfit.field}"
            if name not in self.misfits:
                if len(self.misfits) >= MOST_KINDS:
                    name = OTHERS
                else:
                    self._say(
                        f"{name}: {misfit.why}; not read, as the exchange may have changed it "
                        "(said once; counted from here on)"
                    )
            self.misfits[name] += 1
        if event is None:
            self.unread += 1
        return event
