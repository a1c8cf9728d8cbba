"""Frames as the exchange might send them after a change that nobody announced."""

from __future__ import annotations

from typing import Any, Final

from rfqwatch.simulator.market.agenda import Event, Fields, encode
from rfqwatch.simulator.market.people import ANONYMOUS

_RFQ: Final[Fields] = {
    "creator_id": ANONYMOUS,
    "market_ticker": "FED-26SEP-T3.00",
    "event_ticker": "FED-26SEP",
    "target_cost_dollars": "10.0000",
}
_CREATED: Final = {**_RFQ, "created_ts": "2026-10-26T00:00:00Z"}
_QUOTE: Final[Fields] = {
    "quote_id": "drift-text",
    "rfq_id": "drift-unknown-field",
    "quote_creator_id": ANONYMOUS,
    "rfq_creator_id": ANONYMOUS,
    "market_ticker": "FED-26SEP-T3.00",
    "yes_bid_dollars": "0.4100",
    "no_bid_dollars": "0.0000",
    "created_ts": "2026-10-26T00:00:01Z",
}


def _drifted(kind: str, name: str, fields: Fields | None) -> Event:
    msg = b"" if fields is None else encode(fields)
    return Event(kind, msg, 0, "FED-26SEP-T3.00", ANONYMOUS, 0, name)


def _created(name: str, **changed: object) -> Event:
    return _drifted("rfq_created", name, {"id": name, **_CREATED, **changed})


DRIFTED: Final = (
    _drifted("rfq_created", "drift-renamed", {"rfq_id": "drift-renamed", **_CREATED}),
    _created("drift-object", target_cost_dollars={"amount": "10.0000", "currency": "USD"}),
    _drifted("quote_created", "drift-text", {**_QUOTE, "subaccount": "primary"}),
    _drifted(
        "rfq_deleted",
        "drift-number",
        {"id": "drift-number", **_RFQ, "deleted_ts": 1_793_000_000_123},
    ),
    _drifted("rfq_deleted", "drift-no-msg", None),
    _created("drift-unknown-field", urgency={"level": 3}),
    _created(
        "drift-legs",
        market_ticker="KXMVE-DRIFT",
        mve_selected_legs=[{"market_ticker": {"series": "KXMLBGAME", "outcome": 7}, "side": True}],
    ),
)
"""Messages of the market with fields renamed, retyped, gone or unheard of."""

ODD_NUMBERS: Final = (b'"N"', b"N.0", b"-N", b"null", b"")
"""Spellings of a ``seq`` N; the last one is none."""

ODD_ERRORS: Final[tuple[tuple[bool, dict[str, Any]], ...]] = (
    (True, {"msg": {"code": "channel_error"}}),
    (True, {"msg": "Channel error"}),
    (True, {"msg": {"code": 99, "msg": "Subscription retired"}}),
    (True, {"msg": {"code": "10", "msg": "Channel error"}}),
    (False, {"msg": {"code": 10, "msg": "Channel error"}}),
    (True, {"msg": {"msg": "Channel error"}}),
    (True, {}),
)
"""Errors that end a subscription: whether they name its sid, and what else they say."""
