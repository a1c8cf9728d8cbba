"""Which messages of a stream are asked for.

An RFQ is judged once, when it is announced. What belongs to it, a deletion or a quote, follows it,
though it carries neither legs nor size.
"""

from __future__ import annotations

from enum import Enum
from itertools import compress
from typing import TYPE_CHECKING, assert_never

from rfqwatch.exchange.events import (
    BatchQuoteAccepted,
    BatchQuoteCreated,
    BatchQuoteExecuted,
    Event,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqBatchDeleted,
    RfqBatchExecuted,
    RfqCreated,
    RfqDeleted,
)
from rfqwatch.exchange.wire import Frame, Malformed
from rfqwatch.selection.conditions import rfqs

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence

    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.selection.conditions import Condition
    from rfqwatch.selection.parsing import Glob

MOST_REMEMBERED = 1_000_000
"""RFQs of which it is remembered how they stand: 130 bytes each. The older half goes at once."""


class Standing(Enum):
    """What a message's RFQ means for the message."""

    SELECTED = "selected, with all that belongs to it"
    APART = "each line that belongs to it is judged by itself"
    REFUSED = "refused, with all that belongs to it"


class Selection:
    """Selects messages; whatever is left out of its arguments selects everything.

    A message is selected when ``types`` fits its type, every one of ``conditions`` its RFQ, any of
    the expressions ``include`` its line or its RFQ's, and none of ``exclude`` either. The line is
    the exchange's own bytes. An RFQ batch is judged as one: any of its RFQs has to fit. Of an RFQ
    never announced nothing is known but the line at hand; ``known`` refuses what belongs to it.
    Malformed frames are always selected, as their lines are our own.

    ``read`` makes events of messages. ``text`` is the selection as its user wrote it.
    """

    def __init__(
        self,
        read: Callable[[str, Payload], Event | None],
        *,
        types: Glob | None = None,
        conditions: Sequence[Condition] = (),
        include: Sequence[re.Pattern[bytes]] = (),
        exclude: Sequence[re.Pattern[bytes]] = (),
        known: bool = False,
        text: str = "",
    ) -> None:
        self.text = text
        self.reads = bool(conditions or include or exclude or known)
        """Whether it reads events; a type can be told without."""
        self._read = read
        self._types = types
        self._conditions = conditions
        self._include = include
        self._exclude = exclude
        self._unknown = Standing.REFUSED if known else Standing.APART
        self._latest: dict[str, Standing] = {}
        self._former: dict[str, Standing] = {}

    def __call__(
        self, data: Sequence[Payload], frames: Sequence[Message]
    ) -> tuple[Sequence[Payload], Sequence[Message]]:
        """Give those that are selected of messages, their bytes beside what was read of them."""
        selected = [*map(self._selects, data, frames)]
        return [*compress(data, selected)], [*compress(frames, selected)]

    def _selects(self, data: Payload, frame: Message) -> bool:
        if isinstance(frame, Malformed):
            return True
        excluded = any(each.search(data) for each in self._exclude)
        included = not self._include or any(each.search(data) for each in self._include)
        standing = Standing.APART
        if self.reads and type(frame) is Frame and (event := self._read(frame.type, data)):
            standing = self._standing(event, included=included, excluded=excluded)
        return (
            (included or standing is Standing.SELECTED)
            and standing is not Standing.REFUSED
            and not excluded
            and (self._types is None or bool(self._types(frame.type)))
        )

    def _standing(self, event: Event, *, included: bool, excluded: bool) -> Standing:
        match event:
            case RfqCreated() | RfqBatchCreated():
                if excluded or not self._fits(event):
                    standing = Standing.REFUSED
                else:
                    standing = Standing.SELECTED if included else Standing.APART
                self._remember(event, standing)
                return standing
            case RfqDeleted() | RfqBatchDeleted():
                subject = event.id
            case QuoteCreated() | QuoteAccepted() | QuoteExecuted():
                subject = event.rfq_id
            case (
                BatchQuoteCreated()
                | RfqBatchBestQuotes()
                | BatchQuoteAccepted()
                | RfqBatchExecuted()
                | BatchQuoteExecuted()
            ):
                subject = event.rfq_batch_id
            case _:
                assert_never(event)
        return self._latest.get(subject) or self._former.get(subject, self._unknown)

    def _fits(self, event: RfqCreated | RfqBatchCreated) -> bool:
        told = rfqs(event)
        # Of a batch whose RFQs can't be read, nothing can be said.
        return not told or any(all(fits(rfq) for fits in self._conditions) for rfq in told)

    def _remember(self, event: RfqCreated | RfqBatchCreated, standing: Standing) -> None:
        children: Iterable[str] = ()
        if isinstance(event, RfqBatchCreated):
            children = (child.id for child in event.rfqs or ())
        for subject in (event.id, *children):
            self._latest[subject] = standing
            if len(self._latest) == MOST_REMEMBERED // 2:
                self._former, self._latest = self._latest, {}
