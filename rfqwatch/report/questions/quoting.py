"""What became of quotes, how long each step took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.book.readings import Receipt, quotes
from rfqwatch.book.rfq import Quote, QuoteState
from rfqwatch.exchange.events import (
    BatchQuoteAccepted,
    BatchQuoteCreated,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
)
from rfqwatch.report.answer import Answer
from rfqwatch.report.questions.lives import PERCENTS, time_columns, time_row
from rfqwatch.report.tally import Tally
from rfqwatch.report.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rfqwatch.report.questions.lives import Born
    from rfqwatch.report.reading import DeletedLine, OtherLine

MOST_HELD = 100_000
"""RFQs with quotes that are kept in mind; past it the oldest is forgotten."""

FATES = ("made", "replaced", "accepted", "executed", "lapsed")

UNKNOWN = "unknown"
MORE = "more"
ONE_SIDED = "one side only"

_Terms: TypeAlias = tuple[str | None, str, str]
"""Whose quote it is, and the classes of its size and of its spread."""

_SIZES = tuple(map(Decimal, (10, 100, 1_000, 10_000)))
_SPREADS = tuple(map(Decimal, ("0.01", "0.02", "0.05", "0.10", "0.20")))
_TOLD = QuoteCreated | QuoteAccepted | QuoteExecuted | BatchQuoteCreated | BatchQuoteAccepted


@dataclass(slots=True)
class _Held:
    """A quote that something may still become of, and what it is counted under."""

    quote: Quote
    terms: _Terms


class Quoting:
    """The quotes that are visible: those of whoever recorded, and those made to them.

    Which is whose, the messages don't say; but whoever recorded is a party to every one. A quote
    has lapsed when its RFQ is deleted before anyone accepted it.
    """

    def __init__(self) -> None:
        self._held: dict[str, dict[str, _Held]] = {}
        self._parties: set[str | None] | None = None
        self._fates: Tally[tuple[_Terms, str]] = Tally()
        self._first = Times()
        self._acceptance = Times()
        self._execution = Times()

    def take(self, others: Sequence[OtherLine], born: Mapping[str, Born]) -> None:
        """Take what was said of quotes; ``born`` is when the RFQs that are open were opened."""
        for line in others:
            event = line.msg
            if not isinstance(event, _TOLD):
                continue
            requester = getattr(event, "rfq_creator_id", None)
            receipt = Receipt(line.received_ts_ms, line.sending_ts_ms)
            for about, quote in quotes(event, receipt):
                parties = {quote.maker, requester}
                self._parties = parties if self._parties is None else self._parties & parties
                rfq_id = about.rfq_id
                if rfq_id not in self._held:
                    self._first_quote(rfq_id, quote, born.get(rfq_id), line.received_ts_ms)
                self._heed(rfq_id, quote)

    def closed(self, deleted: Iterable[DeletedLine]) -> None:
        """Take RFQs that are gone, and the quotes on them with them."""
        quoted_on = self._held
        for line in [line for line in deleted if line.msg.id in quoted_on]:
            held = quoted_on[line.msg.id]
            for quoted in [*held.values()]:
                if quoted.quote.state is QuoteState.OFFERED:
                    self._end(line.msg.id, quoted, "lapsed")
            if not held:
                del quoted_on[line.msg.id]

    def answers(self, most: int) -> Iterator[Answer]:  # noqa: ARG002 - all questions are asked alike
        """Give the answers."""
        yield Answer(
            "waits",
            "How long quotes take",
            {},
            columns := time_columns(*PERCENTS),
            [
                time_row("from the RFQ to its first quote", self._first, *PERCENTS),
                time_row("from the quote to its acceptance", self._acceptance, *PERCENTS),
                time_row("from the acceptance to the execution", self._execution, *PERCENTS),
            ],
            columns[-1],
        )
        classes = {"contracts": (1, _SIZES), "spread": (2, _SPREADS)}
        for name, (place, bounds) in classes.items():
            order = [*(f"up to {bound}" for bound in bounds), MORE, ONE_SIDED, UNKNOWN]
            fates: Counter[tuple[str, str, str]] = Counter()
            for (terms, fate), count in self._fates.sizes.items():
                fates[self._whose(terms[0]), str(terms[place]), fate] += count
            rows = sorted({key[:2] for key in fates}, key=lambda row: (row[0], order.index(row[1])))
            yield Answer(
                f"quotes_by_{name}",
                f"Quotes by {name}",
                {},
                ("whose", name, *FATES),
                [(*row, *(fates[*row, fate] for fate in FATES)) for row in rows],
                FATES[0],
            )

    def _whose(self, maker: str | None) -> str:
        parties = self._parties or set()
        if len(parties) != 1:
            return UNKNOWN
        return "own" if maker in parties else "received"

    def _first_quote(self, rfq_id: str, quote: Quote, born: Born | None, at_ms: int) -> None:
        self._held[rfq_id] = {}
        if len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]
        if born is not None and quote.state is QuoteState.OFFERED:
            created_ts, received_ms = born
            if created_ts is None:
                wait_ms = at_ms - received_ms
            else:
                wait_ms = round(quote.at_us / 1_000 - created_ts.timestamp() * 1_000)
            self._first.add([wait_ms])

    def _heed(self, rfq_id: str, quote: Quote) -> None:
        on_rfq = self._held[rfq_id]
        held = on_rfq.get(quote.id)
        if held is None:
            for other in [*on_rfq.values()]:
                offered = other.quote.state is QuoteState.OFFERED
                if offered and other.quote.author == quote.author:
                    self._end(rfq_id, other, "replaced")
            held = on_rfq[quote.id] = _Held(quote, _terms(quote))
            self._tell(held, "made")
            before = None
        else:
            before, held.quote = held.quote, held.quote.merge(quote)
        if quote.state is QuoteState.ACCEPTED and (before is None or before.accepted_ms is None):
            self._tell(held, "accepted")
            if before is not None and quote.accepted_ms is not None:
                self._acceptance.add([quote.accepted_ms - before.at_us // 1_000])
        elif quote.state is QuoteState.EXECUTED:
            if before is not None and before.accepted_ms is not None:
                self._execution.add([quote.at_us // 1_000 - before.accepted_ms])
            self._end(rfq_id, held, "executed")

    def _end(self, rfq_id: str, held: _Held, fate: str) -> None:
        self._tell(held, fate)
        del self._held[rfq_id][held.quote.id]

    def _tell(self, held: _Held, fate: str) -> None:
        self._fates.add([(held.terms, fate)], [1])


def _terms(quote: Quote) -> _Terms:
    contracts = max(filter(None, (quote.yes_contracts, quote.no_contracts)), default=None)
    return quote.maker, _up_to(contracts, _SIZES), _spread(quote)


def _spread(quote: Quote) -> str:
    if quote.yes_bid is None or quote.no_bid is None:
        return UNKNOWN
    if not quote.yes_bid or not quote.no_bid:
        return ONE_SIDED
    return _up_to(1 - quote.yes_bid - quote.no_bid, _SPREADS)


def _up_to(amount: Decimal | None, bounds: Sequence[Decimal]) -> str:
    if amount is None:
        return UNKNOWN
    return next((f"up to {bound}" for bound in bounds if amount <= bound), MORE)
