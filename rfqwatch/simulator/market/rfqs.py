"""RFQs on their own: who asks for what, from the announcement to the deletion."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from rfqwatch.simulator.market.agenda import encode, time_text
from rfqwatch.simulator.market.catalog import mint

if TYPE_CHECKING:
    from rfqwatch.simulator.market.agenda import Agenda, Event, Fields
    from rfqwatch.simulator.market.catalog import Catalog
    from rfqwatch.simulator.market.chance import Chance

_LEG_COUNTS: Final = range(2, 16)
_LEG_WEIGHTS: Final = (14, 16, 17, 15, 11, 8, 6, 4, 3, 2, 1.5, 1, 0.7, 0.8)
_COSTS: Final = ("1.0000", "1.1000", "2.0000", "5.0000", "12.0000", "20.0000", "25.0000")
_LARGE_COSTS: Final = ("50.0000", "98.4300", "100.0000", "250.0000", "1000.0000")

_COMBO = 0.98
_TARGET_COST = 0.95
_DEFAULT_COST = 0.55
_REPEATED_COMBO = 0.4
_SETTLED_LEG = 0.05
_COMBOS_REMEMBERED = 512


class _Combo(NamedTuple):
    market_ticker: str
    event_ticker: str
    collection: msgspec.Raw | None = None  # the JSON of the collection ticker
    legs: msgspec.Raw | None = None


class Rfq(NamedTuple):
    """One request: ``size`` is the one size field that it carries."""

    id: str
    creator_id: str
    combo: _Combo
    size: dict[str, str]

    @property
    def terms(self) -> Fields:
        """What its announcement and its deletion both say."""
        return {
            "id": self.id,
            "creator_id": self.creator_id,
            "market_ticker": self.combo.market_ticker,
            "event_ticker": self.combo.event_ticker,
            **self.size,
        }


class Rfqs:
    """Draws RFQs, opens them, ends them."""

    def __init__(self, chance: Chance, catalog: Catalog, agenda: Agenda) -> None:
        self._chance = chance
        self._catalog = catalog
        self._agenda = agenda
        self._combos: deque[_Combo] = deque(maxlen=_COMBOS_REMEMBERED)

    def draw(self, creator_id: str) -> Rfq:
        """Think of an RFQ."""
        chance = self._chance
        if chance.happens(_COMBO):
            if len(self._combos) == _COMBOS_REMEMBERED and chance.happens(_REPEATED_COMBO):
                # Popular combos are asked for again and again; squaring favours a few of them.
                combo = self._combos[int(_COMBOS_REMEMBERED * chance.random() ** 2)]
            else:
                combo = self._combo(chance.choices(_LEG_COUNTS, _LEG_WEIGHTS)[0])
        else:
            market = self._catalog.one(chance)
            combo = _Combo(market.market_ticker, market.event_ticker)
        return Rfq(chance.uuid(), creator_id, combo, self._size())

    def announce(self, rfq: Rfq, at_us: int) -> Event:
        """Open an RFQ."""
        combo = rfq.combo
        fields = {**rfq.terms, "created_ts": time_text(at_us)}
        if combo.legs is not None:
            fields["mve_collection_ticker"] = combo.collection
            fields["mve_selected_legs"] = combo.legs
        return self._agenda.announce("rfq_created", fields, at_us, combo.market_ticker)

    def end(self, rfq: Rfq, due_us: int) -> None:
        """Plan the deletion of an RFQ, announced or not."""
        self._agenda.schedule(
            due_us,
            "rfq_deleted",
            rfq.terms,
            "deleted_ts",
            key=rfq.combo.market_ticker,
            creator_id=rfq.creator_id,
            ends=rfq.id,
        )

    def _combo(self, count: int) -> _Combo:
        chance = self._chance
        legs = []
        for market in self._catalog.legs(chance, count):
            leg = {
                "event_ticker": market.event_ticker,
                "market_ticker": market.market_ticker,
                "side": "no" if chance.happens(0.15) else "yes",
            }
            legs.append(leg)
        if chance.happens(_SETTLED_LEG):
            legs[0]["yes_settlement_value_dollars"] = chance.choice(("1.0000", "0.0000"))
        minted = mint(chance)
        combo = _Combo(
            minted.market_ticker,
            minted.event_ticker,
            msgspec.Raw(encode(minted.collection_ticker)),
            msgspec.Raw(encode(legs)),
        )
        self._combos.append(combo)
        return combo

    def _size(self) -> dict[str, str]:
        chance = self._chance
        if not chance.happens(_TARGET_COST):
            return {"contracts_fp": hundredths(max(1, round(chance.lognormvariate(9, 1.5))))}
        if chance.happens(_DEFAULT_COST):
            return {"target_cost_dollars": "10.0000"}
        costs = _COSTS if chance.happens(0.8) else _LARGE_COSTS
        return {"target_cost_dollars": chance.choice(costs)}


def hundredths(count: int) -> str:
    """Write contracts as the exchange does."""
    return f"{count // 100}.{count % 100:02d}"


def ten_thousandths(amount: int) -> str:
    """Write dollars as the exchange does."""
    return f"{amount // 10_000}.{amount % 10_000:04d}"
