"""What an RFQ can be selected by: one condition for each option, on its terms as announced.

A term that did not come, or that can't be read, speaks against nothing: it may be what is asked
for. Where only one of the two sizes is given, a contract counts as the dollar that it can pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rfqwatch.book.rfq import COMBO_PREFIX
from rfqwatch.exchange.events import Leg, RfqBatchCreated, RfqCreated
from rfqwatch.selection import parsing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.exchange.events import BatchRfq
    from rfqwatch.selection.parsing import Glob

_UNREAD = (Leg(),)


class Asked(NamedTuple):
    """One RFQ as announced; ``legs`` are None when it may be a combo that doesn't tell them."""

    terms: RfqCreated | BatchRfq
    legs: Sequence[Leg] | None
    creator_id: str | None

    @property
    def combo(self) -> bool | None:
        """Whether its market is a combination of others; None where nobody can tell."""
        if self.legs is None:
            return None if self.terms.market_ticker is None else True
        return bool(self.legs)


Condition: TypeAlias = "Callable[[Asked], bool]"


def rfqs(event: RfqCreated | RfqBatchCreated) -> list[Asked]:
    """Give each RFQ that a message announces."""
    if isinstance(event, RfqCreated):
        return [Asked(event, _told(event, event.mve_selected_legs), event.creator_id)]
    legs = event.legs or ()
    asked = []
    for child in event.rfqs or ():
        own = [legs[at] for at in set(child.leg_indices or ()) if 0 <= at < len(legs)]
        asked.append(Asked(child, _told(child, own), event.creator_id))
    return asked


def _told(terms: RfqCreated | BatchRfq, legs: Sequence[Leg] | None) -> Sequence[Leg] | None:
    may_be_combo = (terms.market_ticker or COMBO_PREFIX).startswith(COMBO_PREFIX)
    return legs or (None if may_be_combo else ())


def _market(texts: Sequence[str]) -> Condition:
    glob = parsing.globs(texts)

    def fits(asked: Asked) -> bool:
        tickers = [leg.market_ticker for leg in (_UNREAD if asked.legs is None else asked.legs)]
        return _any(glob, [asked.terms.market_ticker, *tickers])

    return fits


def _event(texts: Sequence[str]) -> Condition:
    glob = parsing.globs(texts)

    def fits(asked: Asked) -> bool:
        tickers = [leg.event_ticker for leg in (_UNREAD if asked.legs is None else asked.legs)]
        # The demo exchange leaves out a combo's own.
        if asked.terms.event_ticker is not None or not tickers:
            tickers.append(asked.terms.event_ticker)
        return _any(glob, tickers)

    return fits


def _collection(texts: Sequence[str]) -> Condition:
    glob = parsing.globs(texts)

    def fits(asked: Asked) -> bool:
        # All combos are of a collection, and nothing else is.
        return asked.combo is not False and _any(glob, [asked.terms.mve_collection_ticker])

    return fits


def _any(glob: Glob, tickers: Sequence[str | None]) -> bool:
    return any(ticker is None or glob(ticker) for ticker in tickers)


def _creator(texts: Sequence[str]) -> Condition:
    prefixes = tuple(texts)
    return lambda asked: asked.creator_id is None or asked.creator_id.startswith(prefixes)


def _combo(wanted: bool) -> Condition:  # noqa: FBT001 - the option's value
    return lambda asked: asked.combo in {wanted, None}


def _legs(texts: Sequence[str]) -> Condition:
    ranges = [parsing.legs(text) for text in texts]

    def fits(asked: Asked) -> bool:
        return asked.legs is None or any(len(asked.legs) in each for each in ranges)

    return fits


def _min_cost(text: str) -> Condition:
    least = parsing.amount(text)
    return lambda asked: (asked.terms.target_cost or asked.terms.contracts or least) >= least


def _max_cost(text: str) -> Condition:
    most = parsing.amount(text)
    return lambda asked: (asked.terms.target_cost or asked.terms.contracts or most) <= most


def _min_contracts(text: str) -> Condition:
    least = parsing.amount(text)
    return lambda asked: (asked.terms.contracts or asked.terms.target_cost or least) >= least


CONDITIONS: dict[str, Callable[[Any], Condition]] = {
    "market": _market,
    "event": _event,
    "collection": _collection,
    "combo": _combo,
    "legs": _legs,
    "min_cost": _min_cost,
    "max_cost": _max_cost,
    "min_contracts": _min_contracts,
    "creator": _creator,
}
"""What makes a condition of what was written, by option. Raises `UsageError`."""
