"""How long RFQs live."""

from __future__ import annotations

from itertools import compress, islice, repeat
from operator import is_
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.exchange.events import BatchQuoteExecuted, QuoteExecuted, RfqBatchExecuted
from rfqwatch.report.answer import Answer
from rfqwatch.report.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rfqwatch.report.reading import CreatedLine, DeletedLine, OtherLine

MOST_OPEN = 1_000_000
"""RFQs of which it is known when they were opened: 300 bytes each. The older half goes at once."""

PERCENTS = (10, 50, 90, 99)


Born: TypeAlias = "tuple[datetime | None, int]"
"""When an RFQ was opened: by the exchange's clock, if that came, and by its receipt."""

DAY_MS = 86_400_000


class Lives:
    """RFQs that are open, and how long those lived that are not.

    A life is measured by the exchange's clock where it dates both ends, else by the receipts.
    """

    def __init__(self, most: int = MOST_OPEN) -> None:
        self.open: dict[str, Born] = {}
        self._executed: set[str] = set()
        self._lives = Times()
        self._by_receipt = 0
        self._unseen = 0
        self._told_again = 0
        self._forgotten = 0
        self._most = most

    def opened(self, created: Sequence[CreatedLine]) -> list[CreatedLine]:
        """Take RFQs that were announced; give those that were not known already."""
        known = self.open
        births = [(line.msg.created_ts, line.received_ts_ms) for line in created]
        kept = map(known.setdefault, [line.msg.id for line in created], births)
        fresh = list(compress(created, map(is_, kept, births)))
        self._told_again += len(created) - len(fresh)
        if len(known) > self._most:
            self._forgotten += self._most // 2
            for oldest in list(islice(known, self._most // 2)):
                del known[oldest]
            self._executed &= known.keys()
        return fresh

    def closed(self, deleted: Sequence[DeletedLine]) -> None:
        """Take RFQs that are gone."""
        known = self.open
        lives = []
        ids = [line.msg.id for line in deleted]
        self._executed.difference_update(ids)
        births = map(known.pop, ids, repeat(None))
        for line, born in zip(deleted, births, strict=True):
            if born is None:
                self._unseen += 1
                continue
            created_ts, received_ms = born
            deleted_ts = line.msg.deleted_ts
            if created_ts is None or deleted_ts is None:
                self._by_receipt += 1
                lives.append(line.received_ts_ms - received_ms)
            else:
                life = deleted_ts - created_ts
                lives.append(life.days * DAY_MS + life.seconds * 1_000 + life.microseconds // 1_000)
        self._lives.add(lives)

    def executed(self, others: Sequence[OtherLine]) -> None:
        """Take what was executed: such an RFQ is open no longer, though it may be deleted later."""
        for line in others:
            match line.msg:
                case QuoteExecuted(rfq_id=rfq_id):
                    ended = [rfq_id]
                case RfqBatchExecuted() | BatchQuoteExecuted() as batch:
                    ended = [*(batch.executed_rfq_ids or ()), *(batch.failed_rfq_ids or ())]
                case _:
                    continue
            self._executed.update(rfq_id for rfq_id in ended if rfq_id in self.open)

    def answers(self, most: int) -> Iterator[Answer]:  # noqa: ARG002 - all questions are asked alike
        """Give the answer."""
        yield Answer(
            "life_times",
            "How long RFQs live",
            {
                "measured_by_receipt": self._by_receipt,
                "still_open": len(self.open) - len(self._executed),
                "executed_not_deleted": len(self._executed),
                "deleted_but_never_announced": self._unseen,
                "announced_again": self._told_again,
                "forgotten": self._forgotten,
            },
            columns := time_columns(*PERCENTS),
            [time_row("from creation to deletion", self._lives, *PERCENTS)],
            columns[-1],
        )


def time_columns(*percents: int) -> tuple[str, ...]:
    """Name the columns of a `time_row`."""
    return ("time", "count", *(f"p{percent}_ms" for percent in percents))


def time_row(name: str, times: Times, *percents: int) -> tuple[str | int | None, ...]:
    """Sum up times."""
    return (name, len(times), *map(times.percentile, percents))
