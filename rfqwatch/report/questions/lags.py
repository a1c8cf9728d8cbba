"""How late messages come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.report.answer import Answer
from rfqwatch.report.questions.lives import time_columns, time_row
from rfqwatch.report.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.report.reading import Line

PERCENTS = (50, 99)


class Lags:
    """Times on the way: from the exchange's sending to the receipt, which are of two clocks."""

    def __init__(self) -> None:
        self._lags = Times()

    def take(self, lines: Sequence[Line]) -> None:
        """Measure messages."""
        self._lags.add(
            [
                line.received_ts_ms - line.sending_ts_ms
                for line in lines
                if line.sending_ts_ms is not None
            ]
        )

    def answers(self, most: int) -> Iterator[Answer]:  # noqa: ARG002 - all questions are asked alike
        """Give the answer."""
        yield Answer(
            "lag",
            "How late messages come",
            {},
            time_columns(*PERCENTS),
            [time_row("from sending to receipt", self._lags, *PERCENTS)],
        )
