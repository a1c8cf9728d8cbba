"""An RFQ that is quoted, with all that will become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.simulator.market.agenda import SECOND
from rfqwatch.simulator.market.rfqs import hundredths, ten_thousandths

if TYPE_CHECKING:
    from rfqwatch.simulator.market.agenda import Agenda, Event, Fields
    from rfqwatch.simulator.market.chance import Chance
    from rfqwatch.simulator.market.people import People
    from rfqwatch.simulator.market.rfqs import Rfq, Rfqs

EXECUTION_DELAY = 1.3
"""Seconds from a maker's confirmation to the execution."""


class _Quote(NamedTuple):
    quote_id: str
    maker: str
    bids: dict[str, str]
    sizes: dict[str, str]


class QuotedRfqs:
    """Creates RFQs whose quotes the watcher hears of, as who asks or as who quotes."""

    def __init__(self, chance: Chance, people: People, agenda: Agenda, rfqs: Rfqs) -> None:
        self._chance = chance
        self._people = people
        self._agenda = agenda
        self._rfqs = rfqs

    def create(self, at_us: int) -> Event:
        """Open an RFQ, its quotes, their acceptance and its end planned."""
        chance, people = self._chance, self._people
        asks = chance.happens(0.5)
        rfq = self._rfqs.draw(people.watcher if asks else people.creator())
        makers = chance.sample(people.makers, chance.randint(1, 3)) if asks else [people.watcher]
        shared: Fields = {"subaccount": chance.randint(1, 9)} if chance.happens(0.1) else {}
        fair = chance.randint(300, 6_000)
        due_us = at_us
        quotes = []
        # The first maker quotes again: its second quote silently replaces its first.
        for maker in (*makers, makers[0]):
            due_us += chance.randint(200_000, 1_200_000)
            quote = self._quote(rfq, maker, fair)
            self._plan(due_us, "quote_created", rfq, quote, {**quote.sizes, **shared})
            quotes.append(quote)
        if chance.happens(0.8):
            quote = chance.choice(quotes[1:])
            due_us += chance.randint(500_000, 3_000_000)
            taken = {**self._acceptance(rfq, quote), **shared}
            self._plan(due_us, "quote_accepted", rfq, quote, taken)
            if chance.happens(0.7):
                confirmed_us = due_us + chance.randint(50_000, 1_500_000)
                due_us = confirmed_us + round(EXECUTION_DELAY * SECOND)
                orders = {"order_id": chance.uuid(), "client_order_id": chance.uuid()}
                self._plan(due_us, "quote_executed", rfq, quote, {**orders, **shared})
            else:
                due_us += 3 * SECOND
        self._rfqs.end(rfq, due_us + chance.randint(20_000, 20_000_000))
        return self._rfqs.announce(rfq, at_us)

    def _quote(self, rfq: Rfq, maker: str, fair: int) -> _Quote:
        """Return a two-sided quote around ``fair`` (in $0.0001), or one side of it."""
        chance = self._chance
        margin = chance.randint(20, 250)
        bids = {"yes": max(fair - margin, 100), "no": 10_000 - fair - margin}
        if chance.happens(0.2):
            bids[chance.choice(("yes", "no"))] = 0
        offered = {side: bid for side, bid in bids.items() if bid}
        if cost := rfq.size.get("target_cost_dollars"):
            cents = int(cost.replace(".", "")) // 100
            # Whoever hits a bid buys the other side, at what the bid leaves of a dollar.
            sizes = {
                f"{side}_contracts_offered_fp": hundredths(cents * 10_000 // (10_000 - bid))
                for side, bid in offered.items()
            }
            sizes["rfq_target_cost_dollars"] = cost
        else:
            contracts = rfq.size["contracts_fp"]
            sizes = {f"{side}_contracts_offered_fp": contracts for side in offered}
        texts = {f"{side}_bid_dollars": ten_thousandths(bid) for side, bid in bids.items()}
        return _Quote(chance.uuid(), maker, texts, sizes)

    def _acceptance(self, rfq: Rfq, quote: _Quote) -> Fields:
        offered = [side for side in ("yes", "no") if f"{side}_contracts_offered_fp" in quote.sizes]
        accepted = {}
        if contracts := rfq.size.get("contracts_fp"):
            # Absent where the RFQ was sized by cost: the size is then the accepted side's offer.
            accepted["contracts_accepted_fp"] = contracts
        return {"accepted_side": self._chance.choice(offered), **accepted, **quote.sizes}

    def _plan(self, due_us: int, kind: str, rfq: Rfq, quote: _Quote, more: Fields) -> None:
        fields: Fields = {
            "quote_id": quote.quote_id,
            "rfq_id": rfq.id,
            "quote_creator_id": quote.maker,
            "rfq_creator_id": rfq.creator_id,
            "market_ticker": rfq.combo.market_ticker,
        }
        if kind != "quote_executed":
            fields |= {"event_ticker": rfq.combo.event_ticker, **quote.bids}
        fields |= more
        timestamp = {"quote_created": "created_ts", "quote_executed": "executed_ts"}.get(kind, "")
        key = rfq.combo.market_ticker
        self._agenda.schedule(due_us, kind, fields, timestamp, key=key, creator_id=rfq.creator_id)
