"""RFQ batches, with all that will become of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.simulator.market.agenda import SECOND, time_text
from rfqwatch.simulator.market.catalog import mint
from rfqwatch.simulator.market.quoting import EXECUTION_DELAY
from rfqwatch.simulator.market.rfqs import hundredths, ten_thousandths

if TYPE_CHECKING:
    from rfqwatch.simulator.market.agenda import Agenda, Event, Fields
    from rfqwatch.simulator.market.catalog import Catalog
    from rfqwatch.simulator.market.chance import Chance
    from rfqwatch.simulator.market.people import People


class _Batch(NamedTuple):
    id: str
    creator_id: str
    children: list[Fields]

    @property
    def child_ids(self) -> list[str]:
        return [child["id"] for child in self.children]


class Batches:
    """Creates batches that the watcher asked for, quotes, or merely sees."""

    def __init__(self, chance: Chance, catalog: Catalog, people: People, agenda: Agenda) -> None:
        self._chance = chance
        self._catalog = catalog
        self._people = people
        self._agenda = agenda

    def create(self, at_us: int) -> Event:
        """Open a batch, what is said of it until its end planned."""
        chance, people = self._chance, self._people
        role = chance.choice((self._plan_asked, self._plan_quoted, self._plan_seen))
        creator_id = people.watcher if role == self._plan_asked else people.creator()
        batch_id = chance.uuid()
        legs = [
            {"event_ticker": m.event_ticker, "market_ticker": m.market_ticker, "side": "yes"}
            for m in self._catalog.legs(chance, chance.randint(3, 6))
        ]
        pairs = itertools.islice(itertools.combinations(range(len(legs)), 2), 6)
        batch = _Batch(batch_id, creator_id, [self._child(pair) for pair in pairs])
        role(at_us, batch)
        fields = {
            "id": batch_id,
            "creator_id": creator_id,
            "created_ts": time_text(at_us),
            "legs": legs,
            "rfqs": batch.children,
        }
        return self._agenda.announce("rfq_batch_created", fields, at_us, batch_id)

    def _child(self, leg_indices: tuple[int, ...]) -> Fields:
        minted = mint(self._chance)
        return {
            "id": self._chance.uuid(),
            "market_ticker": minted.market_ticker,
            "event_ticker": minted.event_ticker,
            "target_cost_dollars": "5.0000",
            "mve_collection_ticker": minted.collection_ticker,
            "leg_indices": leg_indices,
        }

    def _plan_seen(self, at_us: int, batch: _Batch) -> None:
        fields = {"id": batch.id, "creator_id": batch.creator_id, "rfq_ids": batch.child_ids}
        due_us = at_us + round(self._chance.life() * SECOND)
        self._plan(due_us, "rfq_batch_deleted", fields, "deleted_ts", batch, ends=batch.id)

    def _plan_asked(self, at_us: int, batch: _Batch) -> None:
        chance, children, ids = self._chance, batch.children, batch.child_ids
        due_us = at_us
        client = {"client_batch_id": f"round-robin-{chance.randint(1, 999)}"}
        for version in range(1, chance.randint(2, 5)):
            due_us += chance.randint(250_000, 900_000)
            best = {
                "rfq_batch_id": batch.id,
                **client,
                "version": version,
                "yes_complete": False,
                "no_complete": version >= len(children),
                "rfqs": [self._bids(child) for child in children[:version]],
            }
            self._plan(due_us, "rfq_batch_best_quotes", best, "updated_ts", batch)
        failed = chance.choice((0, 0, 1, len(ids)))
        reason = {0: "executed", len(ids): "execution failed"}.get(failed, "partially executed")
        executed = {
            "rfq_batch_id": batch.id,
            **client,
            "rfq_creator_id": batch.creator_id,
            "executed_rfq_ids": ids[failed:],
            "failed_rfq_ids": ids[:failed],
            "close_reason": reason,
        }
        due_us += 3 * SECOND
        for child in children[failed:]:
            self._plan_execution(due_us, child, batch)
        self._plan(due_us, "rfq_batch_executed", executed, "executed_ts", batch, ends=batch.id)

    def _plan_execution(self, due_us: int, child: Fields, batch: _Batch) -> None:
        quote = {
            "quote_id": self._chance.uuid(),
            "rfq_id": child["id"],
            "quote_creator_id": self._chance.choice(self._people.makers),
            "rfq_creator_id": batch.creator_id,
            "order_id": self._chance.uuid(),
            "client_order_id": self._chance.uuid(),
            "market_ticker": child["market_ticker"],
            "rfq_batch_id": batch.id,
        }
        key = child["market_ticker"]
        self._agenda.schedule(
            due_us, "quote_executed", quote, "executed_ts", key=key, creator_id=batch.creator_id
        )

    def _plan_quoted(self, at_us: int, batch: _Batch) -> None:
        chance = self._chance
        quoted: Fields = {"batch_quote_id": chance.uuid(), "rfq_batch_id": batch.id}
        bids = (self._bids(child, yes_bid_dollars="0.0000") for child in batch.children)
        quotes = [{"quote_id": chance.uuid(), **bid} for bid in bids]
        maker = {"quote_creator_id": self._people.watcher}
        due_us = at_us + chance.randint(300_000, 2_000_000)
        created = {**quoted, **maker, "quotes": quotes}
        self._plan(due_us, "batch_quote_created", created, "created_ts", batch)
        due_us += chance.randint(300_000, 5_000_000)
        won = quotes[: chance.randint(1, len(quotes))]
        creator = {"rfq_creator_id": batch.creator_id}
        accepted = {**quoted, **maker, **creator, "accepted_side": "no", "quotes": won}
        self._plan(due_us, "batch_quote_accepted", accepted, "accepted_ts", batch)
        due_us += round((EXECUTION_DELAY + 0.2) * SECOND)
        executed = {
            **quoted,
            **creator,
            "executed_rfq_ids": [quote["rfq_id"] for quote in won],
            "failed_rfq_ids": [],
            "close_reason": "executed",
        }
        self._plan(due_us, "batch_quote_executed", executed, "executed_ts", batch, ends=batch.id)

    def _bids(self, child: Fields, **yes: str) -> Fields:
        bid = self._chance.randint(5_000, 9_500)
        return {
            "rfq_id": child["id"],
            "market_ticker": child["market_ticker"],
            "event_ticker": child["event_ticker"],
            **yes,
            "no_bid_dollars": ten_thousandths(bid),
            "no_contracts_offered_fp": hundredths(500 * 10_000 // (10_000 - bid)),
            "rfq_target_cost_dollars": child["target_cost_dollars"],
        }

    def _plan(
        self, due_us: int, kind: str, fields: Fields, stamp: str, batch: _Batch, *, ends: str = ""
    ) -> None:
        self._agenda.schedule(
            due_us, kind, fields, stamp, key=batch.id, creator_id=batch.creator_id, ends=ends
        )
